// The plane of the pictures of EQs: 20 Hz to 20 kHz over a span in dB, with its axes and legend.

const LOW_HZ = 20, HIGH_HZ = 20000;
const MARGIN = {left: 44, right: 14, top: 12, bottom: 40};
const ZOOMS_DB = [6, 12, 24];
const TICKS_HZ = {20: "20", 50: "50", 100: "100", 200: "200", 500: "500", 1000: "1k", 2000: "2k",
  5000: "5k", 10000: "10k", 20000: "20k"};

const freqsHz = (n) => Array.from({length: n},
  (_, i) => LOW_HZ * (HIGH_HZ / LOW_HZ) ** (i / (n - 1)));

class Plane {
  // svg: where it is drawn. readout: what says the frequency and the curves under the pointer.
  constructor(svg, readout) {
    Object.assign(this, {svg, readout, width: 1, height: 1, zoomDb: 12});
    this.grid = svgElement("g", {class: "grid"}, svg);
    this.plot = svgElement("svg", {overflow: "hidden", class: "plot"}, svg);
    this.spread = svgElement("path", {class: "spread"}, this.plot);
    this.lines = svgElement("g", {}, this.plot);
    this.guide = svgElement("line", {class: "guide", visibility: "hidden"}, this.plot);
  }

  get area() { return {left: MARGIN.left, top: MARGIN.top, width: this.width, height: this.height}; }

  xOf(freqHz) { return (Math.log(freqHz / LOW_HZ) / Math.log(HIGH_HZ / LOW_HZ)) * this.width; }
  hzOf(x) { return LOW_HZ * (HIGH_HZ / LOW_HZ) ** (x / this.width); }
  yOf(db) { return (0.5 - db / (2 * this.zoomDb)) * this.height; }
  // where the pointer is, in Hz; null beside the plane
  hzUnder(event) {
    const x = event.clientX - this.svg.getBoundingClientRect().left - MARGIN.left;
    return x >= 0 && x <= this.width ? this.hzOf(x) : null;
  }

  // A curve is dB at frequencies of equal ratios over the whole plane.
  path(db) {
    return linePath(freqsHz(db.length).map((freqHz, i) => [this.xOf(freqHz), this.yOf(db[i])]));
  }
  drawSpread(band) {
    if (!band) return this.spread.removeAttribute("d");
    const back = linePath(freqsHz(band.low_db.length).map(
      (freqHz, i) => [this.xOf(freqHz), this.yOf(band.low_db[i])]).reverse());
    setAll(this.spread, {d: `${this.path(band.high_db)}${back.replace("M", "L")}Z`,
      fill: band.colour});
  }

  resize(width, height, zoomDb) {
    this.width = Math.max(1, width - MARGIN.left - MARGIN.right);
    this.height = height - MARGIN.top - MARGIN.bottom;
    this.zoomDb = zoomDb;
    setAll(this.svg, {width, height, viewBox: `0 0 ${width} ${height}`});
    setAll(this.plot, {x: MARGIN.left, y: MARGIN.top, width: this.width, height: this.height});
    this.grid.setAttribute("transform", `translate(${MARGIN.left} ${MARGIN.top})`);
    this.drawAxes();
  }
  drawAxes() {
    const {grid, width, height, zoomDb} = this;
    grid.replaceChildren();
    for (const [freqHz, text] of Object.entries(TICKS_HZ)) {
      const x = this.xOf(+freqHz);
      svgElement("line", {x1: x, x2: x, y1: 0, y2: height}, grid);
      svgElement("text", {x, y: height + 16, "text-anchor": "middle"}, grid).textContent = text;
    }
    const stepDb = zoomDb / (zoomDb === 6 || zoomDb % 9 === 0 ? 3 : 4);
    for (let db = -zoomDb; db <= zoomDb; db += stepDb) {
      const y = this.yOf(db);
      svgElement("line", {x1: 0, x2: width, y1: y, y2: y, class: db ? "" : "zero"}, grid);
      svgElement("text", {x: -7, y: y + 4, "text-anchor": "end"}, grid)
        .textContent = `${db > 0 ? "+" : db < 0 ? "−" : ""}${Math.abs(db)}`;
    }
    svgElement("text", {x: width / 2, y: height + 34, "text-anchor": "middle"}, grid)
      .textContent = "Frequency (Hz)";
    svgElement("text", {transform: `translate(-33 ${height / 2}) rotate(-90)`,
      "text-anchor": "middle"}, grid).textContent = "Gain (dB)";
  }

  // Show where one reads, and say what is there: [name, dB] of each curve.
  point(freqHz, values) {
    const x = this.xOf(freqHz);
    setAll(this.guide, {x1: x, x2: x, y1: 0, y2: this.height, visibility: "visible"});
    this.readout.textContent = [`${asHz(freqHz)} Hz, ${noteName(freqHz)}`,
      ...values.map(([name, db]) => `${name} ${asDb(db)} dB`)].join(" · ");
  }
  leave() { this.guide.setAttribute("visibility", "hidden"); }
}

function lineSample(line, parent) {
  const sample = svgElement("svg", {width: 30, height: 10, "aria-hidden": true}, parent);
  svgElement("line", {x1: 1, x2: 29, y1: 5, y2: 5, stroke: line.colour,
    "stroke-width": line.width ?? 2.5, "stroke-dasharray": line.dash || null}, sample);
}

function spreadItem(spread, legend) {
  const item = htmlElement("li", {}, legend);
  const sample = svgElement("svg", {width: 30, height: 12, "aria-hidden": true}, item);
  svgElement("rect", {width: 30, height: 12, fill: spread.colour, class: "spread"}, sample);
  item.append(spread.name);
}

// Buttons for the vertical zoom; choose is called with dB.
function zoomButtons(parent, choose) {
  for (const db of ZOOMS_DB)
    htmlElement("button", {type: "button", "data-db": db}, parent, `±${db} dB`).onclick = () => choose(db);
  return (zoomDb) => {
    for (const button of parent.children)
      button.setAttribute("aria-pressed", +button.dataset.db === zoomDb);
  };
}

// The button that shows the spectrum of what plays behind a plane, or hides it.
function spectrumBehind(plane, canvas, button) {
  const spectrum = new Spectrum(canvas, () => plane.area);
  button.onclick = () => {
    spectrum.show(!spectrum.isShown);
    button.setAttribute("aria-pressed", String(spectrum.isShown));
  };
  return spectrum;
}
