"""Audio files in and out with their rate, channels and bit depth kept."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neural_eq.data.audio_encoding import (
    Described,
    Encoded,
    NamelessFile,
    damaged,
    encode,
    format_of,
    frames_at_once,
    planned,
)
from neural_eq.eq.loudness import check_audio
from neural_eq.errors import AudioError
from neural_eq.files import written_whole

MAX_SAMPLES = 1 << 29
"""Over all channels: an hour and a half of stereo at 48 kHz; a header that claims more lies."""


@dataclass(frozen=True)
class Audio:
    """A piece of audio, and how its file held it.

    Attributes:
        samples: Shape ``(n_frames, n_channels)``, full scale at 1; float64 where float32 would
            lose bits (32-bit integers and 64-bit floats), float32 otherwise.
        sample_rate: In Hz.
        format: libsndfile's name of the container, such as "WAV".
        subtype: libsndfile's name of the encoding, such as "PCM_24".
        name: The file's name, to show.
    """

    samples: np.ndarray
    sample_rate: int
    format: str
    subtype: str
    name: str

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.sample_rate

    @property
    def n_frames(self) -> int:
        return len(self.samples)

    @property
    def n_channels(self) -> int:
        return int(self.samples.shape[1])


def read_audio(source: Path | bytes, *, name: str | None = None) -> Audio:
    """Read a WAV, FLAC, OGG, MP3 or AIFF file, or another that libsndfile knows.

    Any number of channels will do. Nothing is repaired: a file with a sample that is not a
    number is refused.

    Args:
        source: A file, or its content.
        name: What to call it; the file's own name otherwise.

    Raises:
        AudioError: If it cannot be read, is empty, too long, or outside 8 to 192 kHz.
    """
    import soundfile

    if isinstance(source, bytes):
        title, opened = name or "uploaded audio", io.BytesIO(source)
    else:
        title = name or source.name
        try:
            # a file object, so that nothing is inferred from the name
            opened = source.open("rb")  # type: ignore[assignment]
        except OSError as error:
            raise AudioError(f"{source} cannot be read: {error.strerror}.") from error
    with opened:
        nameless = NamelessFile(opened)
        try:
            with soundfile.SoundFile(nameless) as file:
                samples = _read_samples(file, title)
                audio = Audio(samples, int(file.samplerate), file.format, file.subtype, title)
        except (soundfile.SoundFileError, OSError, TypeError, ValueError) as error:
            raise damaged(title, nameless) from error
        except MemoryError as error:
            raise AudioError(f"{title} is too long for this machine's memory; cut it.") from error
        if nameless.error is not None:  # else half a file would pass for a whole one
            raise damaged(title, nameless) from nameless.error
    try:
        check_audio(audio.samples, audio.sample_rate)
    except AudioError as error:
        raise AudioError(f"{title}: {error}") from error
    return audio


def _read_samples(file: Any, title: str) -> np.ndarray:
    n_samples = file.frames * file.channels
    if n_samples > MAX_SAMPLES:
        raise AudioError(
            f"{title} has {n_samples:,} samples over {file.channels} channels; the most is"
            f" {MAX_SAMPLES:,}. Cut it into parts."
        )
    is_wide = file.subtype in ("PCM_32", "DOUBLE")
    return file.read(dtype="float64" if is_wide else "float32", always_2d=True)


def write_audio(
    path: Path, audio: Audio, *, subtype: str | None = None, dither: bool = True
) -> Encoded:
    """Write a piece to a temporary file beside ``path`` and rename it.

    The format is the ending's; rate, channels and, where the format has it, bit depth stay. A
    depth that it has not is replaced by the nearest that loses least, and the notes say so.

    Integers are rounded to the nearest and never wrap; samples beyond full scale are clipped
    and counted in the notes. Up to 16 bits, samples that lie between the steps get triangular
    dither of one step (the same at each run), silence and what fits exactly does not: an
    unchanged file stays bit for bit what it was, and a filtered one does not distort.

    Args:
        path: Ends in one of :data:`FORMATS`; an earlier file there is replaced.
        audio: What to write.
        subtype: Another encoding, by libsndfile's name.
        dither: False to round only.

    Raises:
        AudioError: If the format cannot hold the channels, the rate or the asked subtype, or
            the audio is empty or has samples that are not numbers. Nothing is written then.
        OutputError: If the file cannot be written.
    """
    check_audio(audio.samples, audio.sample_rate)
    return write_blocks(path, audio, _blocks(audio.samples), subtype=subtype, dither=dither)


def write_blocks(
    path: Path,
    like: Described,
    blocks: Iterable[np.ndarray],
    *,
    subtype: str | None = None,
    dither: bool = True,
) -> Encoded:
    """Do as :func:`write_audio` with audio that comes block by block.

    Args:
        path: Ends in one of :data:`FORMATS`; an earlier file there is replaced.
        like: Its rate, channels, length and, where the format has it, bit depth are kept.
        blocks: Each of shape ``(n_frames, n_channels)``, finite.
        subtype: Another encoding, by libsndfile's name.
        dither: False to round only.
    """
    path = Path(path)
    format_of(path)  # a wrong ending is named with the file
    plan = planned(like, suffix=path.suffix, subtype=subtype)
    with written_whole(path) as file:
        notes = encode(file, like, blocks, plan.format, plan.subtype, dither)
    return Encoded(plan.format, plan.subtype, (*plan.notes, *notes))


def encode_audio(
    audio: Audio, *, suffix: str = ".wav", subtype: str | None = None, dither: bool = True
) -> Encoded:
    """Do as :func:`write_audio` into memory: ``content`` holds the file.

    Args:
        suffix: One of :data:`FORMATS`.
    """
    check_audio(audio.samples, audio.sample_rate)
    plan = planned(audio, suffix=suffix, subtype=subtype)
    file = io.BytesIO()
    notes = encode(file, audio, _blocks(audio.samples), plan.format, plan.subtype, dither)
    return Encoded(plan.format, plan.subtype, (*plan.notes, *notes), file.getvalue())


def _blocks(samples: np.ndarray) -> Iterator[np.ndarray]:
    n_frames = frames_at_once(samples.shape[1])
    for first in range(0, len(samples), n_frames):
        yield samples[first : first + n_frames]
