// The audio thread: reads the sound, filters it, crosses to the original on bypass, guards the
// peaks. Output 0 is heard; 1 is the sound before and 2 after the EQ, for the spectrum.

const BLOCK = 128, FADE_S = 0.01, STATUS_S = 1 / 30;

// A gain that goes in a straight line, so that nothing starts or stops with a click.
class Ramp {
  constructor(value, sampleRate) {
    this.value = this.goal = value;
    this.step = 1 / (FADE_S * sampleRate);
  }
  next() {
    const rest = this.goal - this.value;
    this.value += Math.max(-this.step, Math.min(this.step, rest));
    return this.value;
  }
}

class NeuralEqProcessor extends AudioWorkletProcessor {
  constructor({ processorOptions: given }) {
    super();
    const nChannels = given.sound.n_channels;
    this.clip = new Clip(given.sound, Math.round(FADE_S * sampleRate));
    this.equaliser = new Equaliser(given.layout, given.values, nChannels, sampleRate);
    this.limiter = new Limiter(nChannels, sampleRate);
    this.dry = Array.from({ length: nChannels }, () => new Float64Array(BLOCK));
    this.wet = Array.from({ length: nChannels }, () => new Float64Array(BLOCK));
    this.running = new Ramp(0, sampleRate);
    this.wetness = new Ramp(1, sampleRate);
    this.volume = new Ramp(1, sampleRate);
    this.isLooped = true;
    this.seekTo = null;
    this.peaks = new Float64Array(nChannels);
    this.untilStatus = 0;
    this.port.onmessage = ({ data }) => this.told[data.type].call(this, data);
  }

  told = {
    piece({ index, channels }) { this.clip.pieces.set(index, channels); },
    drop({ index }) { this.clip.pieces.delete(index); },
    values({ values, isJump }) {
      this.equaliser[isJump ? "jump" : "send"](values);
      this.untilStatus = 0; // who waits for the sound to change is told
    },
    play() { this.isPlaying = true; this.running.goal = 1; },
    pause() { this.isPlaying = false; this.running.goal = 0; },
    seek({ frame }) { this.seekTo = frame; if (!this.isAudible) this.land(); else this.running.goal = 0; },
    loop({ loop, isLooped }) { this.clip.setLoop(loop); this.isLooped = isLooped; },
    bypass({ isBypassed }) { this.wetness.goal = isBypassed ? 0 : 1; },
    volume({ gain }) { this.volume.goal = gain; },
    ask({ id }) { this.port.postMessage({ type: "answer", id }); },
    end() { this.isOver = true; },
  };

  get isAudible() { return this.running.value > 0 || this.running.goal > 0; }

  land() {
    this.clip.frame = this.seekTo;
    this.seekTo = null;
    this.equaliser.forget();
    this.running.goal = this.isPlaying ? 1 : 0;
  }

  finish() {
    this.isPlaying = false;
    this.running.goal = this.running.value = 0;
    this.clip.frame = this.clip.from;
  }

  process(inputs, outputs) {
    const { clip, dry, wet } = this;
    const nChannels = dry.length, nFrames = outputs[0][0].length;
    const isWaiting = this.isAudible && !clip.isReady(nFrames);
    let hasEnded = false;
    if (!this.isAudible || isWaiting) {
      for (const samples of dry) samples.fill(0);
    } else hasEnded = !clip.read(dry, nFrames, this.isLooped);
    // the fade of a start, a stop and a leap stands before the filters, which ring on
    for (let i = 0; i < nFrames; i++) {
      const gain = this.running.next();
      for (let c = 0; c < nChannels; c++) wet[c][i] = dry[c][i] *= gain;
    }
    if (hasEnded) this.finish();
    if (this.seekTo !== null && this.running.value === 0) this.land();
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
      isPlaying: Boolean(this.isPlaying), peaks: [...this.peaks],
      reductionDb: this.limiter.reductionDb(), isSettled: this.equaliser.glide.isSettled });
    this.peaks.fill(0);
  }
}

registerProcessor("neural-eq", NeuralEqProcessor);
