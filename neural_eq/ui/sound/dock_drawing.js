// The player's wave and meter as pictures: each paints what it is given.

const METER_FLOOR_DB = -48, METER_TICKS_DB = [-24, -12, -6], METER_HIGH_DB = -6;

function sized(canvas) {
  const scale = window.devicePixelRatio || 1, box = canvas.getBoundingClientRect();
  const width = Math.round(box.width * scale), height = Math.round(box.height * scale);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  return [canvas.getContext("2d"), width, height];
}

// The outline, lowest and highest of each stretch from −127 to 127, darker where it was played; the
// loop reaches from one share of the sound to another. Nothing where nothing is `played`: null.
function paintWave(canvas, { outline, played, from, to, shades }) {
  const [paint, width, height] = sized(canvas);
  paint.clearRect(0, 0, width, height);
  if (played === null) return;
  const mid = height / 2, now = played * width;
  paint.fillStyle = shades.own;
  paint.globalAlpha = 0.22;
  paint.fillRect(from * width, 0, (to - from) * width, height);
  paint.fillStyle = shades.text;
  if (outline) {
    const n = outline.length / 2, step = width / n;
    for (let i = 0; i < n; i++) {
      paint.globalAlpha = i * step < now ? 0.85 : 0.4;
      const high = (outline[2 * i + 1] / 127) * mid, low = (outline[2 * i] / 127) * mid;
      paint.fillRect(i * step, mid - high, Math.max(1, step - 0.4), Math.max(1, high - low));
    }
  } else {
    paint.globalAlpha = 0.3;
    paint.fillRect(0, mid, width, 1);
  }
  paint.globalAlpha = 1;
  paint.fillStyle = shades.primary;
  paint.fillRect(now - 1, 0, 2, height);
}

// A bar for each channel, and a line where the highest peak is held.
function paintMeter(canvas, { peaksDb, holdDb, shades }) {
  const [paint, width, height] = sized(canvas);
  const x = (db) => (Math.max(0, db - METER_FLOOR_DB) / -METER_FLOOR_DB) * width;
  paint.clearRect(0, 0, width, height);
  paint.strokeStyle = shades.border;
  paint.strokeRect(0.5, 0.5, width - 1, height - 1);
  paint.fillStyle = shades.border;
  for (const db of METER_TICKS_DB) paint.fillRect(Math.round(x(db)), 1, 1, height - 2);
  const each = (height - 2) / Math.max(1, peaksDb.length);
  peaksDb.forEach((db, n) => {
    paint.fillStyle = db > METER_HIGH_DB ? "#e69f00" : shades.own;
    paint.fillRect(1, 1 + n * each, Math.max(0, x(db) - 1), Math.max(1, each - 1));
  });
  paint.fillStyle = shades.text;
  if (holdDb > METER_FLOOR_DB) paint.fillRect(x(holdDb) - 2, 1, 2, height - 2);
}
