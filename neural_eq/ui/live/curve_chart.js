// A chart of EQ curves. What its legend leaves out and its zoom hold over reruns and page switches.

const CURVE_VIEWS = (globalThis.__neuralEqCurveViews ??= {}); // by chart
const SPANS_DB = [6, 12, 18, 24, 36, 48, 72];
const STEP = 2 ** (1 / 12), LEAP = 2, START_HZ = 1000;
const HINT = "Point at the picture for frequency and note.";

function makeCurveChart(root) {
  const find = (name) => root.querySelector(name);
  const svg = find(".picture svg"), readout = find(".readout"), legend = find(".legend");
  const plane = new Plane(svg, readout);
  let data = null, width = 0, view = null, atHz = START_HZ, isRead = false, inLegend = "";

  const isShown = (line) => view.shown[line.name] ?? !line.hidden;
  const shown = () => data.lines.filter(isShown);

  function spanDb() {
    if (view.zoomDb) return view.zoomDb;
    const all = [...shown().map((line) => line.db), data.spread?.low_db ?? [],
      data.spread?.high_db ?? []].flat();
    const most = all.reduce((high, db) => Math.max(high, Math.abs(db)), 0);
    return SPANS_DB.find((db) => most <= db) ?? SPANS_DB.at(-1);
  }
  const showZoom = zoomButtons(find(".zoom"), (db) => {
    view.zoomDb = view.zoomDb === db ? null : db;
    draw();
  });

  function drawLegend() {
    legend.replaceChildren();
    for (const line of data.lines) {
      const item = htmlElement("li", {}, legend);
      const place = data.lines.length < 2 ? item
        : htmlElement("button", {type: "button", "aria-pressed": isShown(line)}, item);
      lineSample(line, place);
      place.append(line.name);
      if (place !== item) place.onclick = () => {
        view.shown[line.name] = !isShown(line);
        place.setAttribute("aria-pressed", isShown(line));
        draw();
      };
    }
    if (data.spread) spreadItem(data.spread, legend);
  }
  function draw() {
    if (!width) return;
    plane.resize(width, data.height, spanDb());
    showZoom(view.zoomDb);
    plane.drawSpread(data.spread);
    plane.lines.replaceChildren();
    for (const line of shown())
      svgElement("path", {d: plane.path(line.db), stroke: line.colour, class: "curve",
        "stroke-width": line.width, "stroke-dasharray": line.dash || null}, plane.lines);
    if (isRead) read(atHz);
    else rest();
  }

  // ---- reading the curves, by the pointer or by keys
  function read(freqHz) {
    atHz = freqHz;
    isRead = true;
    const place = Math.log(freqHz / LOW_HZ) / Math.log(HIGH_HZ / LOW_HZ);
    plane.point(freqHz, shown().map(({name, db}) => {
      const at = place * (db.length - 1), i = Math.min(db.length - 2, Math.floor(at));
      return [name, db[i] + (at - i) * (db[i + 1] - db[i])];
    }));
    setAll(svg, {"aria-valuenow": Math.round(freqHz), "aria-valuetext": readout.textContent});
  }
  function rest() {
    isRead = false;
    plane.leave();
    readout.textContent = HINT;
    setAll(svg, {"aria-valuenow": Math.round(atHz), "aria-valuetext": HINT});
  }
  svg.onpointermove = (event) => {
    const freqHz = plane.hzUnder(event);
    if (freqHz === null) rest();
    else read(freqHz);
  };
  svg.onpointerleave = svg.onblur = rest;
  svg.onfocus = () => svg.matches(":focus-visible") && read(atHz);
  svg.onkeydown = (event) => {
    const ratio = event.shiftKey ? LEAP : STEP;
    const next = {ArrowLeft: atHz / ratio, ArrowDown: atHz / ratio, ArrowRight: atHz * ratio,
      ArrowUp: atHz * ratio, Home: LOW_HZ, End: HIGH_HZ}[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    read(Math.min(HIGH_HZ, Math.max(LOW_HZ, next)));
  };

  const observer = new ResizeObserver(() => {
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    if (data) draw();
  });
  observer.observe(root);
  const spectrum = spectrumBehind(plane, find("canvas"), find(".spectrum"));

  return {
    update(given) {
      data = given;
      view = CURVE_VIEWS[data.key] ??= {shown: {}, zoomDb: null};
      svg.setAttribute("aria-label", data.spoken);
      width = root.clientWidth;
      const looks = JSON.stringify([data.key, data.lines.map(({db, ...look}) => look),
        data.spread?.name]);
      if (looks !== inLegend) drawLegend(); // one of its buttons may have the focus
      inLegend = looks;
      draw();
    },
    lines: () => shown().map(({name, db}) => ({name, db})), // for those who look on
    close() {
      observer.disconnect();
      spectrum.close();
    },
  };
}

export default function ({data: [data], parentElement}) {
  const root = parentElement.querySelector(".curve-chart");
  root.chart ??= makeCurveChart(root);
  root.chart.update(data);
  return () => {
    root.chart?.close();
    root.chart = null;
  };
}
