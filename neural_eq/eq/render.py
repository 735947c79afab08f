"""Audio through the five bands: filtered, level-matched, and kept from clipping."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from neural_eq.eq.biquad import bands_above_nyquist, sections
from neural_eq.eq.loudness import (
    check_audio,
    integrated_loudness_lufs,
    sample_peak,
    true_peak_dbtp,
)
from neural_eq.eq.params import BANDS, check_params

CEILING_DBTP = -0.1
"""True peak that the clip guard allows.

The true peak counts, not the highest sample: converters and lossy formats reproduce what lies
between samples. A tenth of a decibel is what a 4-times oversampled reading may miss.
"""

_CHUNK_FRAMES = 1 << 18


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
    setting = check_params(params)[0]
    notes = tuple(
        f"{band.name} at {setting[band.freq]:.0f} Hz is left out: audio at {sample_rate:g} Hz holds"
        f" nothing above {sample_rate / 2:g} Hz."
        for band in bands_above_nyquist(setting, sample_rate=sample_rate)
    )
    active = [
        i for i, b in enumerate(BANDS) if setting[b.gain] != 0 and setting[b.freq] < sample_rate / 2
    ]
    if not active:
        return Filtered(samples, notes)
    from scipy.signal import sosfilt

    sos = np.ascontiguousarray(sections(setting, sample_rate=sample_rate)[0, active])
    state = np.zeros((len(sos), 2, samples.shape[1]))
    result = np.empty(samples.shape, dtype=np.float64)
    for first in range(0, len(samples), _CHUNK_FRAMES):
        part = slice(first, first + _CHUNK_FRAMES)
        chunk = np.asarray(samples[part], dtype=np.float64)
        result[part], state = sosfilt(sos, chunk, axis=0, zi=state)
    return Filtered(result, notes)


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
    gain_db, guard_db = 0.0, 0.0
    after_lufs: float | None = None
    if before_lufs is not None:
        after_lufs = integrated_loudness_lufs(result, sample_rate)
        if math.isfinite(before_lufs) and math.isfinite(after_lufs):
            gain_db = before_lufs - after_lufs
        else:
            notes.append("The audio is silent or below −70 LUFS; its level is left as it is.")
    peak_dbtp = true_peak_dbtp(result, sample_rate) + gain_db
    if peak_dbtp > CEILING_DBTP and clip_guard:
        guard_db = CEILING_DBTP - peak_dbtp
        notes.append(
            f"The whole is {-guard_db:.1f} dB quieter than asked for, so that its true peak of"
            f" {peak_dbtp:+.1f} dBTP does not clip."
        )
    elif peak_dbtp > 0:
        notes.append(f"The true peak is {peak_dbtp:+.1f} dBTP, above full scale: it may clip.")
    gain_db += guard_db
    if gain_db:
        result *= 10 ** (gain_db / 20)
    assert not (clip_guard and sample_peak(result) > 1.0)
    return Rendered(
        samples=result,
        notes=tuple(notes),
        gain_db=gain_db,
        guard_db=guard_db,
        loudness_before_lufs=before_lufs,
        loudness_after_lufs=None if after_lufs is None else after_lufs + gain_db,
        true_peak_before_dbtp=before_dbtp,
        true_peak_after_dbtp=peak_dbtp + guard_db,
    )
