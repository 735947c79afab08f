// Versions of one sound in one AudioContext: all run, one is heard, so that a switch has no gap.
//
// data: sound (what the versions are of), trial, sample_rate, hint, versions: [{id, label, key,
// url}]. `key` is the letter that switches to it. It and the player at the foot take turns.

const FADE_S = 0.008;
const START_S = 0.03;
const SETTLE_MS = 150;

function makePlayer(root) {
  const find = (name) => root.querySelector(name);
  const play = find(".play"), choices = find(".choices"), place = find(".place");
  const time = find(".time"), trouble = find(".trouble");
  const loaded = new Map(); // url -> promise of an AudioBuffer
  let data = null, context = null, heard = null, running = new Map(); // id -> {url, node, gain}
  let startedAt = 0, offsetS = 0, isPlaying = false, durationS = 0, frame = 0, turn = 0, wish = 0;

  const load = (url) => {
    if (!loaded.has(url)) {
      const decoder = new OfflineAudioContext(1, 1, data.sample_rate);
      const buffer = fetch(url)
        .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(answer.status)))
        .then((bytes) => decoder.decodeAudioData(bytes));
      buffer.catch(() => loaded.delete(url)); // the next press of Play tries again
      loaded.set(url, buffer);
    }
    return loaded.get(url);
  };
  const fail = () => { trouble.textContent = "The sound could not be loaded; press Play again."; };

  const nowS = () => {
    if (!isPlaying) return offsetS;
    const passed = Math.max(context.currentTime - startedAt, 0);
    return durationS ? (offsetS + passed) % durationS : 0;
  };
  const clock = (s) => `${Math.floor(s / 60)}:${(s % 60).toFixed(1).padStart(4, "0")}`;
  const show = () => {
    const at = nowS();
    place.value = durationS ? Math.round((1000 * at) / durationS) : 0;
    place.setAttribute("aria-valuetext", `${at.toFixed(1)} of ${durationS.toFixed(1)} seconds`);
    time.textContent = `${clock(at)} / ${clock(durationS)}`;
    play.textContent = isPlaying ? "Pause" : "Play";
    root.querySelector(".player").dataset.state = isPlaying ? "playing" : "paused";
  };
  const tick = () => { show(); frame = isPlaying ? requestAnimationFrame(tick) : 0; };

  const voice = (version, buffer, when, at) => {
    const node = new AudioBufferSourceNode(context, {buffer, loop: true});
    const gain = new GainNode(context, {gain: 0});
    node.connect(gain).connect(context.destination);
    node.start(when, at % buffer.duration);
    running.set(version.id, {url: version.url, node, gain});
  };
  const fade = (gain, to) => {
    gain.gain.cancelScheduledValues(context.currentTime);
    gain.gain.setTargetAtTime(to, context.currentTime, FADE_S / 3);
  };
  const hush = (one) => { fade(one.gain, 0); one.node.stop(context.currentTime + 10 * FADE_S); };
  const mix = () => running.forEach((one, id) => fade(one.gain, id === heard ? 1 : 0));

  const start = async () => {
    const mine = ++turn;
    DOCK.engine?.pause();
    listen();
    trouble.textContent = "";
    context ??= new AudioContext({sampleRate: data.sample_rate});
    try {
      const [buffers] = await Promise.all([
        Promise.all(data.versions.map((version) => load(version.url))), context.resume(),
      ]);
      if (mine !== turn) return;
      running.forEach(hush);
      running.clear();
      startedAt = context.currentTime + START_S;
      data.versions.forEach((version, n) => voice(version, buffers[n], startedAt, offsetS));
      isPlaying = true;
      mix();
      cancelAnimationFrame(frame);
      tick();
    } catch { fail(); }
  };
  const pause = () => {
    turn += 1;
    offsetS = nowS();
    isPlaying = false;
    running.forEach(hush);
    running.clear();
    show();
  };
  let deaf = null;
  const listen = () => {
    deaf ??= DOCK.engine?.subscribe(() => { if (isPlaying && DOCK.engine.isWanted) pause(); });
  };
  const seek = (s) => { offsetS = s; if (isPlaying) { isPlaying = false; start(); } else show(); };

  // a version whose sound has changed takes over at the same place while the rest goes on
  const replace = async (version) => {
    try {
      const buffer = await load(version.url);
      const still = data.versions.some((one) => one.url === version.url);
      if (!isPlaying || !still) return;
      const old = running.get(version.id);
      if (old?.url === version.url) return;
      if (old) hush(old);
      const when = context.currentTime + START_S;
      voice(version, buffer, when, nowS() + START_S);
      mix();
    } catch { fail(); }
  };

  const choose = (id) => {
    heard = id;
    if (context) mix();
    draw();
  };
  const draw = () => {
    data.versions.forEach((version, n) => {
      const button = choices.children[n], isHeard = version.id === heard;
      button.setAttribute("aria-checked", String(isHeard));
      button.tabIndex = isHeard ? 0 : -1;
    });
    show();
  };

  play.onclick = () => (isPlaying ? pause() : start());
  place.oninput = () => seek((place.value / 1000) * durationS);
  place.setAttribute("aria-label", "Place in the sound");
  root.querySelector(".player").onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    if (!event.shiftKey) event.stopPropagation(); // Streamlit has keys of its own
    const ids = data.versions.map((version) => version.id);
    const version = data.versions.find((one) => one.key === event.key.toLowerCase());
    if (version && !event.shiftKey) choose(version.id);
    else if (event.target.parentNode === choices && /^Arrow/.test(event.key)) {
      const step = /Right|Down/.test(event.key) ? 1 : ids.length - 1;
      choose(ids[(ids.indexOf(heard) + step) % ids.length]);
      choices.children[ids.indexOf(heard)].focus();
      event.preventDefault();
    } else if (event.key === " " && event.target === place) play.onclick();
  };

  return {
    update(next) {
      const isOther = data?.sound !== next.sound || data?.trial !== next.trial;
      data = next;
      durationS = next.duration_s;
      if (isOther) {
        if (isPlaying) pause();
        offsetS = 0;
        heard = next.versions[0].id;
      }
      const urls = new Set(next.versions.map((version) => version.url));
      loaded.forEach((_, url) => { if (!urls.has(url)) loaded.delete(url); });
      const labels = next.versions.map((version) => version.label);
      if (labels.join() !== [...choices.children].map((one) => one.textContent).join()) {
        choices.replaceChildren(...labels.map(() => document.createElement("button")));
      }
      next.versions.forEach((version, n) => {
        const button = choices.children[n];
        button.type = "button";
        button.textContent = version.label;
        button.setAttribute("role", "radio");
        button.setAttribute("aria-keyshortcuts", version.key);
        button.onclick = () => choose(version.id);
      });
      find(".hint").textContent = next.hint;
      if (!next.versions.some((version) => version.id === heard)) heard = next.versions[0].id;
      draw();
      // not at once: in a burst of changes only the last is worth asking for
      clearTimeout(wish);
      wish = setTimeout(() => next.versions.forEach(replace), SETTLE_MS);
    },
    // what a listener's instruments may ask: the files, and how loud each version is now
    urls: () => data.versions.map((version) => version.url),
    levels: () => Object.fromEntries([...running].map(([id, one]) => [id, one.gain.gain.value])),
    close() { deaf?.(); turn += 1; clearTimeout(wish); cancelAnimationFrame(frame); isPlaying = false; context?.close(); },
  };
}

export default function ({data, parentElement}) {
  const root = parentElement;
  root.player ??= makePlayer(root);
  root.player.update(data);
  return () => { root.player?.close(); root.player = null; };
}
