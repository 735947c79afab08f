"""How far a trained model pulled its two commonest words apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neural_eq.data.safe_db import Dataset
from neural_eq.jobs.run_folder import Separation

if TYPE_CHECKING:
    from neural_eq.model.checkpoint import TrainedModel

MIN_UNSEEN, MAX_ROWS = 5, 1000


def separation(model: TrainedModel, dataset: Dataset) -> Separation | None:
    """Measure on held-out settings where each word has five of them, else on all.

    Args:
        model: As it came out of its training.
        dataset: What it was trained on, whole.

    Returns:
        None where a word has a single setting.
    """
    from neural_eq.model.run import split

    words = tuple(list(model.terms)[:2])
    if len(words) < 2:
        return None
    first, second = words
    config = model.config
    unseen = split(dataset, share=config.held_out_share, seed=config.seed).numpy()
    enough = all((unseen & (dataset.terms == word)).sum() >= MIN_UNSEEN for word in words)
    chosen = np.isin(dataset.terms, words) & (unseen if enough else True)
    rows = np.flatnonzero(chosen)
    if len(rows) > MAX_ROWS:
        rows = np.random.default_rng(config.seed).choice(rows, MAX_ROWS, replace=False)
    is_first = dataset.terms[rows] == first
    if min(is_first.sum(), (~is_first).sum()) < 2:
        return None
    return Separation(
        (first, second), silhouette(model.encode(dataset.params[rows]), is_first), enough
    )


def silhouette(places: np.ndarray, is_first: np.ndarray) -> float:
    """Mean silhouette of two groups.

    Args:
        places: Shape ``(n, n_dims)``.
        is_first: Which group each belongs to, shape ``(n,)``; both have two or more.

    Source:
        P. Rousseeuw, "Silhouettes", 1987. scikit-learn has it too, for a second of importing.
    """
    squares = (places**2).sum(axis=1)
    distance = np.sqrt(np.maximum(squares[:, None] + squares - 2 * places @ places.T, 0.0))
    np.fill_diagonal(distance, 0.0)
    same = is_first[:, None] == is_first
    within = (distance * same).sum(axis=1) / (same.sum(axis=1) - 1)
    between = (distance * ~same).sum(axis=1) / (~same).sum(axis=1)
    larger = np.maximum(within, between)
    return float(np.divide(between - within, larger, where=larger > 0, out=0.0 * larger).mean())
