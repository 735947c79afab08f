"""Pictures of runs: their curves, words finding their places in the latent, and runs overlaid."""

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

LOSSES: tuple[tuple[str, str, str, list[int]], ...] = (
    ("contrastive_loss", "Contrastive", "#d55e00", [8, 4]),
    ("total_loss", "Total", GREY, []),
    ("reconstruction_loss", "Reconstruction", "#2a85c7", [2, 3]),
)
"""The field of a history's row, its name, its colour, and the dashes and gaps of its line."""

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


def loss_chart(history: Sequence[Mapping[str, Any]], *, epochs: int) -> dict[str, Any]:
    """Describe the three losses of a run, one point an epoch."""
    lines = [
        {**_by_epoch(history, field), "name": name, "colour": colour, "dash": dash}
        for field, name, colour, dash in LOSSES
    ]
    return _epoch_chart(lines, epochs, title="Loss (no unit, log)", log=True)


def held_out_chart(history: Sequence[Mapping[str, Any]], *, epochs: int) -> dict[str, Any]:
    """Describe the mean curve error on unseen settings, one point an epoch."""
    line = {"name": "Unseen settings", "colour": "#009e73", "dash": []}
    line |= _by_epoch(history, "held_out_curve_db")
    return _epoch_chart([line], epochs, title="Held-out curve error (dB)", unit=" dB")


def _by_epoch(history: Sequence[Mapping[str, Any]], field: str) -> dict[str, list[Any]]:
    values = [row[field] for row in history]
    return {
        "x": [row["epoch"] for row in history],
        "y": [None if value is None else float(f"{value:.5g}") for value in values],
    }


def _epoch_chart(
    lines: list[dict[str, Any]], epochs: int, *, title: str, unit: str = "", log: bool = False
) -> dict[str, Any]:
    return {
        "x": {"title": "Epoch", "range": [0, max(epochs, 1)], "log": False},
        "y": {"title": title, "range": None, "log": log, "unit": unit},
        "groups": lines,
        "height": 280,
        "pans": False,
    }


def latent_chart(points: np.ndarray, rows: ViewRows, *, reach: float) -> dict[str, Any]:
    """Describe one view of a latent, words in their colours.

    Args:
        points: Shape ``(n, 2)``.
        rows: What they are.
        reach: How far both axes go from zero, the same for every view of a run.
    """
    shown = rows.words[:MAX_WORDS]
    kinds = [("other words", ~np.isin(rows.terms, shown), (GREY, "circle"), 4, 0.35)]
    for word, style in word_styles(shown).items():
        kinds.append((word, rows.terms == word, style, 6, 0.75))
    groups = [
        {
            "name": name, "colour": colour, "symbol": symbol, "size": size, "opacity": opacity,
            "x": points[mask, 0].round(3).tolist(), "y": points[mask, 1].round(3).tolist(),
        }
        for name, mask, (colour, symbol), size, opacity in kinds
    ]  # fmt: skip
    across, up = (
        {"title": f"{rows.axes} {n} (no unit)", "range": [-reach, reach], "log": False}
        for n in (1, 2)
    )
    return {"x": across, "y": {**up, "unit": ""}, "groups": groups, "height": 420, "pans": True}


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
