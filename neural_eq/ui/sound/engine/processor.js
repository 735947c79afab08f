// The audio thread: reads the sound, filters it, crosses to the original on bypass, guards the
// peaks. Output 0 is heard; 1 is the sound before and 2 after the EQ, for the spectrum.

const BLOCK = 128, FADE_S = 0.01, STATUS_S = 1 / 30;

// From 0 to 1 without a kink at either end, so that nothing starts or stops with a click.
const eased = (share) => share * share * share * (share * (6 * share - 15) + 10);

// A gain between 0 and 1 that takes FADE_S from end to end, and turns back at an end alone.
class Ramp {
  constructor(value, sampleRate) {
    this.value = this.goal = this.heading = value;
    this.step = 1 / (FADE_S * sampleRate);
  }
  next() {
    if (this.value === this.heading) this.heading = this.goal;
    const rest = this.heading - this.value;
    if (rest) this.value += Math.max(-this.step, Math.min(this.step, rest));
    return eased(this.value);
  }
}

// A gain that follows a hand: two smoothing poles, one after the other.
class Follower {
  constructor(value, sampleRate) {
    this.value = this.first = this.goal = value;
    this.share = 1 - Math.exp(-1 / (POLE_S * sampleRate));
  }
  next() {
    if (this.value !== this.goal) {
      this.first += this.share * (this.goal - this.first);
      this.value += this.share * (this.first - this.value);
      if (Math.abs(this.goal - this.value) + Math.abs(this.goal - this.first) < SETTLED) {
        this.first = this.value = this.goal;
      }
    }
    return this.value;
  }
}

class NeuralEqProcessor extends AudioWorkletProcessor {
  constructor({ processorOptions: given }) {
    super();
    const nChannels = given.sound.n_channels;
    this.fadeFrames = Math.round(FADE_S * sampleRate);
    this.clip = new Clip(given.sound, this.fadeFrames);
    this.equaliser = new Equaliser(given.layout, given.values, nChannels, sampleRate);
    this.limiter = new Limiter(nChannels, sampleRate);
    this.dry = Array.from({ length: nChannels }, () => new Float64Array(BLOCK));
    this.wet = Array.from({ length: nChannels }, () => new Float64Array(BLOCK));
    this.running = new Ramp(0, sampleRate);
    this.wetness = new Ramp(1, sampleRate);
    this.volume = new Follower(1, sampleRate);
    this.isLooped = true;
    this.seekTo = null;
    this.peaks = new Float64Array(nChannels);
    this.untilStatus = 0;
    this.nPlays = this.nValues = 0; // of what was told last
    this.port.onmessage = ({ data }) => this.told[data.type].call(this, data);
  }

  told = {
    piece({ index, channels }) { this.clip.pieces.set(index, channels); },
    drop({ index }) { this.clip.pieces.delete(index); },
    values({ values, isJump, n }) {
      this.nValues = n;
      this.equaliser[isJump ? "jump" : "send"](values);
      this.untilStatus = 0; // who waits for the sound to change is told
    },
    play({ n }) { this.isPlaying = true; this.nPlays = n; },
    pause() { this.isPlaying = false; },
    seek({ frame }) { this.seekTo = frame; },
    loop({ loop, isLooped }) { this.clip.setLoop(loop); this.isLooped = isLooped; },
    bypass({ isBypassed }) { this.wetness.goal = isBypassed ? 0 : 1; },
    volume({ gain }) { this.volume.goal = gain; },
    ask({ id }) { this.port.postMessage({ type: "answer", id }); },
    end() { this.isOver = true; },
  };

  finish() {
    this.isPlaying = false;
    Object.assign(this.running, { goal: 0, heading: 0, value: 0 });
    this.clip.seek(this.clip.from);
    this.port.postMessage({ type: "ended", n: this.nPlays });
  }

  process(inputs, outputs) {
    const { clip, dry, wet, running } = this;
    const nChannels = dry.length, nFrames = outputs[0][0].length;
    if (this.seekTo !== null && running.value === 0) {
      clip.seek(this.seekTo);
      this.seekTo = null;
    }
    // a piece that is late is known of in time to fade out
    const isWaiting = Boolean(this.isPlaying) && !clip.isReady(nFrames + this.fadeFrames);
    running.goal = this.isPlaying && this.seekTo === null && !isWaiting ? 1 : 0;
    let hasEnded = false;
    if ((running.value > 0 || running.goal > 0) && clip.isReady(nFrames)) {
      hasEnded = !clip.read(dry, nFrames, this.isLooped);
    } else for (const samples of dry) samples.fill(0);
    // the fade of a start, a stop and a leap stands before the filters, which ring on
    for (let i = 0; i < nFrames; i++) {
      const gain = running.next();
      for (let c = 0; c < nChannels; c++) wet[c][i] = dry[c][i] *= gain;
    }
    if (hasEnded) this.finish();
    this.equaliser.process(wet, nFrames);
    const heard = outputs[0], before = outputs[1], after = outputs[2];
    for (let i = 0; i < nFrames; i++) {
      const share = this.wetness.next(), volume = this.volume.next();
      for (let c = 0; c < nChannels; c++) {
        const mixed = share === 1 ? wet[c][i] : dry[c][i] + share * (wet[c][i] - dry[c][i]);
        if (before[c]) before[c][i] = dry[c][i];
        if (after[c]) after[c][i] = mixed;
        wet[c][i] = volume * mixed;
      }
    }
    this.limiter.process(wet, nFrames);
    for (let c = 0; c < nChannels; c++) {
      for (let i = 0; i < nFrames; i++) {
        heard[c][i] = wet[c][i];
        this.peaks[c] = Math.max(this.peaks[c], Math.abs(wet[c][i]));
      }
    }
    this.tell(nFrames, isWaiting);
    return !this.isOver;
  }

  tell(nFrames, isWaiting) {
    this.untilStatus -= nFrames / sampleRate;
    if (this.untilStatus > 0) return;
    this.untilStatus = STATUS_S;
    this.port.postMessage({ type: "status", frame: this.seekTo ?? this.clip.frame, isWaiting,
      isPlaying: Boolean(this.isPlaying), nValues: this.nValues, peaks: [...this.peaks],
      reductionDb: this.limiter.reductionDb(), isSettled: this.equaliser.glide.isSettled,
      madeAt: Date.now() }); // when this block was made, in ms
    this.peaks.fill(0);
  }
}

registerProcessor("neural-eq", NeuralEqProcessor);
