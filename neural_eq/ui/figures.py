"""Arrays to plotly figures, readable on light and on dark ground; no state, no streamlit."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from neural_eq.eq.params import BANDS, SHELF_Q
from neural_eq.eq.response import log_frequencies, response_db

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
N_SETTING_FREQS = 128
_MAX_WORD = 20  # letters
DB_SPANS = (6, 12, 18, 24, 36, 48, 72)


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


def plain(name: str) -> str:
    """Show a name in a chart as it was typed: plotly would take some HTML in it for markup."""
    return html.escape(name, quote=False)


def short(word: str) -> str:
    """Cut a long word, whose place in a legend would be taken from the chart."""
    return word if len(word) <= _MAX_WORD else f"{word[: _MAX_WORD - 1].rstrip()}…"


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
    lines = [
        {
            "type": "scatter",
            "x": freq_hz,
            "y": curve.curve_db,
            "mode": "lines",
            "name": plain(curve.name),
            "line": {"color": curve.colour, "dash": curve.dash, "width": curve.width},
            "visible": "legendonly" if curve.hidden else True,
            "hovertemplate": "%{x:,.0f} Hz: %{y:+.1f} dB<extra>%{fullData.name}</extra>",
        }
        for curve in curves
    ]
    span = span_db or span_of(np.array([c.curve_db for c in curves if not c.hidden]))
    layout = {
        "xaxis": {
            "type": "log", "title": {"text": "Frequency (Hz)"}, "showgrid": True,
            "range": [np.log10(20), np.log10(20000)],
            "tickvals": list(FREQ_TICKS), "ticktext": list(FREQ_TICKS.values()),
        },
        "yaxis": {
            "title": {"text": "Gain (dB)"}, "range": [-span, span],
            "dtick": span / 6 if span <= 18 else span / 4, "zeroline": True, "zerolinecolor": GREY,
        },
        "height": height,
        "margin": {"l": 50, "r": 20, "t": 10, "b": 40},
        "legend": {"orientation": "h", "y": -0.22, "yanchor": "top"},
        "hovermode": "closest",
        "uirevision": "constant",
    }  # fmt: skip
    return go.Figure({"data": lines, "layout": layout})  # at once: each piece is checked twice


def setting_figure(params: np.ndarray) -> go.Figure:
    """Draw the response of one setting, shape ``(13,)``, small and without a legend."""
    freq_hz = log_frequencies(N_SETTING_FREQS)
    curve = Curve("EQ", response_db(params, freq_hz), MORPH_COLOUR, width=3)
    figure = response_figure(freq_hz, [curve], height=260)
    return figure.update_layout(showlegend=False)


def span_of(curves_db: np.ndarray) -> float:
    """Return the smallest round span in dB that holds the curves."""
    largest = float(np.abs(curves_db).max()) if curves_db.size else 0.0
    return next((float(span) for span in DB_SPANS if largest <= span), float(DB_SPANS[-1]))


def bands_markdown(params: np.ndarray) -> str:
    """Write one setting, shape ``(13,)``, as a table of its five bands."""
    lines = ["| Band | Gain (dB) | Frequency (Hz) | Q |", "|:--|--:|--:|--:|"]
    for band in BANDS:
        q = SHELF_Q if band.q is None else params[band.q]
        gain = f"{params[band.gain]:+.1f}".replace("-", "−")
        gain = "0.0" if gain[1:] == "0.0" else gain
        lines.append(f"| {band.name} | {gain} | {params[band.freq]:,.0f} | {q:.2f} |")
    return "\n".join(lines)
