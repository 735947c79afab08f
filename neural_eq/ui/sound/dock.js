// The player at the foot of every page: it shows the engine and hands on what is pressed.

const PLAY = "M7 4v16l13-8z", PAUSE = "M6 4h4v16H6zM14 4h4v16h-4z";
const DRAG_PX = 5, HOLD_S = 1.5, LIGHT_S = 1.5;
const SHORTEST_LOOP_S = 0.1;

function minutes(seconds) {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  return `${Math.floor(tenths / 600)}:${String(Math.floor((tenths % 600) / 10)).padStart(2, "0")}`
    + `.${tenths % 10}`;
}

function makeDock(root) {
  const engine = (DOCK.engine ??= new SoundEngine(DOCK, { source: PROCESSOR, layout: LAYOUT }));
  engine.mover ??= new Mover(DOCK, engine);
  const find = (name) => root.querySelector(name);
  const wave = find(".wave canvas"), place = find(".place"), meter = find(".meter canvas");
  let data, ask, outline = null, outlineOf = null, drag = null, frame = 0, shades = {}, wasOn = null;
  const hold = { db: METER_FLOOR_DB, at: 0, limited: -LIGHT_S };
  const dock = root.querySelector(".dock");

  // ---- the sound and its outline
  async function readOutline(sound) {
    outline = null;
    outlineOf = sound.key;
    try {
      const answer = await fetch(`${sound.url}/outline`);
      if (answer.ok && outlineOf === sound.key) outline = new Int8Array(await answer.arrayBuffer());
    } catch {
      // the wave stays empty; the sound says by itself if it cannot be had
    }
    later();
  }

  // ---- what is pressed
  const toggle = () => (engine.isWanted ? engine.pause() : start());
  function start() {
    if (!data.base) ask({ what: "eq" });
    engine.play();
  }
  find(".play").onclick = toggle;
  find(".eq").onclick = () => DOCK.set({ isBypassed: !DOCK.state.isBypassed });
  find(".looping").onclick = () =>
    DOCK.set({ isLooped: !DOCK.state.isLooped, loop: null });
  find(".volume").oninput = (event) => DOCK.set({ volume: (event.target.value / 100) ** 2 });
  find(".more").onclick = () =>
    find(".more").setAttribute("aria-expanded", String(dock.classList.toggle("open")));
  find(".undo").onclick = () => step("undo");
  find(".redo").onclick = () => step("redo");
  // Several presses may reach Python as the last of them: so each carries how many there were.
  function step(what) {
    DOCK.steps.n += what === "redo" ? 1 : -1;
    ask({ what });
  }
  find(".use").onclick = () => {
    const eq = DOCK.heard();
    DOCK.set({ slot: "live", eq, hand: null });
    ask({ what: "use", params: [...eq.params], label: eq.label });
  };
  find(".sounds").onchange = (event) => ask({ what: "sound", id: event.target.value });
  for (const button of root.querySelectorAll(".keep")) {
    button.onclick = () => keep(button.dataset.slot);
  }
  const slots = [...root.querySelectorAll(".slots button")];
  for (const button of slots) button.onclick = () => hear(button.dataset.slot);
  find(".slots").onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: 2, ArrowUp: 2 }[event.key];
    if (!step) return;
    const next = slots[(slots.findIndex((one) => one.dataset.slot === DOCK.state.slot) + step) % 3];
    next.focus();
    hear(next.dataset.slot);
    event.preventDefault();
  };
  function keep(slot) {
    const eq = DOCK.heard();
    if (eq) DOCK.set({ snapshots: { ...DOCK.state.snapshots, [slot]: eq } });
  }
  // an empty snapshot takes what is heard
  function hear(slot) {
    if (DOCK.state.motion) DOCK.set({ motion: null }); // or it would be heard instead
    if (slot !== "live" && !DOCK.state.snapshots[slot]) keep(slot);
    if (slot === "live" || DOCK.state.snapshots[slot]) DOCK.set({ slot });
  }

  // ---- the wave: a click goes there, a drag makes a loop
  const share = (event) => {
    const box = wave.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const waveBox = find(".wave");
  waveBox.onpointerdown = (event) => {
    if (!data.sound || event.button > 0) return;
    waveBox.setPointerCapture(event.pointerId);
    drag = { x: event.clientX, from: share(event), to: null };
    place.focus({ preventScroll: true });
    event.preventDefault();
  };
  waveBox.onpointermove = (event) => {
    if (!drag) return;
    if (Math.abs(event.clientX - drag.x) > DRAG_PX || drag.to !== null) drag.to = share(event);
    later();
  };
  waveBox.onpointerup = waveBox.onpointercancel = () => {
    if (!drag) return;
    const { n_frames: n, sample_rate: rate } = data.sound, { from, to } = drag;
    drag = null;
    if (to === null) engine.seek(from * n);
    else {
      const loop = { from: Math.round(Math.min(from, to) * n), to: Math.round(Math.max(from, to) * n) };
      if (loop.to - loop.from > SHORTEST_LOOP_S * rate) setLoop(loop);
    }
    later();
  };
  function setLoop(loop) {
    DOCK.set({ loop, isLooped: true });
    if (loop && !(engine.status.frame >= loop.from && engine.status.frame < loop.to)) {
      engine.seek(loop.from);
    }
  }
  waveBox.ondblclick = () => setLoop(null);
  place.oninput = () => engine.seek((place.value / 1000) * data.sound.n_frames);
  place.onkeydown = (event) => {
    if (!data.sound) return;
    const now = engine.status.frame, loop = DOCK.state.loop, n = data.sound.n_frames;
    const shortest = SHORTEST_LOOP_S * data.sound.sample_rate;
    const [from, to] = [loop?.from ?? 0, loop?.to ?? n];
    if (event.key === "[" && n - now > shortest) {
      setLoop({ from: now, to: to - now > shortest ? to : n });
    } else if (event.key === "]" && now > shortest) {
      setLoop({ from: now - from > shortest ? from : 0, to: now });
    } else if (event.key === "\\") setLoop(null);
  };

  // ---- keys of the whole page
  const forgetKeys = listenForKeys({ toggle, step, bypass: () => find(".eq").onclick() });
  // Streamlit has keys of its own; none is meant by what is pressed here
  dock.onkeydown = (event) => event.stopPropagation();

  // ---- drawing
  const later = () => { frame ||= requestAnimationFrame(draw); };
  function draw() {
    frame = 0;
    if (!data || !dock.isConnected) return;
    drawWave();
    drawMeter();
    const { status, sound } = engine;
    const button = find(".play"), isOn = Boolean(engine.isWanted);
    if (wasOn !== isOn) {
      wasOn = isOn;
      say();
    }
    button.setAttribute("aria-label", isOn ? "Pause" : "Play");
    button.title = `${isOn ? "Pause" : "Play"} (Space)`;
    button.classList.toggle("waiting", isOn && status.isWaiting);
    button.disabled = !sound;
    button.querySelector("path").setAttribute("d", isOn ? PAUSE : PLAY);
    if (sound) {
      const now = status.frame / sound.sample_rate, whole = sound.n_frames / sound.sample_rate;
      find(".time").textContent = `${minutes(now)} / ${minutes(whole)}`;
      place.value = (1000 * status.frame) / sound.n_frames;
      place.setAttribute("aria-valuetext", `${minutes(now)} of ${minutes(whole)} minutes`);
    } else find(".time").textContent = "";
    find(".note").textContent = engine.note;
  }
  function drawWave() {
    const { sound } = data, { loop } = DOCK.state;
    const [from, to] = drag?.to != null ? [drag.from, drag.to].sort((a, b) => a - b)
      : loop && sound ? [loop.from / sound.n_frames, loop.to / sound.n_frames] : [0, 0];
    paintWave(wave, { outline, shades, from, to,
      played: sound ? engine.status.frame / sound.n_frames : null });
  }
  function drawMeter() {
    const { status } = engine, now = performance.now() / 1000;
    const peaksDb = status.peaks.map((peak) => 20 * Math.log10(Math.max(peak, 1e-6)));
    const most = Math.max(METER_FLOOR_DB, ...peaksDb);
    if (most >= hold.db || now - hold.at > HOLD_S) Object.assign(hold, { db: most, at: now });
    if (status.reductionDb > 0.01) hold.limited = now;
    paintMeter(meter, { peaksDb, holdDb: hold.db, shades });
    const isHeard = hold.db > METER_FLOOR_DB, peak = hold.db.toFixed(1).replace("-", "−");
    meter.setAttribute("aria-label", isHeard ? `Peak level ${peak} dBFS` : "No level");
    find(".peak").textContent = isHeard ? `${peak} dB` : "– dB";
    const light = find(".light"), isOn = now - hold.limited < LIGHT_S;
    light.classList.toggle("on", isOn);
    const says = isOn ? "Limiting" : "Limiter";
    if (light.textContent !== says) light.textContent = says;
    light.title = "Lights while a peak above −0.1 dBTP is turned down";
  }
  function say() {
    const { slot, isBypassed, snapshots } = DOCK.state, eq = DOCK.heard();
    for (const button of slots) {
      const isOn = button.dataset.slot === slot;
      button.setAttribute("aria-checked", String(isOn));
      button.tabIndex = isOn ? 0 : -1;
      button.classList.toggle("empty", button.dataset.slot !== "live" && !snapshots[button.dataset.slot]);
      button.title = button.dataset.slot === "live" ? "The EQ in use"
        : snapshots[button.dataset.slot]?.label ?? "Empty: takes what is heard now";
    }
    find(".eq").setAttribute("aria-pressed", String(!isBypassed));
    find(".eq").textContent = isBypassed ? "EQ off" : "EQ on";
    find(".looping").setAttribute("aria-pressed", String(DOCK.state.isLooped));
    const what = eq ? eq.label : "flat until the EQ in use is ready";
    const prefix = slot === "live" ? "" : `${slot}: `;
    const isInUse = slot === "live" || !snapshots[slot] || isSameSound(snapshots[slot], DOCK.state.base);
    find(".use").hidden = isInUse;
    find(".use").textContent = `Use ${slot}`;
    find(".aside").textContent = isInUse ? "" : "The pages and downloads have another EQ.";
    // not each step of a drag is read out
    find(".heard").setAttribute("aria-live", DOCK.state.hand ? "off" : "polite");
    const text = engine.isWanted && engine.isMeasuring && eq
      ? `Original, while its loudness is measured; then ${prefix}${what}`
      : !eq && !engine.isWanted ? "Press Play to hear the EQ in use"
      : isBypassed ? `Original, EQ off (${prefix}${what})`
      : `${engine.isWanted ? "Heard" : "Ready"}: ${prefix}${what}`;
    if (find(".heard").textContent !== text) find(".heard").textContent = text;
    later();
  }

  const ends = [engine.subscribe(later), DOCK.subscribe(say), forgetKeys];
  const observer = new ResizeObserver(later);
  observer.observe(dock);
  return {
    update(given, trigger) {
      if (DOCK.steps?.session !== given.session) DOCK.steps = { session: given.session, n: 0 };
      data = given;
      ask = (what) => trigger("asked", { ...what, n_steps: DOCK.steps.n });
      const style = getComputedStyle(dock);
      shades = { text: style.getPropertyValue("--st-text-color").trim() || "#888",
        primary: style.getPropertyValue("--st-primary-color").trim() || "#d55e00",
        border: style.getPropertyValue("--st-border-color").trim() || "#888", own: "#009e73" };
      const list = find(".sounds"), ids = data.sounds.map(({ id, label }) => `${id}\n${label}`).join();
      if (list.dataset.ids !== ids) {
        list.dataset.ids = ids;
        list.replaceChildren(...data.sounds.map(({ id, label }) => new Option(label, id)));
      }
      list.value = data.chosen;
      find(".undo").disabled = !data.can_undo;
      find(".redo").disabled = !data.can_redo;
      if (DOCK.state.isMatched !== data.is_matched) DOCK.set({ isMatched: data.is_matched });
      if (data.base) DOCK.take(data.base);
      // a pair that a page has put here, once
      const { turn, pair } = data.snapshots ?? {};
      if (turn && DOCK.pairOf !== turn) {
        DOCK.pairOf = turn;
        DOCK.set({ snapshots: pair, slot: "A", motion: null });
      }
      engine.choose(data.sound);
      if (data.sound && outlineOf !== data.sound.key) readOutline(data.sound);
      later();
    },
    close() {
      observer.disconnect();
      ends.forEach((end) => end());
    },
  };
}

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = parentElement;
  root.dock ??= makeDock(root);
  root.dock.update(data, setTriggerValue);
  return () => { root.dock?.close(); root.dock = null; };
}
