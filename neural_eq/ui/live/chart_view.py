"""Zoom that holds: Streamlit draws a plotly chart anew whenever its figure has changed.

A component beside the chart tells Python where one has zoomed.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from neural_eq.ui.live import sources

_mount = st.components.v2.component(
    "neural_eq_chart_view",
    html="<i hidden></i>",
    js=sources.text("listening.js", "keeper.js"),
)


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
