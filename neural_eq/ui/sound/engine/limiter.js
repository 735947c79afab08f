// The guard of the loudspeaker: nothing passes the ceiling in true peak. Below it the sound goes
// through as it is, LOOKAHEAD + DELAY frames later.

const CEILING = 10 ** (-0.1 / 20), LOOKAHEAD = 64, RELEASE_S = 0.08;
const N_TAPS = 24, N_PHASES = 4, DELAY = N_TAPS / 2, KAISER = 6;

function bessel0(x) {
  let sum = 1, term = 1;
  for (let k = 1; k < 30; k++) sum += term *= (x / (2 * k)) ** 2;
  return sum;
}

// Interpolate between samples: a windowed sinc for each of the three places between two of them,
// as neural_eq/eq/true_peak.py has it.
const PHASES = Array.from({ length: N_PHASES - 1 }, (_, p) => {
  const taps = Float64Array.from({ length: N_TAPS }, (_, i) => {
    const x = i - (DELAY - 1) - (p + 1) / N_PHASES;
    const window = bessel0(KAISER * Math.sqrt(1 - (x / DELAY) ** 2)) / bessel0(KAISER);
    return (window * Math.sin(Math.PI * x)) / (Math.PI * x);
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
});
// However large samples are, what lies between them is at most so many times that.
const MOST = Math.max(...PHASES.map((taps) => taps.reduce((sum, tap) => sum + Math.abs(tap), 0)));

class Limiter {
  constructor(nChannels, sampleRate) {
    this.size = 256; // of the rings; more than LOOKAHEAD + N_TAPS, a power of two
    this.past = Array.from({ length: nChannels }, () => new Float64Array(this.size));
    this.needs = new Float64Array(this.size).fill(1);
    this.least = new Float64Array(this.size).fill(1);
    this.share = 1 - Math.exp(-1 / (RELEASE_S * sampleRate));
    this.held = 1;
    this.at = 0;
    this.nQuiet = this.size; // frames since anything needed a hand
    this.lowest = 1; // gain since it was last asked
  }

  process(channels, nFrames) {
    const mask = this.size - 1, delay = LOOKAHEAD - 1 + DELAY;
    let highest = 0;
    for (const samples of channels) {
      for (let i = 0; i < nFrames; i++) highest = Math.max(highest, Math.abs(samples[i]));
    }
    const isLoud = highest * MOST > CEILING || this.loudBefore;
    this.loudBefore = highest * MOST > CEILING;
    for (let i = 0; i < nFrames; i++) {
      const at = (this.at + i) & mask;
      for (let c = 0; c < channels.length; c++) this.past[c][at] = channels[c][i];
      let gain = 1;
      if (isLoud || this.nQuiet < this.size || this.held < 1) gain = this.gainAt(at, isLoud);
      else this.needs[at] = this.least[at] = 1;
      const from = (at - delay) & mask;
      for (let c = 0; c < channels.length; c++) channels[c][i] = gain * this.past[c][from];
      if (gain < this.lowest) this.lowest = gain;
    }
    this.at = (this.at + nFrames) & mask;
  }

  gainAt(at, isLoud) {
    const mask = this.size - 1;
    const need = isLoud ? Math.min(1, CEILING / this.peakAt(at)) : 1;
    this.nQuiet = need < 1 ? 0 : this.nQuiet + 1;
    this.needs[at] = need;
    let least = need;
    for (let k = 1; k < LOOKAHEAD; k++) least = Math.min(least, this.needs[(at - k) & mask]);
    this.held = Math.min(least, this.held + this.share * (1 - this.held));
    if (this.held > 1 - 1e-6 && least === 1) this.held = 1;
    this.least[at] = this.held;
    let sum = 0;
    for (let k = 0; k < LOOKAHEAD; k++) sum += this.least[(at - k) & mask];
    return sum / LOOKAHEAD;
  }

  // True peak around the frame that lies DELAY before.
  peakAt(at) {
    const mask = this.size - 1;
    let peak = 1e-9;
    for (const past of this.past) {
      peak = Math.max(peak, Math.abs(past[(at - DELAY) & mask]), Math.abs(past[(at - DELAY + 1) & mask]));
      for (const taps of PHASES) {
        let between = 0;
        for (let k = 0; k < N_TAPS; k++) between += taps[k] * past[(at - (N_TAPS - 1) + k) & mask];
        peak = Math.max(peak, Math.abs(between));
      }
    }
    return peak;
  }

  // The lowest gain since it was last asked, in dB.
  reductionDb() {
    const reduction = -20 * Math.log10(this.lowest);
    this.lowest = 1;
    return reduction;
  }
}
