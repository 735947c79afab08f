// The points of a map on a canvas, so that a drag of many stays fluid without a graphics card.

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
function stamp(colour, symbol, radius, opacity, width) {
  const side = 2 * Math.ceil(1.45 * radius) + 2, middle = side / 2;
  const pen = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
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
// It is wider than the map by EDGE_PX all around, so that a point is cut at the edge, not dropped.
const EDGE_PX = 12;

function makePoints(canvas) {
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  let image = null, pixels = null, stamps = new Map(), scale = 0;
  return {
    fit(width, height) {
      const [across, down] = [width, height].map(
        (px) => Math.round((px + 2 * EDGE_PX) * devicePixelRatio));
      if (image?.width === across && image.height === down && scale === devicePixelRatio) return;
      scale = devicePixelRatio;
      [canvas.width, canvas.height] = [across, down];
      canvas.style.width = `${width + 2 * EDGE_PX}px`;
      canvas.style.height = `${height + 2 * EDGE_PX}px`;
      image = pen.createImageData(across, down);
      pixels = new Uint32Array(image.data.buffer);
      stamps = new Map();
    },
    clear() { pixels.fill(0); },
    // Returns what puts a point of that look at a place in pixels of the map.
    brush({ colour, symbol, size }, opacity) {
      const key = `${colour} ${symbol} ${size} ${opacity}`;
      if (!stamps.has(key))
        stamps.set(key, stamp(colour, symbol, (size / 2) * scale, opacity, image.width));
      const drawn = stamps.get(key), half = drawn.side / 2;
      const right = image.width - drawn.side, bottom = image.height - drawn.side;
      return (x, y) => {
        const left = Math.round((x + EDGE_PX) * scale - half);
        const top = Math.round((y + EDGE_PX) * scale - half);
        if (left >= 0 && top >= 0 && left <= right && top <= bottom)
          blend(pixels, drawn, top * image.width + left);
      };
    },
    show() {
      asCanvasWants(pixels);
      pen.putImageData(image, 0, 0);
    },
  };
}
