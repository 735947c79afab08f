// What is written on a map: its words, which make way for what is marked, and its axes.

const CLEAR_PX = 7, APART_PX = 2; // of a word from a mark and from another word
const SHIFTS = [...Array(20).keys()].map((k) => ((k + 1) >> 1) * (k % 2 ? 1 : -1) / 2);

class MapWords {
  constructor(root) {
    [this.words, this.axes, this.across, this.up] = [".words", ".axes", ".across", ".up"].map(
      (name) => root.querySelector(name));
  }

  update({ labels, axes }) {
    this.labels = labels;
    this.words.replaceChildren(...labels.map(({ name }) => htmlElement("span", {}, null, name)));
    const isFlat = axes.length === 2;
    this.across.textContent = isFlat ? axes[0] : "";
    this.up.textContent = isFlat ? axes[1] : "";
    this.axes.replaceChildren(...(isFlat ? [] : axes).map((name) =>
      htmlElement("span", {}, null, name)));
  }

  place(eye, marked, hidden) {
    const spans = [...this.words.children];
    spans.forEach((span, i) => { span.hidden = hidden.has(this.labels[i].name); });
    const sizes = spans.map((span) => [span.offsetWidth, span.offsetHeight]);
    const placed = [];
    this.labels.forEach(({ at }, i) => {
      const [wide, high] = sizes[i];
      if (!wide) return; // hidden, or the map is narrow
      const [x, y] = eye.at(at);
      const isFree = (down) => marked.every((row) =>
        Math.abs(eye.x[row] - x) > wide / 2 + CLEAR_PX
        || Math.abs(eye.y[row] - y - down) > high / 2 + CLEAR_PX)
        // two that lay over each other before are no reason to stay on a mark
        && (!down || placed.every((other) => Math.abs(other.x - x) > (other.wide + wide) / 2
        || Math.abs(other.y - y - down) > high + APART_PX));
      const down = eye.isFlat && marked.length
        ? SHIFTS.map((shift) => shift * high).find(isFree) ?? 0 : 0;
      placed.push({ x, y: y + down, wide });
      moveTo(spans[i], x - wide / 2, y + down - high / 2);
    });
    if (!eye.isFlat) this.placeAxes(eye);
  }
  // Beside the middles of the edges of the cube that bound the picture
  placeAxes(eye) {
    const [middle] = eye.inCube([0, 0, 0]);
    [...this.axes.children].forEach((span, axis) => {
      const middles = EDGES.filter(([a, b]) => (a ^ b) === 1 << axis).map(([a, b]) =>
        eye.inCube(CORNERS[a].map((value, i) => (value + CORNERS[b][i]) / 2)));
      const isUpright = axis === 2;
      const [x, y] = middles.reduce((best, place) =>
        (isUpright ? place[0] < best[0] : place[1] > best[1]) ? place : best);
      const { offsetWidth: wide, offsetHeight: high } = span;
      const left = isUpright ? x - wide / 2 - high : x < middle ? x - wide : x;
      const least = isUpright ? (high - wide) / 2 : 0, most = eye.width - wide - least;
      moveTo(span, Math.min(most, Math.max(least, left)), isUpright ? y - high / 2 : y + 4,
        isUpright ? "rotate(-90deg)" : "");
    });
  }
}

function moveTo(element, x, y, turn = "") {
  element.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) ${turn}`;
}
