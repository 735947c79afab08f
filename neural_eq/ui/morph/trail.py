"""Where settings lie among those that people made: how far from the nearest, where on a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neural_eq.latent.nearness import Settled, curves_of, nearest, place
from neural_eq.ui.explore.word_places import word_places
from neural_eq.ui.figures import GREY, word_styles

if TYPE_CHECKING:
    from neural_eq.data.safe_db import Dataset
    from neural_eq.model.checkpoint import TrainedModel

MAX_DOTS = 3000
"""A small map has no room for more."""

N_WORDS_WRITTEN = 8
SIZE = 1000

CUT_PERCENT, MARGIN = 0.5, 0.06
"""A small map shows all but so many percent at each side, and a margin of its size around."""


@dataclass(frozen=True)
class Ground:
    """A small map.

    Attributes:
        method: How it was made.
        latents: Of its settings, shape ``(n, latent_dim)``.
        points: Where they stand, within 0 to :data:`SIZE`, shape ``(n, 2)``.
        picture: Its settings by colour and its words, as the browser draws them.
        n_drawn: How many settings that are.
        n_outside: How many lie so far off that they stand at the edge.
    """

    method: str
    latents: np.ndarray
    points: np.ndarray
    picture: dict[str, Any]
    n_drawn: int
    n_outside: int


@dataclass(frozen=True)
class Trail:
    """Settings, one after the other.

    Attributes:
        nearest_db: RMSE of curve to the nearest setting that anybody made, shape ``(n,)``.
        rows: Which setting that is, shape ``(n,)``.
        places: On the map, shape ``(n, 2)``.
    """

    nearest_db: np.ndarray
    rows: np.ndarray
    places: np.ndarray


def ground(
    rows: Dataset, words: Sequence[str], method: str, latents: np.ndarray, points: np.ndarray
) -> Ground:
    """Prepare a small map of a table's settings; ``points`` has the shape ``(n, 2)``."""
    low, high = np.percentile(points, [CUT_PERCENT, 100 - CUT_PERCENT], axis=0)
    span = np.where(high > low, high - low, 1.0)
    share = (points - low) / span * (1 - 2 * MARGIN) + MARGIN
    is_outside = ((share < 0) | (share > 1)).any(axis=1)
    scaled = np.clip(share, 0, 1) * SIZE
    drawn = np.arange(0, len(scaled), max(1, -(-len(scaled) // MAX_DOTS)))
    terms = rows.terms[drawn]
    styles = {word: colour for word, (colour, _) in word_styles(words).items()}
    colours = np.array([styles.get(term, GREY) for term in terms])
    groups = [
        {"colour": colour, "places": scaled[drawn[colours == colour]].round().tolist()}
        for colour in [GREY, *dict.fromkeys(styles.values())]
        if (colours == colour).any()
    ]
    written = word_places(scaled, rows.terms, list(words)[:N_WORDS_WRITTEN])
    picture = {
        "method": method,
        "groups": groups,
        "words": [{"name": word, "place": list(at)} for word, at in written.items()],
    }
    return Ground(method, latents, scaled, picture, len(drawn), int(is_outside.sum()))


def lay(params: np.ndarray, *, model: TrainedModel, among: Settled, on: Ground) -> Trail:
    """Find where settings, shape ``(n, 13)``, lie."""
    rows, nearest_db = nearest(curves_of(params), among.curves_db)
    return Trail(nearest_db, rows, place(model.encode(params), on.latents, on.points))
