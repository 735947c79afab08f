"""Cross-validation: every figure on settings that a model never saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from neural_eq.data.safe_db import Dataset
from neural_eq.errors import DataError
from neural_eq.model.config import TrainConfig
from neural_eq.model.evaluation import judge
from neural_eq.model.training import train

GROUPINGS = ("term", "submitter")


def folds(
    dataset: Dataset, *, n_folds: int, seed: int, by: str = "term"
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Part a dataset into training and unseen rows, ``n_folds`` times.

    Args:
        dataset: Any settings.
        n_folds: Parts; each is unseen once.
        seed: Of the shuffle.
        by: ``"term"`` shares each word out evenly; ``"submitter"`` keeps all settings of one
            person on the same side, so that no habit is learned from the person it is tested on.

    Yields:
        Two masks of shape ``(n,)``.

    Raises:
        DataError: If there are fewer settings, or submitters, than folds.
    """
    rng = np.random.default_rng(seed)
    fold = np.empty(len(dataset), dtype=int)
    groups = dataset.terms if by == "term" else dataset.submitters
    names = list(dict.fromkeys(groups.tolist()))
    if min(len(dataset), len(names) if by == "submitter" else len(dataset)) < n_folds:
        raise DataError(f"{dataset.origin} is too small for {n_folds} folds by {by}.")
    if by == "term":
        offset = 0
        for name in names:
            rows = rng.permutation(np.flatnonzero(groups == name))
            fold[rows] = (offset + np.arange(len(rows))) % n_folds
            offset += len(rows)
    else:
        sizes = np.zeros(n_folds)
        shuffled = rng.permutation(len(names))
        by_size = sorted(shuffled, key=lambda i: -int((groups == names[i]).sum()))
        for index in by_size:  # the largest first, each into the emptiest fold
            rows = groups == names[index]
            emptiest = int(sizes.argmin())
            fold[rows] = emptiest
            sizes[emptiest] += rows.sum()
    for number in range(n_folds):
        yield fold != number, fold == number


def cross_validate(
    dataset: Dataset,
    config: TrainConfig,
    *,
    n_folds: int = 5,
    seeds: tuple[int, ...] = (0,),
    by: str = "term",
    on_fold: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Train and judge on unseen settings, fold by fold and seed by seed.

    Args:
        dataset: Any settings.
        config: Its seed is replaced by each of ``seeds``.
        n_folds: Per seed.
        seeds: Each shuffles the folds and starts the network anew.
        by: See :func:`folds`.
        on_fold: Called with how many of how many are done.

    Returns:
        ``scope``, ``by``, ``n_folds``, ``seeds``, and for each figure of ``evaluate`` its
        ``mean`` and ``std`` over all folds.
    """
    rows: list[dict[str, float | None]] = []
    for seed in seeds:
        for seen, unseen in folds(dataset, n_folds=n_folds, seed=seed, by=by):
            known, asked = dataset.rows(seen), dataset.rows(unseen)
            model = train(known, replace(config, seed=seed))
            rows.append(judge(model, asked, known, words=model.terms))
            if on_fold is not None:
                on_fold(len(rows), n_folds * len(seeds))
    return {
        "scope": "cross-validated",
        "by": by,
        "n_folds": n_folds,
        "seeds": list(seeds),
        "latent_dim": config.model.latent_dim,
        "figures": {name: _mean_and_std([row[name] for row in rows]) for name in rows[0]},
    }


def _mean_and_std(values: list[float | None]) -> dict[str, float] | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return {"mean": float(np.mean(known)), "std": float(np.std(known))}
