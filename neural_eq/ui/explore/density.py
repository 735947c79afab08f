"""Where a word's settings lie most densely: areas that hold half and four fifths of them."""

from __future__ import annotations

from typing import Any

import numpy as np

MIN_SETTINGS = 20
"""Fewer than these have no density to speak of; they stay points."""

SHARES = (0.8, 0.5)
"""What the outer and the inner area hold."""

_GRID = 64
_MARGIN = 0.12


def density_trace(
    points: np.ndarray, *, low: np.ndarray, high: np.ndarray, colour: str, name: str
) -> dict[str, Any]:
    """Draw two nested areas around a word's points, as a plotly trace that takes no clicks.

    Args:
        points: Shape ``(n, 2)``.
        low: The map's smallest coordinates, shape ``(2,)``.
        high: Its largest.
        colour: ``#rrggbb``.
        name: Of the word; its points toggle with it.
    """
    margin = _MARGIN * (high - low)
    x, y = (np.linspace(a, b, _GRID) for a, b in zip(low - margin, high + margin, strict=True))
    held = _share_held(points, x, y)
    inside = 1 - held  # so that it rises towards the densest place
    outer, inner = (1 - share for share in SHARES)
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    shade = [f"rgba({red},{green},{blue},{alpha})" for alpha in (0, 0.18, 0.42)]
    return {
        "type": "contour", "x": x, "y": y, "z": inside.round(4), "zmin": 0, "zmax": 1,
        "contours": {"start": outer, "end": inner, "size": inner - outer, "coloring": "fill"},
        "colorscale": [
            [0, shade[0]], [outer - 0.01, shade[0]], [outer, shade[1]], [inner - 0.01, shade[1]],
            [inner, shade[2]], [1, shade[2]],
        ],
        "line": {"color": colour, "width": 1.5, "smoothing": 1},
        "showscale": False, "hoverinfo": "skip", "showlegend": False, "name": name,
        "legendgroup": name,
    }  # fmt: skip


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
