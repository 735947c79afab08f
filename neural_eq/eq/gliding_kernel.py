"""The compiled loops of an EQ that moves; importing this takes numba's second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from neural_eq.eq.params import BANDS, N_PARAMS, SHELF_Q

N_NUMBERS = 5 * len(BANDS) + 1
"""``b0 b1 b2 a1 a2`` of each section, and the level as a factor."""

_GAINS = np.array([band.gain for band in BANDS])
_FREQS = np.array([band.freq for band in BANDS])
_QS = np.array([-1 if band.q is None else band.q for band in BANDS])
_SIDES = np.array([{"low_shelf": 1, "peaking": 0, "high_shelf": -1}[b.shape] for b in BANDS])
_LOG_SHELF_Q = float(np.log(SHELF_Q))


def _compiled(function: Callable) -> Any:
    try:
        return njit(nogil=True, cache=True, fastmath={"contract"})(function)
    except RuntimeError:  # no folder to keep it in: each process compiles for itself
        return njit(nogil=True)(function)


@_compiled
def glide(values, target, poles, share):  # pragma: no cover - compiled
    """Step the two poles to each hop's target, a row of ``values``; returns where they are."""
    found = np.empty((len(target), values.shape[1]))
    for hop in range(len(target)):
        for k in range(values.shape[1]):
            poles[0, k] += share * (values[target[hop], k] - poles[0, k])
            poles[1, k] += share * (poles[0, k] - poles[1, k])
            found[hop, k] = poles[1, k]
    return found


@_compiled
def design(values, sample_rate):  # pragma: no cover - compiled
    """Write what :func:`~neural_eq.eq.biquad.sections` does, and the level.

    Args:
        values: dB, logarithms of Hz and Q, then the level in dB, shape ``(n, 14)``.
        sample_rate: In Hz.

    Returns:
        Shape ``(n, N_NUMBERS)``.
    """
    found = np.empty((len(values), N_NUMBERS))
    for row in range(len(values)):
        for n in range(len(_GAINS)):
            b0, b1, b2, a0, a1, a2 = 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
            freq_hz = np.exp(values[row, _FREQS[n]])
            if freq_hz < sample_rate / 2:
                w = 2 * np.pi * freq_hz / sample_rate
                root = np.exp(values[row, _GAINS[n]] * (np.log(10) / 80))
                a, c = root * root, np.cos(w)
                log_q = values[row, _QS[n]] if _QS[n] >= 0 else _LOG_SHELF_Q
                alpha = 0.5 * np.sin(w) * np.exp(-log_q)
                if _SIDES[n] == 0:
                    b0, b2, a0, a2 = 1 + alpha * a, 1 - alpha * a, 1 + alpha / a, 1 - alpha / a
                    b1 = a1 = -2 * c
                else:
                    slope, side = 2 * root * alpha, _SIDES[n]
                    b0 = a * (a + 1 - side * (a - 1) * c + slope)
                    b1 = side * 2 * a * (a - 1 - side * (a + 1) * c)
                    b2 = a * (a + 1 - side * (a - 1) * c - slope)
                    a0 = a + 1 + side * (a - 1) * c + slope
                    a1 = side * -2 * (a - 1 + side * (a + 1) * c)
                    a2 = a + 1 + side * (a - 1) * c - slope
            scale = 1 / a0
            found[row, 5 * n] = b0 * scale
            found[row, 5 * n + 1] = b1 * scale
            found[row, 5 * n + 2] = b2 * scale
            found[row, 5 * n + 3] = a1 * scale
            found[row, 5 * n + 4] = a2 * scale
        found[row, N_NUMBERS - 1] = np.exp(values[row, N_PARAMS] * (np.log(10) / 20))
    return found


@_compiled
def _section(now, at, x, z1, z2):  # pragma: no cover - compiled
    y = now[at] * x + z1
    return y, now[at + 1] * x - now[at + 3] * y + z2, now[at + 2] * x - now[at + 4] * y


@_compiled
def run(samples, result, channel, ends, hop_frames, first, memory):  # pragma: no cover - compiled
    """Filter with numbers that go in straight lines from one hop's end to the next.

    Args:
        samples: Shape ``(n_frames, n_channels)``.
        result: Takes the channel, the same shape, float64.
        channel: The one to filter.
        ends: Shape ``(n_hops + 1, N_NUMBERS)``: at the beginning, and at each hop's end.
        hop_frames: From one to the next.
        first: How far into the first hop the first frame is.
        memory: Of the channel, shape ``(10,)``; goes on.
    """
    rise, now = np.empty(N_NUMBERS), np.empty(N_NUMBERS)
    p1, p2, q1, q2, r1, r2, s1, s2, t1, t2 = memory
    frame = 0
    while frame < len(samples):
        hop, within = divmod(first + frame, hop_frames)
        for k in range(N_NUMBERS):
            rise[k] = (ends[hop + 1, k] - ends[hop, k]) / hop_frames
            now[k] = ends[hop, k] + within * rise[k]
        stop = min(frame + hop_frames - within, len(samples))
        for i in range(frame, stop):
            for k in range(N_NUMBERS):
                now[k] += rise[k]
            x = float(samples[i, channel])
            x, p1, p2 = _section(now, 0, x, p1, p2)
            x, q1, q2 = _section(now, 5, x, q1, q2)
            x, r1, r2 = _section(now, 10, x, r1, r2)
            x, s1, s2 = _section(now, 15, x, s1, s2)
            x, t1, t2 = _section(now, 20, x, t1, t2)
            result[i, channel] = x * now[N_NUMBERS - 1]
        frame = stop
    memory[:] = (p1, p2, q1, q2, r1, r2, s1, s2, t1, t2)
