"""Arrays to plotly figures, readable on light and on dark ground; no state, no streamlit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from neural_eq.eq.params import BANDS, SHELF_Q

OTHER_WORDS = "other words"

WORD_STYLES: Mapping[str, tuple[str, str]] = {
    "warm": ("#d55e00", "circle"),
    "bright": ("#2a85c7", "diamond"),
}
"""The two words that SAFE-DB holds most of keep one colour and symbol everywhere."""

# Each has a contrast of 3:1 or more with white and with the dark theme's ground, and
# neighbours differ in lightness or symbol where red-green or blue-yellow sight fails.
COLOURS = ("#009e73", "#c4659b", "#a87900", "#7d74d1", "#4d8f9e", "#a3704c", "#d1495b", "#6a8f1f")
SYMBOLS = ("square", "triangle-up", "star", "triangle-down", "pentagon", "cross", "x")
GREY = "#808488"
MORPH_COLOUR = "#009e73"

FREQ_TICKS = {
    20: "20", 50: "50", 100: "100", 200: "200", 500: "500", 1000: "1k", 2000: "2k", 5000: "5k",
    10000: "10k", 20000: "20k",
}  # fmt: skip
DB_SPANS = (6, 12, 18, 24, 36, 48, 72)

MANY_POINTS = 4000
"""More than these are drawn by the graphics card: slower to start, quicker to move."""


@dataclass(frozen=True)
class Curve:
    """One line of a response figure: a name, dB at each frequency, and how to draw it."""

    name: str
    curve_db: np.ndarray
    colour: str
    dash: str = "solid"
    width: float = 2.0
    hidden: bool = False


def word_styles(words: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Give each word a colour and a symbol that no other of the first fifty has."""
    styles, free = {}, 0
    for word in words:
        if word in WORD_STYLES:
            styles[word] = WORD_STYLES[word]
        else:
            styles[word] = (COLOURS[free % len(COLOURS)], SYMBOLS[free % len(SYMBOLS)])
            free += 1
    return styles


def map_figure(
    points: np.ndarray,
    *,
    terms: np.ndarray,
    params: np.ndarray,
    setting_ids: np.ndarray,
    words: Sequence[str],
    method: str,
    selected_id: int | None = None,
) -> go.Figure:
    """Draw settings as points coloured by word; hovering names the word and its five bands.

    Args:
        points: Shape ``(n, 2)``.
        terms: The word of each, shape ``(n,)``.
        params: In dB, Hz and Q, shape ``(n, 13)``.
        setting_ids: What hovering calls each, shape ``(n,)``. A click returns the row's place
            among the ``n`` as ``customdata[0]``.
        words: Those that get a colour of their own; the rest are grey.
        method: What the axes are called.
        selected_id: The setting to ring, if it is there.
    """
    custom = np.column_stack([np.arange(len(params)), params]).astype(np.float32)
    names = np.array([f"{t}, setting {i}" for t, i in zip(terms, setting_ids, strict=True)])
    known = np.isin(terms, list(words))
    groups = [(OTHER_WORDS, ~known, (GREY, "circle"), 5)] if not known.all() else []
    for word, style in word_styles(words).items():
        mask = terms == word
        groups.append((word, mask, style, 6 if mask.sum() > 50 else 10))
    traces: list[dict[str, Any]] = []
    for name, mask, (colour, symbol), size in groups:
        opacity = 0.35 if name == OTHER_WORDS else 0.7 if mask.sum() > 50 else 0.95
        traces.append(
            {
                "type": "scattergl" if len(points) > MANY_POINTS else "scatter",
                "x": points[mask, 0],
                "y": points[mask, 1],
                "mode": "markers",
                "name": f"{name} ({mask.sum()})",
                "customdata": custom[mask],
                "text": names[mask],
                "hovertemplate": _BANDS_HOVER,
                "marker": {
                    "color": colour, "symbol": symbol, "size": size, "opacity": opacity,
                    "line": {"width": 0},
                },
                # a click must not dim the rest: the ring below shows what is selected
                "selected": {"marker": {"opacity": opacity}},
                "unselected": {"marker": {"opacity": opacity}},
            }
        )  # fmt: skip
    ring = np.flatnonzero(setting_ids == selected_id)[:1]  # none for None
    if len(ring):
        traces.append(
            {
                "type": "scatter", "x": points[ring, 0], "y": points[ring, 1], "mode": "markers",
                "hoverinfo": "skip", "showlegend": False,
                "marker": {
                    "color": GREY, "symbol": "circle-open", "size": 18, "line": {"width": 3}
                },
            }
        )  # fmt: skip
    labels = [
        {
            "x": x, "y": y, "text": word, "showarrow": False, "captureevents": False,
            "borderpad": 3, "font": {"size": 13, "color": "#ffffff"},
            "bgcolor": "rgba(45,48,52,0.8)",
        }
        for word, (x, y) in word_places(points, terms, words).items()
    ]  # fmt: skip
    axis = {"showticklabels": False, "zeroline": False, "showgrid": False, "ticks": ""}
    layout = {
        "xaxis": {"title": {"text": f"{method} 1 (no unit)"}, **axis},
        "yaxis": {"title": {"text": f"{method} 2 (no unit)"}, **axis},
        "annotations": labels,
        "height": 560,
        "margin": {"l": 30, "r": 5, "t": 10, "b": 30},
        "legend": {"orientation": "h", "y": -0.09, "yanchor": "top", "itemsizing": "constant"},
        "hovermode": "closest",
        "clickmode": "event+select",
        "dragmode": "pan",
        "uirevision": method,
    }
    return go.Figure({"data": traces, "layout": layout})  # at once: each piece is checked twice


def _hover_line(number: int) -> str:
    band = BANDS[number]
    # customdata[0] is the row's place
    line = (
        f"{band.name}  %{{customdata[{band.gain + 1}]:+.1f}} dB"
        f" @ %{{customdata[{band.freq + 1}]:,.0f}} Hz"
    )
    return line if band.q is None else f"{line}, Q %{{customdata[{band.q + 1}]:.2f}}"


_BANDS_HOVER = (
    "<br>".join(["<b>%{text}</b>", *(_hover_line(i) for i in range(len(BANDS)))])
    + "<extra></extra>"
)


def word_places(
    points: np.ndarray, terms: np.ndarray, words: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Find where to write each word: amid its points, the later ones shifted off the earlier."""
    if not len(points):
        return {}
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    width, height = 0.13, 0.06  # of a label, as shares of the figure
    placed: dict[str, np.ndarray] = {}
    for word in words:
        of_word = points[terms == word]
        if not len(of_word):
            continue
        at = (_densest(of_word) - low) / span
        steps = [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5]
        for step in steps:
            tried = at + [0.0, step * height]
            clear = all(
                (np.abs(tried - other) > [width, height * 0.95]).any() for other in placed.values()
            )
            if clear and 0 <= tried[1] <= 1:
                placed[word] = tried
                break
    return {word: tuple((at * span + low).tolist()) for word, at in placed.items()}


def _densest(points: np.ndarray) -> np.ndarray:
    """The point with the nearest tenth neighbour: in a cluster, even if a word has several."""
    sample = points[:: max(1, len(points) // 300)]
    distance = np.sqrt(((sample[:, None] - sample[None]) ** 2).sum(axis=2))
    k = min(max(2, len(sample) // 5), len(sample) - 1)
    return sample[np.sort(distance, axis=1)[:, k].argmin()]


def response_figure(
    freq_hz: np.ndarray, curves: Sequence[Curve], *, span_db: float | None = None, height: int = 380
) -> go.Figure:
    """Draw responses over 20 Hz to 20 kHz.

    Args:
        freq_hz: Shape ``(n_freqs,)``.
        curves: The later ones lie above.
        span_db: The vertical axis reaches from minus to plus this; wide enough for all if None.
        height: In pixels.
    """
    figure = go.Figure()
    for curve in curves:
        figure.add_trace(
            go.Scatter(
                x=freq_hz,
                y=curve.curve_db,
                mode="lines",
                name=curve.name,
                line={"color": curve.colour, "dash": curve.dash, "width": curve.width},
                visible="legendonly" if curve.hidden else True,
                hovertemplate="%{x:,.0f} Hz: %{y:+.1f} dB<extra>%{fullData.name}</extra>",
            )
        )
    span = span_db or span_of(np.array([c.curve_db for c in curves if not c.hidden]))
    figure.update_xaxes(
        type="log", title="Frequency (Hz)", range=[np.log10(20), np.log10(20000)],
        tickvals=list(FREQ_TICKS), ticktext=list(FREQ_TICKS.values()), showgrid=True,
    )  # fmt: skip
    figure.update_yaxes(
        title="Gain (dB)", range=[-span, span], dtick=span / 6 if span <= 18 else span / 4,
        zeroline=True, zerolinecolor=GREY,
    )  # fmt: skip
    figure.update_layout(
        height=height,
        margin={"l": 50, "r": 20, "t": 10, "b": 40},
        legend={"orientation": "h", "y": -0.22, "yanchor": "top"},
        hovermode="closest",
        uirevision="constant",
    )
    return figure


def span_of(curves_db: np.ndarray) -> float:
    """Return the smallest round span in dB that holds the curves."""
    largest = float(np.abs(curves_db).max()) if curves_db.size else 0.0
    return next((float(span) for span in DB_SPANS if largest <= span), float(DB_SPANS[-1]))


LOSSES = (
    ("contrastive_loss", "Contrastive", "#d55e00", "dash"),
    ("total_loss", "Total", GREY, "solid"),
    ("reconstruction_loss", "Reconstruction", "#2a85c7", "dot"),
)


def loss_figure(history: Sequence[Mapping[str, Any]], *, epochs: int) -> go.Figure:
    """Draw the three losses of a run, one point an epoch."""
    figure = go.Figure()
    for field, name, colour, dash in LOSSES:
        # a logarithmic axis has no zero
        values = [row[field] if row[field] > 0 else None for row in history]
        figure.add_trace(_epoch_line(history, values, name, colour, dash, "%{y:.4g}"))
    figure.update_yaxes(title="Loss (no unit, log)", type="log", exponentformat="none", dtick=1)
    return _epoch_layout(figure, epochs)


def held_out_figure(history: Sequence[Mapping[str, Any]], *, epochs: int) -> go.Figure:
    """Draw the mean curve error on unseen settings, one point an epoch."""
    values = [row["held_out_curve_db"] for row in history]
    figure = go.Figure(
        _epoch_line(history, values, "Unseen settings", "#009e73", "solid", "%{y:.2f} dB")
    )
    figure.update_yaxes(title="Held-out curve error (dB)", rangemode="tozero")
    return _epoch_layout(figure, epochs)


def _epoch_line(
    history: Sequence[Mapping[str, Any]],
    values: Sequence[float | None],
    name: str,
    colour: str,
    dash: str,
    number: str,
) -> go.Scatter:
    return go.Scatter(
        x=[row["epoch"] for row in history],
        y=values,
        mode="lines+markers" if len(history) < 3 else "lines",
        name=name,
        line={"color": colour, "dash": dash, "width": 2},
        hovertemplate=f"epoch %{{x}}: {number}<extra>{name}</extra>",
    )


def _epoch_layout(figure: go.Figure, epochs: int) -> go.Figure:
    figure.update_xaxes(title="Epoch", range=[0, max(epochs, 1)], rangemode="tozero")
    figure.update_layout(
        height=300,
        margin={"l": 50, "r": 20, "t": 10, "b": 40},
        legend={"orientation": "h", "y": -0.25, "yanchor": "top"},
        showlegend=True,
        hovermode="x unified",
        uirevision="constant",
    )
    return figure


def bands_markdown(params: np.ndarray) -> str:
    """Write one setting, shape ``(13,)``, as a table of its five bands."""
    lines = ["| Band | Gain (dB) | Frequency (Hz) | Q |", "|:--|--:|--:|--:|"]
    for band in BANDS:
        q = SHELF_Q if band.q is None else params[band.q]
        gain = f"{params[band.gain]:+.1f}".replace("-", "−")
        lines.append(f"| {band.name} | {gain} | {params[band.freq]:,.0f} | {q:.2f} |")
    return "\n".join(lines)
