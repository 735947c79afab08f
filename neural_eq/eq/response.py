"""Magnitude of the five-band cascade in dB.

The digital sections come from analog prototypes by the bilinear transform, so a section's
magnitude is its prototype's at the warped frequency. With ``X = tan^2(w/2) / tan^2(w0/2)``
every band of the cascade is

    |H|^2 = G ((p - X)^2 + m X) / ((p' - X)^2 + m' X)

and with ``alpha = ln A`` its four numbers are powers of A: ``p = exp(s_p alpha)``,
``m = exp(s_m alpha) / Q^2``, ``G = exp(s_g alpha)``, ``p'`` and ``m'`` with both signs turned.
"""

from __future__ import annotations

import numpy as np

from neural_eq.eq.params import BANDS, SHELF_Q
from neural_eq.errors import ParameterError

REFERENCE_SAMPLE_RATE = 48000
"""Rate in Hz at which curves are shown and judged."""

_BLOCK = 16384
"""Values a block: its intermediates stay in the processor's cache."""

ALPHA_PER_DB = np.log(10) / 40
"""``ln A`` of 1 dB: A is the square root of a gain in amplitude."""

DB_PER_NEPER = 10 / np.log(10)
"""dB of ``ln |H|^2``."""

_EXPONENTS = {"low_shelf": (1, 1, 0), "peaking": (0, 2, 0), "high_shelf": (-1, -1, 4)}
EXPONENTS = np.array([_EXPONENTS[band.shape] for band in BANDS], dtype=np.float64).T
"""``s_p``, ``s_m`` and ``s_g`` of the five bands, shape ``(3, 5)``."""

_GAINS, _FREQS = [band.gain for band in BANDS], [band.freq for band in BANDS]
_PEAKS = [i for i, band in enumerate(BANDS) if band.q is not None]
_PEAK_QS = [band.q for band in BANDS if band.q is not None]


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
    alpha, tan2_centre, inverse_q2 = _bands(np.atleast_2d(params), sample_rate)
    tan2 = np.tan(np.pi * freq_hz / sample_rate) ** 2
    powers = np.stack([tan2 * tan2, tan2, np.ones_like(tan2)])
    top = _quadratic(alpha, tan2_centre, inverse_q2)
    bottom = _quadratic(-alpha, tan2_centre, inverse_q2)
    gain = np.exp(alpha @ EXPONENTS[2])[:, None]
    curves = np.empty((len(alpha), len(freq_hz)))
    per_block = max(1, _BLOCK // max(1, len(freq_hz)))
    for first in range(0, len(alpha), per_block):
        rows = slice(first, first + per_block)
        out = curves[rows]
        np.divide(_product(top[:, rows], powers), _product(bottom[:, rows], powers), out=out)
        out *= gain[rows]
        np.log(out, out=out)  # which is vectorised, unlike log10
        out *= DB_PER_NEPER
    return curves if params.ndim == 2 else curves[0]


def _bands(params: np.ndarray, sample_rate: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return alpha, ``tan^2(w0/2)`` and ``1/Q^2`` of each band, each of shape ``(batch, 5)``.

    A band at or above Nyquist gets alpha 0, which is flat, and a place below.
    """
    freq_hz = params[:, _FREQS]
    audible = freq_hz < sample_rate / 2
    half_w0 = np.where(audible, freq_hz, 0.25 * sample_rate) * (np.pi / sample_rate)
    inverse_q2 = np.full(freq_hz.shape, SHELF_Q**-2)
    inverse_q2[:, _PEAKS] = params[:, _PEAK_QS] ** -2
    return params[:, _GAINS] * ALPHA_PER_DB * audible, np.tan(half_w0) ** 2, inverse_q2


def _quadratic(alpha: np.ndarray, tan2_centre: np.ndarray, inverse_q2: np.ndarray) -> np.ndarray:
    """Write ``(p - X)^2 + m X``, times the centre squared, as ``T^2 + b T + c`` of ``T``.

    Float64 has room for what cancels between ``b T`` and the rest; float32 has not.

    Returns:
        ``1 b c`` of each band, shape ``(5, batch, 3)``.
    """
    p = np.exp(EXPONENTS[0] * alpha)
    m = np.exp(EXPONENTS[1] * alpha) * inverse_q2
    numbers = [np.ones_like(p), (m - 2 * p) * tan2_centre, (p * tan2_centre) ** 2]
    return np.ascontiguousarray(np.stack(numbers, axis=-1).swapaxes(0, 1))


def _product(quadratics: np.ndarray, powers: np.ndarray) -> np.ndarray:
    """Multiply the five bands' quadratics, shape ``(rows, n_freqs)``."""
    product = quadratics[0] @ powers
    for quadratic in quadratics[1:]:
        product *= quadratic @ powers
    return product


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
