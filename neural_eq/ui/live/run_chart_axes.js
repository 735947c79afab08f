// Axes of a chart that grows: ranges, ticks, and the marks that words go by.

const positive = (values, isLog) => values.filter((v) => v !== null && (!isLog || v > 0));

// A log axis is kept in decades, so that all zooming is linear.
const along = (axis, value) => (axis.log ? Math.log10(value) : value);

function wholeRange(axis, groups, name) {
  if (axis.range) return axis.range.map((v) => along(axis, v));
  const values = groups.flatMap((g) => positive(g[name], axis.log)).map((v) => along(axis, v));
  if (!values.length) return axis.log ? [-3, 0] : [0, 1];
  const low = Math.min(...values), high = Math.max(...values);
  if (!axis.log) return [0, high > 0 ? high * 1.1 : 1];
  const room = Math.max(0.08, (high - low) * 0.08);
  return [low - room, high + room];
}

function ticksOf(axis, [low, high], most) {
  if (axis.log && high - low >= 1) {
    const each = high - low < 2.2 ? [1, 2, 5] : [1];
    const found = [];
    const step = Math.max(1, Math.ceil((high - low) / most));
    for (let decade = Math.floor(low); decade <= high; decade += step)
      for (const n of each) {
        const at = decade + Math.log10(n);
        if (at >= low && at <= high) found.push({ at, text: plainNumber(10 ** at) });
      }
    return found;
  }
  const [from, to] = axis.log ? [10 ** low, 10 ** high] : [low, high];
  const rough = (to - from) / most, unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((n) => n * unit >= rough);
  const digits = Math.min(12, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const found = [];
  for (let n = Math.ceil(from / step - 1e-9); n * step <= to + step * 1e-9; n++) {
    const value = n * step;
    if (axis.log && value <= 0) continue;
    found.push({ at: along(axis, value), text: value.toFixed(digits).replace(/^-/, "−") });
  }
  return found;
}

const plainNumber = (value) => String(+value.toPrecision(3)).replace("-", "−");

const CORNERS = { square: [4, 1 / 8], diamond: [4, 0], pentagon: [5, 0],
  "triangle-up": [3, 0], "triangle-down": [3, 1 / 2], star: [5, 0] };

function drawMark(pen, symbol, x, y, r) {
  pen.beginPath();
  if (symbol === "cross" || symbol === "x") {
    const turn = symbol === "x" ? Math.PI / 4 : 0;
    for (const angle of [turn, turn + Math.PI / 2]) {
      const dx = Math.cos(angle) * r, dy = Math.sin(angle) * r;
      pen.moveTo(x - dx, y - dy);
      pen.lineTo(x + dx, y + dy);
    }
    return pen.stroke();
  }
  const [n, turn] = CORNERS[symbol] ?? [0, 0], dents = symbol === "star" ? 2 : 1;
  if (!n) pen.arc(x, y, r, 0, 2 * Math.PI);
  for (let i = 0; i < n * dents; i++) {
    const angle = (i / (n * dents) + turn) * 2 * Math.PI - Math.PI / 2;
    const reach = 1.2 * r * (i % dents ? 0.45 : 1);
    pen.lineTo(x + Math.cos(angle) * reach, y + Math.sin(angle) * reach);
  }
  pen.fill();
}
