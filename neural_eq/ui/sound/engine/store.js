// What the components of one tab share: what is heard, how, and who wants to know. The state is
// the queue: a component may set it before the player is there. Another shape, another name, since
// an open tab keeps the old one.
function isSameSound(one, other) {
  return Boolean(one && other) && one.params.every(
    (value, i) => Math.abs(value - other.params[i]) <= 1e-6 * Math.max(1, Math.abs(value)));
}

const DOCK = (globalThis.__neuralEqDock1 ??= (() => {
  const listeners = new Set(), SETTLE_MS = 1500;
  let settling = 0;
  // However a hand lets go, in the end what Python says is heard: once nothing is under way there.
  function settleSoon() {
    clearTimeout(settling);
    settling = setTimeout(() => {
      const { hand, base, eq } = dock.state;
      if (hand !== null || !base || eq === base) return;
      const app = document.querySelector("[data-testid=stApp]");
      if (app?.dataset.testScriptState === "running") settleSoon();
      else dock.set({ eq: base });
    }, SETTLE_MS);
  }
  const dock = {
    engine: null,
    state: {
      base: null, // {key, params, label}: the EQ in use, as Python says
      eq: null, // {params, label}: what is heard, where a hand is on it ahead of Python
      hand: null, // which component is being dragged
      slot: "live", // or "A", "B": a snapshot is heard instead
      snapshots: {},
      isBypassed: false,
      isMatched: true,
      volume: 1,
      isLooped: true,
      loop: null, // {from, to} in frames; null for the whole sound
      morph: null, // the path that the sliders follow, see morphing.js
      at: 50, // percent
      strength: 1,
      motion: null, // what moves the slider by itself
    },
    set(part) {
      Object.assign(dock.state, part);
      dock.engine?.apply(dock.state);
      for (const listener of [...listeners]) listener(dock.state, part);
      if (part.hand === null) settleSoon();
    },
    subscribe(listener) {
      listeners.add(listener);
      listener(dock.state, dock.state);
      return () => listeners.delete(listener);
    },
    // A hand on a component: heard at once, and before what Python says until it lets go.
    drive(hand, eq) {
      dock.set({ hand, eq, slot: "live" });
    },
    release(hand) {
      if (dock.state.hand === hand) dock.set({ hand: null });
    },
    // What Python says is in use; the same once more changes nothing. A snapshot stays heard while
    // Python only catches up with the hand.
    take(base) {
      const { hand, eq } = dock.state;
      if (dock.state.base?.key === base?.key) return;
      if (hand !== null) dock.set({ base });
      else dock.set(isSameSound(base, eq) ? { base, eq: base } : { base, eq: base, slot: "live" });
    },
    // What is to be heard now.
    heard() {
      const { slot, snapshots, eq } = dock.state;
      return snapshots[slot] ?? eq;
    },
  };
  return dock;
})());
