// A map of settings. Where it was left and which words it hides hold over reruns and page switches.

const MAPS = (globalThis.__neuralEqMaps ??= { views: {}, hidden: new Set() }); // views by revision
const STEP_PX = 40, STEP_ZOOM = 1.3;
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ZOOMS = { "+": STEP_ZOOM, "=": STEP_ZOOM, "-": 1 / STEP_ZOOM };

const unpacked = (text, Kind) =>
  new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);

function makeMap(root) {
  const stage = root.querySelector(".stage"), said = root.querySelector(".said");
  const drawing = new MapDrawing(stage), words = new MapWords(root);
  let data = null, choose = null, eye = null, groups = [], groupOf = null, frame = 0;
  let read = null, isWalked = false, outline = null, inLegend = "", inWords = "";

  const reader = () => globalThis.__neuralEqMapReader;
  const isSeen = (row) => groups[groupOf[row]]?.isShown;
  const mode = () => (eye.isFlat ? data.drag : "pan");
  // where all is seen a finger has nothing to move
  const leavesScrolling = () => eye.isFlat && mode() === "pan" && eye.isWhole;

  function ask() {
    frame ||= requestAnimationFrame(draw);
  }
  function draw() {
    cancelAnimationFrame(frame);
    frame = 0;
    if (!eye?.width) return;
    for (const group of groups) group.isShown = !MAPS.hidden.has(group.name);
    eye.project();
    drawing.draw(eye, groups, { marks: data.marks, colour: data.mark_colour, outline,
      read: isWalked ? read : null });
    words.place(eye, [...data.marks.neighbors, ...data.marks.selected], MAPS.hidden);
    stage.style.touchAction = leavesScrolling() ? "pan-y" : "none";
    stage.classList.toggle("takes", mode() !== "pan");
    (root.getRootNode().host ?? root).dataset.drawn = eye.n; // for those who look on
  }

  // ---- reading and choosing
  function nearest([x, y], reach) {
    let row = null, least = reach * reach;
    for (let i = 0; i < eye.n; i++) {
      const square = (eye.x[i] - x) ** 2 + (eye.y[i] - y) ** 2;
      if (square <= least && isSeen(i)) [row, least] = [i, square];
    }
    return row;
  }
  function tell(row, byKeys) {
    if (byKeys || isWalked) ask();
    [read, isWalked] = [row, byKeys];
    const box = stage.getBoundingClientRect();
    const spoken = reader()?.show(row, box.left + eye.x[row], box.top + eye.y[row]);
    if (byKeys && spoken) said.textContent = `${spoken}. Enter chooses it.`;
  }
  function leave() {
    stage.classList.remove("on-point");
    reader()?.hide();
    if (isWalked) ask();
    [read, isWalked] = [null, false];
  }
  const send = (rows, by) => choose("chosen", { rows, by, revision: data.revision });
  function changing(change) {
    return (...given) => {
      leave();
      change(...given);
      MAPS.views[data.revision] = eye.view;
      ask();
    };
  }
  const hands = {
    mode,
    leavesScrolling,
    drag: changing((dx, dy) => eye.drag(dx, dy)),
    shift: changing((dx, dy) => eye.shift(dx, dy)),
    zoom: changing((factor, at) => eye.zoom(factor, at)),
    seeAll: changing(() => eye.seeAll()),
    leave: () => isWalked || leave(),
    outline(places) {
      outline = places?.map((place) => eye.placeOf(place)) ?? null;
      ask();
    },
    take(places) {
      const rows = [...eye.x.keys()].filter((row) =>
        isSeen(row) && isInside(places, eye.x[row], eye.y[row]));
      if (rows.length) send(rows, "lasso");
      else hands.outline(null);
    },
    click(at, reach) {
      const row = nearest(at, reach);
      if (row !== null) send([row], "click");
    },
    point(at, reach) {
      const row = nearest(at, reach);
      if (row === null && !isWalked) leave();
      else if (row !== null && (row !== read || isWalked)) tell(row, false);
      stage.classList.toggle("on-point", row !== null);
    },
  };
  makeHands(stage, hands);

  // ---- by keys: arrows walk from dot to dot
  const middle = () => [eye.width / 2, eye.height / 2];
  function walk([right, down]) {
    const from = read ?? data.marks.selected[0] ?? nearest(middle(), Infinity);
    if (from === null) return;
    let next = read === null ? from : null, least = Infinity;
    for (let row = 0; read !== null && row < eye.n; row++) {
      const dx = eye.x[row] - eye.x[from], dy = eye.y[row] - eye.y[from];
      const along = right * dx + down * dy, across = Math.abs(right * dy - down * dx);
      const far = along + 2 * across;
      if (along > 0.5 && across <= along && far < least && isSeen(row)) [next, least] = [row, far];
    }
    if (next === null) return;
    const [x, y] = [eye.x[next], eye.y[next]];
    if (x < 0 || y < 0 || x > eye.width || y > eye.height) {
      hands.shift(eye.width / 2 - x, eye.height / 2 - y);
      draw();
    }
    tell(next, true);
  }
  stage.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = DIRECTIONS[event.key];
    if (direction && event.shiftKey) hands.drag(...direction.map((way) => -STEP_PX * way));
    else if (direction) walk(direction);
    else if (ZOOMS[event.key]) hands.zoom(ZOOMS[event.key], middle());
    else if (event.key === "Home") hands.seeAll();
    else if (event.key === "Enter" && read !== null) send([read], "click");
    else if (event.key === "Escape" && read !== null) leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  stage.onblur = leave;
  for (const button of root.querySelectorAll("[data-zoom]"))
    button.onclick = () => hands.zoom(+button.dataset.zoom, middle());
  root.querySelector(".all").onclick = hands.seeAll;

  const observer = new ResizeObserver(() => {
    eye?.resize(stage.clientWidth, stage.clientHeight);
    draw(); // at once, or the old picture would stand there for a frame
  });
  observer.observe(stage);

  // ---- where a place lies on the screen, for the puck; null in space
  function axes() {
    if (!eye?.isFlat || !eye.width) return null;
    const { left, top } = stage.getBoundingClientRect(), [across, up] = eye.view;
    return { x: { start: left, end: left + eye.width, from: across[0], to: across[1] },
      y: { start: top, end: top + eye.height, from: up[0], to: up[1] } };
  }

  function update(given, trigger) {
    const isOther = given.points !== data?.points || given.revision !== data?.revision;
    data = given;
    choose = trigger;
    globalThis.__neuralEqMapAxes = axes;
    if (isOther) {
      leave();
      const places = unpacked(data.points, Float32Array), view = MAPS.views[data.revision];
      eye = data.axes.length === 2 ? new Flat(places, view) : new Space(places, view);
    }
    eye.resize(stage.clientWidth, stage.clientHeight);
    if (isOther || !data.marks.group.length) outline = null;
    groups = data.groups.map((group) => ({ ...group, rows: unpacked(group.rows, Int32Array) }));
    groupOf = new Int16Array(eye.n).fill(-1);
    groups.forEach(({ rows }, i) => rows.forEach((row) => { groupOf[row] = i; }));
    setAll(stage, { "aria-label": `${data.spoken}. Arrow keys go from dot to dot, Enter chooses,`
      + ` Shift with an arrow ${eye.isFlat ? "moves" : "turns"} the map, plus and minus zoom, Home`
      + " shows all." });
    const looks = JSON.stringify(data.groups.map(({ name, label }) => [name, label]));
    if (looks !== inLegend) // one of its buttons may have the focus
      drawLegend(root.querySelector(".legend"), groups, MAPS.hidden, () => { leave(); ask(); });
    inLegend = looks;
    const written = JSON.stringify([data.labels, data.axes]);
    if (written !== inWords) words.update(data);
    inWords = written;
    draw();
  }

  // ---- for those who look on
  function seen() {
    const { left, top } = stage.getBoundingClientRect();
    const rows = [...eye.x.keys()].filter(isSeen);
    return { view: eye.view, drag: mode(), marks: data.marks, hidden: [...MAPS.hidden],
      revision: data.revision, areas: groups.filter(({ areas }) => areas.length).length,
      box: { x: left, y: top, width: eye.width, height: eye.height },
      points: rows.map((row) => ({ row, x: left + eye.x[row], y: top + eye.y[row],
        colour: groups[groupOf[row]].colour })) };
  }
  return {
    update,
    seen,
    close() {
      observer.disconnect();
      cancelAnimationFrame(frame);
      leave();
      if (globalThis.__neuralEqMapAxes === axes) globalThis.__neuralEqMapAxes = null;
    },
  };
}

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".map-chart");
  root.map ??= makeMap(root);
  root.map.update(data, setTriggerValue);
  return () => {
    root.map?.close();
    root.map = null;
  };
}
