"""New settings of a word: plausible, and none of them anybody's."""

from __future__ import annotations

import numpy as np

from neural_eq.data.demo import BAND_OF_PARAM
from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import (
    DEFAULT,
    FIXED_BOUNDS,
    GAIN_COLUMNS,
    MAXIMUM,
    MINIMUM,
    N_BANDS,
)
from neural_eq.errors import ParameterError, TermError
from neural_eq.latent.schools import heard_curves
from neural_eq.latent.slopes import HIGH_NORM, LOW_NORM
from neural_eq.model.checkpoint import TrainedModel

N_NEIGHBOURS = 5
"""Settings that sound most alike, with one of which a drawn setting is mixed."""

SCATTER_NORM = 0.015
"""Standard deviation of what chance adds: 0.36 dB of gain, 0.15 octaves, 7 % of a Q."""

MAX_DRAWS = 1_000_000


def sample(
    model: TrainedModel,
    dataset: Dataset,
    term: str,
    n: int,
    seed: int,
    *,
    rows: np.ndarray | None = None,
) -> np.ndarray:
    """Draw settings that people could have made for a word.

    Each draw takes one of the word's settings, all equally often, and another that sounds much
    like it, and mixes them; then chance moves what was set by hand. What people leave as the
    plug-in has it, or turn as far as it goes, stays so about as often as they do that.

    Args:
        model: Says which settings sound alike.
        dataset: Holds the word's settings.
        term: One of the dataset's words.
        n: How many, 0 to 1,000,000.
        seed: Equal seeds give equal draws.
        rows: Which of the word's settings to draw from, a mask such as ``School.rows``; all of
            them otherwise.

    Returns:
        In dB, Hz and Q, within SAFE's bounds, shape ``(n, 13)``; no row of it is in the dataset.

    Raises:
        TermError: If the dataset has no setting of the word.
        ParameterError: If ``n`` is out of range.

    Source:
        N. V. Chawla et al., "SMOTE: Synthetic Minority Over-sampling Technique", JAIR 2002,
        with numbers that nobody chose kept out of the mixing.
    """
    if not 0 <= n <= MAX_DRAWS:
        raise ParameterError(f"n is {n:,}; it must lie within 0 to {MAX_DRAWS:,}.")
    params = dataset.params[dataset.terms == term.strip().lower()]
    params = params if rows is None else params[rows]
    if not len(params):
        raise TermError(f"{dataset.origin} has no setting of {term!r} to draw from.")
    generator = np.random.default_rng(seed)
    neighbours = _neighbours(heard_curves(model, params))
    # all equally often, and in an order of their own when the draws do not fill a round
    base = generator.permutation(np.resize(generator.permutation(len(params)), n))
    taken = {row.tobytes() for row in _rounded(dataset.params)}
    drawn = np.empty((n, params.shape[1]))
    todo = np.arange(n)
    while todo.size:
        first = base[todo]
        second = neighbours[first, generator.integers(neighbours.shape[1], size=len(todo))]
        drawn[todo] = _mixed(params[first], params[second], generator)
        todo = todo[[row.tobytes() in taken for row in _rounded(drawn[todo])]]
    return drawn


def _neighbours(curves_db: np.ndarray) -> np.ndarray:
    """For each setting those that sound most like it, shape ``(n, k)``; itself if it is alone."""
    n = len(curves_db)
    if n == 1:
        return np.zeros((1, 1), dtype=int)
    square = (curves_db**2).sum(axis=1)
    distance = square[:, None] + square - 2 * curves_db @ curves_db.T
    np.fill_diagonal(distance, np.inf)
    return np.argsort(distance, axis=1, kind="stable")[:, : min(N_NEIGHBOURS, n - 1)]


def _mixed(one: np.ndarray, two: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Mix settings pair by pair, the first prevailing, and scatter them; shapes ``(n, 13)``."""
    n = len(one)
    share = 0.5 * generator.random((n, 1))
    # between a number that somebody chose and one that nobody did there is no mixture
    from_two = (generator.random((n, N_BANDS)) < share)[:, BAND_OF_PARAM]
    one_norm, two_norm = FIXED_BOUNDS.normalize(one), FIXED_BOUNDS.normalize(two)
    both_chosen = _is_chosen(one) & _is_chosen(two)
    picked = np.where(from_two, two, one)
    is_free = both_chosen | _is_chosen(picked)
    # where nothing was set by hand but to a limit, the loudest gain gives way
    stuck = np.flatnonzero(~is_free.any(axis=1))
    loudness = np.abs(picked[:, GAIN_COLUMNS]) + 1e-3 * generator.random((n, N_BANDS))
    is_free[stuck, np.array(GAIN_COLUMNS)[loudness[stuck].argmax(axis=1)]] = True
    norm = np.where(
        both_chosen, one_norm + share * (two_norm - one_norm), FIXED_BOUNDS.normalize(picked)
    )
    norm += SCATTER_NORM * generator.standard_normal(norm.shape)
    norm = np.where(norm > HIGH_NORM, 2 * HIGH_NORM - norm, norm)  # bounce off the limits
    norm = np.where(norm < LOW_NORM, 2 * LOW_NORM - norm, norm)
    return np.where(is_free, FIXED_BOUNDS.denormalize(norm), picked)


def _is_chosen(params: np.ndarray) -> np.ndarray:
    """Whether each number is neither where the plug-in starts it nor at the end of its range."""
    chosen = np.ones(params.shape, dtype=bool)
    for given in (DEFAULT, MINIMUM, MAXIMUM):
        chosen &= ~np.isclose(params, given, rtol=1e-5, atol=1e-6)
    return chosen


def _rounded(params: np.ndarray) -> np.ndarray:
    """What no screen tells apart is the same setting; adding 0 makes -0 a 0."""
    return np.ascontiguousarray(params.round(3) + 0.0)
