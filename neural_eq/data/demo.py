"""The built-in set: settings drawn from SAFE-DB's statistics, so that everything works offline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import BANDS, DEFAULT, MAXIMUM, MINIMUM, N_PARAMS, Bounds

STATISTICS_PATH = Path(__file__).parents[2] / "assets" / "term_statistics.json"
ORIGIN = "built-in set, drawn from SAFE-DB's statistics"
SEED = 2014
N_SUBMITTERS = 148

SAFE_BOUNDS = Bounds("safe", tuple(MINIMUM.tolist()), tuple(MAXIMUM.tolist()))
"""Here 0 and 1 are the plug-in's own limits, so that a limit is a limit in the statistics."""

BAND_OF_PARAM = np.array(
    [next(i for i, b in enumerate(BANDS) if c in (b.gain, b.freq, b.q)) for c in range(N_PARAMS)]
)
"""Which band each of the 13 parameters belongs to, shape ``(13,)``."""

EDGE = 0.002
"""How near a drawn value that is not at a limit may come to it, normalised."""

MIN_FREE = 2
"""Fewest values of a drawn setting that are neither the default nor a limit."""

_DEFAULT_NORM = SAFE_BOUNDS.normalize(DEFAULT)


def built_in_dataset(*, seed: int = SEED) -> Dataset:
    """Draw the built-in set: the same settings for the same seed, none of them a person's.

    It has as many words and settings as SAFE-DB's 14 words with five settings or more. Genres
    and instruments are empty, and submitters are invented numbers.
    """
    return draw(json.loads(STATISTICS_PATH.read_text(encoding="utf-8")), seed=seed)


def draw(statistics: Mapping[str, Any], *, seed: int) -> Dataset:
    """Draw a dataset from what ``assets/make_term_statistics.py`` wrote.

    Args:
        statistics: The content of ``term_statistics.json``.
        seed: Equal seeds give equal sets.
    """
    generator = np.random.default_rng(seed)
    norm, terms = [], []
    for word, term in statistics["terms"].items():
        counts = _allocate([c["share"] for c in term["components"]], term["count"])
        for component, count in zip(term["components"], counts, strict=True):
            norm.append(draw_component(component, int(count), generator))
        terms += [word] * term["count"]
    params = SAFE_BOUNDS.denormalize(np.concatenate(norm))
    # exp(log(x)) is x but for its last bits: limits and defaults must be exact
    params = np.clip(params, MINIMUM, MAXIMUM)
    params = np.where(np.isclose(params, DEFAULT, rtol=1e-12, atol=1e-12), DEFAULT, params)
    n = len(params)
    order = generator.permutation(n)
    # a few people gave most of the settings, as in any such collection
    weights = 1 / np.arange(1, N_SUBMITTERS + 1)
    submitters = generator.choice(N_SUBMITTERS, size=n, p=weights / weights.sum())
    _, first_seen, submitters = np.unique(submitters, return_index=True, return_inverse=True)
    return Dataset(
        setting_ids=np.arange(1, n + 1),
        params=params[order],
        terms=np.array(terms, dtype=object)[order],
        submitters=np.argsort(np.argsort(first_seen))[submitters] + 1,
        genres=np.full(n, "", dtype=object),
        instruments=np.full(n, "", dtype=object),
        origin=ORIGIN,
        is_built_in=True,
    )


def _allocate(shares: Any, total: int) -> np.ndarray:
    """Split ``total`` by shares into whole numbers, the largest remainders rounded up."""
    exact = np.asarray(shares, dtype=np.float64)
    exact = exact / exact.sum() * total
    counts = np.floor(exact).astype(int)
    counts[np.argsort(-(exact - counts), kind="stable")[: total - counts.sum()]] += 1
    return counts


def draw_component(
    component: Mapping[str, Any], n: int, generator: np.random.Generator
) -> np.ndarray:
    """Draw ``(n, 13)`` normalised settings of one component.

    Shares are met by exact counts and Gaussian draws are brought to exact mean and covariance,
    so that 500 settings keep the statistics more closely than 500 independent draws would.
    """
    patterns = np.array([[int(flag) for flag in p] for p in component["touched_bands"]], dtype=bool)
    counts = _allocate(list(component["touched_bands"].values()), n)
    touched = generator.permutation(np.repeat(patterns, counts, axis=0))  # (n, n_bands)
    mean, std = np.array(component["mean"]), np.array(component["std"])
    shares = np.array([component[name] for name in ("at_default", "at_low", "at_high")])
    scores = _whitened(n, generator) @ _root(np.array(component["correlation"])).T  # (n, 13)
    norm = np.tile(_DEFAULT_NORM, (n, 1))
    is_free = np.zeros((n, N_PARAMS), dtype=bool)
    for column in range(N_PARAMS):
        rows = generator.permutation(np.flatnonzero(touched[:, BAND_OF_PARAM[column]]))
        n_default, n_low, n_high = _rounded(shares[:, column] * len(rows), len(rows))
        rows = rows[n_default:]
        rows = rows[np.argsort(scores[rows, column], kind="stable")]
        norm[rows[:n_low], column] = 0.0
        norm[rows[len(rows) - n_high :], column] = 1.0
        rows = rows[n_low : len(rows) - n_high]
        is_free[rows, column] = True
        norm[rows, column] = _with_moments(scores[rows, column], mean=mean[column], std=std[column])
    # Defaults and limits are the same for everyone: a setting of little else could be a person's.
    for row in np.flatnonzero(is_free.sum(axis=1) < MIN_FREE):
        band = BANDS[int(np.argmax(touched[row]))]
        own = [band.gain, band.freq]
        norm[row, own] = np.clip(mean[own] + std[own] * scores[row, own], EDGE, 1 - EDGE)
    return norm


def _rounded(exact: np.ndarray, total: int) -> np.ndarray:
    """Round shares of ``total`` so that their sum is rounded too, and stays within it."""
    return np.diff(np.minimum(np.floor(np.cumsum([0.0, *exact]) + 0.5), total).astype(int))


def _whitened(n: int, generator: np.random.Generator) -> np.ndarray:
    """Standard normal ``(n, 13)``, of exactly zero mean and unit covariance if ``n`` allows."""
    scores = generator.standard_normal((n, N_PARAMS))
    if n <= 2 * N_PARAMS:
        return scores
    scores -= scores.mean(axis=0)
    return scores @ np.linalg.inv(np.linalg.cholesky(np.cov(scores.T, bias=True))).T


def _root(correlation: np.ndarray) -> np.ndarray:
    """A matrix whose product with its transpose is the correlation, rounding mended."""
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0))
    return root / np.linalg.norm(root, axis=1, keepdims=True)


def _with_moments(scores: np.ndarray, *, mean: float, std: float) -> np.ndarray:
    """Scale scores to a mean and a standard deviation between the limits."""
    values = scores
    if len(scores) > 4 and scores.std() > 0:
        values = (scores - scores.mean()) / scores.std()
    values = mean + std * values
    for _ in range(4):  # what clipping takes from the spread is given back
        if len(scores) <= 4 or (values.min() >= EDGE and values.max() <= 1 - EDGE):
            break
        values = np.clip(values, EDGE, 1 - EDGE)
        spread = values.std()
        if spread > 0:
            values = mean + (values - values.mean()) * (std / spread)
    return np.clip(values, EDGE, 1 - EDGE)
