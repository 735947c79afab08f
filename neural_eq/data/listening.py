"""What a player needs of an audio file: its frames, its outline, and what it holds in each band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neural_eq.data.audio_encoding import frames_at_once
from neural_eq.data.audio_file import AudioFile, read_blocks, read_excerpt
from neural_eq.eq.analysis import outline
from neural_eq.eq.loudness_table import BLOCK_S, LoudnessTable, block_powers
from neural_eq.errors import AudioError

MAX_CHANNELS = 2
"""More are played mixed to one."""

N_OUTLINE = 800
MAX_BLOCKS = 600
"""A longer file is known by as many gating blocks, evenly over its length."""

_MANY_CHANNELS, _LEAST_BLOCKS = 8, 20
"""Of more channels fewer blocks are read, for the same work."""

_HOP_S = 0.1


@dataclass(frozen=True)
class Stream:
    """How a file is sent to be played.

    Attributes:
        file: Where it comes from.
        n_channels: One or two.
        dtype: ``"int16"`` where the file has no more, else ``"float32"``; little-endian.
    """

    file: AudioFile
    n_channels: int
    dtype: str


def stream_of(file: AudioFile) -> Stream:
    """Say how a file is sent."""
    is_mixed = file.n_channels > MAX_CHANNELS
    has_16_bits = file.subtype in ("PCM_16", "PCM_S8", "PCM_U8") and not is_mixed
    return Stream(file, 1 if is_mixed else file.n_channels, "int16" if has_16_bits else "float32")


def read_frames(stream: Stream, first: int, n_frames: int) -> bytes:
    """Read frames to be sent, interleaved; fewer where the file ends before.

    Raises:
        AudioError: If they cannot be read, or are no finite numbers.
    """
    file = stream.file
    n_once = frames_at_once(file.n_channels) if file.n_channels > MAX_CHANNELS else n_frames
    parts = []
    for at in range(first, min(first + n_frames, max(file.n_frames, first + 1)), n_once):
        part = read_excerpt(
            file,
            start_s=at / file.sample_rate,
            duration_s=min(n_once, first + n_frames - at) / file.sample_rate,
        ).samples  # (n_once, n_channels)
        mixed = file.n_channels > MAX_CHANNELS
        parts.append(part.mean(axis=1, keepdims=True) if mixed else part)
    samples = np.concatenate(parts)
    if stream.dtype == "int16":
        return np.rint(samples * 32768).clip(-32768, 32767).astype("<i2").tobytes()
    return np.ascontiguousarray(samples, dtype="<f4").tobytes()


def loudness_table(file: AudioFile) -> LoudnessTable:
    """Read what a file holds, in a time that does not grow beyond :data:`MAX_BLOCKS` blocks.

    Raises:
        AudioError: If it cannot be read.
    """
    n_block = min(round(BLOCK_S * file.sample_rate), file.n_frames)
    n_hops = int((file.n_frames - n_block) / (_HOP_S * file.sample_rate)) + 1
    starts = np.arange(n_hops) * _HOP_S
    n_most = max(_LEAST_BLOCKS, MAX_BLOCKS * _MANY_CHANNELS // max(_MANY_CHANNELS, file.n_channels))
    if n_hops > n_most:
        starts = np.linspace(0, starts[-1], n_most)
    elif file.n_frames * file.n_channels <= 60 * file.sample_rate * MAX_CHANNELS:
        whole = read_excerpt(file, start_s=0, duration_s=file.duration_s).samples
        n_block = min(n_block, len(whole))  # a file may hold less than its header claims
        firsts = (starts * file.sample_rate).astype(int)
        firsts = firsts[firsts + n_block <= len(whole)]
        powers = [block_powers(whole[f : f + n_block], file.sample_rate) for f in firsts]
        return LoudnessTable(np.array(powers), file.sample_rate)
    powers = [
        block_powers(
            read_excerpt(file, start_s=start, duration_s=n_block / file.sample_rate).samples,
            file.sample_rate,
        )
        for start in starts
    ]
    return LoudnessTable(np.array(powers), file.sample_rate)


def overview(file: AudioFile) -> np.ndarray:
    """Read the outline of a whole file.

    Returns:
        Lowest and highest sample of each stretch, shape ``(up to N_OUTLINE, 2)``, within -1 to 1.

    Raises:
        AudioError: If it cannot be read.
    """
    per_bin = max(1, -(-file.n_frames // N_OUTLINE))
    found: list[np.ndarray] = []
    kept = np.empty((0, file.n_channels))
    for block in read_blocks(file):
        kept = np.concatenate([kept, block])
        n_whole = len(kept) // per_bin
        if n_whole:
            found.append(outline(kept[: n_whole * per_bin], n_whole))
            kept = kept[n_whole * per_bin :]
    if len(kept):
        found.append(outline(kept, 1))
    if not found:
        raise AudioError(f"{file.name} is damaged: it holds no sound; choose another file.")
    return np.concatenate(found).clip(-1, 1)
