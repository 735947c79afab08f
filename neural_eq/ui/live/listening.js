// Shared by the components beside the map: hear a chart's events, also once it is drawn anew.
function listen(own, mapClass, events) {
  own.events = events;
  own.attach ??= () => {
    const map = document.querySelector(`.${mapClass} .js-plotly-plot`);
    // plotly gives a chart new ears when it draws it from the ground up
    if (!map?.on || own.heard === map.on) return;
    own.heard = map.on;
    for (const name of Object.keys(own.events))
      map.on(name, (event) => own.events[name](event, map));
  };
  own.moved ??= (event) => {
    own.attach();
    own.onPointer?.(event);
  };
  for (const kind of ["pointerover", "pointerdown", "pointermove"])
    document.addEventListener(kind, own.moved, { capture: true, passive: true });
  own.attach();
  return () => {
    for (const kind of ["pointerover", "pointerdown", "pointermove"])
      document.removeEventListener(kind, own.moved, { capture: true });
  };
}
