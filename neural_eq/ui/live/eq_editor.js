// The picture of the morph and its five bands. The nodes move here at once; Python hears of a
// change on release, or 400 ms after the last key. One state key carries all there is to know.

const COMMIT_MS = 400;
const FREQS_HZ = freqsHz(256);
const MARKS = ["L", "1", "2", "3", "H"];
const POINT = "Point at the picture for frequency and note.";
const HINT = `${POINT} Drag a band; the wheel over it, or Page Up and Page Down, turns its Q;`
  + " a double-click or Home puts it back.";

function makeEditor(root) {
  let data, params, seq, zoomDb, isZoomChosen, send, timer = null, width = 0;
  const nodes = [];
  let table;
  const find = (name) => root.querySelector(name);
  const svg = find(".picture svg"), readout = find(".readout");
  const legend = find(".legend"), beyond = find(".beyond");

  const hint = () => (data?.is_fixed ? POINT : HINT);

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
  const plane = new Plane(svg, readout);
  const own = svgElement("path", {class: "own"}, null);
  plane.guide.before(own);
  const handles = svgElement("g", {}, svg);

  const hands = makeHands(svg, {
    value: (number) => params[number],
    place: (number, value) => { params[number] = limited(number, value); },
    still, change, reset, commit, commitSoon, say,
    rest: () => { readout.textContent = hint(); },
    dbOf: (dy) => -(dy / plane.height) * 2 * zoomDb,
    ratioOf: (dx) => plane.hzOf(dx) / LOW_HZ,
  });

  const showZoom = zoomButtons(find(".zoom"), (db) => {
    zoomDb = db;
    isZoomChosen = true;
    draw();
    commit();
  });

  // ---- words for eye and screen reader
  function spoken(band) {
    const freqHz = params[band.freq], q = band.q === null ? "" : `, Q ${params[band.q].toFixed(2)}`;
    return `${asDb(params[band.gain])} dB at ${asHz(freqHz)} Hz, ${noteName(freqHz)}${q}`;
  }
  function say(band) {
    readout.textContent = `${band.name}: ${spoken(band)}`;
  }
  svg.onpointermove = (event) => {
    const freqHz = plane.hzUnder(event);
    if (freqHz === null) plane.leave();
    if (hands.hold() || freqHz === null) return;
    plane.point(freqHz, [[data.name, params], ...data.curves.map((c) => [c.name, c.params])].map(
      ([name, p]) => [name, responseDb(p, [freqHz], data)[0]]));
  };
  svg.onpointerleave = () => {
    plane.leave();
    if (!hands.hold()) readout.textContent = hint();
  };

  // ---- drawing
  function drawPlane() {
    plane.resize(width, width < 560 ? 300 : 380, zoomDb);
    handles.setAttribute("transform", plane.grid.getAttribute("transform"));
  }
  function drawEnds() {
    plane.lines.replaceChildren();
    for (const curve of data.curves) {
      svgElement("path", {d: plane.path(responseDb(curve.params, FREQS_HZ, data)),
        stroke: curve.colour, "stroke-dasharray": curve.dash, class: "end"}, plane.lines);
    }
    plane.drawSpread(data.spread);
    legend.replaceChildren();
    for (const line of [{name: data.name, colour: "var(--own)", dash: "", width: 4}, ...data.curves]) {
      const item = htmlElement("li", {}, legend);
      lineSample(line, item);
      item.append(line.name);
    }
    if (data.spread) spreadItem(data.spread, legend);
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
    own.setAttribute("d", plane.path(curve));
    const most = Math.max(...curve.map(Math.abs));
    beyond.textContent = most > zoomDb
      ? `The curve reaches ${asDb(most).slice(1)} dB, beyond ±${zoomDb} dB.` : "";
    data.bands.forEach((band, i) => {
      const gain = params[band.gain];
      const y = Math.min(plane.height, Math.max(0, plane.yOf(gain)));
      setAll(nodes[i], {
        transform: `translate(${plane.xOf(params[band.freq]).toFixed(2)} ${y.toFixed(2)})`,
        "aria-valuenow": gain.toFixed(2), "aria-valuemin": data.parameters[band.gain].minimum,
        "aria-valuemax": data.parameters[band.gain].maximum, "aria-valuetext": spoken(band),
      });
      nodes[i].classList.toggle("edited", isEdited(band));
    });
    table.show(params, isEdited);
  }
  function draw() {
    if (!width) return;
    showZoom(zoomDb);
    drawPlane();
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
  const spectrum = spectrumBehind(plane, find("canvas"), find(".spectrum"));
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
