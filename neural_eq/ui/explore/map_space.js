// A map of three dimensions, seen from a place around it: its points, and the cube they lie in.

const EYE = { turn: Math.PI / 4, tilt: 0.41, times: 1, dx: 0, dy: 0 };
const FAR = 5; // the eye is so many half edges of the cube away
const SEEN = 3.2; // half edges that the picture is high or wide
const RADIANS_A_PX = 0.008, STEEPEST = 1.5;
const NEARER = 12, FARTHER = 0.3; // times the whole
const CORNERS = [...Array(8).keys()].map((k) => [k & 1, (k >> 1) & 1, k >> 2].map((b) => 2 * b - 1));
const EDGES = CORNERS.flatMap((_, i) => [1, 2, 4].filter((bit) => !(i & bit)).map((bit) => [i, i | bit]));

class Space {
  isFlat = false;

  constructor(points, view) {
    const n = points.length / 3;
    Object.assign(this, { n, x: new Float32Array(n), y: new Float32Array(n),
      depth: new Float32Array(n), order: Uint32Array.from({ length: n }, (_, i) => i) });
    this.spans = [0, 1, 2].map((which) => spanOf(points, 3, which));
    this.cube = points.map((value, i) => this.share(value, i % 3));
    this.view = view ?? EYE;
  }
  share(value, which) {
    const [low, high] = this.spans[which];
    return (2 * (value - low)) / (high - low) - 1;
  }
  resize(width, height) {
    Object.assign(this, { width, height, unit: Math.min(width, height) / SEEN });
  }
  get isWhole() { return this.view === EYE; }

  // Returns what takes a place in the cube to [x, y, depth], nearer ones deeper than 0.
  get lens() {
    const { turn, tilt, times, dx, dy } = this.view;
    const [sin, cos, rise, flat] = [Math.sin(turn), Math.cos(turn), Math.sin(tilt), Math.cos(tilt)];
    const left = this.width / 2 + dx, top = this.height / 2 + dy, size = this.unit * times;
    return (x, y, z) => {
      const out = cos * x + sin * y, depth = flat * out + rise * z;
      const near = (size * FAR) / (FAR - depth);
      return [left + near * (cos * y - sin * x), top - near * (flat * z - rise * out), depth];
    };
  }
  inCube([x, y, z]) { return this.lens(x, y, z).slice(0, 2); }
  at(place) { return this.inCube(place.map((value, which) => this.share(value, which))); }
  project() {
    const { cube, x, y, depth, n, lens } = this;
    for (let i = 0; i < n; i++)
      [x[i], y[i], depth[i]] = lens(cube[3 * i], cube[3 * i + 1], cube[3 * i + 2]);
    this.order.sort((a, b) => depth[a] - depth[b]);
  }
  zoom(factor, [x, y]) {
    const { times, dx, dy } = this.view;
    const by = Math.min(NEARER / times, Math.max(FARTHER / times, factor));
    const from = [x - this.width / 2, y - this.height / 2];
    this.view = { ...this.view, times: times * by,
      dx: from[0] + (dx - from[0]) * by, dy: from[1] + (dy - from[1]) * by };
  }
  drag(dx, dy) {
    const { turn, tilt } = this.view;
    this.view = { ...this.view, turn: turn - dx * RADIANS_A_PX,
      tilt: Math.min(STEEPEST, Math.max(-STEEPEST, tilt + dy * RADIANS_A_PX)) };
  }
  shift(dx, dy) {
    this.view = { ...this.view, dx: this.view.dx + dx, dy: this.view.dy + dy };
  }
  seeAll() { this.view = EYE; }
}
