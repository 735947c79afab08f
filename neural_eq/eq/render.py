"""Audio through the five bands: filtered, level-matched, and kept from clipping."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from neural_eq.eq.biquad import bands_above_nyquist, sections
from neural_eq.eq.cascade import Cascade
from neural_eq.eq.loudness import (
    check_audio,
    integrated_loudness_lufs,
    sample_peak,
)
from neural_eq.eq.params import BANDS, check_params
from neural_eq.eq.true_peak import true_peak_dbtp

CEILING_DBTP = -0.1
"""True peak that the clip guard allows.

The true peak counts, not the highest sample: converters and lossy formats reproduce what lies
between samples. A tenth of a decibel is what a 4-times oversampled reading may miss.
"""


@dataclass(frozen=True)
class Filtered:
    """What came through the filter, shape ``(n_frames, n_channels)``, and what to tell the user."""

    samples: np.ndarray
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Rendered:
    """An equalised piece, and how its level was treated.

    Attributes:
        samples: Shape ``(n_frames, n_channels)``; the very input where the EQ is flat.
        notes: Sentences for the user: bands left out, level turned down, silence.
        gain_db: The whole change of level after the EQ: matching and guard together.
        guard_db: The guard's part of it, 0 or below.
        loudness_before_lufs: Of the input; minus infinity for silence.
        loudness_after_lufs: Of the result; None where it was not measured.
        true_peak_before_dbtp: Of the input.
        true_peak_after_dbtp: Of the result.
    """

    samples: np.ndarray
    notes: tuple[str, ...]
    gain_db: float
    guard_db: float
    loudness_before_lufs: float | None
    loudness_after_lufs: float | None
    true_peak_before_dbtp: float
    true_peak_after_dbtp: float


@dataclass(frozen=True)
class Level:
    """What is done to the level after the EQ.

    Attributes:
        gain_db: Matching and guard together.
        guard_db: The guard's part of it, 0 or below.
        true_peak_dbtp: Of the result.
        notes: Sentences for the user.
    """

    gain_db: float
    guard_db: float
    true_peak_dbtp: float
    notes: tuple[str, ...]


class Equaliser:
    """One setting, ready to filter a piece block by block, in float64.

    Attributes:
        is_flat: Whether every band is skipped, so that nothing changes.
        notes: Bands that are left out because they lie at or above Nyquist.

    Args:
        params: One setting, shape ``(13,)``, in dB, Hz and Q.
        sample_rate: In Hz.
        n_channels: Of the piece.

    Raises:
        ParameterError: If the setting is not 13 numbers within SAFE's bounds.
    """

    def __init__(self, params: np.ndarray, sample_rate: float, n_channels: int):
        setting = check_params(params)[0]
        self.notes = tuple(
            f"{band.name} at {setting[band.freq]:.0f} Hz is left out: audio at {sample_rate:g} Hz"
            f" holds nothing above {sample_rate / 2:g} Hz."
            for band in bands_above_nyquist(setting, sample_rate=sample_rate)
        )
        nyquist = sample_rate / 2
        active = [
            i for i, b in enumerate(BANDS) if setting[b.gain] != 0 and setting[b.freq] < nyquist
        ]
        self.is_flat = not active
        if active:
            sos = sections(setting, sample_rate=sample_rate)[0, active]
            self._cascade = Cascade(sos, n_channels)

    def process(self, block: np.ndarray) -> np.ndarray:
        """Filter the next block, shape ``(n_frames, n_channels)``; a flat setting returns it."""
        if self.is_flat:
            return block
        return self._cascade.process(block)


def filter_audio(samples: np.ndarray, params: np.ndarray, sample_rate: float) -> Filtered:
    """Filter audio with one setting, in float64.

    A band at or above Nyquist is left out and named in the notes; a band of 0 dB is skipped, so
    that a flat setting returns the input itself.

    Args:
        samples: Shape ``(n_frames, n_channels)``, floating-point.
        params: One setting, shape ``(13,)``, in dB, Hz and Q.
        sample_rate: In Hz, 8,000 to 192,000.

    Returns:
        As many frames as went in, float64; the input itself where nothing is to be done.

    Raises:
        AudioError: If the samples or the rate cannot be used.
        ParameterError: If the setting is not 13 numbers within SAFE's bounds.
    """
    samples = np.asarray(samples)
    check_audio(samples, sample_rate)
    equaliser = Equaliser(params, sample_rate, samples.shape[1])
    if equaliser.is_flat:
        return Filtered(samples, equaliser.notes)
    return Filtered(equaliser.process(samples), equaliser.notes)


def apply_eq(
    samples: np.ndarray,
    params: np.ndarray,
    sample_rate: float,
    *,
    level_match: bool = True,
    clip_guard: bool = True,
) -> Rendered:
    """Equalise a piece so that it can be compared with the original, and does not clip.

    Args:
        samples: Shape ``(n_frames, n_channels)``, floating-point, full scale at 1.
        params: One setting, shape ``(13,)``, in dB, Hz and Q.
        sample_rate: In Hz, 8,000 to 192,000.
        level_match: Bring the integrated loudness back to the original's.
        clip_guard: Turn the whole down where its true peak would exceed ``CEILING_DBTP``; where
            the original itself exceeds it, too. Off, an overshoot is only named in the notes.

    Raises:
        AudioError: If the samples or the rate cannot be used.
        ParameterError: If the setting is not 13 numbers within SAFE's bounds.
    """
    samples = np.asarray(samples)
    filtered = filter_audio(samples, params, sample_rate)
    notes = list(filtered.notes)
    before_lufs = integrated_loudness_lufs(samples, sample_rate) if level_match else None
    before_dbtp = true_peak_dbtp(samples, sample_rate)
    if filtered.samples is samples:
        if before_dbtp > 0:
            notes.append(
                f"The EQ is flat and the audio unchanged; its true peak is {before_dbtp:+.1f} dBTP,"
                " above full scale."
            )
        return Rendered(
            samples, tuple(notes), 0.0, 0.0, before_lufs, before_lufs, before_dbtp, before_dbtp
        )

    result = filtered.samples
    after_lufs: float | None = None
    if before_lufs is not None:
        after_lufs = integrated_loudness_lufs(result, sample_rate)
    level = level_after_eq(
        before_lufs, after_lufs, true_peak_dbtp(result, sample_rate), clip_guard=clip_guard
    )
    if level.gain_db:
        result *= 10 ** (level.gain_db / 20)
    assert not (clip_guard and sample_peak(result) > 1.0)
    return Rendered(
        samples=result,
        notes=(*filtered.notes, *level.notes),
        gain_db=level.gain_db,
        guard_db=level.guard_db,
        loudness_before_lufs=before_lufs,
        loudness_after_lufs=None if after_lufs is None else after_lufs + level.gain_db,
        true_peak_before_dbtp=before_dbtp,
        true_peak_after_dbtp=level.true_peak_dbtp,
    )


def level_after_eq(
    before_lufs: float | None, after_lufs: float | None, peak_dbtp: float, *, clip_guard: bool
) -> Level:
    """Decide what to do to the level of a piece that came through the EQ.

    Args:
        before_lufs: Loudness to match, of the original; None for no matching.
        after_lufs: Loudness after the EQ; None for no matching.
        peak_dbtp: True peak after the EQ.
        clip_guard: As in :func:`apply_eq`.
    """
    notes = []
    gain_db, guard_db = 0.0, 0.0
    if before_lufs is not None and after_lufs is not None:
        if math.isfinite(before_lufs) and math.isfinite(after_lufs):
            gain_db = before_lufs - after_lufs
        else:
            notes.append("The audio is silent or below −70 LUFS; its level is left as it is.")
    peak_dbtp += gain_db
    if peak_dbtp > CEILING_DBTP and clip_guard:
        guard_db = CEILING_DBTP - peak_dbtp
        notes.append(
            f"The whole is {-guard_db:.1f} dB quieter than asked for, so that its true peak of"
            f" {peak_dbtp:+.1f} dBTP does not clip."
        )
    elif peak_dbtp > 0:
        notes.append(f"The true peak is {peak_dbtp:+.1f} dBTP, above full scale: it may clip.")
    return Level(gain_db + guard_db, guard_db, peak_dbtp + guard_db, tuple(notes))
