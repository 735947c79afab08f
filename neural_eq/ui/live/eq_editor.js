// The picture of the morph and its five bands. The nodes move here at once; Python hears of a
// change on release, or 400 ms after the last key. One state key carries all there is to know.

const LOW_HZ = 20, HIGH_HZ = 20000, N_FREQS = 256, COMMIT_MS = 400;
const FREQS_HZ = Array.from({length: N_FREQS},
  (_, i) => LOW_HZ * (HIGH_HZ / LOW_HZ) ** (i / (N_FREQS - 1)));
const TICKS_HZ = {20: "20", 50: "50", 100: "100", 200: "200", 500: "500", 1000: "1k", 2000: "2k",
  5000: "5k", 10000: "10k", 20000: "20k"};
const MARKS = ["L", "1", "2", "3", "H"];
const ZOOMS_DB = [6, 12, 24];
const HINT = "Point at the picture for frequency and note. Drag a band; the wheel over it, or Page"
  + " Up and Page Down, turns its Q; a double-click or Home puts it back.";

function makeEditor(root) {
  let data, params, seq, zoomDb, isZoomChosen, send, timer = null, drag = null, width = 0;
  const nodes = [];
  let table;
  const margin = {left: 44, right: 14, top: 12, bottom: 40};
  const find = (name) => root.querySelector(name);
  const svg = find("svg"), readout = find(".readout");
  const legend = find(".legend"), zoom = find(".zoom"), beyond = find(".beyond");

  // ---- from values to the picture
  const height = () => (width < 560 ? 300 : 380);
  const plotWidth = () => Math.max(1, width - margin.left - margin.right);
  const plotHeight = () => height() - margin.top - margin.bottom;
  const xOf = (freqHz) => (Math.log(freqHz / LOW_HZ) / Math.log(HIGH_HZ / LOW_HZ)) * plotWidth();
  const hzOf = (x) => LOW_HZ * (HIGH_HZ / LOW_HZ) ** (x / plotWidth());
  const yOf = (db) => (0.5 - db / (2 * zoomDb)) * plotHeight();

  // ---- the limits of each number
  const limited = (number, value) =>
    Math.min(data.parameters[number].maximum, Math.max(data.parameters[number].minimum, value));
  const isEdited = (band) => [band.gain, band.freq, band.q].some(
    (n) => n !== null && Math.abs(params[n] - data.morph[n]) > 1e-9 * Math.abs(data.morph[n]) + 1e-9);

  function change(number, value) {
    params[number] = limited(number, value);
    drawSetting();
  }
  function reset(band) {
    for (const n of [band.gain, band.freq, band.q]) if (n !== null) params[n] = data.morph[n];
    drawSetting();
    commit();
  }
  function commit() {
    clearTimeout(timer);
    timer = null;
    send({params, seq, zoom_db: isZoomChosen ? zoomDb : null});
  }
  function commitSoon() {
    clearTimeout(timer);
    timer = setTimeout(commit, COMMIT_MS);
  }
  const commitPending = () => timer !== null && commit();

  // ---- the parts that are made once
  const grid = svgElement("g", {class: "grid"}, svg);
  const plot = svgElement("svg", {overflow: "hidden", class: "plot"}, svg);
  const spread = svgElement("path", {class: "spread"}, plot);
  const ends = svgElement("g", {}, plot);
  const own = svgElement("path", {class: "own"}, plot);
  const guide = svgElement("line", {class: "guide", visibility: "hidden"}, plot);
  const handles = svgElement("g", {}, svg);

  function makeNode(band, index) {
    const node = svgElement("g", {class: "node", tabindex: 0, role: "slider",
      "aria-label": band.name, "aria-orientation": "vertical"}, handles);
    svgElement("circle", {class: "reach", r: 20}, node);
    svgElement("circle", {class: "dot", r: 11}, node);
    svgElement("text", {"text-anchor": "middle", y: 4.5}, node).textContent = MARKS[index];
    node.onpointerdown = (event) => {
      if (event.button > 0) return;
      node.setPointerCapture(event.pointerId);
      node.focus();
      drag = {x: event.clientX, y: event.clientY, gain: params[band.gain], freq: params[band.freq],
        moved: false};
      event.preventDefault();
    };
    node.onpointermove = (event) => {
      if (!drag || !node.hasPointerCapture(event.pointerId)) return;
      const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
      if (!drag.moved && Math.hypot(dx, dy) < 2) return; // a click is no drag
      drag.moved = true;
      params[band.freq] = limited(band.freq, drag.freq * hzOf(dx) / LOW_HZ);
      change(band.gain, drag.gain - (dy / plotHeight()) * 2 * zoomDb);
      say(band);
    };
    node.onpointerup = node.onpointercancel = () => {
      const moved = drag?.moved;
      drag = null;
      if (moved) commit();
    };
    node.ondblclick = () => reset(band);
    node.onfocus = () => say(band);
    node.onblur = () => { readout.textContent = HINT; };
    node.addEventListener("wheel", (event) => {
      if (band.q === null) return;
      event.preventDefault();
      change(band.q, params[band.q] * 1.08 ** -Math.sign(event.deltaY));
      say(band);
      commitSoon();
    }, {passive: false});
    node.onkeydown = (event) => pressed(event, band);
    return node;
  }

  function pressed(event, band) {
    const db = event.shiftKey ? 1 : 0.1, octaves = event.shiftKey ? 1 / 3 : 1 / 24;
    const steps = {
      ArrowUp: [band.gain, params[band.gain] + db],
      ArrowDown: [band.gain, params[band.gain] - db],
      ArrowRight: [band.freq, params[band.freq] * 2 ** octaves],
      ArrowLeft: [band.freq, params[band.freq] / 2 ** octaves],
      PageUp: [band.q, params[band.q] * 1.08],
      PageDown: [band.q, params[band.q] / 1.08],
    };
    if (event.key === "Home") reset(band);
    else if (steps[event.key] && steps[event.key][0] !== null) {
      change(...steps[event.key]);
      commitSoon();
    } else if (!steps[event.key]) return;
    event.preventDefault();
    say(band);
  }

  for (const db of ZOOMS_DB) {
    htmlElement("button", {type: "button", "data-db": db}, zoom, `±${db} dB`).onclick = () => {
      zoomDb = db;
      isZoomChosen = true;
      draw();
      commit();
    };
  }

  // ---- words for eye and screen reader
  function spoken(band) {
    const freqHz = params[band.freq], q = band.q === null ? "" : `, Q ${params[band.q].toFixed(2)}`;
    return `${asDb(params[band.gain])} dB at ${asHz(freqHz)} Hz, ${noteName(freqHz)}${q}`;
  }
  function say(band) {
    readout.textContent = `${band.name}: ${spoken(band)}`;
  }
  svg.onpointermove = (event) => {
    const x = event.clientX - svg.getBoundingClientRect().left - margin.left;
    const isInside = x >= 0 && x <= plotWidth();
    guide.setAttribute("visibility", isInside ? "visible" : "hidden");
    if (drag || !isInside) return;
    const freqHz = hzOf(x);
    setAll(guide, {x1: x, x2: x, y1: 0, y2: plotHeight()});
    const values = [["morph", params], ...data.curves.map((c) => [c.name, c.params])].map(
      ([name, p]) => `${name} ${asDb(responseDb(p, [freqHz], data)[0])} dB`);
    readout.textContent = [`${asHz(freqHz)} Hz, ${noteName(freqHz)}`, ...values].join(" · ");
  };
  svg.onpointerleave = () => {
    guide.setAttribute("visibility", "hidden");
    if (!drag) readout.textContent = HINT;
  };

  // ---- drawing
  function curvePath(values, freqsHz = FREQS_HZ) {
    return linePath(freqsHz.map((freqHz, i) => [xOf(freqHz), yOf(values[i])]));
  }
  function drawGrid() {
    grid.replaceChildren();
    setAll(svg, {width, height: height(), viewBox: `0 0 ${width} ${height()}`});
    setAll(plot, {x: margin.left, y: margin.top, width: plotWidth(), height: plotHeight()});
    grid.setAttribute("transform", `translate(${margin.left} ${margin.top})`);
    handles.setAttribute("transform", `translate(${margin.left} ${margin.top})`);
    for (const [freqHz, text] of Object.entries(TICKS_HZ)) {
      const x = xOf(+freqHz);
      svgElement("line", {x1: x, x2: x, y1: 0, y2: plotHeight()}, grid);
      svgElement("text", {x, y: plotHeight() + 16, "text-anchor": "middle"}, grid)
        .textContent = text;
    }
    const stepDb = zoomDb === 6 ? 2 : zoomDb / 4;
    for (let db = -zoomDb; db <= zoomDb; db += stepDb) {
      const y = yOf(db);
      svgElement("line", {x1: 0, x2: plotWidth(), y1: y, y2: y, class: db ? "" : "zero"}, grid);
      svgElement("text", {x: -7, y: y + 4, "text-anchor": "end"}, grid)
        .textContent = `${db > 0 ? "+" : db < 0 ? "−" : ""}${Math.abs(db)}`;
    }
    svgElement("text", {x: plotWidth() / 2, y: plotHeight() + 34, "text-anchor": "middle"}, grid)
      .textContent = "Frequency (Hz)";
    svgElement("text", {transform: `translate(-33 ${plotHeight() / 2}) rotate(-90)`,
      "text-anchor": "middle"}, grid).textContent = "Gain (dB)";
  }
  function drawEnds() {
    ends.replaceChildren();
    for (const curve of data.curves) {
      svgElement("path", {d: curvePath(responseDb(curve.params, FREQS_HZ, data)),
        stroke: curve.colour, "stroke-dasharray": curve.dash, class: "end"}, ends);
    }
    if (data.spread) {
      const n = data.spread.low_db.length;
      const freqsHz = data.spread.low_db.map((_, i) => LOW_HZ * (HIGH_HZ / LOW_HZ) ** (i / (n - 1)));
      const back = freqsHz.map((freqHz, i) => [xOf(freqHz), yOf(data.spread.low_db[i])]).reverse();
      spread.setAttribute("d", `${curvePath(data.spread.high_db, freqsHz)}${
        linePath(back).replace("M", "L")}Z`);
      spread.setAttribute("fill", data.spread.colour);
    } else spread.removeAttribute("d");
    const items = [{name: data.name, colour: "var(--own)", dash: "", width: 4}, ...data.curves];
    legend.replaceChildren(...items.map((item) => {
      const li = htmlElement("li", {});
      const sample = svgElement("svg", {width: 30, height: 10, "aria-hidden": true}, li);
      svgElement("line", {x1: 1, x2: 29, y1: 5, y2: 5, stroke: item.colour,
        "stroke-width": item.width ?? 2.5, "stroke-dasharray": item.dash}, sample);
      li.append(item.name);
      return li;
    }));
    if (data.spread) {
      const li = htmlElement("li", {}, legend);
      const sample = svgElement("svg", {width: 30, height: 12, "aria-hidden": true}, li);
      svgElement("rect", {width: 30, height: 12, fill: data.spread.colour, class: "spread"}, sample);
      li.append(data.spread.name);
    }
  }
  function drawSetting() {
    const curve = responseDb(params, FREQS_HZ, data);
    own.setAttribute("d", curvePath(curve));
    const most = Math.max(...curve.map(Math.abs));
    beyond.textContent = most > zoomDb
      ? `The curve reaches ${asDb(most).slice(1)} dB, beyond ±${zoomDb} dB.` : "";
    data.bands.forEach((band, i) => {
      const gain = params[band.gain];
      const y = Math.min(plotHeight(), Math.max(0, yOf(gain)));
      setAll(nodes[i], {
        transform: `translate(${xOf(params[band.freq]).toFixed(2)} ${y.toFixed(2)})`,
        "aria-valuenow": gain.toFixed(2), "aria-valuemin": data.parameters[band.gain].minimum,
        "aria-valuemax": data.parameters[band.gain].maximum, "aria-valuetext": spoken(band),
      });
      nodes[i].classList.toggle("edited", isEdited(band));
    });
    table.show(params, isEdited);
  }
  function draw() {
    if (!width) return;
    for (const button of zoom.children) {
      button.setAttribute("aria-pressed", +button.dataset.db === zoomDb);
    }
    drawGrid();
    drawEnds();
    drawSetting();
  }

  // a key pressed here is none of the app's shortcuts
  root.onkeydown = root.onkeyup = (event) => event.stopPropagation();
  root.onfocusout = commitPending;
  const observer = new ResizeObserver(() => {
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    if (data) draw();
  });
  observer.observe(root);
  readout.textContent = HINT;

  return {
    update(given, setStateValue) {
      data = given;
      send = (state) => setStateValue("edit", state);
      if (!nodes.length) {
        nodes.push(...data.bands.map(makeNode));
        table = makeTable(root, data, {change, commit, reset});
        isZoomChosen = data.is_zoom_chosen;
        zoomDb = data.zoom_db;
      }
      // what the hand does goes before what Python says, until Python means it otherwise
      if (data.seq !== seq && !drag) {
        clearTimeout(timer);
        timer = null;
        params = [...data.params];
        seq = data.seq;
        table.forgive();
      }
      if (!isZoomChosen) zoomDb = data.zoom_db;
      width = root.clientWidth;
      draw();
    },
    response: (given, freqsHz) => responseDb(given, freqsHz, data),
    close() {
      clearTimeout(timer);
      observer.disconnect();
    },
  };
}

export default function ({data, parentElement, setStateValue}) {
  const root = parentElement.querySelector(".eq-editor");
  root.editor ??= makeEditor(root);
  root.editor.update(data, setStateValue);
  return () => root.editor.close();
}
