"""What a map sounds like at each of its places, for a hand that walks over it.

A grid of decoded settings lies over the map, and a place sounds like the four nodes around it,
mixed. On a dot it sounds like that dot's own setting, since a map of two dimensions lays settings
side by side that no grid can tell apart. Where nobody has been, the gains fade to flat.

The browser does the same sums as :meth:`SoundMap.heard` while the hand moves.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neural_eq.eq.params import (
    FIXED_BOUNDS,
    GAIN_COLUMNS,
    LOG_COLUMNS,
    MAXIMUM,
    MINIMUM,
    N_PARAMS,
    clamp,
)
from neural_eq.errors import DataError, ParameterError
from neural_eq.latent.map_quality import N_NEIGHBORS

N_NODES = 128
"""Nodes along each side of the grid."""

N_MIXED = 8
"""So many settings, the nearest on the map, are mixed at a node."""

FAR_PERCENTILE = 95
"""Somebody has been near a place if a setting lies within the distance inside which so many
percent of the settings have their ten nearest on the same map."""

MARGIN = 0.1
"""The grid reaches beyond the outermost dots by this share of the way between them."""


@dataclass(frozen=True)
class Heard:
    """What one place of a map sounds like.

    Attributes:
        params: In dB, Hz and Q, shape ``(13,)``.
        row: The nearest setting.
        distance: To it, as a share of the map: of its width, and likewise of its height.
        presence: 1 where somebody has been near, falling to 0, where all gains are.
    """

    params: np.ndarray
    row: int
    distance: float
    presence: float


@dataclass(frozen=True)
class SoundMap:
    """A map that can be heard.

    Attributes:
        low: Of the grid, both coordinates, shape ``(2,)``.
        high: Likewise.
        nodes_norm: Normalised settings, ``[y, x]``, shape ``(n_nodes, n_nodes, 13)``.
        points: Where the settings stand, as shares of the grid, shape ``(n, 2)``: both directions
            count alike, as the eye has it.
        own_norm: What they are, normalised, shape ``(n, 13)``.
        reach: How far from each dot its own setting is still heard, a share, shape ``(n,)``.
        far: Nobody has been where the nearest setting is further than this; at twice the
            distance the sound is flat.
    """

    low: np.ndarray
    high: np.ndarray
    nodes_norm: np.ndarray
    points: np.ndarray
    own_norm: np.ndarray
    reach: np.ndarray
    far: float

    def heard(self, place: np.ndarray) -> Heard:
        """Return what a place sounds like.

        Args:
            place: Shape ``(2,)``; beyond the grid its edge is heard, if anything.

        Raises:
            ParameterError: If it is not two finite numbers.
        """
        place = np.asarray(place, dtype=np.float64)
        if place.shape != (2,) or not np.isfinite(place).all():
            raise ParameterError(f"place is {place.tolist()}; it must be two finite numbers.")
        share = (place - self.low) / (self.high - self.low)
        square = ((self.points.astype(np.float64) - share) ** 2).sum(axis=1)
        row = int(square.argmin())
        distance, reach = float(np.sqrt(square[row])), float(self.reach[row])
        norm = self._between_nodes(share)
        if distance < reach:
            to_own = (1 - (distance / reach) ** 2) ** 2
            norm = norm + to_own * (self.own_norm[row] - norm)
        params = FIXED_BOUNDS.denormalize(norm)
        beyond = min(1.0, max(0.0, distance / self.far - 1))
        presence = 1 - beyond**2 * (3 - 2 * beyond)
        params[list(GAIN_COLUMNS)] *= presence
        return Heard(clamp(params), row, distance, presence)

    def _between_nodes(self, share: np.ndarray) -> np.ndarray:
        last = len(self.nodes_norm) - 1
        step = np.clip(share, 0, 1) * last
        first = np.minimum(step.astype(int), last - 1)
        (x, y), (right, up) = first, step - first
        nodes = self.nodes_norm[y : y + 2, x : x + 2].astype(np.float64)  # (2, 2, 13)
        below, above = nodes[:, 0] + right * (nodes[:, 1] - nodes[:, 0])
        return below + up * (above - below)

    def dot(self, row: int) -> np.ndarray:
        """Return where a setting stands, shape ``(2,)``."""
        return self.low + self.points[row] * (self.high - self.low)

    def percent(self, place: np.ndarray) -> tuple[float, float]:
        """Say where a place lies, in percent across and up."""
        across, up = 100 * (np.asarray(place) - self.low) / (self.high - self.low)
        return float(across), float(up)

    def to_bytes(self, terms: np.ndarray, setting_ids: np.ndarray) -> bytes:
        """Write all for the browser: the length of a JSON head, the head, float32 arrays.

        Args:
            terms: The word of each setting, shape ``(n,)``.
            setting_ids: Its number, likewise.
        """
        words, word_at = np.unique(terms.astype(str), return_inverse=True)
        head = json.dumps(
            {
                "n": len(self.points), "n_nodes": len(self.nodes_norm), "n_params": N_PARAMS,
                "low": self.low.tolist(), "high": self.high.tolist(), "far": self.far,
                "words": words.tolist(), "word_at": word_at.tolist(),
                "ids": [int(i) for i in setting_ids],
                "norm_low": FIXED_BOUNDS.minimum, "norm_high": FIXED_BOUNDS.maximum,
                "logs": LOG_COLUMNS, "gains": GAIN_COLUMNS,
                "minimum": MINIMUM.tolist(), "maximum": MAXIMUM.tolist(),
            }
        ).encode()  # fmt: skip
        head += b" " * (-len(head) % 4)  # so that the numbers begin at a multiple of four
        arrays = (self.nodes_norm, self.points, self.own_norm, self.reach)
        numbers = [np.ascontiguousarray(array, dtype="<f4").tobytes() for array in arrays]
        return b"".join([len(head).to_bytes(4, "little"), head, *numbers])


def sound_map(
    params: np.ndarray,
    latent: np.ndarray,
    points: np.ndarray,
    decode: Callable[[np.ndarray], np.ndarray],
    *,
    is_latent: bool = False,
) -> SoundMap:
    """Lay the sound over a map.

    Each node is the mean of the latents of the settings nearest to it on the map, each counting
    by one over its squared distance, decoded.

    Args:
        params: In dB, Hz and Q, shape ``(n, 13)``.
        latent: What the model makes of them, shape ``(n, latent_dim)``.
        points: Where they stand, shape ``(n, 2)``.
        decode: The model's: ``(batch, latent_dim)`` to ``(batch, 13)``.
        is_latent: Whether the map is the latent itself. A node is then what the model decodes
            there, and a dot sounds as the model gives it back, not as its own setting.

    Raises:
        DataError: If there is no setting.
        ParameterError: If the map has not two dimensions.

    Source:
        D. Shepard, "A two-dimensional interpolation function for irregularly-spaced data", 1968.
    """
    if not len(points):
        raise DataError("There is no setting to hear; give a table of settings.")
    if points.ndim != 2 or points.shape[1] != 2:
        raise ParameterError(f"The map has {points.shape[-1]} dimensions; two can be played.")
    extent = np.ptp(points, axis=0)
    margin = MARGIN * np.where(extent > 0, extent, 1.0)
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    shares = ((points - low) / (high - low)).astype(np.float32)  # as the browser has it
    steps = np.linspace(0, 1, N_NODES)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    nodes = decode(low + grid * (high - low) if is_latent else _mixed(grid, shares, latent))
    reach = _reach(shares)
    return SoundMap(
        low=low,
        high=high,
        nodes_norm=FIXED_BOUNDS.normalize(nodes).astype(np.float32).reshape(N_NODES, N_NODES, -1),
        points=shares,
        own_norm=FIXED_BOUNDS.normalize(params).astype(np.float32),
        reach=np.zeros_like(reach) if is_latent else reach,
        far=_far(shares),
    )


def _mixed(grid: np.ndarray, points: np.ndarray, latent: np.ndarray) -> np.ndarray:
    k = min(N_MIXED, len(points))
    distance, rows = _nearest(grid, points, k)
    weight = 1 / np.maximum(distance, 1e-9) ** 2
    weight /= weight.sum(axis=1, keepdims=True)
    return np.einsum("nk,nkd->nd", weight, latent[rows])


def _far(points: np.ndarray) -> float:
    k = min(N_NEIGHBORS, len(points) - 1)
    found = np.percentile(_nearest(points, points, k + 1)[0][:, -1], FAR_PERCENTILE) if k else 0.0
    return max(float(found), 0.01)  # settings all in one place have no distances


def _reach(points: np.ndarray) -> np.ndarray:
    """Half the way to the nearest dot at another place, so that no two meet."""
    places, at = np.unique(points, axis=0, return_inverse=True)
    if len(places) < 2:
        return np.full(len(points), 0.01, dtype=np.float32)
    return (_nearest(places, places, 2)[0][:, 1] / 2).astype(np.float32)[at.ravel()]


def _nearest(places: np.ndarray, points: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances and rows of the ``k`` nearest points, each of shape ``(n, k)``."""
    from scipy.spatial import cKDTree

    distance, rows = cKDTree(points).query(places, k=np.arange(1, k + 1))
    return distance, rows
