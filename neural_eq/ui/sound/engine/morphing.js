// The morph in the browser: the path that Python laid, followed at any place and strength, and the
// motion that moves along it by itself.

// morph: {params: [[13], …] from end to end, gains: their places, limit_db, logs: places that go by
// ratio, words: {start, end, rest}}.
function morphed(morph, at, strength) {
  const place = Math.min(1, Math.max(0, at / 100)) * (morph.params.length - 1);
  const index = Math.min(morph.params.length - 2, Math.floor(place)), share = place - index;
  const one = morph.params[index], other = morph.params[index + 1];
  const params = one.map((value, i) => value + share * (other[i] - value));
  for (const i of morph.logs) params[i] = one[i] * (other[i] / one[i]) ** share;
  for (const i of morph.gains) {
    params[i] = Math.min(morph.limit_db, Math.max(-morph.limit_db, params[i] * strength));
  }
  return params;
}

function morphEq(morph, at, strength) {
  const { start, end, rest } = morph.words;
  const label = `${start} → ${end}, ${Math.round(at)} %${rest}, strength ${strength.toFixed(2)}`;
  return { params: morphed(morph, at, strength), label, at, strength };
}

// motion: {kind: "swing", loops: how many loops go by from end to end and back}, or {kind: "drawn",
// drawing: places in percent, evenly over the loop}. loop: {from, to} in frames.
function placeOfMotion(motion, frame, loop) {
  const share = (frame - loop.from) / (loop.to - loop.from);
  if (motion.kind === "swing") {
    return 50 - 50 * Math.cos((2 * Math.PI * (share + (motion.turns ?? 0))) / motion.loops);
  }
  const place = (((share % 1) + 1) % 1) * motion.drawing.length;
  const index = Math.floor(place) % motion.drawing.length;
  const next = motion.drawing[(index + 1) % motion.drawing.length];
  return motion.drawing[index] + (place - Math.floor(place)) * (next - motion.drawing[index]);
}

// Moves the morph while the music plays; one for a tab.
class Mover {
  constructor(dock, engine) {
    Object.assign(this, { dock, engine, last: null, turns: 0 });
    engine.subscribe((status) => this.heard(status));
    dock.subscribe(() => this.wake());
  }

  get isOn() {
    const { motion, morph } = this.dock.state;
    return Boolean(motion && morph && this.engine.isWanted);
  }

  // The engine tells thirty times a second where it is; between, time tells.
  heard({ frame, isPlaying }) {
    if (isPlaying && frame !== this.last?.frame) {
      // a leap back by hand is no turn, but for the longest
      const { loop } = this.dock.state, sound = this.engine.sound;
      const length = loop ? loop.to - loop.from : sound?.n_frames ?? 0;
      if (this.last && this.last.frame - frame > length / 2) this.turns += 1;
      this.last = { frame, at: performance.now() };
    }
    this.wake();
  }

  wake() {
    if (this.isOn && !this.request) this.request = requestAnimationFrame(() => this.step());
  }

  step() {
    this.request = 0;
    const { motion, morph, loop, strength } = this.dock.state, { sound } = this.engine;
    if (!this.isOn || !this.last || !sound) return;
    const passed = ((performance.now() - this.last.at) / 1000) * sound.sample_rate;
    const whole = loop ?? { from: 0, to: sound.n_frames };
    const at = placeOfMotion({ ...motion, turns: this.turns },
      this.last.frame + Math.min(passed, sound.sample_rate / 10), whole);
    this.dock.drive("motion", morphEq(morph, at, strength));
    this.wake();
  }
}
