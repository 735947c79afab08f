"""The schools of a word: groups of settings that mean it in different ways."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neural_eq.eq.response import log_frequencies, response_db

if TYPE_CHECKING:  # torch, which words and morphs do without
    from neural_eq.model.checkpoint import TrainedModel

MIN_SHARE, MIN_SETTINGS = 0.1, 10
"""A school has this share of its word's settings, and this many, or more."""

MAX_SCHOOLS = 6

VARIANCE_SHARE = 0.8
"""Main directions are taken until they hold this share of a word's variance of curve."""

BLUR_DB = 0.1
"""Least spread of a school along a main direction: no ear parts settings that are nearer."""

N_STARTS = 20
"""Fits for each number of schools, each from a k-means of its own."""

SAME_BIC = 2.0
"""Two fits whose BIC is nearer found the same. What one fit alone found is luck, and no school."""

EVIDENCE = 6.0
"""A further school must lower the BIC by more: "strong" evidence, in Raftery's words."""

N_FREQS = 64


@dataclass(frozen=True)
class Schools:
    """How a word's settings part.

    Attributes:
        labels: The school of each setting, the largest school being 0, shape ``(n,)``.
        bic: Lowest Bayesian information criterion by number of schools, among the fits whose
            schools are all large enough; a number without such a fit is absent, as all are
            where there are too few settings to part.
        n_directions: Main directions in which they were sought.
    """

    labels: np.ndarray
    bic: dict[int, float]
    n_directions: int


def heard_curves(model: TrainedModel, params: np.ndarray) -> np.ndarray:
    """Return the curves of settings as a model's latent keeps them.

    Raw distances in the latent say little of sound: where meaning has dimensions of its own,
    training draws each word to a point, and a silent band's frequency counts as much as a loud
    one's. So latents are compared by the curves they decode to.

    Args:
        model: Encodes and decodes.
        params: Shape ``(batch, 13)``.

    Returns:
        In dB at 64 log-spaced frequencies, shape ``(batch, 64)``.
    """
    return response_db(model.reconstruct(params), log_frequencies(N_FREQS))


def find_schools(curves_db: np.ndarray, *, seed: int = 0) -> Schools:
    """Part a word's settings into schools.

    A Gaussian mixture with axes along the main directions of the curves (PCA) is fitted for
    each number of schools. A fit counts only if each school is large enough. The fewest schools
    are taken whose BIC is as good as the lowest, but for :data:`EVIDENCE`.

    Args:
        curves_db: What :func:`heard_curves` says of them, shape ``(n, n_freqs)``.
        seed: Of the fits' beginnings.

    Source:
        C. Fraley and A. E. Raftery, "How Many Clusters? Which Clustering Method?", 1998;
        A. E. Raftery, "Bayesian Model Selection in Social Research", 1995, table 6.
    """
    n = len(curves_db)
    floor = max(MIN_SETTINGS, int(np.ceil(MIN_SHARE * n)))
    points = _main_directions(curves_db)
    bic: dict[int, float] = {}
    labels_of = {1: np.zeros(n, dtype=int)}
    n_distinct = len(np.unique(points.round(6), axis=0))
    most = min(MAX_SCHOOLS, n // floor, n_distinct)
    for n_schools in range(1, most + 1) if most > 1 else ():
        found = [
            (score, labels)
            for labels, score in _fits(points, n_schools, seed=seed)
            if np.bincount(labels, minlength=n_schools).min() >= floor
        ]
        found.sort(key=lambda pair: pair[0])
        for (score, labels), (next_score, _) in itertools.pairwise(found):
            if next_score <= score + SAME_BIC:
                bic[n_schools], labels_of[n_schools] = score, labels
                break
    enough = min(bic.values(), default=0.0) + EVIDENCE
    labels = labels_of[min((k for k in bic if bic[k] <= enough), default=1)]
    by_size = np.argsort(-np.bincount(labels), kind="stable")
    return Schools(np.argsort(by_size)[labels], bic, points.shape[1])


def _main_directions(curves_db: np.ndarray) -> np.ndarray:
    """Project onto the main directions, in dB RMS, shape ``(n, n_directions)``."""
    centred = (curves_db - curves_db.mean(axis=0)) / np.sqrt(curves_db.shape[1])
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    held = np.cumsum(sizes**2) / max(float((sizes**2).sum()), 1e-12)
    n_directions = min(int(np.searchsorted(held, VARIANCE_SHARE)) + 1, len(sizes))
    return centred @ directions[:n_directions].T


def _fits(points: np.ndarray, n_schools: int, *, seed: int) -> Iterator[tuple[np.ndarray, float]]:
    """Yield the labels and the BIC of each fit with a number of schools."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    for start in range(N_STARTS if n_schools > 1 else 2):
        mixture = GaussianMixture(
            n_schools,
            covariance_type="diag",
            reg_covar=BLUR_DB**2,
            max_iter=300,
            random_state=N_STARTS * seed + start,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # its BIC tells how good it is
            labels = mixture.fit_predict(points)
        yield labels, float(mixture.bic(points))
