// Tells Python where one has zoomed, turned and what one has hidden: Streamlit draws a chart
// whose figure has changed from the ground up, and it is to look as it was left.
function viewOf(map, { revision, camera }) {
  const { xaxis, yaxis, scene } = map.layout;
  const ranges = scene || xaxis.autorange ? null : [[...xaxis.range], [...yaxis.range]];
  const hidden = map.data.filter((t) => t.visible === "legendonly").map((t) => t.legendgroup);
  return { revision, ranges, camera: scene ? camera : null, hidden: [...new Set(hidden)] };
}

export default function ({ data, parentElement, setStateValue }) {
  const own = (parentElement.neuralEq ??= { camera: null });
  if (own.revision !== data.revision) own.camera = null;
  own.revision = data.revision;
  const keep = (event, map) => {
    clearTimeout(map.neuralEqLeft?.timer);
    // a choice within the pause takes the view along, see reader.js: Streamlit cannot send both
    const left = (map.neuralEqLeft = { view: viewOf(map, own) });
    left.timer = setTimeout(() => setStateValue("view", left.view), data.pause_ms);
  };
  const byHand = (event, map) => {
    own.camera = event["scene.camera"] ?? own.camera; // which the layout does not yet have
    if (Object.keys(event).some((name) => /range|camera/.test(name))) keep(event, map);
  };
  return listen(own, data.map, { plotly_relayout: byHand, plotly_restyle: keep });
}
