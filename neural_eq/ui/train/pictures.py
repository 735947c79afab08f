"""Figures of runs: how words find their places in the latent, and runs laid over one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from neural_eq.jobs.views import ViewRows
from neural_eq.ui.figures import COLOURS, GREY, plain, word_styles

MAX_WORDS = 12
MAX_EPOCHS_DRAWN = 400
DASHES = ("solid", "dash", "dot", "dashdot")

OVERLAYS: Mapping[str, tuple[str, str]] = {
    "Held-out error": ("held_out_curve_db", "Held-out curve error (dB, log)"),
    "Total loss": ("total_loss", "Total loss (no unit, log)"),
    "Reconstruction": ("reconstruction_loss", "Reconstruction loss (no unit, log)"),
    "Contrastive": ("contrastive_loss", "Contrastive loss (no unit, log)"),
}
"""What runs can be compared by: the field of a history's row, and its axis."""


def thinned(history: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """At most 400 epochs of a history, evenly, the last one among them."""
    if len(history) <= MAX_EPOCHS_DRAWN:
        return list(history)
    chosen = np.linspace(0, len(history) - 1, MAX_EPOCHS_DRAWN).round().astype(int)
    return [history[i] for i in chosen]


def latent_figure(points: np.ndarray, rows: ViewRows, *, reach: float, revision: str) -> go.Figure:
    """Draw one view of a latent, words in their colours.

    Args:
        points: Shape ``(n, 2)``.
        rows: What they are.
        reach: How far both axes go from zero, the same for every view of a run.
        revision: Pan and zoom stay while this does.
    """
    shown = rows.words[:MAX_WORDS]
    known = np.isin(rows.terms, shown)
    groups = [("other words", ~known, (GREY, "circle"), 4, 0.35)]
    for word, style in word_styles(shown).items():
        groups.append((word, rows.terms == word, style, 6, 0.75))
    traces = [
        {
            "type": "scatter", "mode": "markers", "name": plain(name),
            "x": points[mask, 0].round(3), "y": points[mask, 1].round(3),
            "hovertemplate": "%{fullData.name}<extra></extra>",
            "marker": {
                "color": colour, "symbol": symbol, "size": size, "opacity": opacity,
                "line": {"width": 0},
            },
        }
        for name, mask, (colour, symbol), size, opacity in groups
    ]  # fmt: skip
    axis = {
        "range": [-reach, reach], "showticklabels": True, "zeroline": False, "showgrid": False,
        "nticks": 5,
    }  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": f"{rows.axes} 1 (no unit)"}, **axis},
        "yaxis": {"title": {"text": f"{rows.axes} 2 (no unit)"}, **axis},
        "height": 440,
        "margin": {"l": 45, "r": 5, "t": 10, "b": 40},
        "legend": {"orientation": "h", "y": -0.16, "yanchor": "top", "itemsizing": "constant"},
        "hovermode": "closest",
        "dragmode": "pan",
        "uirevision": revision,
    }
    return go.Figure({"data": traces, "layout": layout})


def overlay_figure(
    histories: Mapping[str, Sequence[Mapping[str, Any]]], *, curve: str
) -> go.Figure:
    """Draw one curve of several runs over one another, by epoch.

    Args:
        histories: By what the legend calls each.
        curve: One of :data:`OVERLAYS`.
    """
    field, title = OVERLAYS[curve]
    traces = []
    for number, (name, history) in enumerate(histories.items()):
        rows = thinned(history)
        traces.append(
            {
                "type": "scatter", "mode": "lines", "name": plain(name),
                "x": [row["epoch"] for row in rows],
                "y": [row[field] if (row.get(field) or 0) > 0 else None for row in rows],
                "line": {
                    "color": COLOURS[number % len(COLOURS)],
                    "dash": DASHES[number % len(DASHES)],
                    "width": 2,
                },
                "hovertemplate": "epoch %{x}: %{y:.4g}<extra>%{fullData.name}</extra>",
            }
        )  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": "Epoch"}, "rangemode": "tozero"},
        "yaxis": {"title": {"text": title}, "type": "log", "exponentformat": "none"},
        "height": 320,
        "margin": {"l": 60, "r": 10, "t": 10, "b": 40},
        "legend": {"orientation": "h", "y": -0.22, "yanchor": "top"},
        "showlegend": True,
        "hovermode": "closest",
        "uirevision": curve,
    }
    return go.Figure({"data": traces, "layout": layout})
