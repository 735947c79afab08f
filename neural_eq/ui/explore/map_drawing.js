// What is drawn of a map: areas or the cube below its points, marks and a lasso above.

const SHADES = [0.45, 0.63, 0.81, 1]; // of points in space, the farthest first
const AREA_OPACITY = 0.2, AREA_LINE_PX = 1.5;
const MARKS = { group: [4.5, 1.5], displaced: [4.5, 2], neighbors: [6.5, 2], selected: [11, 4] };
const READ_PX = 15; // the ring around what is read by keys
const CUBE_COLOUR = "rgb(128 132 136 / 60%)";

class MapDrawing {
  constructor(stage) {
    [this.under, this.over] = [".under", ".over"].map((name) =>
      stage.querySelector(name).getContext("2d"));
    this.points = makePoints(stage.querySelector("canvas.points"));
  }

  // look: the marks with their colour, the row that is read by keys, an outline of places.
  draw(eye, groups, look) {
    for (const pen of [this.under, this.over]) this.fit(pen, eye);
    this.points.fit(eye.width, eye.height);
    const shown = groups.filter((group) => group.isShown);
    if (eye.isFlat) for (const group of shown) this.drawAreas(eye, group);
    else this.drawCube(eye);
    this.points.clear();
    if (eye.isFlat) this.putFlat(eye, shown);
    else this.putSpace(eye, groups);
    this.points.show();
    this.drawMarks(eye, look);
    if (look.outline) this.drawOutline(eye, look.outline);
  }
  fit(pen, { width, height }) {
    const [across, down] = [width, height].map((px) => Math.round(px * devicePixelRatio));
    if (pen.canvas.width !== across) pen.canvas.width = across;
    if (pen.canvas.height !== down) pen.canvas.height = down;
    setAll(pen.canvas, { style: `width: ${width}px; height: ${height}px` });
    pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    pen.clearRect(0, 0, width, height);
  }

  drawAreas(eye, { areas, colour }) {
    const pen = this.under;
    for (const outlines of areas) {
      pen.beginPath();
      for (const places of outlines) {
        for (let i = 0; i < places.length; i += 2) {
          const to = eye.at([places[i], places[i + 1]]);
          if (i) pen.lineTo(...to);
          else pen.moveTo(...to);
        }
        pen.closePath();
      }
      Object.assign(pen, { fillStyle: colour, strokeStyle: colour, lineWidth: AREA_LINE_PX,
        globalAlpha: AREA_OPACITY });
      pen.fill("evenodd");
      pen.globalAlpha = 1;
      pen.stroke();
    }
  }
  drawCube(eye) {
    const pen = this.under;
    pen.beginPath();
    for (const [a, b] of EDGES) {
      pen.moveTo(...eye.inCube(CORNERS[a]));
      pen.lineTo(...eye.inCube(CORNERS[b]));
    }
    Object.assign(pen, { strokeStyle: CUBE_COLOUR, lineWidth: 1 });
    pen.stroke();
  }

  putFlat({ x, y }, shown) {
    for (const group of shown) {
      const put = this.points.brush(group, group.opacity);
      for (const row of group.rows) put(x[row], y[row]);
    }
  }
  // the farthest first, and fainter
  putSpace({ x, y, depth, order }, groups) {
    const shadesOf = new Array(x.length);
    for (const group of groups.filter(({ isShown }) => isShown)) {
      const shades = SHADES.map((shade) => this.points.brush(group, group.opacity * shade));
      for (const row of group.rows) shadesOf[row] = shades;
    }
    for (const row of order) {
      const nearness = Math.floor(((depth[row] + 1.2) / 2.4) * SHADES.length);
      shadesOf[row]?.[Math.min(SHADES.length - 1, Math.max(0, nearness))](x[row], y[row]);
    }
  }

  drawMarks({ x, y }, { marks, colour, read }) {
    const pen = this.over;
    const ring = (row, radius) => {
      pen.beginPath();
      pen.arc(x[row], y[row], radius, 0, 2 * Math.PI);
      pen.stroke();
    };
    const cross = (row, radius) => {
      pen.beginPath();
      for (const side of [-radius, radius]) {
        pen.moveTo(x[row] - radius, y[row] - side);
        pen.lineTo(x[row] + radius, y[row] + side);
      }
      pen.stroke();
    };
    pen.strokeStyle = pen.fillStyle = colour;
    pen.setLineDash([]);
    for (const [name, [radius, line]] of Object.entries(MARKS)) {
      pen.lineWidth = line;
      for (const row of marks[name]) (name === "displaced" ? cross : ring)(row, radius);
    }
    if (read === null) return;
    pen.setLineDash([4, 3]);
    pen.lineWidth = 2.5;
    ring(read, READ_PX);
  }
  drawOutline(eye, outline) {
    const pen = this.over;
    pen.setLineDash([2, 4]);
    pen.lineWidth = 2;
    pen.beginPath();
    for (const place of outline) pen.lineTo(...eye.at(place));
    pen.closePath();
    pen.stroke();
    pen.globalAlpha = 0.1;
    pen.fill("evenodd");
    pen.globalAlpha = 1;
  }
}
