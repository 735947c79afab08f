"""The spectrum before and after, and the table of levels; no state, no streamlit."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go

from neural_eq.eq.analysis import FLOOR_DBFS
from neural_eq.ui.audio.take import SPECTRUM_FREQ_HZ, Side
from neural_eq.ui.figures import FREQ_TICKS, GREY, MORPH_COLOUR

BEFORE_COLOUR, AFTER_COLOUR = GREY, MORPH_COLOUR
_SPAN_DB = 70
_STEP_DB = 10


def spectrum_figure(before: Side, after: Side) -> go.Figure:
    """Draw the power of each sixth of an octave before and after."""
    lines = (("Before", before, BEFORE_COLOUR, "dot"), ("After", after, AFTER_COLOUR, "solid"))
    traces = [
        {
            "type": "scatter",
            "x": SPECTRUM_FREQ_HZ,
            "y": np.round(side.spectrum_dbfs, 2),
            "mode": "lines",
            "name": name,
            "line": {"color": colour, "dash": dash, "width": 2.5},
            "hovertemplate": f"%{{y:.1f}} dB<extra>{name}</extra>",
        }
        for name, side, colour, dash in lines
    ]
    layout = {
        "xaxis": {
            "title": {"text": "Frequency (Hz)"},
            "type": "log",
            "range": [math.log10(20), math.log10(20000)],
            "tickvals": list(FREQ_TICKS),
            "ticktext": list(FREQ_TICKS.values()),
            "unifiedhovertitle": {"text": "%{x:,.0f} Hz"},
        },
        "yaxis": {
            "title": {"text": "Level in a sixth of an octave (dBFS)"},
            "range": _range(before, after),
        },
        "height": 360,
        "margin": {"l": 55, "r": 10, "t": 10, "b": 40},
        "legend": {"orientation": "h", "y": -0.2, "yanchor": "top"},
        "hovermode": "x unified",
        "uirevision": "constant",
    }
    return go.Figure({"data": traces, "layout": layout})  # at once: each piece is checked twice


def _range(before: Side, after: Side) -> list[float]:
    """An axis that fits both, in whole steps, so that it stands still while the EQ moves."""
    values = np.concatenate([before.spectrum_dbfs, after.spectrum_dbfs])
    values = values[np.isfinite(values)]
    highest = float(values.max()) if values.size else FLOOR_DBFS
    top = _STEP_DB * math.ceil((highest + 3) / _STEP_DB)
    return [max(top - _SPAN_DB, FLOOR_DBFS), max(top, FLOOR_DBFS + _SPAN_DB)]


def levels_markdown(before: Side, after: Side) -> str:
    """Write loudness, true peak and crest factor before and after as a table."""
    rows = (
        ("Loudness (LUFS)", before.loudness_lufs, after.loudness_lufs),
        ("True peak (dBTP)", before.true_peak_dbtp, after.true_peak_dbtp),
        ("Crest factor (dB)", before.crest_factor_db, after.crest_factor_db),
    )
    lines = ["| | Before | After | Change |", "|:--|--:|--:|--:|"]
    lines += [
        f"| {name} | {_number(first)} | {_number(second)} | {_change(first, second)} |"
        for name, first, second in rows
    ]
    return "\n".join(lines)


def _number(value: float) -> str:
    if math.isnan(value):
        return "none"
    return f"{value:.1f}".replace("-", "−") if math.isfinite(value) else "−∞"


def _change(before: float, after: float) -> str:
    if not math.isfinite(after - before):
        return "–"
    change = round(round(after, 1) - round(before, 1), 1) + 0.0  # of what the table shows
    return "0.0" if not change else f"{change:+.1f}".replace("-", "−")
