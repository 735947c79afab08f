"""What the hand made of a morph: taken from the picture, put back, and taken up again."""

from __future__ import annotations

import zlib

import numpy as np
import streamlit as st

from neural_eq.eq.params import BANDS, Band, check_params
from neural_eq.errors import ParameterError
from neural_eq.ui import current_eq, state
from neural_eq.ui.live import eq_editor
from neural_eq.ui.markdown import escaped

_SAME, _SEEN = 1e-6, 1e-4
"""Relative to a number: what is the same setting, and what a screen tells apart."""


def take_edit() -> None:
    """Callback: the bands were changed in the picture, or its zoom was."""
    session = st.session_state
    change = eq_editor.edited()
    if change is None:
        return
    if change.zoom_db in eq_editor.ZOOMS_DB:
        session[state.ZOOM_DB] = change.zoom_db
    try:
        params = check_params(np.array(change.params))[0]
    except (ParameterError, ValueError, TypeError):
        return  # no hand makes these: the picture keeps every number within its bounds
    if isinstance(change.at, int | float) and 0 <= change.at <= 100:
        session[state.AT] = round(change.at)  # where it was stopped, if it moved by itself
    base = current_eq.morph().base
    if np.allclose(params, base, rtol=_SAME, atol=_SAME):
        session[state.EDIT] = None
        return
    session[state.EDIT] = state.Edit(
        tuple(params.tolist()), current_eq.edit_base(base), current_eq.choices()
    )
    session[state.LEFT_EDIT] = None
    state.use_morph()


def drop_edit() -> None:
    """Callback: go back to the morph; the edit is kept aside."""
    session = st.session_state
    if session.get(state.EDIT) is None:
        return
    session[state.LEFT_EDIT], session[state.EDIT] = session.get(state.EDIT), None
    _override()


def restore_edit() -> None:
    """Callback: take the last edit up again, with the morph that it was made of."""
    session = st.session_state
    edit = session.get(state.LEFT_EDIT)
    if edit is None:
        return
    for key, value in edit.choices:
        session[key] = value
    session[state.EDIT], session[state.LEFT_EDIT] = edit, None
    state.use_morph()
    _override()


def _override() -> None:
    """What Python says goes before what the browser holds, once."""
    st.session_state[state.EDITOR_TURN] = st.session_state.get(state.EDITOR_TURN, 0) + 1


def sequence(morph: current_eq.Morph) -> str:
    """Name what Python means the picture to start from."""
    turn = st.session_state.get(state.EDITOR_TURN, 0)
    return f"{zlib.crc32(morph.base.round(6).tobytes())}-{turn}"


def draw_line(morph: current_eq.Morph) -> None:
    """Say which bands were edited, or that an edit was left, and offer the way back."""
    if morph.is_edited:
        changed = [band.name for band in BANDS if _differs(morph, band)]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**Edited:** {', '.join(changed)}.", width="content")
            st.button("Back to the morph", icon=":material/undo:", on_click=drop_edit)
        return
    left = st.session_state.get(state.LEFT_EDIT)
    if left is not None:
        made = dict(left.choices)
        name = f"{made[state.FROM]} → {made[state.TO]}, {made[state.AT]} %"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Your edit of {escaped(name)} was left.", width="content")
            st.button("Take it up again", icon=":material/redo:", on_click=restore_edit)


def _differs(morph: current_eq.Morph, band: Band) -> bool:
    columns = [n for n in (band.gain, band.freq, band.q) if n is not None]
    return not np.allclose(morph.eq.params[columns], morph.base[columns], rtol=_SEEN, atol=_SEEN)
