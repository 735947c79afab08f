"""How a piece of audio is encoded: formats, depths, rounding with dither, and what to say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from neural_eq.eq.loudness import sample_peak
from neural_eq.errors import AudioError

FORMATS = {
    ".wav": "WAV",
    ".flac": "FLAC",
    ".ogg": "OGG",
    ".mp3": "MP3",
    ".aiff": "AIFF",
    ".aif": "AIFF",
    ".w64": "W64",
}
"""Formats that can be written, by the end of the file's name."""

_MAX_CHANNELS = {"FLAC": 8, "MP3": 2, "OGG": 255}
_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_INTEGER_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
_WORDS = {
    "PCM_S8": "8-bit", "PCM_U8": "8-bit", "PCM_16": "16-bit", "PCM_24": "24-bit",
    "PCM_32": "32-bit", "FLOAT": "32-bit floating-point", "DOUBLE": "64-bit floating-point",
    "VORBIS": "Vorbis", "OPUS": "Opus", "MPEG_LAYER_III": "MP3",
}  # fmt: skip
_SAMPLE_BYTES = {"PCM_S8": 1, "PCM_U8": 1, "ULAW": 1, "ALAW": 1, "PCM_16": 2, "PCM_24": 3,
                 "PCM_32": 4, "FLOAT": 4}  # fmt: skip
_DITHER_UP_TO_BITS = 16

MAX_WAV_BYTES = 0xFFFF0000
"""Of samples in a plain WAV, whose sizes have 32 bits; a little is left for what goes with them."""

_QUANTIZED_FRAMES = 1 << 13
"""At once: so many stay in the processor's cache."""

BLOCK_FRAMES = 1 << 17
"""Frames of one or two channels that are read, filtered and written at once: three seconds."""

_LEAST_FRAMES = 1 << 10


def frames_at_once(n_channels: int, *, most: int = BLOCK_FRAMES) -> int:
    """Return how many frames take no more memory, whatever the channels, than two channels do."""
    return min(most, max(_LEAST_FRAMES, 2 * most // n_channels))


class Described(Protocol):
    """What a file of audio is to be like: :class:`Audio`, or audio that lies elsewhere."""

    @property
    def sample_rate(self) -> int: ...
    @property
    def format(self) -> str: ...
    @property
    def subtype(self) -> str: ...
    @property
    def n_channels(self) -> int: ...
    @property
    def n_frames(self) -> int: ...


@dataclass(frozen=True)
class Encoded:
    """What was written, and what to tell the user of it."""

    format: str
    subtype: str
    notes: tuple[str, ...]
    content: bytes = b""


def format_of(path: Path) -> str:
    """Name the format that a file's ending stands for.

    Raises:
        AudioError: If the ending is none of :data:`FORMATS`.
    """
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        known = ", ".join(FORMATS)
        raise AudioError(
            f"{path.name} ends in {path.suffix or 'nothing'!r}; an audio file to write ends in one"
            f" of {known}."
        ) from None


def planned(like: Described, *, suffix: str, subtype: str | None = None) -> Encoded:
    """Say how audio would be written, and what there is to tell of it, without its samples.

    Raises:
        AudioError: If the format cannot hold the channels, the rate or the asked subtype.
    """
    format_, subtype_, notes = _plan(like, format_of(Path("audio" + suffix)), subtype)
    return Encoded(format_, subtype_, tuple(notes))


def words(subtype: str) -> str:
    """Name an encoding as people do: ``24-bit`` for ``PCM_24``."""
    return _WORDS.get(subtype, subtype)


def _plan(audio: Described, format_: str, asked: str | None) -> tuple[str, str, list[str]]:
    """Choose container and encoding; check all that would fail half-way."""
    import soundfile

    most = _MAX_CHANNELS.get(format_, 1024)
    if audio.n_channels > most:
        raise AudioError(
            f"{format_} holds at most {most} channels and the audio has {audio.n_channels}; write"
            " a WAV file."
        )
    if format_ == "MP3" and audio.sample_rate not in _MP3_RATES:
        rates = ", ".join(str(rate) for rate in _MP3_RATES)
        raise AudioError(
            f"MP3 has no sample rate of {audio.sample_rate} Hz, only {rates} Hz; write WAV or FLAC."
        )
    container = format_
    if format_ == "WAV" and (audio.format == "WAVEX" or audio.n_channels > 2):
        container = "WAVEX"  # the layout for more than two channels
    if asked is not None:
        if not _holds(container, asked):
            known = soundfile.available_subtypes(container)
            have = ", ".join(s for s in known if s in _WORDS and _holds(container, s))
            raise AudioError(f"{format_} has no encoding {asked!r}; it has {have}.")
        return _large(audio, container, asked, [])
    same_bits = {"PCM_S8": "PCM_U8", "PCM_U8": "PCM_S8"}.get(audio.subtype, audio.subtype)
    lossy = {"OGG": "VORBIS", "MP3": "MPEG_LAYER_III"}
    wanted = [audio.subtype, same_bits, lossy.get(format_, "PCM_24")]
    chosen = next(s for s in wanted if _holds(container, s))
    notes = []
    bits_kept = _INTEGER_BITS.get(chosen, 0) == _INTEGER_BITS.get(audio.subtype, -1)
    if chosen != audio.subtype and not bits_kept:
        new = _WORDS.get(chosen, chosen)
        if format_ in lossy:
            notes.append(f"{format_} is a lossy format; the audio is written as {new}.")
        else:
            old = _WORDS.get(audio.subtype, audio.subtype)
            notes.append(f"{format_} does not hold {old} audio; it is written as {new}.")
    return _large(audio, container, chosen, notes)


def _holds(container: str, subtype: str) -> bool:
    """Whether a file can be written so: libsndfile says yes to MP3 in a WAV, and then cannot."""
    import soundfile

    can_be = not subtype.startswith("MPEG") or container == "MP3"
    return can_be and soundfile.check_format(container, subtype)


def _large(
    audio: Described, container: str, subtype: str, notes: list[str]
) -> tuple[str, str, list[str]]:
    """Take WAV's form without an end for what has no room in a plain one."""
    size_bytes = audio.n_frames * audio.n_channels * _SAMPLE_BYTES.get(subtype, 8)
    if not container.startswith("WAV") or size_bytes <= MAX_WAV_BYTES:
        return container, subtype, notes
    note = (
        f"The result takes {size_bytes / 1e9:.1f} GB and a plain WAV holds at most 4.3: it is"
        " written as RF64, WAV's form for long audio, which most programs read. A FLAC file has"
        " no such limit."
    )
    return "RF64", subtype, [*notes, note]


def encode(
    file: Any,
    like: Described,
    blocks: Iterable[np.ndarray],
    format_: str,
    subtype: str,
    dither: bool,
) -> list[str]:
    """Encode blocks into an open binary file as :func:`planned` has it; return notes.

    Raises:
        AudioError: If the format cannot hold this audio after all.
        OSError: If the file cannot be written.
    """
    import soundfile

    bits = _INTEGER_BITS.get(subtype)
    generator = np.random.default_rng(0)
    n_clipped, n_samples = 0, 0
    target = NamelessFile(file)
    try:
        with soundfile.SoundFile(
            target, "w", like.sample_rate, like.n_channels, subtype, format=format_
        ) as output:
            for chunk in blocks:
                n_samples += chunk.size
                if subtype not in ("FLOAT", "DOUBLE") and sample_peak(chunk) > 1.0:
                    # +1.0 itself is a step beyond the largest integer, and heard by no one
                    n_clipped += int(np.count_nonzero(np.abs(chunk) > 1.0))
                if bits:
                    output.write(_integers(chunk, bits, generator if dither else None))
                else:
                    output.write(np.ascontiguousarray(chunk))
    except (soundfile.SoundFileError, AssertionError, TypeError, ValueError) as error:
        if target.error is not None:
            raise target.error from error
        raise AudioError(
            f"{format_} cannot hold this audio ({like.n_channels} channels at"
            f" {like.sample_rate} Hz, {subtype}); choose another format or encoding."
        ) from error
    if target.error is not None:
        raise target.error
    if not n_clipped:
        return []
    return [
        f"{n_clipped:,} of {n_samples:,} samples exceeded full scale and were clipped;"
        " turn the level down or write a floating-point WAV."
    ]


def _integers(chunk: np.ndarray, bits: int, generator: np.random.Generator | None) -> np.ndarray:
    """Quantize to ``bits``, in the upper bits of int32 as libsndfile takes them."""
    limit = 2.0 ** (bits - 1)
    result = np.empty(chunk.shape, dtype=np.int32)
    for first in range(0, len(chunk), _QUANTIZED_FRAMES):
        part = slice(first, first + _QUANTIZED_FRAMES)
        scaled = np.multiply(chunk[part], limit, dtype=np.float64)
        if generator is not None and bits <= _DITHER_UP_TO_BITS:
            between = np.rint(scaled) != scaled
            if between.any():
                noise = generator.random(scaled.shape, dtype=np.float32)
                noise -= generator.random(scaled.shape, dtype=np.float32)
                noise *= between
                scaled += noise
        np.rint(scaled, out=scaled)
        np.clip(scaled, -limit, limit - 1, out=scaled)
        result[part] = scaled
    result <<= 32 - bits
    return result


def damaged(title: str, file: NamelessFile) -> AudioError:
    """Return the error of a file that libsndfile cannot read, or that the disk does not give."""
    if file.error is not None:
        return AudioError(f"{title} cannot be read: {file.error.strerror}.")
    return AudioError(
        f"{title} is damaged or not an audio file; give a WAV, FLAC, OGG, MP3 or AIFF file."
    )


class NamelessFile:
    """A binary file for libsndfile, without a name: it would take the format from its ending.

    An error cannot pass through libsndfile; the first one is kept here, and no more is tried.
    """

    def __init__(self, file: Any):
        self.file = file
        self.error: OSError | None = None

    def write(self, content: bytes) -> int:
        return self._tried(self.file.write, content)

    def readinto(self, buffer: Any) -> int:
        return self._tried(self.file.readinto, buffer)

    def seek(self, offset: int, whence: int = 0) -> int:
        # a write that was put off may fail here
        return self._tried(self.file.seek, offset, whence)

    def tell(self) -> int:
        return self._tried(self.file.tell)

    def _tried(self, call: Callable[..., int], *args: Any) -> int:
        if self.error is None:
            try:
                return int(call(*args))
            except OSError as error:
                self.error = error
        return 0
