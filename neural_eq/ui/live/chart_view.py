"""Zoom that holds: Streamlit draws a plotly chart anew whenever its figure has changed.

A component beside the chart tells Python where one has zoomed, and the next figure begins there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from neural_eq.ui import state
from neural_eq.ui.live import sources

_mount = st.components.v2.component(
    "neural_eq_chart_view",
    html="<i hidden></i>",
    js=sources.text("listening.js", "keeper.js"),
)

CONFIG = {"displaylogo": False, "doubleClick": "autosize"}
"""Of a chart whose view is kept: its beginning is where it was left, so no way to see all."""


def mount(
    chart: str, revision: str, *, key: str, on_view: Callable[[], None], pause_ms: int = 250
) -> None:
    """Listen to a chart's zoom, camera and legend.

    Args:
        chart: Its key.
        revision: What it shows; another one begins afresh.
        key: Of the component, under which the callback finds ``view``.
        on_view: Called when the view has been changed by hand.
        pause_ms: After a change, in which another one replaces it.
    """
    data = {"map": f"st-key-{chart}", "revision": revision, "pause_ms": pause_ms}
    _mount(key=key, data=data, on_view_change=on_view)


@st.fragment
def keep(chart: str, revision: str) -> None:
    """Keep the zoom of a chart; a fragment of its own, so that a zoom draws nothing anew."""
    key = f"{chart}_view"
    # a chart that grows is soon drawn anew, so its view hurries
    mount(chart, revision, key=key, on_view=partial(_take, chart, key), pause_ms=30)


def _take(chart: str, key: str) -> None:
    view: dict[str, Any] | None = st.session_state[key].get("view")
    if view:
        session = st.session_state
        session[state.CHART_VIEWS] = {**session.get(state.CHART_VIEWS, {}), chart: view}


def restore(figure: go.Figure, chart: str, revision: str) -> None:
    """Let a figure begin where its chart was left, if it still shows the same."""
    view = st.session_state.get(state.CHART_VIEWS, {}).get(chart, {})
    if view.get("revision") == revision and view.get("ranges"):
        across, up = view["ranges"]
        figure.update_xaxes(range=across)
        figure.update_yaxes(range=up)
