// Draws the points of a map of many settings, below its marks and words. Plotly's own drawing of
// them needs a graphics card: without one each frame of a drag takes it half a second. It keeps
// the axes, the legend and what the pointer finds; its points are there unseen.

const turned = (points, by) => points.map(([x, y]) =>
  [x * Math.cos(by) - y * Math.sin(by), x * Math.sin(by) + y * Math.cos(by)]);
const ring = (n, from, radius) => [...Array(n).keys()].map((i) => {
  const angle = from + (2 * Math.PI * i) / n, r = radius[i % radius.length];
  return [r * Math.cos(angle), r * Math.sin(angle)];
});
const UP = -Math.PI / 2;
const CROSS = [[-0.4, -1.2], [0.4, -1.2], [0.4, -0.4], [1.2, -0.4], [1.2, 0.4], [0.4, 0.4],
  [0.4, 1.2], [-0.4, 1.2], [-0.4, 0.4], [-1.2, 0.4], [-1.2, -0.4], [-0.4, -0.4]];
// Outlines where a circle's radius is 1
const OUTLINES = {
  square: ring(4, UP / 2, [Math.SQRT2]), diamond: ring(4, UP, [1.3]),
  "triangle-up": ring(3, UP, [1.3]), "triangle-down": ring(3, -UP, [1.3]),
  pentagon: ring(5, UP, [1.1]), star: ring(10, UP, [1.4, 0.55]),
  cross: CROSS, x: turned(CROSS, Math.PI / 4),
};

// The pixels of one point: where each is from its first, and how much of the point is on it.
function stamp({ colour, symbol, size, opacity }, scale, width) {
  const canvas = document.createElement("canvas"), radius = (size / 2) * scale;
  const side = (canvas.width = canvas.height = 2 * Math.ceil(1.45 * radius) + 2);
  const pen = canvas.getContext("2d", { willReadFrequently: true }), middle = side / 2;
  pen.fillStyle = colour;
  pen.beginPath();
  const outline = OUTLINES[symbol];
  if (!outline) pen.arc(middle, middle, radius, 0, 2 * Math.PI);
  else for (const [x, y] of outline) pen.lineTo(middle + radius * x, middle + radius * y);
  pen.fill();
  const { data } = pen.getImageData(0, 0, side, side), at = [], parts = [], colours = [];
  for (let i = 0; i < side * side; i++) {
    const part = Math.round((data[4 * i + 3] / 255) * opacity * 256);
    if (!part) continue;
    at.push(Math.floor(i / side) * width + (i % side));
    parts.push(256 - part);
    const [red, green, blue] = [0, 1, 2].map((k) => (data[4 * i + k] * part) >> 8);
    colours.push((((255 * part) >> 8) << 24) | (blue << 16) | (green << 8) | red);
  }
  return { side, at: Int32Array.from(at), under: Int32Array.from(parts),
    over: Int32Array.from(colours) };
}

// Each colour times its share of the pixel until all is drawn, then as the canvas wants it
function blend(pixels, { at, under, over }, first) {
  for (let k = 0; k < at.length; k++) {
    const i = first + at[k], below = pixels[i], part = under[k];
    pixels[i] = over[k] + (((((below >>> 8) & 0xff00ff) * part) & 0xff00ff00)
      | ((((below & 0xff00ff) * part) >>> 8) & 0xff00ff));
  }
}

function asCanvasWants(pixels) {
  for (let i = 0; i < pixels.length; i++) {
    const pixel = pixels[i], part = pixel >>> 24;
    if (!part || part === 255) continue;
    const times = 255 / part;
    pixels[i] = (part << 24) | (Math.min(255, ((pixel >>> 16) & 255) * times) << 16)
      | (Math.min(255, ((pixel >>> 8) & 255) * times) << 8) | Math.min(255, (pixel & 255) * times);
  }
}

// Plain pixels: a canvas that is asked to draw twenty thousand pictures takes four times as long.
function makePoints() {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  canvas.className = "many-points";
  canvas.setAttribute("aria-hidden", "true");
  let image = null, pixels = null, stamps = {}, scale = 0;

  function fit({ xaxis, yaxis }) {
    const width = Math.round(xaxis._length * devicePixelRatio);
    const height = Math.round(yaxis._length * devicePixelRatio);
    canvas.style.cssText = `position: absolute; pointer-events: none; left: ${xaxis._offset}px;
      top: ${yaxis._offset}px; width: ${xaxis._length}px; height: ${yaxis._length}px`;
    if (image?.width === width && image.height === height && scale === devicePixelRatio) return;
    scale = devicePixelRatio;
    [canvas.width, canvas.height] = [width, height];
    image = pen.createImageData(width, height);
    pixels = new Uint32Array(image.data.buffer);
    stamps = {};
  }

  return {
    canvas,
    draw(layout, traces) {
      fit(layout);
      pixels.fill(0);
      const { width, height } = image, [x0, x1] = layout.xaxis.range, [y0, y1] = layout.yaxis.range;
      const across = width / (x1 - x0), down = height / (y1 - y0);
      for (const { x, y, meta, visible } of traces) {
        if (!meta?.symbol || visible !== true) continue;
        const drawn = (stamps[JSON.stringify(meta)] ??= stamp(meta, scale, width));
        const right = width - drawn.side, bottom = height - drawn.side, half = drawn.side / 2;
        for (let i = 0; i < x.length; i++) {
          const left = Math.round((x[i] - x0) * across - half);
          const top = Math.round((y1 - y[i]) * down - half);
          // one that would lie over the edge is left out; Plotly's own are cut there
          if (left >= 0 && top >= 0 && left <= right && top <= bottom)
            blend(pixels, drawn, top * width + left);
        }
      }
      asCanvasWants(pixels);
      pen.putImageData(image, 0, 0);
    },
  };
}

export default function ({ data }) {
  const points = makePoints();
  let seen = "", drawnOf = null, frame = 0;
  function look() {
    frame = requestAnimationFrame(look);
    const map = document.querySelector(`.${data.map} .js-plotly-plot`);
    const { xaxis, yaxis } = map?._fullLayout ?? {};
    const place = map?.querySelector(".svg-container");
    if (!place || !xaxis?._length || !yaxis?._length) return;
    const now = [...xaxis.range, ...yaxis.range, xaxis._length, yaxis._length, xaxis._offset,
      yaxis._offset, devicePixelRatio].join(" ");
    // Plotly makes a new list whenever it draws; a drag changes the ranges alone
    if (points.canvas.parentNode === place && now === seen && drawnOf === map._fullData) return;
    [seen, drawnOf] = [now, map._fullData];
    if (points.canvas.parentNode !== place) place.prepend(points.canvas);
    points.draw(map._fullLayout, map._fullData);
  }
  look();
  return () => {
    cancelAnimationFrame(frame);
    points.canvas.remove();
  };
}
