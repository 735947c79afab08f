"""A part of a sound before and after an EQ, measured; no streamlit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neural_eq.data.audio_file import AudioFile, read_excerpt
from neural_eq.data.audio_io import Audio, encode_audio
from neural_eq.data.listening import MAX_CHANNELS
from neural_eq.eq.abx import equally_loud
from neural_eq.eq.analysis import crest_factor_db, spectrum_dbfs
from neural_eq.eq.loudness import integrated_loudness_lufs
from neural_eq.eq.render import filter_audio, level_after_eq
from neural_eq.eq.response import log_frequencies
from neural_eq.eq.true_peak import true_peak_dbtp

EXCERPT_S = 20
"""Longest part that is measured on the page; the player and files have the whole."""

SPECTRUM_FREQ_HZ = log_frequencies(240)


@dataclass(frozen=True)
class Side:
    """One version of a sound.

    Attributes:
        loudness_lufs: Integrated; minus infinity for silence.
        true_peak_dbtp: Minus infinity for silence.
        crest_factor_db: NaN for silence.
        spectrum_dbfs: At :data:`SPECTRUM_FREQ_HZ`.
    """

    loudness_lufs: float
    true_peak_dbtp: float
    crest_factor_db: float
    spectrum_dbfs: np.ndarray


@dataclass(frozen=True)
class Excerpt:
    """A part of a file, as it is.

    Attributes:
        audio: That part.
        start_s: Where it begins.
        side: What is heard and measured of it.
    """

    audio: Audio
    start_s: float
    side: Side


@dataclass(frozen=True)
class Take:
    """A part of a file after an EQ.

    Attributes:
        side: What is heard and measured of it.
        notes: Sentences on what was done.
    """

    side: Side
    notes: tuple[str, ...]


def excerpt(file: AudioFile, start_s: float) -> Excerpt:
    """Read a part of a file and measure it.

    Raises:
        AudioError: If it cannot be read.
    """
    audio = read_excerpt(file, start_s=start_s, duration_s=EXCERPT_S)
    lufs = integrated_loudness_lufs(audio.samples, audio.sample_rate)
    peak_dbtp = true_peak_dbtp(audio.samples, audio.sample_rate)
    return Excerpt(audio, start_s, _side(audio, lufs, peak_dbtp))


def take(source: Excerpt, params: np.ndarray, *, level_match: bool, clip_guard: bool) -> Take:
    """Do as :func:`~neural_eq.eq.render.apply_eq`, with what is known of the source."""
    audio = source.audio
    filtered = filter_audio(audio.samples, params, audio.sample_rate)
    if filtered.samples is audio.samples:
        return Take(source.side, (*filtered.notes, "The EQ is flat: the sound is unchanged."))
    before_lufs = source.side.loudness_lufs
    after_lufs = integrated_loudness_lufs(filtered.samples, audio.sample_rate)
    level = level_after_eq(
        before_lufs if level_match else None,
        after_lufs,
        true_peak_dbtp(filtered.samples, audio.sample_rate),
        clip_guard=clip_guard,
    )
    samples = (filtered.samples * 10 ** (level.gain_db / 20)).astype(np.float32)
    made = replace(audio, samples=samples)
    side = _side(made, after_lufs + level.gain_db, level.true_peak_dbtp)
    matched = (_matched(level.gain_db - level.guard_db),) if level_match else ()
    if not (np.isfinite(before_lufs) and np.isfinite(after_lufs)):
        matched = ()  # the level's own note says so
    return Take(side, (*filtered.notes, *matched, *level.notes))


def equal_wavs(source: Excerpt, first: np.ndarray, second: np.ndarray) -> tuple[bytes, bytes]:
    """Encode a part of a file after two settings for the player, each as loud as the other."""
    audio = source.audio
    pieces = [filter_audio(audio.samples, p, audio.sample_rate).samples for p in (first, second)]
    a, b = (
        player_wav(replace(audio, samples=samples))
        for samples in equally_loud(pieces, audio.sample_rate)
    )
    return a, b


def _matched(gain_db: float) -> str:
    size = f"{abs(gain_db):.1f}"
    if size == "0.0":
        return "Level-matched: the EQ leaves the loudness as it is."
    made, turned = ("louder", "down") if gain_db < 0 else ("quieter", "up")
    return f"Level-matched: the EQ makes it {size} dB {made}, so it is turned {turned} as much."


def _side(audio: Audio, lufs: float, peak_dbtp: float) -> Side:
    return Side(
        loudness_lufs=lufs,
        true_peak_dbtp=peak_dbtp,
        crest_factor_db=crest_factor_db(audio.samples),
        spectrum_dbfs=spectrum_dbfs(audio.samples, audio.sample_rate, SPECTRUM_FREQ_HZ),
    )


def player_wav(audio: Audio) -> bytes:
    """Encode a piece for the player; more than two channels are mixed to one."""
    samples = audio.samples
    if audio.n_channels > MAX_CHANNELS:
        samples = samples.mean(axis=1, keepdims=True)
    plain = replace(audio, samples=samples, format="WAV", subtype="PCM_16")
    return encode_audio(plain, suffix=".wav", subtype="PCM_16").content
