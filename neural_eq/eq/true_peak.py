"""True peak of audio as ITU-R BS.1770-4 defines it: what it reaches between its samples."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from neural_eq.eq.loudness import check_audio, sample_peak

PEAK_CHUNK_FRAMES = 16384
PEAK_PAD_FRAMES = 32
"""Twice what the interpolator reaches, and a few more."""

REACH_FRAMES = 12
"""What the interpolator hears on each side."""

_ROW_FRAMES = 40
"""Frames whose neighbourhood a row of a matrix holds."""

_PRODUCT_ROWS = 24
"""Of a product of matrices: larger ones are shared among threads, which takes longer."""


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
    peak = sample_peak(samples)
    low = 0 if is_start else PEAK_PAD_FRAMES // 2
    high = len(samples) - (0 if is_end else PEAK_PAD_FRAMES // 2)
    if high <= low:
        return 0.0
    n_rows = -(-(high - low) // (_ROW_FRAMES * _PRODUCT_ROWS)) * _PRODUCT_ROWS
    padded = np.zeros((samples.shape[1], n_rows * _ROW_FRAMES + 2 * REACH_FRAMES), np.float32)
    first = max(low - REACH_FRAMES, 0)
    last = min(high + REACH_FRAMES, len(samples))
    # float32 takes half the time and loses 1e-6 dB; scaled, it cannot overflow
    place = slice(first - low + REACH_FRAMES, last - low + REACH_FRAMES)
    np.divide(samples[first:last].T, peak, out=padded[:, place], casting="same_kind")
    windows = np.lib.stride_tricks.sliding_window_view(
        padded, _ROW_FRAMES + 2 * REACH_FRAMES, axis=1
    )[:, ::_ROW_FRAMES]
    products = windows.reshape(-1, _PRODUCT_ROWS, windows.shape[2]) @ _between(factor)
    # beyond the last frame lies nothing that the audio reaches
    fine = products.reshape(samples.shape[1], -1)[:, : (high - low) * factor]
    return peak * sample_peak(fine)


@cache
def _between(factor: int) -> np.ndarray:
    """What turns a row of frames and those around it into the samples at and between them."""
    taps = factor * _interpolator(factor)
    rows = np.zeros((_ROW_FRAMES + 2 * REACH_FRAMES, _ROW_FRAMES, factor), dtype=np.float32)
    for frame in range(_ROW_FRAMES):
        for part in range(factor):
            of_part = taps[part::factor][::-1]  # the latest frame that is heard comes last
            end = frame + 2 * REACH_FRAMES + (part == 0)
            rows[end - len(of_part) + (part > 0) : end + (part > 0), frame, part] = of_part
    return rows.reshape(len(rows), -1)


@cache
def overshoot(factor: int) -> float:
    """What no waveform between samples can exceed, relative to the samples around it."""
    window = _interpolator(factor)
    return factor * max(float(np.abs(window[i::factor]).sum()) for i in range(factor))


@cache
def _interpolator(factor: int) -> np.ndarray:
    """Windowed sinc of 12 samples' reach each side, each of its frames cut in ``factor``."""
    reach = REACH_FRAMES * factor
    taps = np.sinc(np.arange(-reach, reach + 1) / factor) * np.kaiser(2 * reach + 1, 6.0)
    return (taps / taps.sum()).astype(np.float32)
