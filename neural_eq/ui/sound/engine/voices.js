// What makes the sound: the worklet, or where a browser forbids it, its own filters. Both are told
// the same and tell the same.

class WorkletVoice {
  static async prepare(context, source) {
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    try {
      await context.audioWorklet.addModule(url);
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  constructor(context, sound, layout, values, hear) {
    this.node = new AudioWorkletNode(context, "neural-eq", {
      numberOfInputs: 0, numberOfOutputs: 3,
      outputChannelCount: [sound.n_channels, sound.n_channels, sound.n_channels],
      processorOptions: { sound, layout, values },
    });
    this.node.port.onmessage = ({ data }) => hear(data);
    this.node.connect(context.destination, 0);
  }

  post(message, transfer) { this.node.port.postMessage(message, transfer ?? []); }

  tap(analyser, output) { this.node.connect(analyser, output); }

  untap(analyser, output) { this.node.disconnect(analyser, output); }

  end() {
    this.post({ type: "end" });
    this.node.disconnect();
  }
}

const GLIDE_S = 0.015;

class FilterVoice {
  constructor(context, sound, layout, values, hear) {
    Object.assign(this, { context, sound, layout, hear });
    this.buffer = context.createBuffer(sound.n_channels, sound.n_frames, sound.sample_rate);
    this.missing = new Set(Array(Math.ceil(sound.n_frames / sound.piece_frames)).keys());
    this.entry = context.createGain();
    this.filters = layout.bands.map((band) => new BiquadFilterNode(context,
      { type: band.shape.replace("_", "") }));
    this.level = context.createGain();
    this.wet = context.createGain();
    this.dry = new GainNode(context, { gain: 0 });
    this.after = context.createGain();
    this.volume = context.createGain();
    this.meter = new AnalyserNode(context, { fftSize: 2048 });
    [this.entry, ...this.filters, this.level, this.wet, this.after].reduce((a, b) => a.connect(b));
    this.entry.connect(this.dry).connect(this.after);
    this.after.connect(this.volume).connect(this.meter);
    this.volume.connect(context.destination);
    this.frame = 0;
    this.isLooped = true;
    this.loop = null;
    this.told.values.call(this, { values, isJump: true });
    this.timer = setInterval(() => this.tell(), 33);
  }

  told = {
    piece({ index, channels }) {
      channels.forEach((channel, c) =>
        this.buffer.copyToChannel(channel, c, index * this.sound.piece_frames));
      this.missing.delete(index);
      if (this.isPlaying && !this.source) this.begin();
    },
    drop() {},
    values({ values, isJump }) {
      const set = (param, value) => isJump
        ? param.setValueAtTime(value, 0)
        : param.setTargetAtTime(value, this.context.currentTime, GLIDE_S);
      this.layout.bands.forEach((band, n) => {
        const { frequency, gain, Q } = this.filters[n];
        set(frequency, Math.min(Math.exp(values[band.freq]), this.sound.sample_rate / 2));
        set(gain, values[band.gain]);
        if (band.q !== null) set(Q, Math.exp(values[band.q]));
      });
      set(this.level.gain, 10 ** (values.at(-1) / 20));
    },
    play({ n }) { this.isPlaying = true; this.nPlays = n; this.begin(); },
    pause() { this.isPlaying = false; this.halt(); },
    seek({ frame }) { this.halt(); this.frame = frame; if (this.isPlaying) this.begin(); },
    loop({ loop, isLooped }) {
      Object.assign(this, { loop, isLooped });
      if (this.source) this.setLoop();
    },
    bypass({ isBypassed }) {
      const now = this.context.currentTime;
      this.wet.gain.setTargetAtTime(isBypassed ? 0 : 1, now, GLIDE_S / 3);
      this.dry.gain.setTargetAtTime(isBypassed ? 1 : 0, now, GLIDE_S / 3);
    },
    volume({ gain }) { this.volume.gain.setTargetAtTime(gain, this.context.currentTime, GLIDE_S); },
    ask({ id }) { this.hear({ type: "answer", id }); },
  };

  post(message) { this.told[message.type].call(this, message); }

  setLoop() {
    this.source.loop = this.isLooped;
    this.source.loopStart = (this.loop?.from ?? 0) / this.sound.sample_rate;
    this.source.loopEnd = (this.loop?.to ?? this.sound.n_frames) / this.sound.sample_rate;
  }

  begin() {
    if (this.missing.size || this.source) return;
    this.source = new AudioBufferSourceNode(this.context, { buffer: this.buffer });
    this.setLoop();
    this.fade = new GainNode(this.context, { gain: 0 });
    this.fade.gain.setTargetAtTime(1, this.context.currentTime, GLIDE_S / 3);
    this.source.connect(this.fade).connect(this.entry);
    this.source.onended = () => {
      this.isPlaying = false;
      this.source = null;
      this.frame = this.loop?.from ?? 0;
      this.hear({ type: "ended", n: this.nPlays });
    };
    this.began = this.context.currentTime - this.frame / this.sound.sample_rate;
    this.source.start(0, this.frame / this.sound.sample_rate);
  }

  halt() {
    if (!this.source) return;
    this.frame = this.place();
    const { source, fade } = this, now = this.context.currentTime;
    fade.gain.setTargetAtTime(0, now, GLIDE_S / 3);
    source.onended = () => fade.disconnect();
    source.stop(now + 2 * GLIDE_S);
    this.source = null;
  }

  place() {
    if (!this.source) return this.frame;
    const frame = (this.context.currentTime - this.began) * this.sound.sample_rate;
    const from = this.loop?.from ?? 0, to = this.loop?.to ?? this.sound.n_frames;
    return Math.round(frame < to || !this.isLooped ? frame : from + ((frame - from) % (to - from)));
  }

  tell() {
    const samples = new Float32Array(this.meter.fftSize);
    this.meter.getFloatTimeDomainData(samples);
    const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    this.hear({ type: "status", frame: this.place(), isPlaying: Boolean(this.isPlaying),
      isWaiting: Boolean(this.isPlaying && !this.source), isSettled: true, reductionDb: 0,
      peaks: Array(this.sound.n_channels).fill(peak) });
  }

  tap(analyser, output) { (output === 1 ? this.entry : this.after).connect(analyser); }

  untap(analyser, output) { (output === 1 ? this.entry : this.after).disconnect(analyser); }

  end() {
    clearInterval(this.timer);
    this.halt();
    this.volume.disconnect();
  }
}
