// What the pictures share: elements of SVG and numbers as people read them.

function svgElement(name, attributes, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  setAll(element, attributes);
  parent?.append(element);
  return element;
}

function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) element.removeAttribute(name);
    else element.setAttribute(name, value);
  }
}

function htmlElement(name, attributes, parent, text) {
  const element = document.createElement(name);
  setAll(element, attributes);
  if (text !== undefined) element.textContent = text;
  parent?.append(element);
  return element;
}

function linePath(points) {
  return points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");
}

const asHz = (value) => Math.round(value).toLocaleString("en-US");
const asDb = (value) => `${value < -0.05 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;
