"""The picture of an EQ and its bands: nodes to drag, numbers to type, curves to compare with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from neural_eq.eq.response import REFERENCE_SAMPLE_RATE, log_frequencies, response_db
from neural_eq.ui.figures import Band
from neural_eq.ui.live.sources import text
from neural_eq.ui.sound import scripts

KEY = "eq_editor"
ZOOMS_DB = (6, 12, 24)

_mount = st.components.v2.component(
    "neural_eq_editor",
    html=text("eq_editor.html"),
    css=text("eq_plane.css", "eq_editor.css"),
    js="\n".join(
        [
            scripts.store(),
            text("response.js", "drawing.js", "spectrum.js"),
            text("eq_plane.js", "eq_hands.js", "eq_table.js", "eq_editor.js"),
        ]
    ),
)

_EQUALISER = {**scripts.LAYOUT, "sample_rate": REFERENCE_SAMPLE_RATE}


@dataclass(frozen=True)
class Line:
    """A curve to compare with: its name, 13 numbers, and how to draw it."""

    name: str
    params: np.ndarray
    colour: str
    dash: str


@dataclass(frozen=True)
class Edited:
    """What the hand made of the bands, where the slider stood, and the zoom if one was chosen."""

    params: list[float]
    at: float | None
    zoom_db: int | None


def draw(
    *,
    name: str,
    label: str,
    params: np.ndarray,
    morph: np.ndarray,
    seq: str,
    lines: Sequence[Line],
    spread: Band | None,
    zoom_db: int,
    is_zoom_chosen: bool,
    on_change: Callable[[], None],
) -> None:
    """Draw the editor.

    Args:
        name: What the legend calls the setting.
        label: What the player calls it while a hand is on it.
        params: What the nodes stand at, shape ``(13,)``.
        morph: What a band goes back to, shape ``(13,)``.
        seq: The browser keeps what the hand made until this changes.
        lines: To compare with.
        spread: Drawn behind.
        zoom_db: The axis reaches from minus to plus this.
        is_zoom_chosen: Whether the browser keeps its own.
        on_change: Called before the next run; :func:`edited` then tells what.
    """
    data = {
        **_EQUALISER,
        "name": name,
        "label": label,
        "params": np.asarray(params, dtype=float).tolist(),
        "morph": np.asarray(morph, dtype=float).tolist(),
        "seq": seq,
        "is_fixed": False,
        "curves": [
            {"name": line.name, "params": np.asarray(line.params).tolist(), "colour": line.colour,
             "dash": line.dash}
            for line in lines
        ],
        "spread": spread and {
            "name": spread.name, "low_db": spread.low_db.round(2).tolist(),
            "high_db": spread.high_db.round(2).tolist(), "colour": spread.colour,
        },
        "zoom_db": zoom_db,
        "is_zoom_chosen": is_zoom_chosen,
    }  # fmt: skip
    _mount(key=KEY, data=data, default={"edit": None}, on_edit_change=on_change)


def draw_fixed(params: np.ndarray, *, name: str, key: str) -> None:
    """Draw a setting to look at, with the spectrum of what plays behind it.

    Args:
        params: Shape ``(13,)``.
        name: What the legend calls it.
        key: Of the component.
    """
    values = np.asarray(params, dtype=float)
    reach_db = float(np.abs(response_db(values, log_frequencies(64))).max())
    data = {
        **_EQUALISER,
        "name": name, "label": name, "params": values.tolist(), "morph": values.tolist(),
        "seq": values.round(9).tolist(), "is_fixed": True, "curves": [], "spread": None,
        "zoom_db": fitting_zoom_db(reach_db), "is_zoom_chosen": False,
    }  # fmt: skip
    _mount(key=key, data=data)


def fitting_zoom_db(reach_db: float) -> int:
    """Return the smallest zoom that shows a curve which reaches so far."""
    return next((db for db in ZOOMS_DB if reach_db <= db), ZOOMS_DB[-1])


def edited() -> Edited | None:
    """Return what the browser last said."""
    said: Any = st.session_state.get(KEY)
    change = said and said.get("edit")
    return Edited(change["params"], change.get("at"), change["zoom_db"]) if change else None
