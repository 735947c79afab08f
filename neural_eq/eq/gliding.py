"""Audio through an EQ that changes as it plays: the same glide as the player's, in float64."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from neural_eq.eq.biquad import sections
from neural_eq.eq.loudness import check_audio
from neural_eq.eq.params import LOG_COLUMNS, check_params
from neural_eq.errors import ParameterError

HOP_FRAMES = 8
"""Coefficients are designed so often, and go in straight lines between."""

POLE_S = 0.0075
"""Of each of the two smoothing poles, one after the other."""

_CHUNK_HOPS = 1 << 13


def render_along(
    samples: np.ndarray,
    params: np.ndarray,
    sample_rate: float,
    *,
    step_frames: int,
    level_db: np.ndarray | None = None,
) -> np.ndarray:
    """Filter audio with settings that follow one another.

    A setting begins to be approached at its frame: each parameter glides there, frequencies and Q
    as logarithms, through two poles of :data:`POLE_S`. The first setting is there from the start.

    Args:
        samples: Shape ``(n_frames, n_channels)``, floating-point.
        params: Shape ``(n_steps, 13)``, in dB, Hz and Q; the last one stays.
        sample_rate: In Hz, 8,000 to 192,000.
        step_frames: From one setting to the next; a multiple of :data:`HOP_FRAMES`.
        level_db: Gain after the EQ with each setting, shape ``(n_steps,)``; none where None.

    Returns:
        As many frames as went in, float64.

    Raises:
        AudioError: If the samples or the rate cannot be used.
        ParameterError: If a setting is not within SAFE's bounds, or the step does not fit.
    """
    samples = np.asarray(samples)
    check_audio(samples, sample_rate)
    if step_frames < HOP_FRAMES or step_frames % HOP_FRAMES:
        raise ParameterError(
            f"step_frames is {step_frames}; it must be a multiple of {HOP_FRAMES}, above 0."
        )
    wanted = check_params(params)
    levels = np.zeros(len(wanted)) if level_db is None else np.asarray(level_db, dtype=np.float64)
    if levels.shape != (len(wanted),):
        raise ParameterError(
            f"level_db has shape {levels.shape}; it must have one gain for each of the"
            f" {len(wanted)} settings."
        )
    values = np.column_stack([wanted, levels]).astype(np.float64)
    values[:, LOG_COLUMNS] = np.log(values[:, LOG_COLUMNS])
    n_frames, n_channels = samples.shape
    n_hops = -(-n_frames // HOP_FRAMES)
    target = np.minimum(np.arange(n_hops) * HOP_FRAMES // step_frames, len(values) - 1)
    share = 1 - math.exp(-HOP_FRAMES / (POLE_S * sample_rate))

    padded = np.zeros((n_hops * HOP_FRAMES, n_channels))
    padded[:n_frames] = samples
    memory = np.zeros((n_channels, 5, 2))
    poles = np.stack([values[0], values[0]])
    last = _designed(values[:1], sample_rate)[0]
    for first in range(0, n_hops, _CHUNK_HOPS):
        part = slice(first, min(first + _CHUNK_HOPS, n_hops))
        glided = _glide()(values, target[part], poles, share)
        ends = np.concatenate([last[None], _designed(glided, sample_rate)])  # (n_hops + 1, 26)
        frames = padded[part.start * HOP_FRAMES : part.stop * HOP_FRAMES]
        _filter()(frames, ends, memory)
        last = ends[-1]
    return padded[:n_frames]


def _designed(values: np.ndarray, sample_rate: float) -> np.ndarray:
    """Five sections of ``b0 b1 b2 a1 a2`` and the level as a factor, shape ``(n, 26)``."""
    params = values[:, :13].copy()
    params[:, LOG_COLUMNS] = np.exp(params[:, LOG_COLUMNS])
    sos = sections(params, sample_rate=sample_rate)[:, :, [0, 1, 2, 4, 5]]
    return np.column_stack([sos.reshape(len(values), -1), 10 ** (values[:, 13] / 20)])


@cache
def _glide() -> Any:
    from numba import njit

    @njit(cache=True)
    def glide(values, target, poles, share):  # pragma: no cover - compiled
        found = np.empty((len(target), values.shape[1]))
        for hop in range(len(target)):
            for k in range(values.shape[1]):
                poles[0, k] += share * (values[target[hop], k] - poles[0, k])
                poles[1, k] += share * (poles[0, k] - poles[1, k])
                found[hop, k] = poles[1, k]
        return found

    return glide


@cache
def _filter() -> Any:
    from numba import njit

    @njit(cache=True)
    def run(frames, ends, memory):  # pragma: no cover - compiled
        n_channels = frames.shape[1]
        rise = np.empty(26)
        for hop in range(len(ends) - 1):
            for k in range(26):
                rise[k] = (ends[hop + 1, k] - ends[hop, k]) / HOP_FRAMES
            first = hop * HOP_FRAMES
            for c in range(n_channels):
                for n in range(5):
                    at = 5 * n
                    b0, b1, b2 = ends[hop, at], ends[hop, at + 1], ends[hop, at + 2]
                    a1, a2 = ends[hop, at + 3], ends[hop, at + 4]
                    z1, z2 = memory[c, n, 0], memory[c, n, 1]
                    for i in range(first, first + HOP_FRAMES):
                        b0 += rise[at]
                        b1 += rise[at + 1]
                        b2 += rise[at + 2]
                        a1 += rise[at + 3]
                        a2 += rise[at + 4]
                        x = frames[i, c]
                        y = b0 * x + z1
                        z1 = b1 * x - a1 * y + z2
                        z2 = b2 * x - a2 * y
                        frames[i, c] = y
                    memory[c, n, 0] = z1
                    memory[c, n, 1] = z2
                for i in range(HOP_FRAMES):
                    frames[first + i, c] *= ends[hop, 25] + rise[25] * (i + 1)

    return run
