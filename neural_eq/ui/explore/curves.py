"""Curves with the spread of the settings that they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from neural_eq.eq.response import log_frequencies
from neural_eq.ui.cached import N_FREQS
from neural_eq.ui.figures import Curve, plain, response_figure, span_of

SPREAD_PERCENTILES = (10, 90)


@dataclass(frozen=True)
class Spread:
    """Settings as one curve and the band that eight of ten of them run in.

    Attributes:
        mean_db: Shape ``(n_freqs,)``.
        low_db: Their 10th percentile at each frequency.
        high_db: Their 90th.
    """

    mean_db: np.ndarray
    low_db: np.ndarray
    high_db: np.ndarray


def spread_of(curves_db: np.ndarray) -> Spread:
    """Sum up curves, shape ``(n, n_freqs)``, of at least one setting."""
    low_db, high_db = np.percentile(curves_db, SPREAD_PERCENTILES, axis=0)
    return Spread(curves_db.mean(axis=0), low_db, high_db)


def rms_db(curves_db: np.ndarray, curve_db: np.ndarray) -> np.ndarray:
    """How far curves, shape ``(n, n_freqs)``, are from one, RMS in dB, shape ``(n,)``."""
    return np.sqrt(((np.asarray(curves_db, dtype=np.float64) - curve_db) ** 2).mean(axis=1))


def spread_figure(
    curves: Sequence[Curve], *, spread: Spread | None, spread_name: str, colour: str
) -> go.Figure:
    """Draw curves over a spread.

    Args:
        curves: At :func:`log_frequencies` of N_FREQS; the later ones lie above.
        spread: The band behind; None for none.
        spread_name: What the legend calls it.
        colour: Of the band, ``#rrggbb``.
    """
    freq_hz = log_frequencies(N_FREQS)
    shown = [c.curve_db for c in curves if not c.hidden]
    if spread is not None:
        shown += [spread.low_db, spread.high_db]
    span_db = span_of(np.array(shown))
    figure = response_figure(freq_hz, curves, span_db=span_db, height=360)
    if spread is None:
        return figure
    edge = {"mode": "lines", "hoverinfo": "skip", "legendgroup": "spread", "line": {"width": 0}}
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    band = [
        go.Scatter(x=freq_hz, y=spread.low_db, showlegend=False, name=plain(spread_name), **edge),
        go.Scatter(
            x=freq_hz, y=spread.high_db, name=plain(spread_name), fill="tonexty",
            fillcolor=f"rgba({red},{green},{blue},0.22)", **edge,
        ),
    ]  # fmt: skip
    figure.add_traces(band)
    figure.data = (*figure.data[-2:], *figure.data[:-2])  # behind the curves
    return figure
