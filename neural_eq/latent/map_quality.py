"""How far a picture of a latent space can be trusted: which neighbours it keeps, and which not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

N_NEIGHBORS = 10
"""How many nearest points count as a point's neighbourhood, where there are enough."""

DISPLACED_BEYOND = 0.05
"""A point is displaced if half its neighbours in the latent are not among this share of all
points, the nearest to it on the map, or among the nearest :data:`DISPLACED_RANK`."""

DISPLACED_RANK = 3 * N_NEIGHBORS

_BLOCK_BYTES = 32 * 2**20


@dataclass(frozen=True)
class MapQuality:
    """What a map keeps of a latent's neighbourhoods.

    Attributes:
        neighbors: Each point's nearest in the latent, nearest first, shape ``(n, k)``.
        displacement: Where the middle one of them ranks on the map, as a share of all other
            points, 0 to 1, shape ``(n,)``.
        trustworthiness: 1 if every neighbour on the map is one in the latent; None if there
            are too few points to say.
        continuity: 1 if every neighbour in the latent is one on the map; None likewise.
    """

    neighbors: np.ndarray
    displacement: np.ndarray
    trustworthiness: float | None
    continuity: float | None

    @property
    def displaced(self) -> np.ndarray:
        """Which points the map tore from their neighbours, a mask of shape ``(n,)``."""
        others = max(len(self.displacement) - 1, 1)
        return self.displacement > max(DISPLACED_BEYOND, DISPLACED_RANK / others)


def measure(latent: np.ndarray, points: np.ndarray) -> MapQuality:
    """Compare the neighbourhoods of a map with those of the latent it was made from.

    Memory stays bounded: distances are taken in blocks of rows.

    Args:
        latent: Shape ``(n, latent_dim)``.
        points: Shape ``(n, n_dims)``.

    Source:
        J. Venna and S. Kaski, "Neighborhood Preservation in Nonlinear Projection Methods",
        2001, equations 1 and 2.
    """
    latent, points = (np.asarray(x, dtype=np.float64) for x in (latent, points))
    n = len(latent)
    k = max(min(N_NEIGHBORS, n - 1), 0)
    k_judged = min(N_NEIGHBORS, (n - 1) // 2)  # the measures are defined below half of all
    neighbors = np.zeros((n, k), dtype=np.int32)
    displacement = np.zeros(n)
    false_steps = missed_steps = 0.0
    block = max(1, _BLOCK_BYTES // max(1, 8 * n))
    for first in range(0, n if k else 0, block):
        rows = np.arange(first, min(first + block, n))
        in_latent, on_map = _distances(latent, rows), _distances(points, rows)
        neighbors[rows] = _nearest(in_latent, k)
        map_ranks = _ranks(on_map, neighbors[rows])
        displacement[rows] = np.median(map_ranks, axis=1) / (n - 1)
        missed_steps += np.maximum(map_ranks[:, :k_judged] - k_judged, 0).sum()
        seen = _ranks(in_latent, _nearest(on_map, k_judged)) if k_judged else np.zeros((1, 1))
        false_steps += np.maximum(seen - k_judged, 0).sum()
    if k_judged < 1:
        return MapQuality(neighbors, displacement, None, None)
    scale = 2 / (n * k_judged * (2 * n - 3 * k_judged - 1))
    return MapQuality(
        neighbors, displacement, float(1 - scale * false_steps), float(1 - scale * missed_steps)
    )


def _distances(points: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Squared distances of some rows to all; a row lies infinitely far from itself."""
    norms = (points**2).sum(axis=1)
    squared = norms[rows, None] - 2 * points[rows] @ points.T + norms
    squared[np.arange(len(rows)), rows] = np.inf
    return squared


def _nearest(distances: np.ndarray, k: int) -> np.ndarray:
    """The ``k`` nearest columns of each row, nearest first."""
    found = np.argpartition(distances, k - 1, axis=1)[:, :k]
    order = np.take_along_axis(distances, found, axis=1).argsort(axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1)


def _ranks(distances: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Rank of some columns in each row, the nearest being 1; equal distances share the best."""
    ranks = np.empty(columns.shape, dtype=np.int64)
    for place in range(columns.shape[1]):
        limit = np.take_along_axis(distances, columns[:, place, None], axis=1)
        ranks[:, place] = (distances < limit).sum(axis=1) + 1
    return ranks
