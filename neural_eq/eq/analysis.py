"""What a sound looks like: its spectrum, its outline, and how far its peaks stand out."""

from __future__ import annotations

import math

import numpy as np

from neural_eq.eq.loudness import check_audio, sample_peak

SMOOTHING_OCTAVES = 1 / 6
FLOOR_DBFS = -120.0
"""Lowest level of a spectrum: silence is drawn, not minus infinity."""

_WINDOW_S = 0.7  # a hertz and a half from bin to bin: a sixth of an octave at 20 Hz is 2.3 Hz


def spectrum_dbfs(samples: np.ndarray, sample_rate: int, freq_hz: np.ndarray) -> np.ndarray:
    """Measure the mean power in the sixth of an octave around each frequency.

    Pink noise is level; a sine at full scale reads 0 dB.

    Args:
        samples: Shape ``(n_frames, n_channels)``, full scale at 1; channels are averaged.
        sample_rate: In Hz.
        freq_hz: Where to look, shape ``(n_freqs,)``, above 0.

    Returns:
        In dBFS, shape ``(n_freqs,)``, :data:`FLOOR_DBFS` or above; NaN where the sixth of an
        octave reaches beyond Nyquist.

    Raises:
        AudioError: As :func:`~neural_eq.eq.loudness.check_audio` does.

    Source:
        P. Welch, "The use of fast Fourier transform for the estimation of power spectra", 1967.
    """
    check_audio(samples, sample_rate)
    power, bin_hz = _mean_power(samples, sample_rate)
    below = np.concatenate([[0.0], np.cumsum(power)])  # power below each bin's lower edge
    edges_hz = (np.arange(len(below)) - 0.5) * bin_hz
    half = 2 ** (SMOOTHING_OCTAVES / 2)
    low, high = (np.interp(edge, edges_hz, below) for edge in (freq_hz / half, freq_hz * half))
    level = 10 * np.log10(np.maximum(high - low, 10 ** (FLOOR_DBFS / 10)))
    return np.where(freq_hz * half <= sample_rate / 2, level, np.nan)


def _mean_power(samples: np.ndarray, sample_rate: int) -> tuple[np.ndarray, float]:
    """Power of each bin, a full-scale sine's sum being 1, and the bins' distance in Hz.

    Half-overlapping windows, those that are filled; a shorter piece is one window.
    """
    n_fft = 1 << round(math.log2(_WINDOW_S * sample_rate))
    window = np.hanning(n_fft + 1)[:-1].astype(np.float32)
    if len(samples) < n_fft:
        window = np.hanning(len(samples) + 2)[1:-1].astype(np.float32)
    total, n_windows = np.zeros(n_fft // 2 + 1), 0
    for first in range(0, max(len(samples) - n_fft, 0) + 1, n_fft // 2):
        piece = samples[first : first + n_fft].astype(np.float32) * window[:, None]
        total += (np.abs(np.fft.rfft(piece, n_fft, axis=0)) ** 2).mean(axis=1)
        n_windows += 1
    # one-sided (2), and a sine's power of 1/2 counts as 1 (2)
    scale = 4 / (n_windows * n_fft * float((window.astype(np.float64) ** 2).sum()))
    return total * scale, sample_rate / n_fft


def crest_factor_db(samples: np.ndarray) -> float:
    """Return how far the highest sample stands above the mean power: 3 dB for a sine.

    Args:
        samples: Shape ``(n_frames, n_channels)``.

    Returns:
        In dB, over all channels together; NaN for silence, which has none.
    """
    peak = sample_peak(samples)
    if peak == 0:
        return math.nan
    mean_square = float(np.mean(np.square(samples / peak, dtype=np.float64)))
    return -10 * math.log10(mean_square)


def outline(samples: np.ndarray, n_bins: int) -> np.ndarray:
    """Return the lowest and highest sample of all channels in equal stretches of time.

    Args:
        samples: Shape ``(n_frames, n_channels)``.
        n_bins: How many stretches; fewer where there are fewer frames.

    Returns:
        Shape ``(n_bins, 2)``.
    """
    starts = np.linspace(0, len(samples), min(n_bins, len(samples)), endpoint=False).astype(int)
    low = np.minimum.reduceat(samples, starts, axis=0).min(axis=1)
    high = np.maximum.reduceat(samples, starts, axis=0).max(axis=1)
    return np.column_stack([low, high])
