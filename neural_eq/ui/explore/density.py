"""Where a word's settings lie most densely: areas that hold half and four fifths of them."""

from __future__ import annotations

import numpy as np

MIN_SETTINGS = 20
"""Fewer than these have no density to speak of; they stay points."""

SHARES = (0.8, 0.5)
"""What the outer and the inner area hold."""

_GRID = 64
_MARGIN = 0.12


def density_areas(points: np.ndarray, *, of_map: np.ndarray) -> list[list[list[float]]]:
    """Find nested areas around a word's points, the outer one first.

    Args:
        points: Shape ``(n, 2)``.
        of_map: All points of the map, shape ``(m, 2)``.

    Returns:
        For each of ``SHARES`` its outlines, each as ``[x, y, x, y, …]``; a place within an odd
        number of them is inside.
    """
    from contourpy import LineType, contour_generator  # for those who ask for density alone

    low, high = of_map.min(axis=0), of_map.max(axis=0)
    margin = _MARGIN * np.where(high > low, high - low, 1.0)
    x, y = (np.linspace(a, b, _GRID) for a, b in zip(low - margin, high + margin, strict=True))
    held = _share_held(points, x, y)
    # outlines must close, so beyond the grid nothing is held
    x, y = (np.concatenate([[2 * at[0] - at[1]], at, [2 * at[-1] - at[-2]]]) for at in (x, y))
    lines = contour_generator(x, y, np.pad(held, 1, constant_values=1), line_type=LineType.Separate)
    return [
        [np.round(np.asarray(outline), 5).ravel().tolist() for outline in lines.lines(share)]
        for share in SHARES
    ]


def _share_held(points: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """For each place of a grid, the share of a word's mass that lies in denser places.

    The mass is a sum of Gaussians as wide as Scott's rule has it, shape ``(n_y, n_x)``.

    Source:
        D. W. Scott, "Multivariate Density Estimation", 1992, equation 6.42.
    """
    width = np.maximum(points.std(axis=0), 1e-3 * (np.array([x[-1] - x[0], y[-1] - y[0]])))
    width = width * len(points) ** (-1 / 6) * 0.7  # clusters are several, and Scott thinks of one
    width = np.maximum(width, [x[1] - x[0], y[1] - y[0]])  # a grid cannot show what is narrower
    along_x = np.exp(-0.5 * ((x[:, None] - points[:, 0]) / width[0]) ** 2)
    along_y = np.exp(-0.5 * ((y[:, None] - points[:, 1]) / width[1]) ** 2)
    density = along_y @ along_x.T
    order = np.argsort(-density, axis=None)
    held = np.empty(density.size)
    held[order] = np.cumsum(density.ravel()[order]) / max(float(density.sum()), 1e-300)
    return held.reshape(density.shape)
