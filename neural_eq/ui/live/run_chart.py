"""A chart of a run that stays while it grows: its zoom, and what the pointer is doing on it.

Streamlit draws a plotly chart anew whenever its figure has changed, under the pointer too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from neural_eq.ui.live.sources import text

_mount = st.components.v2.component(
    "neural_eq_run_chart",
    html=text("run_chart.html"),
    css=text("run_chart.css"),
    js=text("drawing.js", "run_chart_axes.js", "run_chart.js"),
)


def draw(chart: Mapping[str, Any], *, key: str, revision: str, spoken: str) -> None:
    """Draw a chart, or let the one that stands there go on.

    Args:
        chart: Of :mod:`neural_eq.ui.train.pictures`: its axes ``x`` and ``y``, its ``groups`` of
            points or lines, its ``height`` in pixels and whether a drag ``pans``.
        key: Of the chart.
        revision: What it shows; another one is seen whole at first.
        spoken: For screen readers.
    """
    with st.container(key=key):
        data = {**chart, "key": key, "revision": revision, "spoken": spoken}
        _mount(key=f"{key}_chart", data=data)
