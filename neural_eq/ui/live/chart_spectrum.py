"""The spectrum of what plays, over a chart of EQ curves that plotly draws."""

from __future__ import annotations

import streamlit as st

from neural_eq.ui.live.sources import text
from neural_eq.ui.sound import scripts

_mount = st.components.v2.component(
    "neural_eq_chart_spectrum",
    html=text("chart_spectrum.html"),
    css=text("chart_spectrum.css"),
    js="\n".join([scripts.store(), text("spectrum.js", "chart_spectrum.js")]),
)


def draw(chart: str) -> None:
    """Lay the spectrum over a chart whose axis is 20 Hz to 20 kHz, and offer to hide it.

    Args:
        chart: The key of the chart.
    """
    _mount(key=f"{chart}_spectrum", data={"chart": f"st-key-{chart}"})
