// What mouse, fingers and wheel do on a map.

const STILL_PX = 4; // a press that moves less is a click
const CLICK_PX = { mouse: 9, pen: 12, touch: 20 }; // how far a dot may be from it
const WHEEL_PX = 400; // a turn of so many zooms by e

// on: mode() is "pan", "lasso" or "box", leavesScrolling() whether one finger is for the page; the
// rest is called with places in pixels of the stage.
function makeHands(stage, on) {
  const held = new Map(); // where each pointer that presses is
  let from = null, moved = false, outline = null;
  const at = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const seen = ([x, y]) => [Math.min(stage.clientWidth, Math.max(0, x)),
    Math.min(stage.clientHeight, Math.max(0, y))];
  const middle = (places) => [0, 1].map((i) => (places[0][i] + places[1][i]) / 2);
  const apart = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);

  stage.onpointerdown = (event) => {
    if (event.button > 0) return;
    stage.setPointerCapture(event.pointerId);
    held.set(event.pointerId, at(event));
    if (held.size > 1) outline = null; // a second finger makes it a pinch
    else [from, moved] = [at(event), false];
    on.leave();
  };
  stage.onpointermove = (event) => {
    const now = at(event), before = held.get(event.pointerId);
    if (!before) return on.point(now, CLICK_PX[event.pointerType]);
    if (held.size === 1 && !moved && Math.hypot(now[0] - from[0], now[1] - from[1]) < STILL_PX)
      return;
    moved = true;
    const places = [...held.values()];
    held.set(event.pointerId, now);
    if (held.size > 2) return;
    if (held.size === 2) {
      const after = [...held.values()], to = middle(after), was = middle(places);
      on.shift(to[0] - was[0], to[1] - was[1]);
      if (apart(places) > 0) on.zoom(apart(after) / apart(places), to);
      return;
    }
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    if (on.mode() === "pan") {
      if (event.pointerType === "touch" && on.leavesScrolling()) return;
      (event.shiftKey ? on.shift : on.drag)(dx, dy);
    } else {
      const [x, y] = seen(now); // what is not seen is not taken
      outline = on.mode() === "lasso" ? [...(outline ?? [from]), [x, y]]
        : [from, [x, from[1]], [x, y], [from[0], y]];
      on.outline(outline);
    }
  };
  stage.onpointerup = stage.onpointercancel = (event) => {
    held.delete(event.pointerId);
    if (event.type === "pointerup" && outline) on.take(outline);
    else if (outline) on.outline(null);
    outline = null;
  };
  stage.onclick = (event) => {
    if (moved || event.detail > 1) return;
    on.click(at(event), CLICK_PX[event.pointerType] ?? CLICK_PX.mouse);
  };
  stage.ondblclick = (event) => on.seeAll();
  stage.onpointerleave = () => on.leave();
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    // a pinch of a touchpad comes as small turns with Ctrl; a line of text is 16 px
    const px = event.deltaY * (event.deltaMode ? 16 : 1) * (event.ctrlKey ? 5 : 1);
    on.zoom(Math.exp(-Math.min(500, Math.max(-500, px)) / WHEEL_PX), at(event));
  }, { passive: false });
}

// Which points lie inside an outline of places
function isInside(outline, x, y) {
  let is = false;
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
    const [ax, ay] = outline[i], [bx, by] = outline[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) is = !is;
  }
  return is;
}
