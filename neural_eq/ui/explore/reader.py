"""What the hand does on the map: hovering reads a setting, a click or a lasso chooses.

A component beside the map listens to the map's own events, in two dimensions and in three, where
Streamlit itself passes on no clicks; and it draws what is read, a curve and five bands, which the
map's own labels cannot. A second one keeps how the map looks.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import BANDS, SHELF_Q
from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.ui import state
from neural_eq.ui.explore.map_figure import MapLook
from neural_eq.ui.live import chart_view, sources

CHOSEN = "chosen"
"""What the component sends: ``{"rows": […], "by": "click" or "lasso", "view": …}``."""

_HTML = '<div class="reading" role="tooltip" hidden></div>'
_HERE = Path(__file__).parent
_READER = (_HERE / "reader.js").read_text(encoding="utf-8")
_mount_reader = st.components.v2.component(
    "neural_eq_map_reader",
    html=_HTML,
    css=(_HERE / "reader.css").read_text(encoding="utf-8"),
    js=f"{sources.text('listening.js')}\n{_READER}",
)


def reading(rows: Dataset) -> str:
    """Write what hovering tells of each setting, as JSON that :func:`mount` takes.

    Numbers travel as base64 of little-endian float32 and int32; words as their places in a list.
    """
    return json.dumps(
        {
            "params": _packed(rows.params, "<f4"),
            "ids": [int(i) for i in rows.setting_ids],
            "submitters": _packed(rows.submitters, "<i4"),
            **{
                name: _listed(values)
                for name, values in (
                    ("words", rows.terms), ("genres", rows.genres),
                    ("instruments", rows.instruments),
                )
            },
            "invented": rows.is_built_in,
            "sample_rate": REFERENCE_SAMPLE_RATE,
            "bands": [
                {"name": b.name, "shape": b.shape, "gain": b.gain, "freq": b.freq, "q": b.q}
                for b in BANDS
            ],
            "shelf_q": SHELF_Q,
        }
    )  # fmt: skip


def mount(content: str, *, on_choice: Callable[[], None]) -> None:
    """Put the reader beside the map of key ``state.MAP``; ``content`` is a :func:`reading`."""
    with st.container(key="map_reader_place"):
        _mount_reader(
            key=state.MAP_READER,
            data={"map": f"st-key-{state.MAP}", "content": content},
            on_chosen_change=on_choice,
        )


@st.fragment
def keep_view(revision: str) -> None:
    """Keep zoom, camera and hidden words of the map that is shown as ``revision``.

    A fragment of its own, so that a zoom draws nothing anew.
    """
    with st.container(key="map_keeper_place"):
        chart_view.mount(state.MAP, revision, key=state.MAP_KEEPER, on_view=_take_view)


def _take_view() -> None:
    _keep(st.session_state[state.MAP_KEEPER].get("view"))


def _keep(view: dict[str, Any] | None) -> None:
    if view:
        st.session_state[state.MAP_VIEW] = view


def kept_view(revision: str) -> MapLook:
    """Return how the map of a revision was left, or how it begins."""
    view = st.session_state.get(state.MAP_VIEW) or {}
    hidden = tuple(str(word) for word in view.get("hidden", ()))
    if view.get("revision") != revision:
        return MapLook(hidden=hidden)  # a word hidden on one map is hidden on the next
    return MapLook(view.get("ranges"), view.get("camera"), hidden)


def take_chosen() -> dict[str, Any] | None:
    """Return what the last click or lasso chose, and keep how the map looked; for the callback."""
    said = st.session_state[state.MAP_READER].get(CHOSEN)
    _keep(said.get("view") if said else None)
    return said


def _packed(values: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode()


def _listed(values: np.ndarray) -> dict[str, Any]:
    names, places = np.unique(values.astype(str), return_inverse=True)
    return {"names": names.tolist(), "at": _packed(places, "<i4")}
