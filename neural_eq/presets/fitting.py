"""Five bands for what others made with more: exactly where they can be, else the nearest curve."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from neural_eq.eq.params import (
    BANDS,
    DEFAULT,
    FIXED_BOUNDS,
    MAXIMUM,
    MINIMUM,
    N_PARAMS,
    SHELF_Q,
    Band,
    clamp,
)
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.presets.earlier import SHELF_Q_SLACK
from neural_eq.presets.reading import ReadBand

_N_FREQS = 160

_GOOD_DB = 0.01
"""A fit as near as this needs nothing further."""

_NEAR_DB = 0.1
"""A curve that is met so nearly as it is need not be moved."""

_WORTH = 3.0
"""So many times nearer must bands come to a curve that is moved as a whole."""

_MOST_DB = 60.0
"""What five bands can make at most, roughly; a curve beyond it has a level of its own."""

_N_ROUNDS, _N_TOGETHER, _N_BEST = 6, 24, 6
_N_STEPS, _N_LAST_STEPS = 20, 60

_SHELVES = [band for band in BANDS if band.q is None]
_PEAKS = [band for band in BANDS if band.q is not None]


@dataclass(frozen=True)
class Fit:
    """Five bands near a curve.

    Attributes:
        params: In dB, Hz and Q, shape ``(13,)``.
        level_db: By how much the curve as a whole lies above that of the bands.
        worst_db: The largest distance left.
        cost: Half the sum of the squares of what is left.
    """

    params: np.ndarray
    level_db: float
    worst_db: float
    cost: float = 0.0


def exact_params(bands: Sequence[ReadBand]) -> np.ndarray | None:
    """Return bands as a setting, shape ``(13,)``, if they are one; None if they are not.

    That is a low shelf, a high shelf and up to three peaks in any order, each in the bounds of a
    band of its own; a shelf's Q is 0.71, to what hardly sounds. The peaks keep their order where
    they can; a band that is missing has no gain.
    """
    rows = {shape: [b for b in bands if b.shape == shape] for shape in {b.shape for b in BANDS}}
    slots = {shape: [b for b in BANDS if b.shape == shape] for shape in rows}
    params = DEFAULT.copy()
    for shape, given in rows.items():
        if len(given) > len(slots[shape]):
            given = [band for band in given if band.gain_db != 0]
        ways = itertools.permutations(range(len(slots[shape])), len(given))
        for way in sorted(ways, key=lambda way: list(way) != sorted(way)):
            placed = params.copy()
            for band, place in zip(given, way, strict=True):
                slot = slots[shape][place]
                placed[slot.gain], placed[slot.freq] = band.gain_db, band.freq_hz
                if slot.q is not None:
                    placed[slot.q] = band.q
            slack = 1e-6 * np.abs(MAXIMUM)
            if ((placed >= MINIMUM - slack) & (placed <= MAXIMUM + slack)).all():
                break
        else:
            return None
        is_shelf = slots[shape][0].q is None
        if is_shelf and any(abs(b.q - SHELF_Q) > SHELF_Q_SLACK for b in given if b.gain_db):
            return None
        params = placed
    return clamp(params)


def fit(freq_hz: np.ndarray, level_db: np.ndarray, *, has_level: bool = True) -> Fit:
    """Find five bands whose curve is nearest to a given one at 48 kHz.

    Several starts are refined by least squares within the equaliser's bounds; the best are shaken
    and refined until one is good, at most a fixed number of times, so that any machine finds the
    same. It takes a second or three.

    Args:
        freq_hz: Rising, shape ``(n,)``; what lies beyond 20 Hz to 20 kHz does not count.
        level_db: The curve there, shape ``(n,)``.
        has_level: Whether the curve may lie higher or lower as a whole; it is taken as it is
            where bands come nearly as near to that.
    """
    low_hz, high_hz = max(20.0, float(freq_hz[0])), min(20000.0, float(freq_hz[-1]))
    grid_hz = log_frequencies(_N_FREQS, low_hz=low_hz, high_hz=high_hz)
    target = np.interp(np.log(grid_hz), np.log(freq_hz), level_db)
    as_it_is = None
    if not has_level or np.abs(target).max() < _MOST_DB:
        as_it_is = _search(grid_hz, target, levels=[0.0])
        if not has_level or as_it_is.worst_db < _NEAR_DB:
            return as_it_is
    levels = np.quantile(target, (0.02, 0.25, 0.5, 0.75, 0.98)).tolist()
    moved = _search(grid_hz, target, levels=levels, is_free=True)
    if as_it_is is not None and as_it_is.worst_db < _WORTH * moved.worst_db:
        return as_it_is
    return moved


def _search(
    freq_hz: np.ndarray, target: np.ndarray, *, levels: list[float], is_free: bool = False
) -> Fit:
    """Refine many guesses together, shake the best ones, and go on until one is good."""
    generator = np.random.default_rng(0)
    starts = list(_starts(freq_hz, target, levels))
    kept: list[Fit] = []
    costs: list[float] = []
    for _ in range(_N_ROUNDS):
        tried = kept[:_N_BEST] or starts
        while len(tried) < _N_TOGETHER:
            seeds = kept[: _N_BEST // 2] if kept and generator.random() < 0.7 else starts
            seed = seeds[generator.integers(len(seeds))]
            tried = [*tried, _shaken(seed, freq_hz, target, generator, is_free=is_free)]
        refined = _refined(tried, freq_hz, target, n_steps=_N_STEPS, is_free=is_free)
        kept = _different([*refined, *kept[_N_BEST:]])
        costs.append(kept[0].cost)
        has_stopped = is_free and len(costs) > 2 and costs[-1] > 0.98 * costs[-3]
        if kept[0].worst_db <= _GOOD_DB or has_stopped:
            break
    return min(_refined(kept[:2], freq_hz, target, n_steps=_N_LAST_STEPS, is_free=is_free),
               key=lambda found: found.cost)  # fmt: skip


def _different(fits: Sequence[Fit]) -> list[Fit]:
    """The best fits that differ, best first."""
    kept: list[Fit] = []
    for one in sorted(fits, key=lambda found: found.cost):
        norm = FIXED_BOUNDS.normalize(one.params)
        if all(np.abs(norm - FIXED_BOUNDS.normalize(k.params)).max() > 0.02 for k in kept):
            kept.append(one)
    return kept[: 2 * _N_BEST]


def _refined(
    fits: Sequence[Fit], freq_hz: np.ndarray, target: np.ndarray, *, n_steps: int, is_free: bool
) -> list[Fit]:
    """Take all fits downhill together, by damped least squares within the bounds.

    Source:
        D. Marquardt, "An Algorithm for Least-Squares Estimation of Nonlinear Parameters", 1963;
        a number at a bound that would leave it stands still for a step.
    """
    n_free = N_PARAMS + is_free
    reach = np.inf if is_free else 0.0
    low = np.append(FIXED_BOUNDS.normalize(MINIMUM), -reach)
    high = np.append(FIXED_BOUNDS.normalize(MAXIMUM), reach)

    def distance(x: np.ndarray) -> np.ndarray:  # (..., 14) to (..., n_freqs)
        flat = x.reshape(-1, N_PARAMS + 1)
        curves = response_db(FIXED_BOUNDS.denormalize(flat[:, :-1]), freq_hz)
        return (curves + flat[:, -1:] - target).reshape(*x.shape[:-1], -1)

    def slopes(x: np.ndarray, left: np.ndarray) -> np.ndarray:  # (n, n_free, n_freqs)
        step = np.where(x + 1e-5 > high, -1e-5, 1e-5)[:, :N_PARAMS]
        near = x[:, None, :] + step[:, :, None] * np.eye(N_PARAMS, N_PARAMS + 1)
        found = (distance(near) - left[:, None, :]) / step[:, :, None]
        level = np.ones((len(x), n_free - N_PARAMS, left.shape[1]))
        return np.concatenate([found, level], axis=1)

    x = np.array([np.append(FIXED_BOUNDS.normalize(one.params), one.level_db) for one in fits])
    x = np.clip(x, low, high)
    left = distance(x)
    cost, damping = (left**2).sum(axis=1), np.full(len(x), 1e-2)
    for _ in range(n_steps):
        slope = slopes(x, left)
        uphill = np.einsum("nij,nj->ni", slope, left)
        some = x[:, :n_free]
        is_held = (some <= low[:n_free]) & (uphill > 0) | (some >= high[:n_free]) & (uphill < 0)
        curvature = slope @ slope.transpose(0, 2, 1)
        curvature[is_held[:, :, None] | is_held[:, None, :]] = 0.0
        scale = np.einsum("nii->ni", curvature)
        curvature = curvature + (damping[:, None] * scale + 1e-9 + is_held)[:, None] * np.eye(
            n_free
        )
        move = np.linalg.solve(curvature, -np.where(is_held, 0.0, uphill)[..., None])[..., 0]
        moved = x.copy()
        moved[:, :n_free] = np.clip(some + move, low[:n_free], high[:n_free])
        left_then = distance(moved)
        cost_then = (left_then**2).sum(axis=1)
        is_less = cost_then < cost
        x, left = np.where(is_less[:, None], moved, x), np.where(is_less[:, None], left_then, left)
        cost = np.where(is_less, cost_then, cost)
        damping = np.where(is_less, np.maximum(damping / 4, 1e-8), np.minimum(damping * 4, 1e8))
    return [
        Fit(clamp(FIXED_BOUNDS.denormalize(row[:-1])), float(row[-1]), float(np.abs(rest).max()),
            float(all_left) / 2)
        for row, rest, all_left in zip(x, left, cost, strict=True)
    ]  # fmt: skip


def _starts(freq_hz: np.ndarray, target: np.ndarray, levels: list[float]) -> Iterator[Fit]:
    """Guesses: shelves for the ends, peaks for what stands out most, at several levels."""
    for level in dict.fromkeys(levels):
        for low_hz, high_hz in ((120.0, 8000.0), (400.0, 3000.0)):
            yield Fit(_greedy(freq_hz, target - level, low_hz, high_hz), level, np.inf)


def _shaken(
    fit: Fit, freq_hz: np.ndarray, target: np.ndarray, generator: np.random.Generator, *,
    is_free: bool,
) -> Fit:  # fmt: skip
    """Move a fit some way off, and now and then put one peak where most is left to do."""
    level = fit.level_db + is_free * generator.normal(0, 2)
    shaken = FIXED_BOUNDS.normalize(fit.params)
    shaken += generator.normal(0, 0.15, shaken.shape) * (generator.random(shaken.shape) < 0.6)
    params = clamp(FIXED_BOUNDS.denormalize(shaken))
    if generator.random() < 0.5:
        band = _PEAKS[generator.integers(len(_PEAKS))]
        params[band.gain] = 0.0
        _place(band, params, freq_hz, target - level - response_db(params, freq_hz))
    return Fit(params, level, np.inf)


def _greedy(freq_hz: np.ndarray, target: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """Take shelves of the ends' levels away, then three times what is furthest from level."""
    params = DEFAULT.copy()
    for band, freq, gain in zip(_SHELVES, (low_hz, high_hz), target[[0, -1]], strict=True):
        params[band.freq], params[band.gain] = freq, gain
    params = clamp(params)
    free = list(_PEAKS)
    while free:
        rest = target - response_db(params, freq_hz)
        reached = [np.abs(rest[_within(band, freq_hz)]).max(initial=0.0) for band in free]
        _place(free.pop(int(np.argmax(reached))), params, freq_hz, rest)
    return params


def _within(band: Band, freq_hz: np.ndarray) -> np.ndarray:
    return (freq_hz >= MINIMUM[band.freq]) & (freq_hz <= MAXIMUM[band.freq])


def _place(band: Band, params: np.ndarray, freq_hz: np.ndarray, rest: np.ndarray) -> None:
    """Put a peak where most is left within its reach, as wide as that stands out."""
    assert band.q is not None
    size = np.abs(rest)
    place = int(np.where(_within(band, freq_hz), size, -1.0).argmax())
    below = np.flatnonzero(size < size[place] / 2)
    first = below[below < place].max(initial=0)
    last = below[below > place].min(initial=len(rest) - 1)
    octaves = max(float(np.log2(freq_hz[last] / freq_hz[first])), 0.1)
    params[band.gain], params[band.freq] = np.clip(rest[place], -12, 12), freq_hz[place]
    params[band.q] = np.clip(1.4 / octaves, 0.2, 8.0)
    params[:] = clamp(params)
