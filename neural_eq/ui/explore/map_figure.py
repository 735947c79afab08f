"""A map of settings as a plotly figure, in two or three dimensions; no state, no streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from neural_eq.ui.explore.density import MIN_SETTINGS, density_trace
from neural_eq.ui.explore.word_places import clear_of, places_in_space, word_places
from neural_eq.ui.figures import GREY, plain, word_styles

OTHER_WORDS = "other words"
MANY_POINTS = 4000
"""More than these are drawn by ``many_points.py``: Plotly's are then there, but unseen."""

MAX_COLOURED = 50
"""So many words have a colour and symbol of their own; see ``word_styles``."""

HEIGHT_PX = 580
MARK_COLOUR = "#d6267f"
"""No word has it; 3:1 or more with both grounds."""

_MARGIN = 0.06
_SYMBOLS_3D = {
    "circle": "circle", "diamond": "diamond", "square": "square", "cross": "cross", "x": "x",
}  # fmt: skip
"""Plotly's three dimensions have few symbols; a word whose own is not there is a circle."""

_MAX_SIZE_3D = 8
"""Rare words are drawn larger, but in space they would cover what lies behind."""


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


@dataclass(frozen=True)
class MapLook:
    """How someone left a map.

    Attributes:
        ranges: Of both axes in two dimensions, ``[[low, high], [low, high]]``; None for all.
        camera: In three, as plotly has it; None for the first one.
        hidden: Words that the legend hides.
    """

    ranges: Sequence[Sequence[float]] | None = None
    camera: Mapping[str, Any] | None = None
    hidden: Sequence[str] = ()


def map_figure(
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
    look: MapLook | None = None,
) -> go.Figure:
    """Draw settings as points coloured by word.

    Args:
        points: Shape ``(n, 2)`` or ``(n, 3)``.
        terms: The word of each, shape ``(n,)``. A point's ``customdata`` is its row.
        words: Those that get a colour of their own; the rest are grey.
        labels: What the legend calls a word, where it is not the word alone.
        method: What the axes are called.
        revision: Names the map, for plotly's own memory of zoom and camera.
        density: Whether to draw words of many settings as areas.
        drag: What dragging does in two dimensions: ``"pan"``, ``"lasso"`` or ``"select"``.
        marks: What is marked.
        look: How it was left.
    """
    marks, look = marks or Marks(), look or MapLook()
    is_3d = points.shape[1] == 3
    styles = word_styles([*words, *(w for w in marks.found if w not in words)])
    known = np.isin(terms, list(styles))
    groups = [(OTHER_WORDS, np.flatnonzero(~known), (GREY, "circle"))] if not known.all() else []
    groups += [(w, np.flatnonzero(terms == w), style) for w, style in styles.items()]
    traces: list[dict[str, Any]] = []
    for name, rows, style in groups:
        faded = bool(marks.found) and name not in marks.found
        if not len(rows):
            continue
        has_area = density and not is_3d and len(rows) >= MIN_SETTINGS and name != OTHER_WORDS
        if has_area and not faded:
            low, high = points.min(axis=0), points.max(axis=0)
            traces.append(
                density_trace(points[rows], low=low, high=high, colour=style[0], name=name)
            )
        opacity = 0.1 if faded else 0.25 if has_area else _opacity(name, len(rows))
        traces += _point_traces(
            points, rows, (name, labels.get(name, name)), style, opacity, small=has_area
        )
    for trace in traces:
        trace["visible"] = "legendonly" if trace["legendgroup"] in look.hidden else True
    traces += _mark_traces(points, marks)
    written = marks.found or words
    layout: dict[str, Any] = {
        "height": HEIGHT_PX,
        # room for the ticks and three rows of words: what does not fit is drawn twice by Plotly
        "margin": {"l": 40, "r": 5, "t": 10, "b": 106},
        "legend": {"orientation": "h", "y": -0.09, "yanchor": "top", "itemsizing": "constant"},
        "hovermode": "closest",
        "clickmode": "event",
        "uirevision": revision,
        # the lasso's outline goes when the group that it drew does
        "selectionrevision": f"{revision} {hash(tuple(marks.group))}",
    }
    if is_3d:
        layout["scene"] = _scene(method, places_in_space(points, terms, written), revision)
        if look.camera is not None:
            layout["scene"]["camera"] = dict(look.camera)
    else:
        layout |= _axes(points, method)
        for axis, limits in zip(("xaxis", "yaxis"), look.ranges or (), strict=False):
            layout[axis]["range"] = list(limits)
        places = word_places(points, terms, written)
        seen = [abs(high - low) for low, high in (layout[a]["range"] for a in ("xaxis", "yaxis"))]
        pointed_at = [*marks.neighbors, *([] if marks.selected is None else [marks.selected])]
        if pointed_at:
            places = clear_of(places, points[pointed_at], sizes=(seen[0], seen[1]))
        layout["annotations"] = [_label(word, at) for word, at in places.items()]
        layout["dragmode"] = drag
        if is_drawn_by_us(points):
            clear = "rgba(0,0,0,0)"
            layout |= {"paper_bgcolor": clear, "plot_bgcolor": clear}
            layout["modebar"] = {"bgcolor": clear, "color": GREY, "activecolor": GREY}
        line = {"color": MARK_COLOUR, "width": 2, "dash": "dot"}
        layout["newselection"] = {"line": line}
        layout["activeselection"] = {"fillcolor": MARK_COLOUR, "opacity": 0.12}
    return go.Figure({"data": traces, "layout": layout})  # at once: each piece is checked twice


def _opacity(name: str, n: int) -> float:
    return 0.35 if name == OTHER_WORDS else 0.7 if n > 50 else 0.95


def is_drawn_by_us(points: np.ndarray) -> bool:
    """Whether ``many_points.py`` is to draw the points, shape ``(n, 2)`` or ``(n, 3)``."""
    return len(points) > MANY_POINTS and points.shape[1] == 2


def _point_traces(
    points: np.ndarray, rows: np.ndarray, names: tuple[str, str], style: tuple[str, str],
    opacity: float, *, small: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    colour, symbol = style
    name, label = names
    size = 4 if small else 5 if name == OTHER_WORDS else 6 if len(rows) > 50 else 10
    place = points[rows].astype(np.float32)
    trace: dict[str, Any] = {
        "x": place[:, 0],
        "y": place[:, 1],
        "mode": "markers",
        "name": plain(label),
        "legendgroup": name,
        "customdata": rows.astype(np.int32),
        "hoverinfo": "none",  # the page's own reading shows more; see reader.py
        "marker": {
            "color": colour, "symbol": symbol, "size": size, "opacity": opacity,
            "line": {"width": 0},
        },
    }  # fmt: skip
    if place.shape[1] == 3:
        # a square or a cross in space looks larger than a circle of its size
        share = 0.7 if _SYMBOLS_3D.get(symbol, "circle") == "circle" else 0.5
        marker = {
            **trace["marker"], "symbol": _SYMBOLS_3D.get(symbol, "circle"),
            "size": share * min(size, _MAX_SIZE_3D),
        }  # fmt: skip
        return [{**trace, "type": "scatter3d", "z": place[:, 2], "marker": marker}]
    trace["type"] = "scatter"
    legend = []
    if is_drawn_by_us(points):
        legend = [{**trace, "x": [None], "y": [None], "customdata": None}]
        look = {"colour": colour, "symbol": symbol, "size": size, "opacity": opacity}
        trace |= {"type": "scattergl", "meta": look, "showlegend": False}
        trace["marker"], opacity = {"size": 1, "opacity": 0}, 0
    # a lasso must not fade the rest: the marks show what is chosen
    for which in ("selected", "unselected"):
        trace[which] = {"marker": {"opacity": opacity}}
    return [*legend, trace]


def _mark_traces(points: np.ndarray, marks: Marks) -> list[dict[str, Any]]:
    """Rings and crosses over the points; they take no clicks."""
    selected = [] if marks.selected is None else [marks.selected]
    many = len(marks.group) + len(marks.displaced) > MANY_POINTS
    drawn = (
        (marks.group, "circle-open", 9, 1.5, "chosen"),
        (marks.displaced, "x-thin-open", 9, 2, "displaced"),
        (marks.neighbors, "circle-open", 13, 2, "nearest ten"),
        (selected, "circle-open", 22, 4, "this setting"),
    )
    traces: list[dict[str, Any]] = []
    for rows, symbol, size, width, name in drawn:
        if not len(rows):
            continue
        place = points[np.asarray(rows)].astype(np.float32)
        trace: dict[str, Any] = {
            "type": "scattergl" if many else "scatter", "x": place[:, 0], "y": place[:, 1],
            "mode": "markers", "hoverinfo": "skip", "name": name,
            "showlegend": False,  # or the legend would grow and push the map
            "marker": {
                "color": MARK_COLOUR, "symbol": symbol, "size": size, "line": {"width": width}
            },
        }  # fmt: skip
        for which in ("selected", "unselected"):
            trace[which] = {"marker": {"opacity": 1}}
        if place.shape[1] == 3:
            symbol = "x" if symbol.startswith("x") else symbol
            marker = {**trace["marker"], "symbol": symbol, "size": size * 0.8}
            trace |= {"type": "scatter3d", "z": place[:, 2], "marker": marker}
            del trace["selected"], trace["unselected"]
        traces.append(trace)
    return traces


def _axes(points: np.ndarray, method: str) -> dict[str, Any]:
    low, high = (points.min(axis=0), points.max(axis=0)) if len(points) else ([0, 0], [1, 1])
    plain = {"showticklabels": False, "zeroline": False, "showgrid": False, "ticks": ""}
    axes: dict[str, Any] = {}
    for place, axis in enumerate(("xaxis", "yaxis")):
        margin = _MARGIN * ((high[place] - low[place]) or 1)
        axes[axis] = {
            "title": {"text": f"{method} {place + 1} (no unit)"},
            "range": [float(low[place] - margin), float(high[place] + margin)],
            **plain,
        }
    return axes


def _scene(method: str, labels: Mapping[str, tuple[float, ...]], revision: str) -> dict[str, Any]:
    axes = {
        f"{axis}axis": {
            "title": {"text": f"{method} {place + 1} (no unit)"}, "showticklabels": False,
            "showspikes": False,
        }
        for place, axis in enumerate("xyz")
    }  # fmt: skip
    return {
        **axes,
        "annotations": [{**_label(w, at[:2]), "z": float(at[2])} for w, at in labels.items()],
        "uirevision": revision, "aspectmode": "cube", "dragmode": "orbit",
        "camera": {"eye": {"x": 1.3, "y": 1.3, "z": 0.8}},
    }  # fmt: skip


def _label(word: str, at: Sequence[float] | np.ndarray) -> dict[str, Any]:
    return {
        "x": float(at[0]), "y": float(at[1]), "text": plain(word), "showarrow": False,
        "captureevents": False, "borderpad": 2, "font": {"size": 12, "color": "#ffffff"},
        "bgcolor": "rgba(45,48,52,0.72)",
    }  # fmt: skip
