"""How loud a piece is after any EQ, without filtering it: what it holds in each band and block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neural_eq.eq.loudness import channel_weights, gated_power, k_weighting
from neural_eq.eq.response import log_frequencies, response_db

N_BANDS = 96
BAND_FREQ_HZ = log_frequencies(N_BANDS)
"""Centres of the bands; what lies below the first or above the last counts to it."""

BLOCK_S = 0.4
"""A gating block of BS.1770."""

N_WITHIN = 4
"""Places in each band where an EQ's curve is read: a narrow peak is less than a band wide."""

_CHANNELS_AT_ONCE = 16
_EDGES_HZ = np.sqrt(BAND_FREQ_HZ[1:] * BAND_FREQ_HZ[:-1])


@dataclass(frozen=True)
class LoudnessTable:
    """What a piece holds.

    Attributes:
        powers: K-weighted mean square of each band of each block, channels weighted, shape
            ``(n_blocks, N_BANDS)``.
        sample_rate: In Hz.
    """

    powers: np.ndarray
    sample_rate: float

    @property
    def freq_hz(self) -> np.ndarray:
        """Where responses are read, shape ``(N_BANDS * N_WITHIN,)``; all below Nyquist."""
        ratio = BAND_FREQ_HZ[1] / BAND_FREQ_HZ[0]
        within = ratio ** ((np.arange(N_WITHIN) + 0.5) / N_WITHIN - 0.5)
        return np.minimum(np.outer(BAND_FREQ_HZ, within).ravel(), 0.499 * self.sample_rate)

    def matching_gain_db(self, params: np.ndarray) -> float:
        """Return the gain that makes the piece as loud after an EQ, shape ``(13,)``, as before.

        An estimate within 0.1 dB of what
        :func:`~neural_eq.eq.loudness.integrated_loudness_lufs` finds, and 0.25 dB where several
        peaks of Q 10 and 12 dB meet a tonal piece; 0 for silence.

        Source:
            ITU-R BS.1770-4, annex 1; the filter's response stands in for the filtering.
        """
        curve_db = response_db(params, self.freq_hz, sample_rate=self.sample_rate)
        before = gated_power(self.powers.sum(axis=1, dtype=np.float64))
        weights = (10 ** (curve_db / 10)).reshape(N_BANDS, N_WITHIN).mean(axis=1)
        after = gated_power(self.powers @ weights)
        return float(10 * np.log10(before / after)) if before > 0 and after > 0 else 0.0


def block_powers(block: np.ndarray, sample_rate: float) -> np.ndarray:
    """Analyse one gating block, shape ``(n_frames, n_channels)``; returns ``(N_BANDS,)``."""
    n_frames, n_channels = block.shape
    weights = channel_weights(n_channels)
    freq_hz = np.fft.rfftfreq(n_frames, 1 / sample_rate)
    power = np.zeros(len(freq_hz))
    for first in range(0, n_channels, _CHANNELS_AT_ONCE):
        some = slice(first, first + _CHANNELS_AT_ONCE)
        spectrum = np.abs(np.fft.rfft(block[:, some], axis=0)) ** 2  # (n_bins, n_channels)
        spectrum[1:-1] *= 2
        power += spectrum @ weights[some]
    power *= _k_power(freq_hz, sample_rate)
    band = np.searchsorted(_EDGES_HZ, freq_hz)
    return np.bincount(band, power, minlength=N_BANDS) / n_frames**2


def _k_power(freq_hz: np.ndarray, sample_rate: float) -> np.ndarray:
    """The K-weighting's power response at frequencies of shape ``(n,)``."""
    z = np.exp(-2j * np.pi * freq_hz / sample_rate)
    power = np.ones(len(freq_hz))
    for b0, b1, b2, a0, a1, a2 in k_weighting(sample_rate):
        power *= np.abs((b0 + b1 * z + b2 * z * z) / (a0 + a1 * z + a2 * z * z)) ** 2
    return power
