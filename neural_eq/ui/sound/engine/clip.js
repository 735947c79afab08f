// A sound in pieces, of which some may still be on their way; read frame by frame, looped without
// a click: what ends a loop fades into what would have led to its beginning.

class Clip {
  constructor({ n_frames: nFrames, n_channels: nChannels, piece_frames: pieceFrames }, fadeFrames) {
    Object.assign(this, { nFrames, nChannels, pieceFrames, fadeFrames });
    this.pieces = new Map();
    this.frame = 0;
    this.setLoop(null);
  }

  setLoop(loop) {
    this.from = loop ? loop.from : 0;
    this.to = loop ? Math.min(loop.to, this.nFrames) : this.nFrames;
  }

  at(channel, frame) {
    if (frame < 0) return 0;
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
    for (let i = 0; i < nFrames; i++) {
      // a place before the loop plays on into it; one behind it plays on to the end
      const end = this.frame <= this.to ? this.to : this.nFrames;
      if (this.frame >= end) {
        if (!isLooped) return this.silence(channels, i, nFrames);
        this.frame = this.from;
      }
      const left = (this.frame < this.to ? this.to : this.nFrames) - this.frame;
      const fade = isLooped && left < this.fadeFrames ? left / this.fadeFrames : 1;
      for (let c = 0; c < channels.length; c++) {
        let value = this.at(c, this.frame);
        if (fade < 1) value = fade * value + (1 - fade) * this.at(c, this.from - left);
        channels[c][i] = value;
      }
      this.frame += 1;
    }
    return true;
  }

  silence(channels, from, to) {
    for (const samples of channels) samples.fill(0, from, to);
    return false;
  }
}
