"""The points of a map of many settings, drawn so that a drag stays fluid without a graphics card.

Plotly draws many points by WebGL, which without such a card takes half a second a frame. So the
figure has them unseen, for the pointer and the lasso, and this draws what is seen on a canvas.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from neural_eq.ui import state

_mount = st.components.v2.component(
    "neural_eq_many_points",
    html="<i hidden></i>",
    js=(Path(__file__).parent / "many_points.js").read_text(encoding="utf-8"),
)


def draw() -> None:
    """Draw the points of the map of key ``state.MAP``, as its traces' ``meta`` say."""
    with st.container(key="map_points_place"):
        _mount(key=state.MAP_POINTS, data={"map": f"st-key-{state.MAP}"})
