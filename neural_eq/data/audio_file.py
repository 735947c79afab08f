"""An audio file that stays on the disk: read in part, or block by block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neural_eq.data.audio_encoding import BLOCK_FRAMES, NamelessFile, damaged, frames_at_once
from neural_eq.data.audio_io import Audio
from neural_eq.eq.loudness import check_audio
from neural_eq.errors import AudioError


@dataclass(frozen=True)
class AudioFile:
    """A file of audio, and what its header says.

    Attributes:
        path: Where it lies.
        name: What the user calls it.
        sample_rate: In Hz.
        n_channels: One or more.
        n_frames: One or more.
        format: libsndfile's name of the container, such as "WAV".
        subtype: libsndfile's name of the encoding, such as "PCM_24".
    """

    path: Path
    name: str
    sample_rate: int
    n_channels: int
    n_frames: int
    format: str
    subtype: str

    @property
    def duration_s(self) -> float:
        return self.n_frames / self.sample_rate

    def describe(self) -> str:
        """Name it with length, channels and rate."""
        channels = f"{self.n_channels} channel{'s' * (self.n_channels != 1)}"
        return f"{self.name}: {minutes(self.duration_s)}, {channels} at {self.sample_rate:,} Hz"


def minutes(duration_s: float) -> str:
    """Write a duration as ``3:07.5 min``."""
    tenths = round(duration_s * 10)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f} min"


def open_audio(path: Path, *, name: str | None = None) -> AudioFile:
    """Read the header of a WAV, FLAC, OGG, MP3 or AIFF file, or another that libsndfile knows.

    Args:
        path: Where it lies.
        name: What to call it; the file's own name otherwise.

    Raises:
        AudioError: If it is not audio, is empty, or outside 8 to 192 kHz.
    """
    title = name or path.name
    with _opened(path, title) as file:
        found = AudioFile(
            path, title, int(file.samplerate), int(file.channels), int(file.frames),
            file.format, file.subtype,
        )  # fmt: skip
    _check(np.zeros((min(found.n_frames, 1), found.n_channels)), found)
    return found


def read_excerpt(file: AudioFile, *, start_s: float, duration_s: float) -> Audio:
    """Read a part of a file, or what there is of it.

    Raises:
        AudioError: If that part cannot be read, is empty, or has a sample that is no number.
    """
    with _opened(file.path, file.name) as opened:
        opened.seek(min(round(start_s * file.sample_rate), file.n_frames))
        samples = opened.read(
            round(duration_s * file.sample_rate), dtype=_dtype(file), always_2d=True
        )
    _check(samples, file)
    return Audio(samples, file.sample_rate, file.format, file.subtype, file.name)


def read_blocks(file: AudioFile) -> Iterator[np.ndarray]:
    """Yield the whole file in blocks of shape ``(n_frames, n_channels)``.

    Raises:
        AudioError: If a block cannot be read or has a sample that is no number.
    """
    n_frames = frames_at_once(file.n_channels, most=BLOCK_FRAMES)
    with _opened(file.path, file.name) as opened:
        while len(block := opened.read(n_frames, dtype=_dtype(file), always_2d=True)):
            _check(block, file)
            yield block


def _dtype(file: AudioFile) -> str:
    return "float64" if file.subtype in ("PCM_32", "DOUBLE") else "float32"


def _check(samples: np.ndarray, file: AudioFile) -> None:
    try:
        check_audio(samples, file.sample_rate)
    except AudioError as error:
        raise AudioError(f"{file.name}: {error}") from error


@contextmanager
def _opened(path: Path, title: str) -> Iterator[Any]:
    import soundfile

    try:
        binary = path.open("rb")
    except OSError as error:
        raise AudioError(f"{title} cannot be read: {error.strerror}.") from error
    with binary:
        nameless = NamelessFile(binary)
        try:
            with soundfile.SoundFile(nameless) as file:
                yield file
        except (soundfile.SoundFileError, OSError, TypeError, ValueError) as error:
            raise damaged(title, nameless) from error
        if nameless.error is not None:  # else half a file would pass for a whole one
            raise damaged(title, nameless) from nameless.error
