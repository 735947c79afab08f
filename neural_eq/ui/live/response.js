// The curve of the five bands, as neural_eq/eq/response.py has it: the analog prototypes of the
// RBJ cookbook at the warped frequency, shelves with Q.

function bandPower(band, params, tan2, equaliser) {
  const freqHz = params[band.freq];
  if (freqHz >= equaliser.sample_rate / 2) return 1;
  const a = 10 ** (params[band.gain] / 40);
  const x = tan2 / Math.tan((Math.PI * freqHz) / equaliser.sample_rate) ** 2;
  if (band.shape === "peaking") {
    const core = (1 - x) ** 2, middle = x / params[band.q] ** 2;
    return (core + middle * a * a) / (core + middle / (a * a));
  }
  const middle = (x * a) / equaliser.shelf_q ** 2;
  const near = (a - x) ** 2 + middle, far = (1 - a * x) ** 2 + middle;
  return a * a * (band.shape === "low_shelf" ? near / far : far / near);
}

function responseDb(params, freqsHz, equaliser) {
  return freqsHz.map((freqHz) => {
    const tan2 = Math.tan((Math.PI * freqHz) / equaliser.sample_rate) ** 2;
    const power = equaliser.bands.reduce(
      (product, band) => product * bandPower(band, params, tan2, equaliser), 1);
    return 10 * Math.log10(power);
  });
}

const NOTES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

function noteName(freqHz) {
  const key = Math.round(69 + 12 * Math.log2(freqHz / 440));
  return `${NOTES[((key % 12) + 12) % 12]}${Math.floor(key / 12) - 1}`;
}
