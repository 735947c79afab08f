"""Curves in dB with their slopes to the normalised parameters, for fits on the way of a morph."""

from __future__ import annotations

import numpy as np

from neural_eq.eq.params import (
    BANDS,
    FIXED_BOUNDS,
    LOG_COLUMNS,
    MAXIMUM,
    MINIMUM,
    N_PARAMS,
    SHELF_Q,
)
from neural_eq.eq.response import REFERENCE_SAMPLE_RATE

LOW_NORM, HIGH_NORM = (FIXED_BOUNDS.normalize(limit) for limit in (MINIMUM, MAXIMUM))
"""What the plug-in can play, in normalised parameters, shape ``(13,)`` each."""

_DB = 10 / np.log(10)
_LN_PER_DB = np.log(10) / 20  # of an amplitude

_HIGH, _LOW = np.array(FIXED_BOUNDS.maximum), np.array(FIXED_BOUNDS.minimum)
_SPAN = _HIGH - _LOW  # dB, or natural logarithms, for 1 of a normalised parameter
_SPAN[list(LOG_COLUMNS)] = np.log((_HIGH / _LOW)[list(LOG_COLUMNS)])


def curves_and_slopes(params_norm: np.ndarray, freq_hz: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the curves of settings, and how they change with each parameter.

    Args:
        params_norm: Scaled by ``FIXED_BOUNDS``, within SAFE's limits, shape ``(batch, 13)``.
        freq_hz: Shape ``(n_freqs,)``, below Nyquist of 48 kHz.

    Returns:
        Curves in dB, shape ``(batch, n_freqs)``, equal to ``response_db``; and slopes in dB for
        1 of each normalised parameter, shape ``(batch, n_freqs, 13)``.

    Source:
        The derivatives of ``eq/response.py``'s formulas, in its terms.
    """
    params = FIXED_BOUNDS.denormalize(params_norm)
    tan2 = np.tan(np.pi * freq_hz / REFERENCE_SAMPLE_RATE) ** 2
    slopes = np.empty((len(params), len(freq_hz), N_PARAMS))
    curves_db = np.zeros((len(params), len(freq_hz)))
    for band in BANDS:
        gain_db, band_hz = params[:, band.gain, None], params[:, band.freq, None]
        half_w0 = np.pi * band_hz / REFERENCE_SAMPLE_RATE
        x = tan2 / np.tan(half_w0) ** 2  # (batch, n_freqs)
        by_frequency = -4 * half_w0 / np.sin(2 * half_w0)  # d ln x / d ln f
        if band.q is not None:
            curve, by_gain, by_x, by_q = _peak(gain_db, x, params[:, band.q, None])
            slopes[:, :, band.q] = by_q
        else:
            curve, by_gain, by_x = _shelf(gain_db, x, is_low=band.shape == "low_shelf")
        curves_db += curve
        slopes[:, :, band.gain] = by_gain
        slopes[:, :, band.freq] = by_x * by_frequency
    return curves_db, slopes * _SPAN


def _peak(gain_db: np.ndarray, x: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, ...]:
    """Curve, and slopes for 1 dB of gain, 1 of ln x and 1 of ln Q."""
    boost = np.exp(_LN_PER_DB * gain_db)
    core, middle = (1 - x) ** 2, x / q**2
    core_by_x = -2 * x * (1 - x)
    up, down = middle * boost, middle / boost
    top, bottom = core + up, core + down
    up_share, down_share = up / top, down / bottom
    return (
        _DB * np.log(top / bottom),
        _DB * _LN_PER_DB * (up_share + down_share),
        _DB * ((core_by_x + up) / top - (core_by_x + down) / bottom),
        2 * _DB * (down_share - up_share),
    )


def _shelf(gain_db: np.ndarray, x: np.ndarray, *, is_low: bool) -> tuple[np.ndarray, ...]:
    """Curve, and slopes for 1 dB of gain and 1 of ln x."""
    a = np.exp(0.5 * _LN_PER_DB * gain_db)
    width = x / SHELF_Q**2
    middle = a * width
    near, far = (a - x) ** 2 + middle, (1 - a * x) ** 2 + middle
    near_by_a, far_by_a = 2 * (a - x) + width, -2 * x * (1 - a * x) + width
    near_by_x, far_by_x = -2 * x * (a - x) + middle, -2 * a * x * (1 - a * x) + middle
    sign = 1 if is_low else -1
    by_a = 2 / a + sign * (near_by_a / near - far_by_a / far)
    return (
        _DB * (2 * np.log(a) + sign * np.log(near / far)),
        _DB * by_a * 0.5 * _LN_PER_DB * a,
        _DB * sign * (near_by_x / near - far_by_x / far),
    )
