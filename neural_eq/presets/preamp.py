"""The peak of an EQ's curve, and the gain before it that keeps music from clipping."""

from __future__ import annotations

import math

import numpy as np

from neural_eq.eq.params import FREQ_COLUMNS
from neural_eq.eq.response import REFERENCE_SAMPLE_RATE, response_db

_N_FREQS = 512
_LOWEST_HZ = 1.0
"""Music below 20 Hz clips too."""


def peak_db(params: np.ndarray | list[float], sample_rate: float = REFERENCE_SAMPLE_RATE) -> float:
    """Return the highest point of a curve in dB, between 1 Hz and Nyquist.

    Args:
        params: One setting, shape ``(13,)``, in dB, Hz and Q.
        sample_rate: In Hz.
    """
    params = np.asarray(params, dtype=np.float64)
    top_hz = 0.4999 * sample_rate
    grid_hz = np.geomspace(_LOWEST_HZ, top_hz, _N_FREQS)
    centres_hz = np.clip(params[list(FREQ_COLUMNS)], _LOWEST_HZ, top_hz)
    freq_hz = np.sort(np.concatenate([grid_hz, centres_hz]))
    curve = response_db(params, freq_hz, sample_rate=sample_rate)
    best = int(curve.argmax())
    low, high = freq_hz[max(best - 1, 0)], freq_hz[min(best + 1, len(freq_hz) - 1)]
    close = response_db(params, np.geomspace(low, high, 65), sample_rate=sample_rate)
    return max(float(curve[best]), float(close.max()))


def preamp_db(
    params: np.ndarray | list[float], sample_rate: float = REFERENCE_SAMPLE_RATE
) -> float:
    """Return the gain in dB, 0 or below in steps of 0.1, that brings the curve's peak to 0 dB.

    The peak of the sum counts: the sum of the bands' gains would cut by far too much.
    """
    tenths = math.ceil(round(10 * peak_db(params, sample_rate), 6))
    return -max(0, tenths) / 10 + 0.0
