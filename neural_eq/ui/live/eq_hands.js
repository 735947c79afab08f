// The hands on the five nodes: a finger drags one, the wheel or a second finger turns its Q, keys
// do both. What a hand does to a number goes through the editor that the node belongs to.

function makeHands(svg, editor) {
  let drag = null, pinch = null;

  function add(parent, band, mark) {
    const node = svgElement("g", {class: "node", tabindex: 0, role: "slider",
      "aria-label": band.name, "aria-orientation": "vertical"}, parent);
    svgElement("circle", {class: "reach", r: 20}, node);
    svgElement("circle", {class: "dot", r: 11}, node);
    svgElement("text", {"text-anchor": "middle", y: 4.5}, node).textContent = mark;
    node.onpointerdown = (event) => {
      if (event.button > 0) return;
      editor.still();
      node.setPointerCapture(event.pointerId);
      node.focus();
      drag = {from: [event.clientX, event.clientY], at: [event.clientX, event.clientY],
        gain: editor.value(band.gain), freq: editor.value(band.freq), moved: false,
        id: event.pointerId, band};
      svg.style.touchAction = "none"; // a second finger is one of the drag
      event.preventDefault();
    };
    node.onpointermove = (event) => {
      if (!drag || !node.hasPointerCapture(event.pointerId)) return;
      drag.at = [event.clientX, event.clientY];
      const [dx, dy] = drag.at.map((value, i) => value - drag.from[i]);
      if (!drag.moved && Math.hypot(dx, dy) < 2) return; // a click is no drag
      drag.moved = true;
      editor.place(band.freq, drag.freq * editor.ratioOf(dx));
      editor.change(band.gain, drag.gain + editor.dbOf(dy));
      editor.say(band);
    };
    node.onpointerup = node.onpointercancel = () => {
      const moved = drag?.moved;
      drag = pinch = null;
      svg.style.touchAction = "";
      if (moved) editor.commit();
    };
    node.ondblclick = () => editor.reset(band);
    node.onfocus = () => editor.say(band);
    node.onblur = editor.rest;
    node.addEventListener("wheel", (event) => {
      if (band.q === null) return;
      event.preventDefault();
      // a wheel's notch is 100 or 3 lines; a trackpad sends many small parts of one
      const notches = Math.min(1, Math.max(-1, event.deltaY / (event.deltaMode ? 3 : 100)));
      editor.change(band.q, editor.value(band.q) * 1.08 ** -notches);
      editor.say(band);
      editor.commitSoon();
    }, {passive: false});
    node.onkeydown = (event) => pressed(event, band);
    return node;
  }

  function pressed(event, band) {
    const db = event.shiftKey ? 1 : 0.1, octaves = event.shiftKey ? 1 / 3 : 1 / 24;
    const steps = {
      ArrowUp: [band.gain, (value) => value + db],
      ArrowDown: [band.gain, (value) => value - db],
      ArrowRight: [band.freq, (value) => value * 2 ** octaves],
      ArrowLeft: [band.freq, (value) => value / 2 ** octaves],
      PageUp: [band.q, (value) => value * 1.08],
      PageDown: [band.q, (value) => value / 1.08],
    };
    const [number, next] = steps[event.key] ?? [];
    if (event.key === "Escape" && drag?.band === band) {
      editor.place(band.freq, drag.freq);
      editor.change(band.gain, drag.gain);
      drag = pinch = null;
    } else if (event.key === "Home") editor.reset(band);
    else if (!next) return;
    else if (number !== null) {
      editor.change(number, next(editor.value(number)));
      editor.commitSoon();
    }
    event.preventDefault();
    editor.say(band);
  }

  // A second finger turns the Q of the band that the first one holds: apart is wider.
  const span = (event) =>
    Math.max(20, Math.hypot(event.clientX - drag.at[0], event.clientY - drag.at[1]));
  svg.addEventListener("pointerdown", (event) => {
    if (!drag || drag.band.q === null || event.pointerId === drag.id) return;
    pinch = {id: event.pointerId, span: span(event), q: editor.value(drag.band.q)};
    svg.setPointerCapture(event.pointerId);
    event.stopPropagation();
  }, true);
  svg.addEventListener("pointermove", (event) => {
    if (!drag || pinch?.id !== event.pointerId) return;
    drag.moved = true;
    editor.change(drag.band.q, (pinch.q * pinch.span) / span(event));
    editor.say(drag.band);
  }, true);
  svg.addEventListener("pointerup", (event) => {
    if (pinch?.id === event.pointerId) pinch = null;
  }, true);

  return {add, hold: () => drag !== null};
}
