// Five bands and a level, gliding, in float64: what goes through comes out equalised.

class Equaliser {
  // layout: bands with shape and the places of gain, freq and q among the 13 parameters, and the
  // shelves' Q. values: those 13 with frequencies and Q as logarithms, then the level in dB.
  constructor({ bands, shelf_q: shelfQ }, values, nChannels, sampleRate) {
    this.bands = bands;
    this.shelfQ = shelfQ;
    this.sampleRate = sampleRate;
    this.glide = new Glide(values, sampleRate);
    this.coefficients = new Float64Array(bands.length * N_COEFFICIENTS);
    this.rises = new Float64Array(bands.length * N_COEFFICIENTS);
    this.goal = new Float64Array(bands.length * N_COEFFICIENTS);
    this.memory = Array.from({ length: nChannels }, () => new Float64Array(bands.length * 2));
    this.jump(values);
  }

  send(values) {
    this.glide.send(values);
  }

  jump(values) {
    this.glide.jump(values);
    this.design();
    this.arrive();
  }

  // Be where the last design is.
  arrive() {
    this.coefficients.set(this.goal);
    this.rises.fill(0);
    this.level = this.nextLevel;
    this.isMoving = false;
  }

  design() {
    const { now } = this.glide;
    this.bands.forEach((band, n) => {
      const q = band.q === null ? this.shelfQ : Math.exp(now[band.q]);
      writeSection(this.goal, n * N_COEFFICIENTS, band.shape, Math.exp(now[band.freq]),
        now[band.gain], q, this.sampleRate);
    });
    this.nextLevel = 10 ** (now[now.length - 1] / 20);
  }

  // Filter channels in place, as many frames as a multiple of HOP. While the values glide, the
  // coefficients go in straight lines from step to step: steps of theirs would be heard as noise.
  process(channels, nFrames) {
    for (let from = 0; from < nFrames; from += HOP) {
      if (this.isMoving) this.arrive();
      if (!this.glide.isSettled) {
        this.glide.step();
        this.design();
        for (let k = 0; k < this.goal.length; k++) {
          this.rises[k] = (this.goal[k] - this.coefficients[k]) / HOP;
        }
        this.isMoving = true;
      }
      for (let c = 0; c < channels.length; c++) this.filter(channels[c], this.memory[c], from);
    }
  }

  filter(samples, memory, from) {
    const { coefficients: k, rises: r, isMoving } = this;
    for (let n = 0; n < this.bands.length; n++) {
      const at = n * N_COEFFICIENTS;
      let b0 = k[at], b1 = k[at + 1], b2 = k[at + 2], a1 = k[at + 3], a2 = k[at + 4];
      let z1 = memory[2 * n], z2 = memory[2 * n + 1];
      for (let i = from; i < from + HOP; i++) {
        if (isMoving) {
          b0 += r[at];
          b1 += r[at + 1];
          b2 += r[at + 2];
          a1 += r[at + 3];
          a2 += r[at + 4];
        }
        const x = samples[i], y = b0 * x + z1;
        z1 = b1 * x - a1 * y + z2;
        z2 = b2 * x - a2 * y;
        samples[i] = y;
      }
      memory[2 * n] = z1;
      memory[2 * n + 1] = z2;
    }
    const rise = isMoving ? (this.nextLevel - this.level) / HOP : 0;
    for (let i = 0; i < HOP; i++) samples[from + i] *= this.level + rise * (i + 1);
  }
}
