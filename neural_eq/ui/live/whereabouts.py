"""The gauge of how far a morph is from any setting, and its way over a small map of them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from neural_eq.ui.live.sources import text
from neural_eq.ui.sound import scripts

_mount = st.components.v2.component(
    "neural_eq_whereabouts",
    html=text("whereabouts.html"),
    css=text("whereabouts.css"),
    js="\n".join([scripts.store(), text("drawing.js", "whereabouts.js")]),
)


def draw(*, gauge: dict[str, Any], small_map: dict[str, Any]) -> None:
    """Draw both.

    Args:
        gauge: ``nearest_db`` at each place of the slider, ``far_db`` above which nobody has been,
            ``at`` the slider in percent, ``now_db`` of the present setting, ``spoken`` for
            screen readers and ``rest``, what is written while nothing is pointed at.
        small_map: ``key`` names what stays: ``method``, ``groups`` of ``colour`` and ``places``,
            and ``words`` of ``name`` and ``place``. What moves: ``way``, the names of its ``ends``,
            ``at``, ``now``, ``is_edited`` and ``spoken``. Places lie within 0 to 1000.
    """
    _mount(key="whereabouts", data={"gauge": gauge, "map": small_map})
