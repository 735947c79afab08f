"""True peak of audio as ITU-R BS.1770-4 defines it: what it reaches between its samples."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from neural_eq.eq.loudness import check_audio, sample_peak

PEAK_CHUNK_FRAMES = 16384
PEAK_PAD_FRAMES = 32
"""Twice what the interpolator reaches, and a few more."""


def true_peak_dbtp(samples: np.ndarray, sample_rate: float) -> float:
    """Measure the highest level that the waveform reaches, between samples too.

    Args:
        samples: Shape ``(n_frames, n_channels)``, full scale at 1.
        sample_rate: In Hz; below 96 kHz four times oversampled, below 192 kHz twice.

    Returns:
        In dB over full scale, never below the sample peak; minus infinity for silence.

    Raises:
        AudioError: As :func:`check_audio` does.

    Source:
        ITU-R BS.1770-4, annex 2.
    """
    check_audio(samples, sample_rate)
    highest = sample_peak(samples)
    factor = oversampling(sample_rate)
    if highest == 0:
        return -math.inf
    if factor == 1:
        return 20 * math.log10(highest)
    n_frames = len(samples)
    chunks = []
    for first in range(0, n_frames, PEAK_CHUNK_FRAMES):
        start = max(first - PEAK_PAD_FRAMES, 0)
        stop = min(first + PEAK_CHUNK_FRAMES + PEAK_PAD_FRAMES, n_frames)
        chunks.append((sample_peak(samples[start:stop]), start, stop))
    for peak, start, stop in sorted(chunks, reverse=True):
        if peak * overshoot(factor) <= highest:
            break
        fine = fine_peak(samples[start:stop], factor, is_start=start == 0, is_end=stop == n_frames)
        highest = max(highest, fine)
    return 20 * math.log10(highest)


def oversampling(sample_rate: float) -> int:
    """Return how many times a rate is oversampled to find its true peak."""
    return 4 if sample_rate < 96000 else 2 if sample_rate < 192000 else 1


def fine_peak(samples: np.ndarray, factor: int, *, is_start: bool, is_end: bool) -> float:
    """Return the highest level that a stretch of audio reaches between its samples.

    Args:
        samples: Shape ``(n_frames, n_channels)``, not silent.
        factor: Of :func:`oversampling`, above 1.
        is_start: Whether the audio begins here; otherwise the first frames, half of
            :data:`PEAK_PAD_FRAMES`, only serve those after them, since they hear the cut.
        is_end: Whether it ends here.
    """
    from scipy.signal import resample_poly

    peak = sample_peak(samples)
    # float32 takes half the time and loses 1e-6 dB; scaled, it cannot overflow
    chunk = (samples / peak).astype(np.float32)
    fine = resample_poly(chunk, factor, 1, axis=0, window=_interpolator(factor))
    low = 0 if is_start else PEAK_PAD_FRAMES // 2 * factor
    high = len(fine) if is_end else len(fine) - PEAK_PAD_FRAMES // 2 * factor
    return peak * sample_peak(fine[low:high])


@cache
def overshoot(factor: int) -> float:
    """What no waveform between samples can exceed, relative to the samples around it."""
    window = _interpolator(factor)
    return factor * max(float(np.abs(window[i::factor]).sum()) for i in range(factor))


@cache
def _interpolator(factor: int) -> np.ndarray:
    """Windowed sinc of 12 samples' reach each side, for ``resample_poly``."""
    reach = 12 * factor
    taps = np.sinc(np.arange(-reach, reach + 1) / factor) * np.kaiser(2 * reach + 1, 6.0)
    return (taps / taps.sum()).astype(np.float32)
