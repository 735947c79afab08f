// Where a morph leads: how far from any setting along the slider, and over which of them.

const GAUGE_HEIGHT = 130, SIDE = {left: 40, right: 12, top: 10, bottom: 34};

function drawGauge(svg, readout, gauge, width) {
  svg.replaceChildren();
  setAll(svg, {width, height: GAUGE_HEIGHT, viewBox: `0 0 ${width} ${GAUGE_HEIGHT}`,
    "aria-label": gauge.spoken});
  const w = width - SIDE.left - SIDE.right, h = GAUGE_HEIGHT - SIDE.top - SIDE.bottom;
  const {nearest_db: nearest, far_db: farDb} = gauge;
  const top = Math.max(1, ...nearest, gauge.now_db, farDb * 1.25);
  const x = (i) => SIDE.left + (i / (nearest.length - 1)) * w;
  const y = (db) => SIDE.top + (1 - db / top) * h;
  const floor = y(0);
  for (const [i, db] of nearest.slice(1).entries()) { // one column from each place to the next
    const isFar = (db + nearest[i]) / 2 > farDb;
    svgElement("path", {class: isFar ? "far" : "near",
      d: `M${x(i)} ${floor}V${y(nearest[i])}L${x(i + 1)} ${y(db)}V${floor}Z`}, svg);
  }
  svgElement("path", {class: "height", d: linePath(nearest.map((db, i) => [x(i), y(db)]))}, svg);
  svgElement("line", {class: "axis", x1: SIDE.left, x2: SIDE.left + w, y1: floor, y2: floor}, svg);
  const limit = y(farDb);
  svgElement("line", {class: "limit", x1: SIDE.left, x2: SIDE.left + w, y1: limit, y2: limit}, svg);
  svgElement("text", {x: SIDE.left + w, y: limit - 4, "text-anchor": "end"}, svg)
    .textContent = "nobody has been above";
  for (const db of [0, top]) {
    svgElement("text", {x: SIDE.left - 6, y: y(db) + 4, "text-anchor": "end"}, svg)
      .textContent = db.toFixed(db ? 1 : 0);
  }
  svgElement("text", {transform: `translate(12 ${SIDE.top + h / 2}) rotate(-90)`,
    "text-anchor": "middle"}, svg).textContent = "dB";
  for (const share of [0, 50, 100]) {
    svgElement("text", {x: SIDE.left + (share / 100) * w, y: floor + 15,
      "text-anchor": share === 0 ? "start" : share === 100 ? "end" : "middle"}, svg)
      .textContent = `${share} %`;
  }
  svgElement("text", {x: SIDE.left + w / 2, y: floor + 30, "text-anchor": "middle"}, svg)
    .textContent = "Slider (%)";
  const present = svgElement("circle",
    {class: "present", r: 6, cx: x(gauge.at), cy: y(gauge.now_db)}, svg);
  const rest = gauge.rest;
  readout.textContent = rest;
  svg.onpointermove = (event) => {
    const share = (event.clientX - svg.getBoundingClientRect().left - SIDE.left) / w;
    const i = Math.round(Math.min(1, Math.max(0, share)) * (nearest.length - 1));
    readout.textContent = `At ${i} %: ${nearest[i].toFixed(1)} dB from the nearest setting.`;
  };
  svg.onpointerleave = () => { readout.textContent = rest; };
  return (at) => setAll(present, {cx: x(at), cy: y(between(nearest, at))});
}

// What lies at a place of the slider among what is known at each of its percents.
function between(values, at) {
  const index = Math.min(values.length - 2, Math.max(0, Math.floor(at)));
  return values[index] + (at - index) * (values[index + 1] - values[index]);
}

// Move a word up or down until it stands clear of what is written already; return where it stands.
function freeOf(name, y, written) {
  const meets = (a) => written.some((b) => a.x < b.x + b.width && b.x < a.x + a.width
    && a.y < b.y + b.height && b.y < a.y + a.height);
  for (const offset of [0, 12, -12, 20, -20, 32, -32]) {
    name.setAttribute("y", y + offset);
    if (!meets(name.getBBox())) return name.getBBox();
  }
  name.setAttribute("y", y);
  return name.getBBox();
}

// The map keeps the settings while the rest moves: they are drawn anew for another map alone.
function drawMap(svg, map, width, kept) {
  const height = Math.min(340, Math.round(width * 0.8));
  setAll(svg, {width, height, viewBox: `0 0 ${width} ${height}`, "aria-label": map.spoken});
  const pad = 22;
  const x = (value) => pad + (value / 1000) * (width - 2 * pad);
  const y = (value) => height - pad - (value / 1000) * (height - 2 * pad);
  const at = ([a, b]) => [x(a), y(b)];
  const key = `${map.key} ${width}`;
  if (kept.key !== key) {
    kept.key = key;
    svg.replaceChildren();
    svgElement("rect", {class: "frame", x: 0.5, y: 0.5, width: width - 1, height: height - 1}, svg);
    for (const group of map.groups) {
      svgElement("path", {class: "dots", stroke: group.colour,
        d: group.places.map((p) => `M${at(p).map((v) => v.toFixed(1)).join(" ")}h0`).join("")}, svg);
    }
    svgElement("text", {x: width / 2, y: height - 6, "text-anchor": "middle"}, svg)
      .textContent = `${map.method} 1 (no unit)`;
    svgElement("text", {transform: `translate(14 ${height / 2}) rotate(-90)`,
      "text-anchor": "middle"}, svg).textContent = `${map.method} 2 (no unit)`;
    kept.way = svgElement("g", {}, svg);
  }
  kept.way.replaceChildren();
  const way = map.way.map(at);
  for (const name of ["way-under", "way"]) {
    svgElement("path", {class: name, d: linePath(way)}, kept.way);
  }
  const written = [];
  for (const [i, [cx, cy]] of [way[0], way.at(-1)].entries()) {
    const isRight = cx > width / 2;
    svgElement("circle", {class: "end", cx, cy, r: 5}, kept.way);
    const name = svgElement("text", {class: "end-name", x: cx + (isRight ? 6 : -6), y: cy - 11,
      "text-anchor": isRight ? "end" : "start"}, kept.way);
    name.textContent = `${"AB"[i]}: ${map.ends[i]}`;
    written.push(freeOf(name, cy - 11, written));
  }
  for (const word of map.words) {
    if (map.ends.includes(word.name)) continue; // A and B say so
    const [cx, cy] = at(word.place);
    const name = svgElement("text", {class: "word", x: Math.min(width - 30, Math.max(30, cx)),
      y: cy, "text-anchor": "middle"}, kept.way);
    name.textContent = word.name;
    written.push(freeOf(name, cy, written));
  }
  const [nowX, nowY] = at(map.now);
  if (map.is_edited) {
    const [fromX, fromY] = at(map.way[map.at]);
    svgElement("line", {class: "leap", x1: fromX, y1: fromY, x2: nowX, y2: nowY}, kept.way);
  }
  const present = svgElement("circle", {class: "present", cx: nowX, cy: nowY, r: 8}, kept.way);
  return (at) => setAll(present, {cx: between(way.map(([cx]) => cx), at),
    cy: between(way.map(([, cy]) => cy), at)});
}

function makeWhereabouts(root) {
  let data, move = [], frame = 0;
  const kept = {};
  const draw = () => {
    const width = root.clientWidth;
    if (!data || !width) return;
    move = [
      drawGauge(root.querySelector(".gauge"), root.querySelector(".readout"), data.gauge, width),
      drawMap(root.querySelector(".map"), data.map, width, kept),
    ];
  };
  // the marks go along while the slider moves
  const unsubscribe = DOCK.subscribe((state, part) => {
    if (part.eq?.at === undefined || frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      const {eq} = DOCK.state;
      if (eq?.at !== undefined) move.forEach((to) => to(eq.at));
    });
  });
  const observer = new ResizeObserver(draw);
  observer.observe(root);
  return {
    update(given) {
      data = given;
      draw();
    },
    close() {
      observer.disconnect();
      unsubscribe();
      cancelAnimationFrame(frame);
    },
  };
}

export default function ({data, parentElement}) {
  const root = parentElement.querySelector(".whereabouts");
  root.whereabouts ??= makeWhereabouts(root);
  root.whereabouts.update(data);
  return () => {
    root.whereabouts?.close();
    root.whereabouts = null;
  };
}
