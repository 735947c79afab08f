"""The sliders of the morph: heard while they move, told to Python on release."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from neural_eq.eq.params import GAIN_COLUMNS, LOG_COLUMNS, PARAMETERS
from neural_eq.ui.live.sources import text
from neural_eq.ui.sound import scripts

_mount = st.components.v2.component(
    "neural_eq_morph_slider",
    html=text("morph_slider.html"),
    css=text("morph_slider.css"),
    js="\n".join([scripts.store(), scripts.morphing(), text("morph_slider.js")]),
)


def path_data(params: np.ndarray, *, start: str, end: str, rest: str) -> dict[str, Any]:
    """Write a morph's way for the browser.

    Args:
        params: From end to end, before the strength, shape ``(n, 13)``.
        start: What the left end is called.
        end: What the right end is called.
        rest: What else its label says, before the strength.
    """
    return {
        "params": [[float(f"{value:.9g}") for value in row] for row in params],
        "gains": list(GAIN_COLUMNS),
        "logs": list(LOG_COLUMNS),
        "limit_db": PARAMETERS[GAIN_COLUMNS[0]].maximum,
        "words": {"start": start, "end": end, "rest": rest},
    }


def draw(
    kind: str,
    *,
    name: str,
    key: str,
    value: float,
    minimum: float,
    maximum: float,
    step: float,
    help: str,
    on_move: Callable[[float], None],
    on_motion: Callable[[], None] = lambda: None,
    morph: dict[str, Any] | None = None,
) -> None:
    """Draw a slider.

    Args:
        kind: ``"at"`` in percent, or ``"strength"``.
        name: Its label.
        key: Of the component.
        value: Where it stands.
        minimum: Its left end.
        maximum: Its right end.
        step: From one value to the next.
        help: Shown when the pointer rests on it.
        on_move: Called with the value it was let go at, before the next run.
        on_motion: Called besides where it began, or ended, to move by itself.
        morph: The way that ``"at"`` follows.
    """

    def moved() -> None:
        said: Any = st.session_state[key]
        change = said.get("moved")
        if change:
            st.session_state[f"{key}_echo"] = int(change["n"])
            on_move(min(maximum, max(minimum, float(change["value"]))))
            if change.get("is_motion"):
                on_motion()

    _mount(
        key=key,
        data={
            "kind": kind, "name": name, "value": value, "minimum": minimum, "maximum": maximum,
            "step": step, "help": help, "morph": morph,
            "echo": st.session_state.get(f"{key}_echo", 0),
        },
        default={"moved": None},
        on_moved_change=moved,
    )  # fmt: skip
