// A chart that grows while it is watched: zoom and pointer stay where they are, whatever comes.

const VIEWS = (globalThis.__neuralEqRunViews ??= {}); // by chart, over page switches
const ROOM = { left: 58, right: 12, top: 8, bottom: 40 };

function makeRunChart(root) {
  const canvas = root.querySelector("canvas"), pen = canvas.getContext("2d");
  const readout = root.querySelector(".readout"), legend = root.querySelector("ul");
  let data = null, view = { x: null, y: null }, pointer = null, drag = null, groups = [];

  const whole = () => ({ x: wholeRange(data.x, groups, "x"), y: wholeRange(data.y, groups, "y") });
  function range() {
    const all = whole();
    return { x: view.x ?? all.x, y: view.y ?? all.y };
  }
  const area = () => ({ width: canvas.clientWidth - ROOM.left - ROOM.right,
    height: data.height - ROOM.top - ROOM.bottom });

  function places() {
    const { x, y } = range(), { width, height } = area();
    return {
      x: (v) => ROOM.left + ((along(data.x, v) - x[0]) / (x[1] - x[0])) * width,
      y: (v) => ROOM.top + (1 - (along(data.y, v) - y[0]) / (y[1] - y[0])) * height,
      fromX: (px) => x[0] + ((px - ROOM.left) / width) * (x[1] - x[0]),
      fromY: (py) => y[0] + (1 - (py - ROOM.top) / height) * (y[1] - y[0]),
    };
  }

  function look(next) {
    view = next;
    VIEWS[data.key] = { revision: data.revision, view };
    draw();
  }

  function scaled(factor, px, py) {
    const now = range(), at = places(), { width, height } = area();
    const x = at.fromX(px ?? ROOM.left + width / 2), y = at.fromY(py ?? ROOM.top + height / 2);
    look({ x: now.x.map((v) => x + (v - x) * factor), y: now.y.map((v) => y + (v - y) * factor) });
  }

  function drawGrid(style) {
    const { x, y } = range(), { width, height } = area();
    const ink = style.color, line = style.getPropertyValue("--st-border-color") || "#8888";
    pen.font = `12px ${style.fontFamily}`;
    pen.lineWidth = 1;
    pen.strokeStyle = line;
    pen.fillStyle = ink;
    const { left, top } = ROOM;
    for (const { at, text } of ticksOf(data.x, x, Math.max(2, width / 70))) {
      const px = left + ((at - x[0]) / (x[1] - x[0])) * width;
      pen.textAlign = "center";
      pen.fillText(text, px, top + height + 15);
      stroke(px, top, px, top + height);
    }
    for (const { at, text } of ticksOf(data.y, y, Math.max(2, height / 45))) {
      const py = top + (1 - (at - y[0]) / (y[1] - y[0])) * height;
      pen.textAlign = "right";
      pen.fillText(text, left - 6, py + 4);
      stroke(left, py, left + width, py);
    }
    pen.textAlign = "center";
    pen.fillText(data.x.title, left + width / 2, top + height + 33);
    pen.save();
    pen.translate(12, top + height / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(data.y.title, 0, 0);
    pen.restore();
  }
  function stroke(x1, y1, x2, y2) {
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
  }

  function drawGroups(at) {
    for (const group of groups) {
      pen.strokeStyle = pen.fillStyle = group.colour;
      pen.lineWidth = 2;
      pen.globalAlpha = group.opacity ?? 1;
      if (group.symbol) {
        group.x.forEach((x, i) => drawMark(pen, group.symbol, at.x(x), at.y(group.y[i]), group.size / 2));
        continue;
      }
      pen.setLineDash(group.dash);
      pen.beginPath();
      let isDown = false;
      group.x.forEach((x, i) => {
        const y = group.y[i];
        const isThere = positive([y], data.y.log).length > 0;
        if (isThere) pen[isDown ? "lineTo" : "moveTo"](at.x(x), at.y(y));
        isDown = isThere;
      });
      pen.stroke();
      pen.setLineDash([]);
      if (group.x.length === 1 && positive(group.y, data.y.log).length)
        drawMark(pen, "circle", at.x(group.x[0]), at.y(group.y[0]), 3);
    }
    pen.globalAlpha = 1;
  }

  function under(at) {
    if (!pointer) return null;
    const near = (group, i) => Math.abs(at.x(group.x[i]) - pointer.x)
      + (group.symbol ? Math.abs(at.y(group.y[i]) - pointer.y) : 0);
    let best = null;
    for (const group of groups)
      for (let i = 0; i < group.x.length; i++) {
        const far = near(group, i);
        if (!best || far < best.far) best = { far, group, i };
      }
    if (!best || (best.group.symbol && best.far > 12)) return null;
    if (best.group.symbol) return { x: best.group.x[best.i], text: best.group.name };
    const lines = groups.map((g) => [g.name, g.y[best.i]]).filter(([, y]) => y !== null);
    const said = lines.map(([name, y]) => `${name} ${plainNumber(y)}${data.y.unit}`);
    const epoch = best.group.x[best.i];
    return { x: epoch, isLine: true, text: [`epoch ${epoch}`, ...said].join("\n") };
  }

  function drawPointer(at, style) {
    const found = drag ? null : under(at);
    readout.hidden = !found;
    if (found) {
      readout.textContent = found.text;
      const isRight = pointer.x > canvas.clientWidth / 2;
      readout.style.left = isRight ? "auto" : `${pointer.x + 14}px`;
      readout.style.right = isRight ? `${canvas.clientWidth - pointer.x + 14}px` : "auto";
      pen.strokeStyle = style.color;
      pen.lineWidth = 1;
      if (found.isLine) stroke(at.x(found.x), ROOM.top, at.x(found.x), ROOM.top + area().height);
    }
    if (drag && !data.pans) {
      const box = dragged();
      pen.fillStyle = "#80848844";
      pen.fillRect(box.x[0], box.y[0], box.x[1] - box.x[0], box.y[1] - box.y[0]);
    }
  }

  function dragged() {
    const { width, height } = area();
    const bound = (a, b, low, size) =>
      Math.abs(a - b) < 10 ? [low, low + size]
        : [Math.min(a, b), Math.max(a, b)].map((v) => Math.min(low + size, Math.max(low, v)));
    return { x: bound(drag.x, pointer.x, ROOM.left, width),
      y: bound(drag.y, pointer.y, ROOM.top, height) };
  }

  function draw() {
    const width = canvas.clientWidth, scale = window.devicePixelRatio || 1;
    if (!data || !width) return;
    canvas.width = width * scale;
    canvas.height = data.height * scale;
    canvas.style.height = `${data.height}px`;
    pen.scale(scale, scale);
    const style = getComputedStyle(root.querySelector(".run-chart")), at = places();
    drawGrid(style);
    pen.save();
    pen.beginPath();
    pen.rect(ROOM.left, ROOM.top, area().width, area().height);
    pen.clip();
    drawGroups(at);
    drawPointer(at, style);
    pen.restore();
    root.querySelector(".all").disabled = !view.x && !view.y;
  }

  function drawLegend() {
    legend.replaceChildren(...groups.map((group) => {
      const item = htmlElement("li", {}), sample = htmlElement("canvas", {}, item);
      const n = window.devicePixelRatio || 1, wide = group.symbol ? 12 : 26;
      Object.assign(sample, { width: wide * n, height: 12 * n });
      sample.style.width = `${wide}px`;
      const tip = sample.getContext("2d");
      tip.scale(n, n);
      tip.lineWidth = 2;
      tip.strokeStyle = tip.fillStyle = group.colour;
      if (group.symbol) drawMark(tip, group.symbol, 6, 6, 4);
      else {
        tip.setLineDash(group.dash);
        tip.beginPath();
        tip.moveTo(0, 6);
        tip.lineTo(wide, 6);
        tip.stroke();
      }
      item.append(group.name);
      return item;
    }));
  }

  const where = (event) => ({ x: event.offsetX, y: event.offsetY });
  canvas.onpointerdown = (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    pointer = where(event);
    drag = { ...pointer, from: range() };
  };
  canvas.onpointermove = (event) => {
    pointer = where(event);
    if (drag && data.pans) {
      const { width, height } = area(), { x, y } = drag.from;
      const right = ((drag.x - pointer.x) / width) * (x[1] - x[0]);
      const up = ((pointer.y - drag.y) / height) * (y[1] - y[0]);
      if (right || up) return look({ x: x.map((v) => v + right), y: y.map((v) => v + up) });
    }
    draw();
  };
  canvas.onpointerup = () => {
    const moved = drag && Math.max(Math.abs(drag.x - pointer.x), Math.abs(drag.y - pointer.y));
    const box = drag && dragged(), from = drag?.from;
    const at = places(), isZoom = moved >= 10 && !data.pans;
    const isWide = isZoom && Math.abs(drag.x - pointer.x) >= 10;
    const isHigh = isZoom && Math.abs(drag.y - pointer.y) >= 10;
    drag = null;
    if (!isZoom) return draw();
    look({ x: isWide ? box.x.map(at.fromX) : view.x && from.x,
      y: isHigh ? [...box.y].reverse().map(at.fromY) : view.y && from.y });
  };
  canvas.onpointercancel = canvas.onpointerleave = () => {
    drag = pointer = null;
    draw();
  };
  canvas.ondblclick = () => look({ x: null, y: null });
  canvas.onwheel = (event) => {
    if (!data.pans && !event.ctrlKey) return; // the page scrolls
    event.preventDefault();
    scaled(event.deltaY > 0 ? 1.2 : 1 / 1.2, event.offsetX, event.offsetY);
  };
  root.querySelector(".in").onclick = () => scaled(0.5);
  root.querySelector(".out").onclick = () => scaled(2);
  root.querySelector(".all").onclick = () => look({ x: null, y: null });
  const sizes = new ResizeObserver(draw);
  sizes.observe(canvas);

  return {
    update(next) {
      const names = (groups_) => groups_.map((g) => [g.name, g.colour, g.symbol]).join();
      const before = names(groups), kept = VIEWS[next.key];
      if (data?.revision !== next.revision)
        view = kept?.revision === next.revision ? kept.view : { x: null, y: null };
      data = next;
      groups = data.groups;
      canvas.setAttribute("aria-label", data.spoken);
      canvas.classList.toggle("pans", data.pans);
      if (names(groups) !== before) drawLegend();
      draw();
    },
    range, // for those who look on
    count: () => Math.max(0, ...groups.map((g) => g.x.length)),
    close: () => sizes.disconnect(),
  };
}

export default function ({ data, parentElement }) {
  const own = parentElement.querySelector(".run-chart");
  own.chart ??= makeRunChart(parentElement);
  own.chart.update(data);
  return () => {
    own.chart?.close();
    own.chart = null;
  };
}
