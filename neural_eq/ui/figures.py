"""What pictures of EQs share, readable on light and on dark ground; no state, no streamlit."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from neural_eq.eq.params import BANDS, SHELF_Q

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
_MAX_WORD = 20  # letters


@dataclass(frozen=True)
class Curve:
    """A line to draw: a name, dB at frequencies of equal ratios from 20 Hz to 20 kHz, its look."""

    name: str
    curve_db: np.ndarray
    colour: str
    dash: str = "solid"
    width: float = 2.0
    hidden: bool = False


@dataclass(frozen=True)
class Band:
    """Where most settings lie: from ``low_db`` to ``high_db``, each of shape ``(n_freqs,)``."""

    name: str
    low_db: np.ndarray
    high_db: np.ndarray
    colour: str


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


def bands_markdown(params: np.ndarray) -> str:
    """Write one setting, shape ``(13,)``, as a table of its five bands."""
    lines = ["| Band | Gain (dB) | Frequency (Hz) | Q |", "|:--|--:|--:|--:|"]
    for band in BANDS:
        q = SHELF_Q if band.q is None else params[band.q]
        gain = f"{params[band.gain]:+.1f}".replace("-", "−")
        gain = "0.0" if gain[1:] == "0.0" else gain
        lines.append(f"| {band.name} | {gain} | {params[band.freq]:,.0f} | {q:.2f} |")
    return "\n".join(lines)
