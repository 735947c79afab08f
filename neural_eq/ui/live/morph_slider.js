// A slider of the morph, heard while it moves; Python hears of it on release.

const N_DRAWN = 200, CURSOR_STEP = 10, REACH = 20;
const HINTS = {
  swing: "The slider swings from end to end and back while the music plays. Where it is stopped"
    + " it stays, and the words around it follow.",
  drawn: "Draw the slider's way over one loop of the sound: up is the right end. Where it is stopped"
    + " it stays, and the words around it follow. By keys: left and right along it, up and down.",
};

function makeMorphSlider(root) {
  const find = (name) => root.querySelector(name);
  const input = find("#slider"), output = find("output"), drawing = find(".drawing");
  let data, send, sent = 0, isHeld = false, isMoving = false, frame = 0;

  const isPlace = () => data?.kind === "at";
  const shown = (value) => (isPlace() ? `${Math.round(value)} %` : value.toFixed(2));

  function show(value) {
    output.textContent = shown(value);
    input.setAttribute("aria-valuetext", shown(value));
  }
  function heard() {
    const { state } = DOCK, at = isPlace() ? +input.value : state.at;
    const strength = isPlace() ? state.strength : +input.value;
    DOCK.set({ at, strength, motion: isPlace() ? null : state.motion });
    if (state.morph && !(state.motion && !isPlace())) {
      DOCK.drive("slider", morphEq(state.morph, at, strength));
    }
  }
  input.oninput = () => {
    isHeld = true;
    if (isPlace()) isMoving = false; // the hand says where it stops
    heard();
    show(+input.value);
  };
  // A drag that ends where it began changes nothing for the browser, but lets go all the same.
  function letGo() {
    if (!isHeld) return;
    isHeld = false;
    tell();
    DOCK.release("slider");
  }
  input.onchange = input.onblur = letGo;
  input.onpointerup = input.onpointercancel = input.onlostpointercapture = letGo;
  // An edit of the bands is one of a morph that stands still.
  function tell(isMotion = false) {
    sent = Date.now();
    send("moved", { value: +input.value, is_motion: isMotion, n: sent });
  }
  root.onkeydown = root.onkeyup = (event) => {
    // the keys of the player are for all; the app's own shortcuts are meant by none of these
    if (![" ", "b", "B", "z", "Z", "y"].includes(event.key)) event.stopPropagation();
  };

  // ---- motion
  function move(kind) {
    const loops = +find("select").value;
    const motion = kind === "swing" ? { kind, loops }
      : kind === "drawn" ? { kind, drawing: DOCK.state.drawing ?? Array(N_DRAWN).fill(+input.value) }
        : null;
    DOCK.set({ motion });
  }
  function began() {
    isMoving = true;
    tell(true);
  }
  // However a motion ends, the slider stays where it was, and Python hears of it.
  function ended() {
    const { eq, morph, strength } = DOCK.state, at = Math.round(eq?.at ?? +input.value);
    isMoving = false;
    input.value = at;
    show(at);
    DOCK.set({ at });
    if (morph) DOCK.drive("slider", morphEq(morph, at, strength));
    tell();
    DOCK.release("slider");
  }
  for (const button of root.querySelectorAll(".choices button")) {
    button.onclick = () => move(button.dataset.kind);
  }
  find("select").onchange = () => move("swing");
  let last = null;
  const put = (event) => {
    const box = drawing.getBoundingClientRect();
    const x = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const value = 100 * (1 - Math.min(1, Math.max(0, (event.clientY - box.top) / box.height)));
    const way = [...DOCK.state.motion.drawing], at = Math.min(way.length - 1, Math.floor(x * way.length));
    const from = last ?? { at, value }, span = at - from.at;
    for (let k = 0; k <= Math.abs(span); k++) {
      way[from.at + Math.sign(span) * k] = from.value + (span ? k / Math.abs(span) : 1) * (value - from.value);
    }
    last = { at, value };
    DOCK.set({ drawing: way, motion: { kind: "drawn", drawing: way } });
  };
  drawing.onpointerdown = (event) => {
    drawing.setPointerCapture(event.pointerId);
    last = null;
    put(event);
  };
  drawing.onpointermove = (event) => drawing.hasPointerCapture(event.pointerId) && put(event);
  // By keys: left and right go along the loop, up and down pull the way there to a higher or lower
  // place, the nearer the more.
  let cursor = 0;
  function spoken() {
    const place = DOCK.state.motion.drawing[Math.min(N_DRAWN - 1, cursor)];
    drawing.setAttribute("aria-valuenow", Math.round(place));
    drawing.setAttribute("aria-valuetext",
      `${Math.round((100 * cursor) / N_DRAWN)} % of the loop: ${Math.round(place)} %`);
  }
  drawing.onkeydown = (event) => {
    const along = { ArrowRight: CURSOR_STEP, ArrowLeft: -CURSOR_STEP }[event.key];
    const pull = { ArrowUp: 5, ArrowDown: -5 }[event.key];
    if (!along && !pull) return;
    event.preventDefault();
    if (along) cursor = Math.min(N_DRAWN, Math.max(0, cursor + along));
    else {
      const way = DOCK.state.motion.drawing.map((value, i) => Math.min(100, Math.max(0,
        value + pull * Math.max(0, 1 - Math.abs(i - cursor) / REACH))));
      DOCK.set({ drawing: way, motion: { kind: "drawn", drawing: way } });
    }
    spoken();
    frame ||= requestAnimationFrame(draw);
  };
  drawing.onfocus = drawing.onblur = () => { spoken(); frame ||= requestAnimationFrame(draw); };
  function drawWay(motion, now) {
    const box = drawing.getBoundingClientRect(), scale = window.devicePixelRatio || 1;
    Object.assign(drawing, { width: box.width * scale, height: box.height * scale });
    const paint = drawing.getContext("2d"), style = getComputedStyle(root.host ?? root.firstElementChild);
    const y = (value) => (1 - value / 100) * (drawing.height - 4) + 2;
    paint.strokeStyle = style.getPropertyValue("--st-primary-color") || "#d55e00";
    paint.lineWidth = 2 * scale;
    paint.beginPath();
    motion.drawing.forEach((value, i) =>
      paint.lineTo((i / (motion.drawing.length - 1)) * drawing.width, y(value)));
    paint.stroke();
    if (drawing.matches(":focus-visible")) {
      paint.fillStyle = style.getPropertyValue("--st-text-color") || "#888";
      paint.fillRect((cursor / N_DRAWN) * drawing.width - scale, 0, 2 * scale, drawing.height);
    }
    const { engine } = DOCK, sound = engine?.sound;
    if (!sound) return;
    const loop = DOCK.state.loop ?? { from: 0, to: sound.n_frames };
    const share = (engine.status.frame - loop.from) / (loop.to - loop.from);
    paint.fillStyle = style.getPropertyValue("--st-text-color") || "#888";
    paint.beginPath();
    paint.arc(share * drawing.width, y(now), 4 * scale, 0, 7);
    paint.fill();
  }

  // ---- what others do
  function draw() {
    frame = 0;
    if (!data) return;
    const { motion, eq, hand } = DOCK.state;
    if (isPlace()) {
      const kind = motion?.kind ?? "";
      for (const button of root.querySelectorAll(".choices button")) {
        button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
      }
      find(".loops").hidden = kind !== "swing";
      drawing.hidden = kind !== "drawn";
      find(".hint").hidden = !kind;
      find(".hint").textContent = HINTS[kind] ?? "";
      if (hand === "motion" && eq?.at !== undefined && !isHeld) {
        input.value = eq.at;
        show(eq.at);
      }
      if (kind === "drawn") drawWay(motion, eq?.at ?? +input.value);
    }
  }
  const end = DOCK.subscribe((state, part) => {
    if (isPlace() && "motion" in part && Boolean(state.motion) !== isMoving) {
      if (state.motion) began();
      else ended();
    }
    if (part.eq || "motion" in part) frame ||= requestAnimationFrame(draw);
  });

  return {
    update(given, setStateValue) {
      data = given;
      send = setStateValue;
      find("label").textContent = data.name;
      Object.assign(input, { min: data.minimum, max: data.maximum, step: data.step, title: data.help });
      if (!isHeld && data.echo >= sent) {
        input.value = data.value;
        show(data.value);
        DOCK.set({ [data.kind]: data.value });
      }
      if (data.morph) {
        DOCK.set({ morph: data.morph });
        const [left, right] = root.querySelectorAll(".ends span");
        left.textContent = data.morph.words.start;
        right.textContent = data.morph.words.end;
      }
      find(".ends").hidden = find(".motion").hidden = !isPlace();
      draw();
    },
    close() {
      end();
      cancelAnimationFrame(frame);
      // its page is left: what plays is the EQ in use again, as the next page says
      if (isMoving || isHeld) {
        DOCK.set({ motion: null, hand: null, eq: DOCK.state.base, slot: "live" });
      }
    },
  };
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement;
  root.slider ??= makeMorphSlider(root);
  root.slider.update(data, setStateValue);
  return () => { root.slider?.close(); root.slider = null; };
}
