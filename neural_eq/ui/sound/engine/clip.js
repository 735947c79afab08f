// A sound in pieces, of which some may still be on their way; read frame by frame, looped without
// a click: what ends a loop fades into what leads to its beginning, or, where nothing does, into
// silence, out of which it begins. A whole sound that was made to go round does so as it is.

class Clip {
  constructor(sound, fadeFrames) {
    const { n_frames: nFrames, n_channels: nChannels, piece_frames: pieceFrames } = sound;
    Object.assign(this, { nFrames, nChannels, pieceFrames, fadeFrames });
    this.isSeamless = Boolean(sound.is_seamless);
    this.pieces = new Map();
    this.frame = 0;
    this.wraps = null; // whether the end that is being reached leads to the beginning
    this.rise = 1; // out of silence
    this.setLoop(null);
  }

  // Once the end of a loop fades, another begins after it.
  setLoop(loop) {
    if (this.wraps) this.next = { loop };
    else {
      this.next = null;
      this.from = loop ? loop.from : 0;
      this.to = loop ? Math.min(loop.to, this.nFrames) : this.nFrames;
    }
  }

  seek(frame) {
    this.frame = frame;
    this.wraps = null;
    this.rise = 1;
    if (this.next) this.setLoop(this.next.loop);
  }

  get isRound() { return this.isSeamless && this.from === 0 && this.to === this.nFrames; }

  at(channel, frame) {
    const piece = this.pieces.get(Math.floor(frame / this.pieceFrames));
    return piece ? piece[channel][frame % this.pieceFrames] : 0;
  }

  has(frame) {
    return frame >= this.nFrames || this.pieces.has(Math.floor(frame / this.pieceFrames));
  }

  // Whether the next frames are here.
  isReady(nFrames) {
    const end = this.frame + nFrames;
    return this.has(this.frame) && (end <= this.to ? this.has(end - 1) : this.has(this.from));
  }

  // Read on into channels; tells false where a sound that is not looped has ended.
  read(channels, nFrames, isLooped) {
    const step = 1 / this.fadeFrames;
    for (let i = 0; i < nFrames; i++) {
      const hasLead = this.from >= this.fadeFrames;
      // a place before the loop plays on into it; one behind it plays on to the end
      const end = this.frame <= this.to ? this.to : this.nFrames;
      if (this.frame >= end) {
        if (!(this.wraps ?? isLooped)) return this.silence(channels, i, nFrames);
        const isRisen = hasLead || this.isRound;
        this.seek(this.from);
        if (!isRisen) this.rise = 0;
      }
      const left = (this.frame < this.to ? this.to : this.nFrames) - this.frame;
      // once it is fading, it ends as it began to
      if (left >= this.fadeFrames) this.wraps = null;
      else this.wraps ??= isLooped;
      const fade = this.wraps && !this.isRound ? eased(left * step) : 1;
      const rise = this.rise < 1 ? eased(this.rise) : 1;
      for (let c = 0; c < channels.length; c++) {
        let value = rise * this.at(c, this.frame);
        if (fade < 1) value *= fade;
        if (fade < 1 && hasLead) value += (1 - fade) * this.at(c, this.from - left);
        channels[c][i] = value;
      }
      this.rise = Math.min(1, this.rise + step);
      this.frame += 1;
    }
    return true;
  }

  silence(channels, from, to) {
    for (const samples of channels) samples.fill(0, from, to);
    return false;
  }
}
