"""Audio files in and out with their rate, channels and bit depth kept."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neural_eq.eq.loudness import check_audio
from neural_eq.errors import AudioError
from neural_eq.files import written_whole

MAX_SAMPLES = 1 << 29
"""Over all channels: an hour and a half of stereo at 48 kHz; a header that claims more lies."""

FORMATS = {
    ".wav": "WAV",
    ".flac": "FLAC",
    ".ogg": "OGG",
    ".mp3": "MP3",
    ".aiff": "AIFF",
    ".aif": "AIFF",
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
_DITHER_UP_TO_BITS = 16
_WRITE_CHUNK_FRAMES = 1 << 17


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
    def n_channels(self) -> int:
        return int(self.samples.shape[1])


@dataclass(frozen=True)
class Encoded:
    """What was written, and what to tell the user of it."""

    format: str
    subtype: str
    notes: tuple[str, ...]
    content: bytes = b""


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
        try:
            with soundfile.SoundFile(_Nameless(opened)) as file:
                samples = _read_samples(file, title)
                audio = Audio(samples, int(file.samplerate), file.format, file.subtype, title)
        except (soundfile.SoundFileError, OSError, TypeError, ValueError) as error:
            raise AudioError(
                f"{title} is damaged or not an audio file; give a WAV, FLAC, OGG, MP3 or AIFF file."
            ) from error
        except MemoryError as error:
            raise AudioError(f"{title} is too long for this machine's memory; cut it.") from error
    try:
        check_audio(audio.samples, audio.sample_rate)
    except AudioError as error:
        raise AudioError(f"{title}: {error}") from error
    return audio


class _Nameless:
    """A binary file for libsndfile, without a name: it would take the format from its ending.

    An error cannot pass through libsndfile; the first one is kept here.
    """

    def __init__(self, file: Any):
        self.file = file
        self.error: OSError | None = None
        self.read, self.seek, self.tell = file.read, file.seek, file.tell
        self.readinto = file.readinto

    def write(self, content: bytes) -> int:
        if self.error is None:
            try:
                return int(self.file.write(content))
            except OSError as error:
                self.error = error
        return 0


def _read_samples(file: Any, title: str) -> np.ndarray:
    n_samples = file.frames * file.channels
    if n_samples > MAX_SAMPLES:
        raise AudioError(
            f"{title} has {n_samples:,} samples over {file.channels} channels; the most is"
            f" {MAX_SAMPLES:,}. Cut it into parts."
        )
    is_wide = file.subtype in ("PCM_32", "DOUBLE")
    return file.read(dtype="float64" if is_wide else "float32", always_2d=True)


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
    path = Path(path)
    format_, subtype_, notes = _plan(audio, format_of(path), subtype)
    with written_whole(path) as file:
        notes += _write(file, audio, format_, subtype_, dither)
    return Encoded(format_, subtype_, tuple(notes))


def encode_audio(
    audio: Audio, *, suffix: str = ".wav", subtype: str | None = None, dither: bool = True
) -> Encoded:
    """Do as :func:`write_audio` into memory: ``content`` holds the file.

    Args:
        suffix: One of :data:`FORMATS`.
    """
    format_, subtype_, notes = _plan(audio, format_of(Path("audio" + suffix)), subtype)
    file = io.BytesIO()
    notes += _write(file, audio, format_, subtype_, dither)
    return Encoded(format_, subtype_, tuple(notes), file.getvalue())


def _plan(audio: Audio, format_: str, asked: str | None) -> tuple[str, str, list[str]]:
    """Choose container and encoding; check all that would fail half-way."""
    import soundfile

    check_audio(audio.samples, audio.sample_rate)
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
    if format_ == "WAV" and audio.samples.size * 8 > 0xF0000000:
        container = "RF64"  # plain WAV ends at 4 GiB
    if asked is not None:
        if not soundfile.check_format(container, asked):
            have = ", ".join(s for s in soundfile.available_subtypes(container) if s in _WORDS)
            raise AudioError(f"{format_} has no encoding {asked!r}; it has {have}.")
        return container, asked, []
    same_bits = {"PCM_S8": "PCM_U8", "PCM_U8": "PCM_S8"}.get(audio.subtype, audio.subtype)
    lossy = {"OGG": "VORBIS", "MP3": "MPEG_LAYER_III"}
    wanted = [audio.subtype, same_bits, lossy.get(format_, "PCM_24")]
    chosen = next(s for s in wanted if soundfile.check_format(container, s))
    notes = []
    bits_kept = _INTEGER_BITS.get(chosen, 0) == _INTEGER_BITS.get(audio.subtype, -1)
    if chosen != audio.subtype and not bits_kept:
        new = _WORDS.get(chosen, chosen)
        if format_ in lossy:
            notes.append(f"{format_} is a lossy format; the audio is written as {new}.")
        else:
            old = _WORDS.get(audio.subtype, audio.subtype)
            notes.append(f"{format_} does not hold {old} audio; it is written as {new}.")
    return container, chosen, notes


def _write(file: Any, audio: Audio, format_: str, subtype: str, dither: bool) -> list[str]:
    """Encode into an open binary file; return notes."""
    import soundfile

    bits = _INTEGER_BITS.get(subtype)
    generator = np.random.default_rng(0)
    n_clipped = 0
    target = _Nameless(file)
    try:
        with soundfile.SoundFile(
            target, "w", audio.sample_rate, audio.n_channels, subtype, format=format_
        ) as output:
            for first in range(0, len(audio.samples), _WRITE_CHUNK_FRAMES):
                chunk = audio.samples[first : first + _WRITE_CHUNK_FRAMES]
                if subtype not in ("FLOAT", "DOUBLE"):
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
            f"{format_} cannot hold this audio ({audio.n_channels} channels at"
            f" {audio.sample_rate} Hz, {subtype}); write a WAV file."
        ) from error
    if target.error is not None:
        raise target.error
    if not n_clipped:
        return []
    return [
        f"{n_clipped:,} of {audio.samples.size:,} samples exceeded full scale and were clipped;"
        " turn the level down or write a floating-point WAV."
    ]


def _integers(chunk: np.ndarray, bits: int, generator: np.random.Generator | None) -> np.ndarray:
    """Quantize to ``bits``, in the upper bits of int32 as libsndfile takes them."""
    scaled = np.asarray(chunk, dtype=np.float64) * 2.0 ** (bits - 1)
    rounded = np.rint(scaled)
    if generator is not None and bits <= _DITHER_UP_TO_BITS:
        between = rounded != scaled
        if between.any():
            noise = generator.random(scaled.shape) - generator.random(scaled.shape)
            rounded = np.where(between, np.rint(scaled + noise), rounded)
    limit = 2.0 ** (bits - 1)
    return np.clip(rounded, -limit, limit - 1).astype(np.int32) << (32 - bits)
