"""Presets of the library as a zip, in any format."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial

import streamlit as st

from neural_eq.presets.archive import write_zip, written
from neural_eq.presets.collection import Contents, Kept
from neural_eq.presets.preset import Preset
from neural_eq.ui import state
from neural_eq.ui.presets import take_home

ALL, CHOSEN = "all", "chosen"


def draw(contents: Contents, chosen: Sequence[Kept]) -> None:
    """Offer all presets or the chosen ones as a zip."""
    panel = st.popover("Take home as a zip", icon=":material/folder_zip:")
    with panel:
        kept = chosen if _scope(contents, chosen) == CHOSEN else contents.kept
        format_ = take_home.software_input("Software of the zip", key=state.ZIP_SOFTWARE)
        st.download_button(
            f"Download {len(kept)} preset{'s' * (len(kept) != 1)} for {format_.label}",
            partial(_zipped, [one.preset for one in kept], format_.id),
            file_name=f"neural_eq_presets_{format_.id}.zip", mime="application/zip",
            icon=":material/download:", on_click="ignore", key="zip_download",
        )  # fmt: skip


def _scope(contents: Contents, chosen: Sequence[Kept]) -> str:
    names = {ALL: f"All {len(contents.kept)}", CHOSEN: f"The chosen {len(chosen)}"}
    if not chosen:
        return ALL
    key = state.COLLECTION_SCOPE
    st.session_state.setdefault(key, CHOSEN)
    scope = st.segmented_control(
        "Which presets", list(names), key=key, required=True, format_func=names.__getitem__,
        persist_state="session",
    )  # fmt: skip
    return scope or ALL


def _zipped(presets: Sequence[Preset], format_id: str) -> bytes:
    file = io.BytesIO()
    write_zip(file, written(presets, format_id))
    return file.getvalue()
