// The axes and the legend of the EQ's picture.

const TICKS_HZ = {20: "20", 50: "50", 100: "100", 200: "200", 500: "500", 1000: "1k", 2000: "2k",
  5000: "5k", 10000: "10k", 20000: "20k"};

function drawAxes(grid, {width, height, xOf, yOf, zoomDb}) {
  grid.replaceChildren();
  for (const [freqHz, text] of Object.entries(TICKS_HZ)) {
    const x = xOf(+freqHz);
    svgElement("line", {x1: x, x2: x, y1: 0, y2: height}, grid);
    svgElement("text", {x, y: height + 16, "text-anchor": "middle"}, grid).textContent = text;
  }
  const stepDb = zoomDb === 6 ? 2 : zoomDb / 4;
  for (let db = -zoomDb; db <= zoomDb; db += stepDb) {
    const y = yOf(db);
    svgElement("line", {x1: 0, x2: width, y1: y, y2: y, class: db ? "" : "zero"}, grid);
    svgElement("text", {x: -7, y: y + 4, "text-anchor": "end"}, grid)
      .textContent = `${db > 0 ? "+" : db < 0 ? "−" : ""}${Math.abs(db)}`;
  }
  svgElement("text", {x: width / 2, y: height + 34, "text-anchor": "middle"}, grid)
    .textContent = "Frequency (Hz)";
  svgElement("text", {transform: `translate(-33 ${height / 2}) rotate(-90)`,
    "text-anchor": "middle"}, grid).textContent = "Gain (dB)";
}

function drawLegend(legend, lines, spread) {
  legend.replaceChildren(...lines.map((line) => {
    const item = htmlElement("li", {});
    const sample = svgElement("svg", {width: 30, height: 10, "aria-hidden": true}, item);
    svgElement("line", {x1: 1, x2: 29, y1: 5, y2: 5, stroke: line.colour,
      "stroke-width": line.width ?? 2.5, "stroke-dasharray": line.dash}, sample);
    item.append(line.name);
    return item;
  }));
  if (!spread) return;
  const item = htmlElement("li", {}, legend);
  const sample = svgElement("svg", {width: 30, height: 12, "aria-hidden": true}, item);
  svgElement("rect", {width: 30, height: 12, fill: spread.colour, class: "spread"}, sample);
  item.append(spread.name);
}
