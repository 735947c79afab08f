// Second-order sections of the RBJ cookbook, shelves in the form with Q, as neural_eq/eq/biquad.py
// has them; five sections of b0 b1 b2 a1 a2 stand in one array.

const N_COEFFICIENTS = 5;

function writeSection(into, at, shape, freqHz, gainDb, q, sampleRate) {
  let b0 = 1, b1 = 0, b2 = 0, a0 = 1, a1 = 0, a2 = 0;
  if (freqHz < sampleRate / 2) {
    const w = (2 * Math.PI * freqHz) / sampleRate;
    const a = 10 ** (gainDb / 40), c = Math.cos(w), alpha = Math.sin(w) / (2 * q);
    if (shape === "peaking") {
      b0 = 1 + alpha * a;
      b2 = 1 - alpha * a;
      a0 = 1 + alpha / a;
      a2 = 1 - alpha / a;
      b1 = a1 = -2 * c;
    } else {
      const slope = 2 * Math.sqrt(a) * alpha, s = shape === "low_shelf" ? 1 : -1;
      b0 = a * (a + 1 - s * (a - 1) * c + slope);
      b1 = s * 2 * a * (a - 1 - s * (a + 1) * c);
      b2 = a * (a + 1 - s * (a - 1) * c - slope);
      a0 = a + 1 + s * (a - 1) * c + slope;
      a1 = s * -2 * (a - 1 + s * (a + 1) * c);
      a2 = a + 1 + s * (a - 1) * c - slope;
    }
  }
  into[at] = b0 / a0;
  into[at + 1] = b1 / a0;
  into[at + 2] = b2 / a0;
  into[at + 3] = a1 / a0;
  into[at + 4] = a2 / a0;
}
