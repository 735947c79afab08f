"""Presets of the library as a zip, in any format."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial

import streamlit as st

from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.presets.archive import write_zip, written
from neural_eq.presets.collection import Contents, Kept
from neural_eq.presets.formats import Format
from neural_eq.presets.preset import Preset
from neural_eq.presets.proof import EXACT_DB
from neural_eq.presets.vocabulary import BY_HAND, README_NAME, preamps
from neural_eq.ui import state
from neural_eq.ui.markdown import escaped
from neural_eq.ui.presets import take_home

MAX_PROVED = 50
"""So many presets are read back while the page waits."""

ALL, CHOSEN = "all", "chosen"


def draw(contents: Contents, chosen: Sequence[Kept]) -> None:
    """Offer all presets or the chosen ones as a zip."""
    panel = st.popover("Take home as a zip", icon=":material/folder_zip:")
    with panel:
        kept = chosen if _scope(contents, chosen) == CHOSEN else contents.kept
        format_ = take_home.software_input("Software of the zip", key=state.ZIP_SOFTWARE)
        st.caption(escaped(format_.use))
        presets = [one.preset for one in kept]
        if len(presets) <= MAX_PROVED:
            with st.spinner("Reading the files back …"):
                rate = REFERENCE_SAMPLE_RATE
                proofs = [take_home.proof_of(one, format_, rate) for one in presets]
            worst = max(proofs, key=lambda proof: proof.worst_db)
            st.markdown(f"Worst deviation **{take_home.deviation(worst)}**, 20 Hz–20 kHz.")
            if format_.limit and worst.worst_db > EXACT_DB:
                st.caption(escaped(format_.limit))
        if format_.preamp == BY_HAND:
            st.caption(f"The files hold no preamp: {README_NAME} says how far to turn each down.")
        st.download_button(
            f"Download {len(kept)} preset{'s' * (len(kept) != 1)} for {format_.label}",
            partial(_zipped, presets, format_),
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


def _zipped(presets: Sequence[Preset], format_: Format) -> bytes:
    """Zip the files after a text that says how to load them, and how far to turn each down."""
    lines = [
        f"{len(presets)} presets for {format_.label}", "",
        f"To load one: {format_.use}", "", *preamps(presets, format_),
    ]  # fmt: skip
    text = "\r\n".join(lines).encode("utf-8-sig")  # a mark, so that every editor reads it
    file = io.BytesIO()
    write_zip(file, [(README_NAME, text), *written(presets, format_.id)])
    return file.getvalue()
