// The one engine of a tab: it holds the audio context and what makes the sound, and does what the
// shared state says.

const MOST_WHOLE_S = 20 * 60; // of a sound that must be in memory whole
const FALLBACK_NOTE = "This browser allows no audio worklet here (it wants https or localhost): its"
  + " own filters play instead, up to 0.02 dB off, without the guard against peaks.";

class SoundEngine {
  constructor(dock, { source, layout }) {
    Object.assign(this, { dock, source, layout });
    this.sound = null;
    this.context = null;
    this.voice = null;
    this.status = { frame: 0, isPlaying: false, isWaiting: false, peaks: [], reductionDb: 0 };
    this.note = "";
    this.listeners = new Set();
    this.analysers = null;
    this.nWatching = 0;
    this.sent = {};
    this.answers = new Map();
    this.nPlays = this.nValues = 0; // of what was told
  }

  // ---- the sound
  // Take another sound; what plays goes on with it from its beginning.
  async choose(sound) {
    if (this.sound?.key === sound?.key) return;
    const goesOn = this.isWanted;
    this.leave();
    this.sound = sound;
    this.table = null;
    this.isUnmeasured = false;
    this.note = "";
    this.status = { ...this.status, frame: 0, isPlaying: false, peaks: [] };
    this.dock.set({ loop: null });
    this.tell();
    if (!sound) return;
    this.readLoudness(sound);
    if (goesOn) await this.play();
  }

  async readLoudness(sound) {
    try {
      const answer = await fetch(`${sound.url}/loudness`);
      if (!answer.ok) throw new Error(await answer.text());
      const powers = new Float32Array(await answer.arrayBuffer());
      if (this.sound !== sound) return;
      this.table = { powers, n_bands: sound.n_bands };
    } catch {
      if (this.sound !== sound) return;
      this.isUnmeasured = true;
      this.note = "The loudness of this sound could not be measured: the EQ is not level-matched.";
    }
    this.apply(this.dock.state);
    this.dock.set({}); // who says what is heard says so anew
    this.tell();
  }

  // An EQ that is to be as loud as the original waits, flat, until it is known how loud that is.
  get isMeasuring() {
    return Boolean(this.sound && this.dock.state.isMatched && !this.table && !this.isUnmeasured);
  }

  async open() {
    const { sound } = this;
    if (this.context?.sampleRate !== sound.sample_rate) {
      await this.context?.close();
      this.analysers = null;
      this.context = new AudioContext({ sampleRate: sound.sample_rate, latencyHint: "interactive" });
      this.isWorklet = Boolean(this.context.audioWorklet);
      if (this.isWorklet) await WorkletVoice.prepare(this.context, this.source);
    }
    if (this.sound !== sound || this.voice) return;
    if (!this.isWorklet) this.note = FALLBACK_NOTE;
    if (!this.isWorklet && sound.n_frames > MOST_WHOLE_S * sound.sample_rate) {
      this.note = `${FALLBACK_NOTE} A sound may then last ${MOST_WHOLE_S / 60} minutes at most.`;
      this.isWanted = false;
      return;
    }
    const Voice = this.isWorklet ? WorkletVoice : FilterVoice;
    const voice = new Voice(this.context, sound, this.layout, this.values(),
      (message) => this.voice === voice && this.hear(message));
    this.voice = voice;
    this.pieces = new Pieces(sound, (m, t) => this.voice.post(m, t), (sentence) => this.fail(sentence));
    this.sent = {};
    if (this.nWatching) this.tapAll();
    this.apply(this.dock.state);
    if (this.status.frame) this.voice.post({ type: "seek", frame: this.status.frame });
  }

  leave() {
    this.pieces?.end();
    if (this.voice && this.analysers) this.untapAll();
    this.voice?.end();
    this.voice = this.pieces = null;
  }

  fail(sentence) {
    this.note = sentence;
    this.isWanted = false;
    this.voice?.post({ type: "pause" });
    this.tell();
  }

  // ---- what the hand does
  async play() {
    if (!this.sound) return;
    this.isWanted = true;
    this.tell();
    try {
      // another sound may be chosen while one opens
      while (this.sound && !this.voice && this.isWanted) {
        await (this.opening ??= this.open().finally(() => { this.opening = null; }));
      }
      const { voice } = this;
      if (!voice || !this.isWanted) return;
      await this.context.resume();
      if (this.voice !== voice || !this.isWanted) return;
      this.load();
      voice.post({ type: "play", n: ++this.nPlays });
    } catch (error) {
      this.fail(`The browser plays no sound: ${error.message}.`);
    }
  }

  pause() {
    this.isWanted = false;
    this.voice?.post({ type: "pause" });
    this.tell();
  }

  seek(frame) {
    if (!this.sound) return;
    const place = Math.max(0, Math.min(this.sound.n_frames - 1, Math.round(frame)));
    this.status = { ...this.status, frame: place };
    this.load();
    this.voice?.post({ type: "seek", frame: place });
    this.tell();
  }

  load() {
    const isWhole = !this.isWorklet;
    this.pieces?.want(isWhole ? 0 : this.status.frame, this.dock.state.loop?.from ?? 0,
      isWhole ? this.pieces.n : undefined);
  }

  // ---- what the shared state says
  apply(state) {
    if (!this.voice) return;
    this.send("values", { values: this.values() });
    this.send("bypass", { isBypassed: state.isBypassed });
    this.send("volume", { gain: state.volume });
    this.send("loop", { loop: state.loop, isLooped: state.isLooped });
  }

  send(type, message) {
    const key = JSON.stringify(message.values ? [...message.values] : message);
    if (this.sent[type] === key) return;
    const isJump = type === "values" && this.sent[type] === undefined;
    this.sent[type] = key;
    if (type === "values") this.nValues += 1;
    this.voice.post({ type, ...message, isJump, n: this.nValues });
  }

  // The 13 parameters, frequencies and Q as logarithms, then the level in dB.
  values() {
    const { layout, dock } = this, eq = this.isMeasuring ? null : dock.heard();
    const params = eq?.params ?? layout.parameters.map((parameter) => parameter.default);
    const values = Float64Array.from([...params, this.levelDb(eq)]);
    for (const { freq, q } of layout.bands) {
      values[freq] = Math.log(values[freq]);
      if (q !== null) values[q] = Math.log(values[q]);
    }
    return values;
  }

  levelDb(eq) {
    if (!eq || !this.table || !this.dock.state.isMatched) return 0;
    return matchingGainDb(this.table,
      responseDb(eq.params, this.sound.freqs_hz, { ...this.layout, sample_rate: this.sound.sample_rate }));
  }

  // ---- what the voice tells
  hear(message) {
    if (message.type === "answer") {
      this.answers.get(message.id)?.();
      this.answers.delete(message.id);
      return;
    }
    if (message.type === "ended") {
      if (message.n === this.nPlays) this.isWanted = false;
      this.tell();
      return;
    }
    this.status = message;
    if (message.isPlaying) this.load();
    this.tell();
  }

  // Resolves when the voice has heard all that it was told.
  heardAll() {
    return new Promise((resolve) => {
      const id = crypto.randomUUID?.() ?? String(Math.random());
      this.answers.set(id, resolve);
      this.voice.post({ type: "ask", id });
    });
  }

  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell() {
    for (const listener of [...this.listeners]) listener(this.status);
  }

  // ---- the spectrum, analysed only while somebody looks
  watch() {
    this.nWatching += 1;
    if (this.nWatching === 1 && this.voice) this.tapAll();
    return () => {
      this.nWatching -= 1;
      if (!this.nWatching && this.voice && this.analysers) this.untapAll();
    };
  }

  tapAll() {
    this.analysers ??= [1, 2].map(() => new AnalyserNode(this.context,
      { fftSize: 8192, smoothingTimeConstant: 0.75, minDecibels: -120, maxDecibels: 0 }));
    this.analysers.forEach((analyser, n) => this.voice.tap(analyser, n + 1));
    this.isTapped = true;
  }

  untapAll() {
    if (this.isTapped) this.analysers.forEach((analyser, n) => this.voice.untap(analyser, n + 1));
    this.isTapped = false;
  }
}
