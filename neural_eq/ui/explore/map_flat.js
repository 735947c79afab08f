// A map of two dimensions: which part of it is seen, and where on the picture its points are.

const MARGIN = 0.06; // of the map, around its points
const NEAREST = 400, FARTHEST = 3; // times the whole

// Smallest and largest of one coordinate, with a margin
function spanOf(points, dimensions, which) {
  let low = Infinity, high = -Infinity;
  for (let i = which; i < points.length; i += dimensions) {
    low = Math.min(low, points[i]);
    high = Math.max(high, points[i]);
  }
  if (!points.length) [low, high] = [0, 1];
  const margin = MARGIN * (high - low || 1);
  return [low - margin, high + margin];
}

class Flat {
  isFlat = true;
  depth = null;

  constructor(points, view) {
    const n = points.length / 2;
    Object.assign(this, { points, n, x: new Float32Array(n), y: new Float32Array(n) });
    this.whole = [spanOf(points, 2, 0), spanOf(points, 2, 1)];
    this.view = view ?? this.whole;
  }
  resize(width, height) { Object.assign(this, { width, height }); }
  get isWhole() { return this.view.flat().every((value, i) => value === this.whole.flat()[i]); }

  at([x, y]) {
    const [[left, right], [bottom, top]] = this.view;
    return [((x - left) / (right - left)) * this.width, ((top - y) / (top - bottom)) * this.height];
  }
  placeOf([x, y]) {
    const [[left, right], [bottom, top]] = this.view;
    return [left + (x / this.width) * (right - left), top - (y / this.height) * (top - bottom)];
  }
  project() {
    const [[left, right], [bottom, top]] = this.view, { points, x, y, n } = this;
    const across = this.width / (right - left), down = this.height / (top - bottom);
    for (let i = 0; i < n; i++) {
      x[i] = (points[2 * i] - left) * across;
      y[i] = (top - points[2 * i + 1]) * down;
    }
  }
  // Zooms by a factor, of which more than 1 goes nearer, about a place of the picture.
  zoom(factor, at) {
    const middle = this.placeOf(at);
    const times = this.view.map(([low, high], i) =>
      (this.whole[i][1] - this.whole[i][0]) / (high - low));
    const by = Math.min(NEAREST / times[0], Math.max(1 / FARTHEST / times[0], factor));
    this.view = this.view.map((limits, i) =>
      limits.map((value) => middle[i] + (value - middle[i]) / by));
  }
  drag(dx, dy) {
    const [[left, right], [bottom, top]] = this.view;
    const shift = [(-dx / this.width) * (right - left), (dy / this.height) * (top - bottom)];
    this.view = this.view.map((limits, i) => limits.map((value) => value + shift[i]));
  }
  shift(dx, dy) { this.drag(dx, dy); }
  seeAll() { this.view = this.whole; }
}
