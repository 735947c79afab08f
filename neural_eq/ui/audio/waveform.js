// A sound from end to end, and which part of it is measured; pressing the picture moves that part.

const WAVE_HEIGHT = 72, FOOT = 18, TICK_STEPS_S = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800];
const QUIETEST = 0.05; // a sound that is quieter than this still looks quiet

const asMinutes = (s) => {
  const whole = Math.floor(s + 1e-6), rest = String(whole % 60).padStart(2, "0");
  return `${Math.floor(whole / 60)}:${rest}${s % 1 ? `.${Math.round((s % 1) * 10)}` : ""}`;
};

function makeWaveform(root) {
  const svg = root.querySelector("svg");
  let data = null, choose, outline = null, outlineOf = null, width = 0, held = null;

  async function read(url) {
    outline = null;
    outlineOf = url;
    try {
      const answer = await fetch(url);
      if (answer.ok && outlineOf === url) outline = new Int8Array(await answer.arrayBuffer());
    } catch {
      // it stays empty; the player says what is wrong with the sound
    }
    draw();
  }

  const startS = () => held ?? data.start_s;
  const latestS = () => data.duration_s - data.length_s;

  function draw() {
    width = root.clientWidth;
    if (!data || !width) return;
    const x = (s) => (s / data.duration_s) * width, mid = WAVE_HEIGHT / 2;
    svg.replaceChildren();
    setAll(svg, {width, height: WAVE_HEIGHT + FOOT, viewBox: `0 0 ${width} ${WAVE_HEIGHT + FOOT}`,
      "aria-label": data.spoken, class: latestS() > 0 ? "movable" : null});
    if (latestS() > 0) {
      const [from, to] = [x(startS()), x(startS() + data.length_s)];
      svgElement("rect", {class: "measured", x: from, y: 0, width: to - from,
        height: WAVE_HEIGHT}, svg);
      for (const at of [from, to]) {
        svgElement("line", {class: "edge", x1: at, x2: at, y1: 0, y2: WAVE_HEIGHT}, svg);
      }
    }
    if (outline?.length) {
      const n = outline.length / 2;
      const most = Math.max(QUIETEST * 127, ...outline.map(Math.abs));
      const y = (value) => mid - (value / most) * (mid - 1);
      const tops = Array.from({length: n}, (_, i) => [((i + 0.5) / n) * width, y(outline[2 * i + 1])]);
      const feet = Array.from({length: n}, (_, i) => [((i + 0.5) / n) * width, y(outline[2 * i])]);
      svgElement("path", {class: "wave", d: `${linePath([...tops, ...feet.reverse()])}Z`}, svg);
    }
    svgElement("line", {class: "middle", x1: 0, x2: width, y1: mid, y2: mid}, svg);
    const step = TICK_STEPS_S.find((s) => x(s) >= 64) ?? TICK_STEPS_S.at(-1) * 4;
    for (let s = 0; s <= data.duration_s; s += step) {
      svgElement("line", {class: "tick", x1: x(s), x2: x(s), y1: WAVE_HEIGHT, y2: WAVE_HEIGHT + 4}, svg);
      if (x(s) > width - 14) break;
      svgElement("text", {x: x(s), y: WAVE_HEIGHT + FOOT - 3,
        "text-anchor": s ? "middle" : "start"}, svg).textContent = asMinutes(s);
    }
  }

  const underS = (event) => {
    const share = (event.clientX - svg.getBoundingClientRect().left) / width;
    const first = Math.round(share * data.duration_s - data.length_s / 2);
    return Math.min(Math.floor(latestS()) + 1, Math.max(0, first));
  };
  svg.onpointerdown = (event) => {
    if (!data || latestS() <= 0 || event.button > 0) return;
    svg.setPointerCapture(event.pointerId);
    held = underS(event);
    draw();
  };
  svg.onpointermove = (event) => {
    if (held === null) return;
    held = underS(event);
    draw();
  };
  svg.onpointerup = () => {
    if (held !== null && held !== data.start_s) choose({start_s: held, sound: data.sound});
    else held = null;
  };
  svg.onpointercancel = () => {
    held = null;
    draw();
  };

  const observer = new ResizeObserver(() => {
    if (root.clientWidth !== width) draw();
  });
  observer.observe(root);
  return {
    update(given, trigger) {
      data = given;
      held = null;
      choose = (what) => trigger("chosen", what);
      if (data.url && outlineOf !== data.url) read(data.url);
      draw();
    },
    close() {
      observer.disconnect();
    },
  };
}

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".waveform");
  root.waveform ??= makeWaveform(root);
  root.waveform.update(data, setTriggerValue);
  return () => {
    root.waveform?.close();
    root.waveform = null;
  };
}
