"""What is read of a setting where one points at the map: its word, curve and five bands.

A component of its own beside the map, since what it holds stays as the map's marks change.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import BANDS, SHELF_Q
from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.ui import state
from neural_eq.ui.explore.map_picture import packed

_HTML = '<div class="reading" role="tooltip" hidden></div>'
_HERE = Path(__file__).parent
_mount_reader = st.components.v2.component(
    "neural_eq_map_reader",
    html=_HTML,
    css=(_HERE / "reader.css").read_text(encoding="utf-8"),
    js=(_HERE / "reader.js").read_text(encoding="utf-8"),
)


def reading(rows: Dataset) -> str:
    """Write what hovering tells of each setting, as JSON that :func:`mount` takes.

    Numbers travel as base64 of little-endian float32 and int32; words as their places in a list.
    """
    return json.dumps(
        {
            "params": packed(rows.params, "<f4"),
            "ids": [int(i) for i in rows.setting_ids],
            "submitters": packed(rows.submitters, "<i4"),
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


def mount(content: str) -> None:
    """Put the reader beside the map; ``content`` is a :func:`reading` of its settings."""
    with st.container(key="map_reader_place"):
        _mount_reader(key=state.MAP_READER, data={"content": content})


def _listed(values: np.ndarray) -> dict[str, Any]:
    names, places = np.unique(values.astype(str), return_inverse=True)
    return {"names": names.tolist(), "at": packed(places, "<i4")}
