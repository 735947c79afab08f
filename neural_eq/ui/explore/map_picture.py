"""A map of settings, in two or three dimensions, as the browser is to draw it; no streamlit."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neural_eq.ui.explore.density import MIN_SETTINGS, density_areas
from neural_eq.ui.explore.word_places import places_in_space, word_places
from neural_eq.ui.figures import GREY, word_styles

OTHER_WORDS = "other words"

MAX_COLOURED = 50
"""So many words have a colour and symbol of their own; see ``word_styles``."""

MARK_COLOUR = "#d6267f"
"""No word has it; 3:1 or more with both grounds."""


@dataclass(frozen=True)
class Marks:
    """What is marked on a map, each as rows of its points.

    Attributes:
        found: Words that stay bright while the others fade; empty for all.
        selected: The clicked setting.
        neighbors: Its nearest in the latent.
        group: The settings of a lasso.
        displaced: Those that the projection tore from their neighbours.
    """

    found: tuple[str, ...] = ()
    selected: int | None = None
    neighbors: Sequence[int] = ()
    group: Sequence[int] = ()
    displaced: Sequence[int] = ()


def map_picture(
    points: np.ndarray,
    *,
    terms: np.ndarray,
    words: Sequence[str],
    labels: Mapping[str, str],
    method: str,
    revision: str,
    density: bool = False,
    drag: str = "pan",
    marks: Marks | None = None,
) -> dict[str, Any]:
    """Lay out settings as points coloured by word, for ``map_chart.js``.

    Args:
        points: Shape ``(n, 2)`` or ``(n, 3)``.
        terms: The word of each, shape ``(n,)``.
        words: Those that get a colour of their own; the rest are grey.
        labels: What the legend calls a word, where it is not the word alone.
        method: What the axes are called.
        revision: Names the map, for the browser's memory of zoom and camera.
        density: Whether to draw words of many settings as areas.
        drag: What dragging does in two dimensions: ``"pan"``, ``"lasso"`` or ``"box"``.
        marks: What is marked.

    Returns:
        What JSON can hold. Places and rows travel as base64 of little-endian float32 and int32.
        ``groups`` are drawn in their order, each with its word's name, label and look.
    """
    marks = marks or Marks()
    n_dims = points.shape[1]
    styles = word_styles([*words, *(w for w in marks.found if w not in words)])
    known = np.isin(terms, list(styles))
    named = [(OTHER_WORDS, np.flatnonzero(~known), (GREY, "circle"))] if not known.all() else []
    named += [(word, np.flatnonzero(terms == word), style) for word, style in styles.items()]
    groups = []
    for name, rows, (colour, symbol) in named:
        if not len(rows):
            continue
        faded = bool(marks.found) and name not in marks.found
        has_area = (
            density and n_dims == 2 and len(rows) >= MIN_SETTINGS and name != OTHER_WORDS
        ) and not faded
        groups.append(
            {
                "name": name,
                "label": labels.get(name, name),
                "colour": colour,
                "symbol": symbol,
                "size": 4 if has_area else _size_px(name, len(rows)),
                "opacity": 0.1 if faded else 0.25 if has_area else _opacity(name, len(rows)),
                "rows": packed(rows, "<i4"),
                "areas": density_areas(points[rows], of_map=points) if has_area else [],
            }
        )
    written = marks.found or words
    place = word_places if n_dims == 2 else places_in_space
    return {
        "revision": revision,
        "axes": [f"{method} {number + 1} (no unit)" for number in range(n_dims)],
        "spoken": f"{method} map of {len(points):,} settings, coloured by word",
        "drag": drag,
        "points": packed(points, "<f4"),
        "groups": groups,
        "labels": [
            {"name": word, "at": list(at)} for word, at in place(points, terms, written).items()
        ],
        "mark_colour": MARK_COLOUR,
        "marks": {
            "group": [int(row) for row in marks.group],
            "displaced": [int(row) for row in marks.displaced],
            "neighbors": [int(row) for row in marks.neighbors],
            "selected": [] if marks.selected is None else [marks.selected],
        },
    }


def packed(values: np.ndarray, kind: str) -> str:
    """Write numbers as base64 of a numpy type such as ``"<f4"``."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode()


def _size_px(name: str, n: int) -> int:
    return 5 if name == OTHER_WORDS else 6 if n > 50 else 10


def _opacity(name: str, n: int) -> float:
    return 0.35 if name == OTHER_WORDS else 0.7 if n > 50 else 0.95
