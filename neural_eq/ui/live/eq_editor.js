// The picture of the morph and its five bands. The nodes move here at once; Python hears of a
// change on release, or 400 ms after the last key. One state key carries all there is to know.

const LOW_HZ = 20, HIGH_HZ = 20000, N_FREQS = 256, COMMIT_MS = 400;
const FREQS_HZ = Array.from({length: N_FREQS},
  (_, i) => LOW_HZ * (HIGH_HZ / LOW_HZ) ** (i / (N_FREQS - 1)));
const MARKS = ["L", "1", "2", "3", "H"];
const ZOOMS_DB = [6, 12, 24];
const POINT = "Point at the picture for frequency and note.";
const HINT = `${POINT} Drag a band; the wheel over it, or Page Up and Page Down, turns its Q;`
  + " a double-click or Home puts it back.";

function makeEditor(root) {
  let data, params, seq, zoomDb, isZoomChosen, send, timer = null, width = 0;
  const nodes = [];
  let table;
  const margin = {left: 44, right: 14, top: 12, bottom: 40};
  const find = (name) => root.querySelector(name);
  const svg = find(".picture svg"), readout = find(".readout");
  const legend = find(".legend"), zoom = find(".zoom"), beyond = find(".beyond");

  const hint = () => (data?.is_fixed ? POINT : HINT);

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

  // the slider that moves by itself stands still before a number is turned
  const still = () => DOCK.state.motion && DOCK.set({motion: null});

  function change(number, value) {
    still();
    params[number] = limited(number, value);
    heard();
  }
  function reset(band) {
    still();
    for (const n of [band.gain, band.freq, band.q]) if (n !== null) params[n] = data.morph[n];
    heard();
    commit();
  }
  // the sound goes first, the picture follows with the next frame
  function heard() {
    DOCK.drive("editor", {params: [...params], label: data.label});
    drawSoon();
  }
  function commit() {
    if (data.is_fixed) return;
    clearTimeout(timer);
    timer = null;
    send({params, seq, at: DOCK.state.at, zoom_db: isZoomChosen ? zoomDb : null});
    DOCK.release("editor");
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

  const hands = makeHands(svg, {
    value: (number) => params[number],
    place: (number, value) => { params[number] = limited(number, value); },
    still, change, reset, commit, commitSoon, say,
    rest: () => { readout.textContent = hint(); },
    dbOf: (dy) => -(dy / plotHeight()) * 2 * zoomDb,
    ratioOf: (dx) => hzOf(dx) / LOW_HZ,
  });

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
    if (hands.hold() || !isInside) return;
    const freqHz = hzOf(x);
    setAll(guide, {x1: x, x2: x, y1: 0, y2: plotHeight()});
    const values = [[data.name, params], ...data.curves.map((c) => [c.name, c.params])].map(
      ([name, p]) => `${name} ${asDb(responseDb(p, [freqHz], data)[0])} dB`);
    readout.textContent = [`${asHz(freqHz)} Hz, ${noteName(freqHz)}`, ...values].join(" · ");
  };
  svg.onpointerleave = () => {
    guide.setAttribute("visibility", "hidden");
    if (!hands.hold()) readout.textContent = hint();
  };

  // ---- drawing
  function curvePath(values, freqsHz = FREQS_HZ) {
    return linePath(freqsHz.map((freqHz, i) => [xOf(freqHz), yOf(values[i])]));
  }
  function drawGrid() {
    setAll(svg, {width, height: height(), viewBox: `0 0 ${width} ${height()}`});
    setAll(plot, {x: margin.left, y: margin.top, width: plotWidth(), height: plotHeight()});
    for (const part of [grid, handles]) {
      part.setAttribute("transform", `translate(${margin.left} ${margin.top})`);
    }
    drawAxes(grid, {width: plotWidth(), height: plotHeight(), xOf, yOf, zoomDb});
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
    drawLegend(legend, items, data.spread);
  }
  let frame = 0;
  function drawSoon() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      drawSetting();
    });
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
  root.onkeydown = root.onkeyup = (event) => {
    // but for those of the player
    if (![" ", "b", "z", "y"].includes(event.key.toLowerCase())) event.stopPropagation();
  };
  root.onfocusout = commitPending;
  const observer = new ResizeObserver(() => {
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    if (data) draw();
  });
  observer.observe(root);
  readout.textContent = hint();

  // ---- what plays, and where the sliders go
  const spectrum = new Spectrum(find("canvas"), () =>
    ({left: margin.left, top: margin.top, width: plotWidth(), height: plotHeight()}));
  const spectrumButton = find(".spectrum");
  spectrumButton.onclick = () => {
    spectrum.show(!spectrum.isShown);
    spectrumButton.setAttribute("aria-pressed", String(spectrum.isShown));
  };
  const unsubscribe = DOCK.subscribe((state, part) => {
    if (!part.eq || part.eq.at === undefined || !data || data.is_fixed || hands.hold()) return;
    params = [...part.eq.params];
    data = {...data, morph: part.eq.params}; // the morph itself has moved: nothing is edited
    drawSoon();
  });

  return {
    update(given, setStateValue) {
      data = given;
      send = (state) => setStateValue("edit", state);
      if (!nodes.length) {
        nodes.push(...data.bands.map((band, i) => hands.add(handles, band, MARKS[i])));
        table = makeTable(root, data, {change, commit, commitSoon, reset});
        isZoomChosen = data.is_zoom_chosen;
        zoomDb = data.zoom_db;
      }
      root.classList.toggle("fixed", data.is_fixed);
      svg.setAttribute("aria-label", data.is_fixed ? `EQ curve of ${data.name}`
        : "EQ curve with its five bands");
      readout.textContent = hint();
      // what the hand does goes before what Python says, until Python means it otherwise
      if (String(data.seq) !== seq && !hands.hold()) {
        clearTimeout(timer);
        timer = null;
        params = [...data.params];
        seq = String(data.seq);
        table.forgive();
      }
      if (!isZoomChosen) zoomDb = data.zoom_db;
      width = root.clientWidth;
      draw();
    },
    setting: () => [...params],
    response: (given, freqsHz) => responseDb(given, freqsHz, data),
    close() {
      // its page is left: what was let go is the EQ, what is still held is not
      commitPending();
      if (DOCK.state.hand === "editor") DOCK.set({hand: null, eq: DOCK.state.base});
      cancelAnimationFrame(frame);
      observer.disconnect();
      unsubscribe();
      spectrum.close();
    },
  };
}

export default function ({data, parentElement, setStateValue}) {
  const root = parentElement.querySelector(".eq-editor");
  root.editor ??= makeEditor(root);
  root.editor.update(data, setStateValue);
  return () => {
    root.editor?.close();
    root.editor = null;
  };
}
