"""How near a setting is to what people made, and where it belongs on a map of theirs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.errors import DataError

N_FREQS = 128

FAR_PERCENTILE = 90
"""Further from any setting than so many percent of the settings are from their nearest other
is where nobody has been."""

MAX_ASKED = 2000
"""Settings that are asked for their nearest other; more would say the same, and take longer."""

N_NEIGHBOURS = 6
"""Neighbours in the latent among which a point is placed on a map."""

_BLOCK = 256


@dataclass(frozen=True)
class Settled:
    """The settings of a table as the ear compares them.

    Attributes:
        curves_db: At 128 log-spaced frequencies, shape ``(n, 128)``.
        typical_db: Median distance of a setting to its nearest other, RMSE of curve in dB.
        far_db: What :data:`FAR_PERCENTILE` percent of these distances stay below.
    """

    curves_db: np.ndarray
    typical_db: float
    far_db: float


def settled(params: np.ndarray) -> Settled:
    """Compare the settings of a table, shape ``(n, 13)``, with one another.

    Raises:
        DataError: If there are none.
    """
    if not len(params):
        raise DataError("There is no setting to measure a distance to; give a table of settings.")
    curves_db = curves_of(params)
    asked = np.arange(0, len(curves_db), max(1, len(curves_db) // MAX_ASKED))
    own_db = nearest(curves_db[asked], curves_db, not_rows=asked)[1]
    own_db = own_db[np.isfinite(own_db)]  # a single setting has no other
    if not own_db.size:
        return Settled(curves_db, 0.0, 0.0)
    return Settled(
        curves_db, float(np.median(own_db)), float(np.percentile(own_db, FAR_PERCENTILE))
    )


def curves_of(params: np.ndarray) -> np.ndarray:
    """The curves that are compared, shape ``(n, 128)``, of settings of shape ``(n, 13)``."""
    return response_db(params, log_frequencies(N_FREQS))


def nearest(
    curves_db: np.ndarray, others_db: np.ndarray, *, not_rows: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest of other curves for each curve.

    Args:
        curves_db: Shape ``(n, n_freqs)``.
        others_db: Shape ``(n_others, n_freqs)``.
        not_rows: A row of the others that each curve may not take, shape ``(n,)``.

    Returns:
        The row among the others, and the RMSE in dB, each of shape ``(n,)``; infinity where
        there is no other.
    """
    rows, distance_db = np.empty(len(curves_db), dtype=int), np.empty(len(curves_db))
    size = (others_db**2).sum(axis=1)
    for first in range(0, len(curves_db), _BLOCK):
        block = slice(first, first + _BLOCK)
        square = size - 2 * curves_db[block] @ others_db.T  # but for a constant a row
        if not_rows is not None:
            square[np.arange(len(square)), not_rows[block]] = np.inf
        rows[block] = square.argmin(axis=1)
        difference = curves_db[block] - others_db[rows[block]]
        distance_db[block] = np.sqrt((difference**2).mean(axis=1))
        distance_db[block][np.isinf(square.min(axis=1))] = np.inf
    return rows, distance_db


def place(latent: np.ndarray, latents: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Place latents on a map that was made of others: amid their nearest neighbours.

    Each neighbour counts by one over its distance, so that a latent that is one of the others
    stands where that stands.

    Args:
        latent: Shape ``(n, latent_dim)``.
        latents: Those on the map, shape ``(n_others, latent_dim)``, one or more.
        points: Where they stand, shape ``(n_others, 2)``.

    Returns:
        Shape ``(n, 2)``.

    Source:
        D. Shepard, "A two-dimensional interpolation function for irregularly-spaced data", 1968.
    """
    k = min(N_NEIGHBOURS, len(latents))
    placed = np.empty((len(latent), points.shape[1]))
    for i, one in enumerate(latent):
        distance = np.sqrt(((latents - one) ** 2).sum(axis=1))
        near = np.argpartition(distance, k - 1)[:k]
        weight = 1 / np.maximum(distance[near], 1e-9) ** 2
        placed[i] = weight @ points[near] / weight.sum()
    return placed
