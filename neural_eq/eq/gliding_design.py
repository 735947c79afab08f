"""The numbers of an EQ that moves, which are designed often."""

from __future__ import annotations

import numpy as np

from neural_eq.eq.params import BANDS, N_BANDS, N_PARAMS, SHELF_Q

N_NUMBERS = 28
"""``b0 b1 b2 -a1 -a2`` of each section, the level as a factor, and what fills up whole vectors."""

LEVEL = 5 * N_BANDS
"""Where the level stands."""

_FREQS = [band.freq for band in BANDS]
_GAINS = [band.gain for band in BANDS]
_PEAKS = [n for n, band in enumerate(BANDS) if band.q is not None]
_SHELVES = [n for n, band in enumerate(BANDS) if band.q is None]
_QS = [band.q for band in BANDS if band.q is not None]
_SIDES = np.array([[1.0 if BANDS[n].shape == "low_shelf" else -1.0] for n in _SHELVES])


def design(values: np.ndarray, sample_rate: float) -> np.ndarray:
    """Write what :func:`~neural_eq.eq.biquad.sections` does, and the level, several times as fast.

    Args:
        values: dB, logarithms of Hz and Q, then the level in dB, shape ``(n, 14)``.
        sample_rate: In Hz.

    Returns:
        Shape ``(n, N_NUMBERS)``.
    """
    by_name = np.ascontiguousarray(values.T)  # (14, n)
    freq_hz = np.exp(by_name[_FREQS])  # (n_bands, n)
    is_there = freq_hz < sample_rate / 2
    # one sine of the half angle holds both of the whole one's
    half = np.sin(np.pi / sample_rate * np.minimum(freq_hz, sample_rate / 2))
    c = 1 - 2 * half * half
    alpha = half * np.sqrt(1 - half * half)
    alpha[_PEAKS] *= np.exp(-by_name[_QS])
    alpha[_SHELVES] /= SHELF_Q
    root = np.exp(by_name[_GAINS] * (np.log(10) / 80))
    a = root * root

    found = np.empty((N_BANDS, 5, values.shape[0]))
    up, down, middle = alpha[_PEAKS] * a[_PEAKS], alpha[_PEAKS] / a[_PEAKS], 2 * c[_PEAKS]
    scale = 1 / (1 + down)
    for k, number in enumerate((1 + up, -middle, 1 - up, middle, down - 1)):
        found[_PEAKS, k] = number * scale
    slope, c, a = 2 * (root * alpha)[_SHELVES], c[_SHELVES], a[_SHELVES]
    more, less = a + 1, a - 1
    plus, minus = more + _SIDES * less * c, more - _SIDES * less * c
    scale = 1 / (plus + slope)
    numbers = (
        a * (minus + slope), 2 * a * (_SIDES * less - more * c), a * (minus - slope),
        2 * (_SIDES * less + more * c), slope - plus,
    )  # fmt: skip
    for k, number in enumerate(numbers):
        found[_SHELVES, k] = number * scale
    if not is_there.all():
        found = np.where(is_there[:, None], found, np.eye(1, 5)[..., None])
    rows = np.zeros((values.shape[0], N_NUMBERS))
    rows[:, :LEVEL] = found.reshape(LEVEL, -1).T
    rows[:, LEVEL] = np.exp(by_name[N_PARAMS] * (np.log(10) / 20))
    return rows
