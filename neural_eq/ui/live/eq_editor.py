"""The picture of an EQ and its bands: nodes to drag, numbers to type, curves to compare with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import streamlit as st

from neural_eq.eq.params import BANDS, PARAMETERS, SHELF_Q
from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.ui.live.sources import text

KEY = "eq_editor"
ZOOMS_DB = (6, 12, 24)

_mount = st.components.v2.component(
    "neural_eq_editor",
    html=text("eq_editor.html"),
    css=text("eq_editor.css"),
    js=text("response.js", "drawing.js", "eq_table.js", "eq_editor.js"),
)

_EQUALISER = {
    "bands": [asdict(band) for band in BANDS],
    "parameters": [{"minimum": p.minimum, "maximum": p.maximum} for p in PARAMETERS],
    "shelf_q": SHELF_Q,
    "sample_rate": REFERENCE_SAMPLE_RATE,
}


@dataclass(frozen=True)
class Line:
    """A curve to compare with: its name, 13 numbers, and how to draw it."""

    name: str
    params: np.ndarray
    colour: str
    dash: str


@dataclass(frozen=True)
class Band:
    """Where most settings lie: from ``low_db`` to ``high_db``, each of shape ``(n_freqs,)``."""

    name: str
    low_db: np.ndarray
    high_db: np.ndarray
    colour: str


@dataclass(frozen=True)
class Edited:
    """What the hand made of the bands, and the zoom if one was chosen."""

    params: list[float]
    zoom_db: int | None


def draw(
    *,
    name: str,
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
        "params": np.asarray(params, dtype=float).tolist(),
        "morph": np.asarray(morph, dtype=float).tolist(),
        "seq": seq,
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


def edited() -> Edited | None:
    """Return what the browser last said."""
    said: Any = st.session_state.get(KEY)
    change = said and said.get("edit")
    return Edited(change["params"], change["zoom_db"]) if change else None
