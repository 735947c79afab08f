// Numbers that glide to where they are sent: two smoothing poles, one after the other, stepped
// every HOP frames. Frequencies and Q glide as their logarithms.

const HOP = 8, POLE_S = 0.0075, SETTLED = 1e-7;

class Glide {
  constructor(values, sampleRate) {
    this.share = 1 - Math.exp(-HOP / (POLE_S * sampleRate));
    this.target = Float64Array.from(values);
    this.first = Float64Array.from(values);
    this.now = Float64Array.from(values);
    this.isSettled = true;
  }

  send(values) {
    this.target.set(values);
    this.isSettled = false;
  }

  jump(values) {
    this.send(values);
    this.first.set(values);
    this.now.set(values);
    this.isSettled = true;
  }

  step() {
    const { share, target, first, now } = this;
    let farthest = 0;
    for (let i = 0; i < now.length; i++) {
      first[i] += share * (target[i] - first[i]);
      now[i] += share * (first[i] - now[i]);
      farthest = Math.max(farthest, Math.abs(target[i] - now[i]), Math.abs(target[i] - first[i]));
    }
    if (farthest < SETTLED) this.jump(target);
  }
}
