"""Second-order sections of the Audio EQ Cookbook, for many settings at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neural_eq.eq.params import BANDS, SHELF_Q, Band
from neural_eq.errors import ParameterError


@dataclass(frozen=True)
class _Design:
    """The cookbook's intermediate values, each of shape ``(batch,)``."""

    amplitude: np.ndarray  # A = 10^(gain / 40)
    cosine: np.ndarray
    alpha: np.ndarray


def _design(
    freq_hz: np.ndarray, gain_db: np.ndarray, q: np.ndarray | float, sample_rate: float
) -> _Design:
    freq_hz = np.atleast_1d(np.asarray(freq_hz, dtype=np.float64))
    gain_db = np.atleast_1d(np.asarray(gain_db, dtype=np.float64))
    nyquist = sample_rate / 2
    for name, values, good, bound in (
        ("freq_hz", freq_hz, (freq_hz > 0) & (freq_hz < nyquist), f"0 and Nyquist, {nyquist:g} Hz"),
        ("gain_db", gain_db, np.isfinite(gain_db), "-infinity and infinity"),
        ("q", np.atleast_1d(q), np.atleast_1d(q) > 0, "0 and infinity"),
    ):
        if not np.all(good):
            raise ParameterError(f"{name} is {values[~good][0]:g}; it must stay between {bound}.")
    w0 = 2 * np.pi * freq_hz / sample_rate
    return _Design(10 ** (gain_db / 40), np.cos(w0), np.sin(w0) / (2 * np.asarray(q)))


def _section(b0, b1, b2, a0, a1, a2) -> np.ndarray:
    return np.stack([b0 / a0, b1 / a0, b2 / a0, np.ones_like(a0), a1 / a0, a2 / a0], axis=-1)


def peaking(*, freq_hz, gain_db, q, sample_rate: float) -> np.ndarray:
    """Design one peaking section per row.

    Args:
        freq_hz: Centre in Hz, shape ``(batch,)``, below Nyquist.
        gain_db: Gain at the centre in dB, shape ``(batch,)``.
        q: Quality factor, shape ``(batch,)``, above zero.
        sample_rate: In Hz.

    Returns:
        ``b0 b1 b2 1 a1 a2``, shape ``(batch, 6)``.

    Raises:
        ParameterError: If a centre reaches Nyquist, or a number is not finite.

    Source:
        R. Bristow-Johnson, "Audio EQ Cookbook", peakingEQ.
    """
    d = _design(freq_hz, gain_db, q, sample_rate)
    up, down = d.alpha * d.amplitude, d.alpha / d.amplitude
    middle = -2 * d.cosine
    return _section(1 + up, middle, 1 - up, 1 + down, middle, 1 - down)


def low_shelf(*, freq_hz, gain_db, sample_rate: float, q: float = SHELF_Q) -> np.ndarray:
    """Design one low shelf per row; arguments and errors as in :func:`peaking`.

    Args:
        freq_hz: Where the shelf has half its gain in dB.

    Source:
        R. Bristow-Johnson, "Audio EQ Cookbook", lowShelf, in the form with Q.
    """
    d = _design(freq_hz, gain_db, q, sample_rate)
    a, c, slope = d.amplitude, d.cosine, 2 * np.sqrt(d.amplitude) * d.alpha
    return _section(
        a * ((a + 1) - (a - 1) * c + slope),
        2 * a * ((a - 1) - (a + 1) * c),
        a * ((a + 1) - (a - 1) * c - slope),
        (a + 1) + (a - 1) * c + slope,
        -2 * ((a - 1) + (a + 1) * c),
        (a + 1) + (a - 1) * c - slope,
    )


def high_shelf(*, freq_hz, gain_db, sample_rate: float, q: float = SHELF_Q) -> np.ndarray:
    """Design one high shelf per row; arguments and errors as in :func:`low_shelf`.

    Source:
        R. Bristow-Johnson, "Audio EQ Cookbook", highShelf, in the form with Q.
    """
    d = _design(freq_hz, gain_db, q, sample_rate)
    a, c, slope = d.amplitude, d.cosine, 2 * np.sqrt(d.amplitude) * d.alpha
    return _section(
        a * ((a + 1) + (a - 1) * c + slope),
        -2 * a * ((a - 1) + (a + 1) * c),
        a * ((a + 1) + (a - 1) * c - slope),
        (a + 1) - (a - 1) * c + slope,
        2 * ((a - 1) - (a + 1) * c),
        (a + 1) - (a - 1) * c - slope,
    )


IDENTITY = np.array([1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
"""A section that changes nothing."""


def sections(params: np.ndarray, *, sample_rate: float) -> np.ndarray:
    """Design the five sections of each setting.

    A band whose frequency reaches Nyquist has no place at this rate: it becomes
    the identity. :func:`bands_above_nyquist` names such bands, so callers can say so.

    Args:
        params: Shape ``(batch, 13)``, in dB, Hz and Q.
        sample_rate: In Hz.

    Returns:
        Shape ``(batch, 5, 6)``, in the layout of ``scipy.signal.sosfilt``.
    """
    params = np.atleast_2d(np.asarray(params, dtype=np.float64))
    result = np.tile(IDENTITY, (len(params), len(BANDS), 1))  # (batch, n_bands, 6)
    for index, band in enumerate(BANDS):
        rows = params[:, band.freq] < sample_rate / 2
        chosen = params[rows]
        common: dict[str, Any] = {
            "freq_hz": chosen[:, band.freq],
            "gain_db": chosen[:, band.gain],
            "sample_rate": sample_rate,
        }
        if band.shape == "low_shelf":
            result[rows, index] = low_shelf(**common)
        elif band.shape == "high_shelf":
            result[rows, index] = high_shelf(**common)
        else:
            result[rows, index] = peaking(**common, q=chosen[:, band.q])
    return result


def bands_above_nyquist(params: np.ndarray, *, sample_rate: float) -> list[Band]:
    """Name the bands with gain that a setting, shape ``(13,)``, cannot have at this rate."""
    return [b for b in BANDS if params[b.freq] >= sample_rate / 2 and params[b.gain] != 0]
