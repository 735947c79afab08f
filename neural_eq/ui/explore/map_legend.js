// The legend of a map: each word a button that hides or shows it.

// groups: with name, label, symbol and colour. hidden: a set of names, changed in place.
function drawLegend(list, groups, hidden, changed) {
  const showPressed = () => list.querySelectorAll("button").forEach((button, i) =>
    button.setAttribute("aria-pressed", !hidden.has(groups[i].name)));
  function press(name, isSecond) {
    if (!hidden.delete(name)) hidden.add(name);
    if (isSecond) { // of a double click: what the first did is undone, and the word stands alone
      const others = groups.map((group) => group.name).filter((other) => other !== name);
      const wasAlone = others.every((other) => hidden.has(other));
      hidden.delete(name);
      for (const other of others) hidden[wasAlone ? "delete" : "add"](other);
    }
    showPressed();
    changed();
  }
  list.replaceChildren();
  for (const { name, label, symbol, colour } of groups) {
    const button = htmlElement("button", { type: "button",
      title: "Hide or show; double-click to see it alone" }, htmlElement("li", {}, list));
    const svg = svgElement("svg", { width: 14, height: 14, viewBox: "-7 -7 14 14",
      "aria-hidden": true }, button);
    const corners = OUTLINES[symbol];
    if (!corners) svgElement("circle", { r: 5, fill: colour }, svg);
    else svgElement("polygon", { fill: colour,
      points: corners.map(([x, y]) => `${4.6 * x},${4.6 * y}`).join(" ") }, svg);
    htmlElement("span", {}, button, label);
    button.onclick = (event) => press(name, event.detail > 1);
  }
  showPressed();
}
