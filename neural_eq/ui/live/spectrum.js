// The spectrum of what plays, before and after the EQ, behind a curve. It is analysed only while it
// is seen and the sound plays.

const SPECTRUM_LOW_DB = -96, SPECTRUM_HIGH_DB = -12, HOLD_FALL_DB_S = 9, N_COLUMNS = 160;
const SLOPE_DB_OCTAVE = 4.5; // as music falls: a usual mix looks level

class Spectrum {
  // canvas: laid behind the curve. area: tells where the plot is in the canvas's parent, {left, top,
  // width, height}, or null while there is none. frame: what is to be in view for it.
  constructor(canvas, area, frame = canvas) {
    Object.assign(this, { canvas, area, frame, isShown: true, isSeen: true, request: 0, hold: null });
    this.observer = new IntersectionObserver(([entry]) => {
      this.isSeen = entry.isIntersecting;
      this.wake();
    });
    this.observer.observe(frame);
    this.onVisible = () => this.wake();
    document.addEventListener("visibilitychange", this.onVisible);
    this.end = DOCK.subscribe(() => this.wake());
  }

  get engine() { return DOCK.engine; }

  get isOn() {
    return this.isShown && this.isSeen && !document.hidden && this.engine?.status.isPlaying;
  }

  // Called when anything changes; the engine tells by itself when a sound starts.
  wake() {
    if (this.engine && !this.unheard) this.unheard = this.engine.subscribe(() => this.wake());
    if (this.isOn && !this.request) {
      this.unwatch ??= this.engine.watch();
      this.request = requestAnimationFrame((now) => this.draw(now));
    } else if (!this.isOn) this.rest();
  }

  rest() {
    this.unwatch?.();
    this.unwatch = null;
    if (!this.isShown && this.canvas.width) this.clear();
  }

  clear() {
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.hold = null;
  }

  show(isShown) {
    this.isShown = isShown;
    this.wake();
  }

  draw(now) {
    this.request = 0;
    if (!this.isOn) return this.rest();
    const { analysers, context } = this.engine;
    if (!analysers) return this.wake();
    const [before, after] = analysers.map((analyser) => this.columns(analyser, context.sampleRate));
    const fall = (HOLD_FALL_DB_S * Math.min(100, now - (this.drawn ?? now))) / 1000;
    this.drawn = now;
    this.hold = after.map((db, i) => Math.max(db, (this.hold?.[i] ?? -Infinity) - fall));
    this.paint(before, after);
    this.wake();
  }

  // The strongest of each sixth of an octave around a column, in dB, the usual slope taken out.
  columns(analyser, sampleRate) {
    this.bins ??= new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(this.bins);
    const perHz = this.bins.length / (sampleRate / 2), found = new Array(N_COLUMNS);
    for (let i = 0; i < N_COLUMNS; i++) {
      const freqHz = 20 * 1000 ** (i / (N_COLUMNS - 1));
      const from = Math.floor(freqHz * 0.944 * perHz), to = Math.ceil(freqHz * 1.059 * perHz);
      let power = 0, n = 0;
      for (let bin = from; bin <= to && bin < this.bins.length; bin++, n++) {
        power += 10 ** (this.bins[bin] / 10);
      }
      found[i] = n ? 10 * Math.log10(power / n + 1e-13) + SLOPE_DB_OCTAVE * Math.log2(freqHz / 1000)
        : -Infinity;
    }
    return found;
  }

  paint(before, after) {
    const { canvas } = this, area = this.area(), scale = window.devicePixelRatio || 1;
    if (!area) return;
    const [width, height] = [area.width, area.height].map((length) => Math.round(length * scale));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    for (const [name, value] of Object.entries(area)) canvas.style[name] = `${value}px`;
    const brush = canvas.getContext("2d");
    brush.setTransform(scale, 0, 0, scale, 0, 0);
    brush.clearRect(0, 0, area.width, area.height);
    const y = (db) => area.height * (1 - Math.max(0, Math.min(1,
      (db - SPECTRUM_LOW_DB) / (SPECTRUM_HIGH_DB - SPECTRUM_LOW_DB))));
    const x = (i) => (i / (N_COLUMNS - 1)) * area.width;
    const trace = (levels) => {
      brush.beginPath();
      levels.forEach((db, i) => brush.lineTo(x(i), y(db)));
    };
    trace(before);
    brush.lineTo(area.width, area.height);
    brush.lineTo(0, area.height);
    brush.fillStyle = "rgb(128 132 136 / 22%)";
    brush.fill();
    trace(after);
    brush.strokeStyle = "rgb(0 158 115 / 65%)";
    brush.lineWidth = 1.25;
    brush.stroke();
    trace(this.hold);
    brush.strokeStyle = "rgb(128 132 136 / 45%)";
    brush.lineWidth = 1;
    brush.stroke();
  }

  close() {
    this.observer.disconnect();
    document.removeEventListener("visibilitychange", this.onVisible);
    this.end();
    this.unheard?.();
    this.unwatch?.();
    cancelAnimationFrame(this.request);
  }
}
