// The pieces of a sound: fetched a little ahead of where it plays, let go of far behind.

const AHEAD = 12, MOST_PIECES = 96, AT_ONCE = 2;

function channelsOf(buffer, dtype, nChannels) {
  const isShort = dtype === "int16";
  const interleaved = isShort ? new Int16Array(buffer) : new Float32Array(buffer);
  const scale = isShort ? 1 / 32768 : 1, nFrames = interleaved.length / nChannels;
  return Array.from({ length: nChannels }, (_, c) => {
    const channel = new Float32Array(nFrames);
    for (let i = 0, k = c; i < nFrames; i++, k += nChannels) channel[i] = interleaved[k] * scale;
    return channel;
  });
}

class Pieces {
  // post: takes what the voice is told. fail: takes the sentence of a piece that does not come.
  constructor(sound, post, fail) {
    Object.assign(this, { sound, post, fail });
    this.held = new Set();
    this.asked = new Set();
    this.n = Math.ceil(sound.n_frames / sound.piece_frames);
    this.isOver = false;
  }

  // Fetch what is next from a frame on, and where a loop begins.
  want(frame, loopFrom, ahead = AHEAD) {
    const first = Math.floor(frame / this.sound.piece_frames);
    const start = Math.floor(loopFrom / this.sound.piece_frames);
    const wanted = [first, start];
    for (let k = 1; k < ahead; k++) wanted.push(first + k);
    this.wanted = wanted.filter((index) => index >= 0 && index < this.n);
    for (const index of this.wanted) {
      if (this.asked.size >= AT_ONCE) break;
      if (!this.held.has(index) && !this.asked.has(index)) this.fetch(index);
    }
    if (this.held.size > MOST_PIECES) this.drop(first, start);
  }

  async fetch(index) {
    this.asked.add(index);
    try {
      const answer = await fetch(`${this.sound.url}/${index}`);
      if (!answer.ok) throw new Error(await answer.text());
      const channels = channelsOf(
        await answer.arrayBuffer(), this.sound.dtype, this.sound.n_channels);
      if (this.isOver) return;
      this.held.add(index);
      this.post({ type: "piece", index, channels }, channels.map((channel) => channel.buffer));
    } catch (error) {
      if (!this.isOver) this.fail(error.message);
      return; // what failed is asked for again at the next want
    } finally {
      this.asked.delete(index);
    }
    const next = this.wanted.find((piece) => !this.held.has(piece) && !this.asked.has(piece));
    if (next !== undefined && this.asked.size < AT_ONCE) this.fetch(next);
  }

  drop(first, start) {
    const far = (index) => (index < first - 1 ? first - index + this.n : index - first);
    const loose = [...this.held].filter((index) => index !== start && index !== first);
    const index = loose.sort((a, b) => far(b) - far(a))[0];
    this.held.delete(index);
    this.post({ type: "drop", index });
  }

  end() {
    this.isOver = true;
  }
}
