"""Five bands for what others made with more: exactly where they can be, else the nearest curve."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from neural_eq.eq.params import (
    BANDS,
    DEFAULT,
    FIXED_BOUNDS,
    MAXIMUM,
    MINIMUM,
    SHELF_Q,
    Band,
    clamp,
)
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.presets.earlier import SHELF_Q_SLACK
from neural_eq.presets.reading import ReadBand

_N_FREQS = 240
_TIME_S = 1.5
"""After this nothing further is tried; a slow machine's limit, not a usual one."""

_GOOD_DB = 0.01
"""A fit as near as this needs nothing further."""

_NEAR_DB = 0.1
"""A curve whose level is taken as it is must be met as nearly as this."""

_MOST_DB = 40.0
"""What five bands can make at most, roughly; a curve beyond it has a level of its own."""

_N_FIRST_STEPS, _N_STEPS, _N_SHAKES = 12, 60, 24
_N_AGREED = 4
"""So often the same fit, and there is hardly a better one."""

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

    Several starts are refined by least squares within the equaliser's bounds; the best is shaken
    and refined until it is good or the time is over. It takes up to two seconds.

    Args:
        freq_hz: Rising, shape ``(n,)``; what lies beyond 20 Hz to 20 kHz does not count.
        level_db: The curve there, shape ``(n,)``.
        has_level: Whether the curve may lie higher or lower as a whole; it is taken as it is
            where bands come near enough to that.
    """
    low_hz, high_hz = max(20.0, float(freq_hz[0])), min(20000.0, float(freq_hz[-1]))
    grid_hz = log_frequencies(_N_FREQS, low_hz=low_hz, high_hz=high_hz)
    target = np.interp(np.log(grid_hz), np.log(freq_hz), level_db)
    until = time.perf_counter() + _TIME_S
    if not has_level:
        return _search(grid_hz, target, levels=[0.0], until=until)
    if np.abs(target).max() < _MOST_DB:
        found = _search(grid_hz, target, levels=[0.0], until=0.0)
        if found.worst_db < _GOOD_DB:
            return found
        if found.worst_db < _NEAR_DB:
            return _search(grid_hz, target, levels=[0.0], until=until)
    levels = np.quantile(target, (0.02, 0.25, 0.5, 0.75, 0.98)).tolist()
    return _search(grid_hz, target, levels=levels, until=until, is_free=True)


def _search(
    freq_hz: np.ndarray,
    target: np.ndarray,
    *,
    levels: list[float],
    until: float,
    is_free: bool = False,
) -> Fit:
    """Refine guesses at some levels; shake the best until it is good, or a time is over."""
    from scipy.optimize import least_squares

    reach = np.inf if is_free else 1e-6
    low = np.append(FIXED_BOUNDS.normalize(MINIMUM), -reach)
    high = np.append(FIXED_BOUNDS.normalize(MAXIMUM), reach)

    def distance(x: np.ndarray) -> np.ndarray:
        return response_db(_params(x), freq_hz) + x[..., 13:] - target

    def slopes(x: np.ndarray) -> np.ndarray:
        step = 1e-6
        near = x + step * np.eye(14)  # all in one batch
        near[:, :13] = np.where(near[:, :13] > high[:13], x[:13] - step, near[:, :13])
        return ((distance(near) - distance(x)) / (near - x).sum(axis=1)[:, None]).T

    def refined(params: np.ndarray, level: float, n_steps: int) -> Fit:
        start = np.append(FIXED_BOUNDS.normalize(clamp(params)), level)
        found = least_squares(
            distance, np.clip(start, low + 1e-9, high - 1e-9), slopes,
            bounds=(low, high), x_scale="jac", max_nfev=n_steps,
        )  # fmt: skip
        worst_db = float(np.abs(found.fun).max())
        return Fit(clamp(_params(found.x)), float(found.x[13]), worst_db, float(found.cost))

    best = min(
        (refined(*start, _N_FIRST_STEPS) for start in _starts(freq_hz, target, levels)),
        key=lambda found: found.cost,
    )
    best = refined(best.params, best.level_db, _N_STEPS)
    generator = np.random.default_rng(0)
    n_agreed = 0
    for _ in range(_N_SHAKES):
        is_done = best.worst_db <= _GOOD_DB or n_agreed >= _N_AGREED
        if is_done or time.perf_counter() > until:
            break
        found = refined(*_shaken(best, freq_hz, target, generator), _N_STEPS)
        if found.cost < 0.99 * best.cost:
            best, n_agreed = found, 0
        else:
            n_agreed += found.cost < 1.01 * best.cost
    return best


def _params(x: np.ndarray) -> np.ndarray:
    return FIXED_BOUNDS.denormalize(x[..., :13])


def _starts(
    freq_hz: np.ndarray, target: np.ndarray, levels: list[float]
) -> Iterator[tuple[np.ndarray, float]]:
    """Guesses: shelves for the ends, peaks for what stands out most, at several levels."""
    for level in dict.fromkeys(levels):
        for low_hz, high_hz in ((120.0, 8000.0), (400.0, 3000.0)):
            yield _greedy(freq_hz, target - level, low_hz, high_hz), level


def _shaken(
    fit: Fit, freq_hz: np.ndarray, target: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Move a fit some way off, and now and then put one peak where most is left to do."""
    level = fit.level_db + generator.normal(0, 2)
    shaken = FIXED_BOUNDS.normalize(fit.params)
    shaken += generator.normal(0, 0.15, shaken.shape) * (generator.random(shaken.shape) < 0.6)
    params = clamp(FIXED_BOUNDS.denormalize(shaken))
    if generator.random() < 0.5:
        band = _PEAKS[generator.integers(len(_PEAKS))]
        params[band.gain] = 0.0
        _place(band, params, freq_hz, target - level - response_db(params, freq_hz))
    return params, level


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
