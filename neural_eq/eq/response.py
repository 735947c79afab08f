"""Magnitude of the five-band cascade in dB, in numpy float64 or in torch with gradients.

The digital sections come from analog prototypes by the bilinear transform, so their
magnitude is the prototype's at the warped frequency. In those terms nothing cancels at low
frequencies, and float32 keeps 1e-5 dB where the textbook form in powers of cos w loses 0.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neural_eq.eq.params import BANDS, SHELF_Q
from neural_eq.errors import ParameterError

if TYPE_CHECKING:
    import torch

REFERENCE_SAMPLE_RATE = 48000
"""Rate in Hz at which curves are shown and judged."""

_BLOCK = 16384
"""Values a block: its intermediates stay in the processor's cache."""


def log_frequencies(n_freqs: int = 256, *, low_hz: float = 20.0, high_hz: float = 20000.0):
    """Return ``n_freqs`` frequencies in Hz, evenly spaced to the ear."""
    return np.geomspace(low_hz, high_hz, n_freqs)


def response_db(
    params: np.ndarray, freq_hz: np.ndarray, *, sample_rate: float = REFERENCE_SAMPLE_RATE
) -> np.ndarray:
    """Return the curves of many settings.

    Args:
        params: Shape ``(batch, 13)`` or ``(13,)``, in dB, Hz and Q.
        freq_hz: Where to look, shape ``(n_freqs,)``, above 0 and below Nyquist.
        sample_rate: In Hz; a band at or above Nyquist adds nothing.

    Returns:
        In dB, shape ``(batch, n_freqs)``, or ``(n_freqs,)`` for one setting.

    Raises:
        ParameterError: If a frequency reaches Nyquist.

    Source:
        R. Bristow-Johnson, "Audio EQ Cookbook", the analog prototypes H(s).
    """
    params = np.asarray(params, dtype=np.float64)
    freq_hz = np.asarray(freq_hz, dtype=np.float64)
    nyquist = sample_rate / 2
    if freq_hz.size and not (freq_hz.min() > 0 and freq_hz.max() < nyquist):
        raise ParameterError(
            f"freq_hz reaches {freq_hz.max():g} Hz; it must stay above 0 and below Nyquist,"
            f" {nyquist:g} Hz."
        )
    rows = np.atleast_2d(params)
    tan2 = np.tan(np.pi * freq_hz / sample_rate) ** 2
    curves = np.empty((len(rows), len(freq_hz)))
    per_block = max(1, _BLOCK // max(1, len(freq_hz)))
    for first in range(0, len(rows), per_block):
        block = slice(first, first + per_block)
        curves[block] = _cascade_db(np, rows[block], tan2, sample_rate)
    return curves if params.ndim == 2 else curves[0]


def response_db_torch(
    params: torch.Tensor, freq_hz: torch.Tensor, *, sample_rate: float = REFERENCE_SAMPLE_RATE
) -> torch.Tensor:
    """Do as :func:`response_db` in torch, with gradients to the parameters.

    Args:
        params: Shape ``(batch, 13)``, in dB, Hz and Q, any float type.
        freq_hz: Shape ``(n_freqs,)``, below Nyquist, same type and device.

    Returns:
        In dB, shape ``(batch, n_freqs)``.
    """
    import torch

    return _cascade_db(torch, params, torch.tan(torch.pi * freq_hz / sample_rate) ** 2, sample_rate)


_PEAKS = [band for band in BANDS if band.shape == "peaking"]
_SHELVES = [band for band in BANDS if band.shape != "peaking"]
_PEAK_COLUMNS = [[band.gain for band in _PEAKS], [band.freq for band in _PEAKS]]
_SHELF_COLUMNS = [[band.gain for band in _SHELVES], [band.freq for band in _SHELVES]]
_PEAK_QS = [band.q for band in _PEAKS]


def _cascade_db(xp: Any, params: Any, tan2: Any, sample_rate: float) -> Any:
    """Multiply the five bands' powers; ``xp`` is numpy or torch, ``tan2`` is ``tan(w/2)^2``."""
    amplitude, x, audible = _prototype(xp, params, _PEAK_COLUMNS, tan2, sample_rate)
    core, middle = (1 - x) ** 2, x / params[:, _PEAK_QS, None] ** 2
    boost = amplitude**2
    peaks = (core + middle * boost) / (core + middle / boost)  # (batch, 3, n_freqs)
    power = xp.where(audible, peaks, 1.0).prod(1)

    amplitude, x, audible = _prototype(xp, params, _SHELF_COLUMNS, tan2, sample_rate)
    middle = x * (amplitude / SHELF_Q**2)
    near, far = (amplitude - x) ** 2 + middle, (1 - amplitude * x) ** 2 + middle
    top = xp.stack([near[:, 0], far[:, 1]], 1)  # low shelf, high shelf
    bottom = xp.stack([far[:, 0], near[:, 1]], 1)
    shelves = amplitude**2 * (top / bottom)
    return 10 * xp.log10(power * xp.where(audible, shelves, 1.0).prod(1))


def _prototype(xp: Any, params: Any, columns: list[list[int]], tan2: Any, sample_rate: float):
    """Return A and X = tan^2(w/2) / tan^2(w0/2) of some bands, and which have a place here."""
    gain_db, freq_hz = params[:, columns[0], None], params[:, columns[1], None]
    audible = freq_hz < sample_rate / 2
    # a stand-in below Nyquist keeps the masked bands finite, and so their gradients
    half_w0 = xp.where(audible, freq_hz, 0.25 * sample_rate) * (xp.pi / sample_rate)
    return 10 ** (gain_db / 40), tan2 / xp.tan(half_w0) ** 2, audible


def curve_error_db(
    params: np.ndarray, others: np.ndarray, *, n_freqs: int = 256
) -> tuple[np.ndarray, np.ndarray]:
    """Compare settings pair by pair over 20 Hz to 20 kHz at 48 kHz.

    Args:
        params: Shape ``(batch, 13)``.
        others: The same.

    Returns:
        RMSE and largest difference in dB, each of shape ``(batch,)``.
    """
    freq_hz = log_frequencies(n_freqs)
    difference = response_db(params, freq_hz) - response_db(others, freq_hz)
    return np.sqrt((difference**2).mean(axis=1)), np.abs(difference).max(axis=1)
