"""The map as a component: moved, zoomed, turned and read in the browser, chosen from for Python.

A plotly chart would do, but is drawn anew at every change, takes a third of a second for it, and
in three dimensions or of many points needs a graphics card.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from neural_eq.ui import state
from neural_eq.ui.live import sources

CHOSEN = "chosen"
"""What the component sends: ``{"rows": […], "by": "click" or "lasso"}``."""

_HERE = Path(__file__).parent
_SCRIPTS = (
    "map_points.js", "map_flat.js", "map_space.js", "map_drawing.js", "map_words.js",
    "map_legend.js", "map_hands.js", "map_chart.js",
)  # fmt: skip
_mount = st.components.v2.component(
    "neural_eq_map_chart",
    html=(_HERE / "map_chart.html").read_text("utf-8"),
    css=(_HERE / "map_chart.css").read_text("utf-8"),
    js="\n".join(
        [sources.text("drawing.js"), *((_HERE / name).read_text("utf-8") for name in _SCRIPTS)]
    ),
)


def draw(picture: dict[str, Any], *, on_choice: Callable[[], None]) -> None:
    """Draw a map.

    Args:
        picture: A :func:`map_picture`. Its zoom, camera and hidden words stay in the browser's
            tab, by its ``revision``.
        on_choice: Called when a click or a lasso chose settings; see :func:`take_chosen`.
    """
    with st.container(key=state.MAP):
        # in a dictionary Streamlit would look for tables, and load pandas for that alone
        _mount(key=f"{state.MAP}_chart", data=(picture,), on_chosen_change=on_choice)


def take_chosen() -> dict[str, Any] | None:
    """Return what the last click or lasso chose; for the callback."""
    return st.session_state[f"{state.MAP}_chart"].get(CHOSEN)
