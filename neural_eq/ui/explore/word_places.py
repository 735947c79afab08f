"""Where on a map to write the words: at their densest places, none over another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

N_NARROW = 6
"""So many words, the first ones, are written on a narrow screen too; ``map_chart.css`` hides the
others there."""

WIDE, NARROW = (0.13, 0.06), (0.26, 0.065)
"""Size of a label as shares of the map's width and height."""

APART = 0.12
"""Nearest that two labels come in space, as a share of the map."""

_SAMPLE = 300


def word_places(
    points: np.ndarray, terms: np.ndarray, words: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Find where to write each word: amid its points, later ones shifted off the earlier.

    Args:
        points: Shape ``(n, 2)``.
        terms: The word of each, shape ``(n,)``.
        words: Those to write; one that finds no free place is left out.
    """
    if not len(points):
        return {}
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    placed: dict[str, np.ndarray] = {}
    for word in words:
        of_word = points[terms == word]
        if not len(of_word):
            continue
        width, height = NARROW if len(placed) < N_NARROW else WIDE
        at = (densest(of_word) - low) / span
        for step in (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5):
            tried = at + [0.0, step * height]
            clear = all(
                (np.abs(tried - other) > [width, height * 0.95]).any() for other in placed.values()
            )
            if clear and 0 <= tried[1] <= 1:
                placed[word] = tried
                break
    return {word: tuple((at * span + low).tolist()) for word, at in placed.items()}


def places_in_space(
    points: np.ndarray, terms: np.ndarray, words: Sequence[str]
) -> dict[str, tuple[float, ...]]:
    """Find where to write words among points of three dimensions, shape ``(n, 3)``.

    A word too near an earlier one is left out: from where one looks, no shift would help.
    """
    if not len(points):
        return {}
    span = np.where(np.ptp(points, axis=0) > 0, np.ptp(points, axis=0), 1.0)
    placed: dict[str, np.ndarray] = {}
    for word in words:
        of_word = points[terms == word]
        if not len(of_word):
            continue
        at = densest(of_word)
        if all(np.linalg.norm((at - other) / span) > APART for other in placed.values()):
            placed[word] = at
    return {word: tuple(at.tolist()) for word, at in placed.items()}


def densest(points: np.ndarray) -> np.ndarray:
    """The point, of any dimensions, whose fifth of all is nearest: in a cluster, even if there
    are several."""
    sample = points[:: max(1, len(points) // _SAMPLE)].astype(float)
    centred = sample - sample.mean(axis=0)
    squares = (centred**2).sum(axis=1)
    # squared, since the order is the same
    distance = squares[:, None] + squares - 2 * centred @ centred.T
    k = min(max(2, len(sample) // 5), len(sample) - 1)
    return sample[np.partition(distance, k, axis=1)[:, k].argmin()]
