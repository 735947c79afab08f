"""The EQ in use: its curve and bands, a name to keep it under, and the way home."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.presets.labels import clean_name
from neural_eq.presets.preset import MAX_NAME, Preset
from neural_eq.ui import figures, state
from neural_eq.ui.current_eq import CurrentEq
from neural_eq.ui.live import eq_editor
from neural_eq.ui.markdown import escaped
from neural_eq.ui.names import cut_note
from neural_eq.ui.presets import take_home, using


def draw(eq: CurrentEq) -> None:
    """Draw the EQ in use, and what can be done with it."""
    preset = using.in_use(eq)
    st.subheader("The EQ in use", anchor=False)
    st.markdown(f"**{escaped(preset.name)}**")
    eq_editor.draw_fixed(preset.params, name=preset.name, key="preset_current")
    with st.expander("Its five bands"):
        st.markdown(figures.bands_markdown(preset.params))
    preset = _named(preset)
    st.subheader("Take it home", anchor=False)
    take_home.draw(preset)


def _named(preset: Preset) -> Preset:
    """Draw the name and the button that keeps the preset; return it under that name."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(
            "Name", key=state.PRESET_NAME, persist_state="session",
            placeholder=preset.name, live=True,
            help=f"What the library and the files call it, at most {MAX_NAME} characters.",
        )  # fmt: skip
        st.button(
            "Save to library", icon=":material/bookmark_add:", type="primary",
            on_click=_save, args=(preset,),
        )  # fmt: skip
    with st.container():
        if note := cut_note(typed or "", most=MAX_NAME):
            st.caption(f":material/content_cut: {note}")
    return _called(preset, typed)


def _called(preset: Preset, typed: str | None) -> Preset:
    try:
        return replace(preset, name=clean_name(typed)) if typed else preset
    except NeuralEqError:
        return preset  # nothing but blanks


def _save(preset: Preset) -> None:
    """Callback: keep the EQ in use as it is called by now, and leave the name for the next one."""
    named = _called(preset, st.session_state.get(state.PRESET_NAME))
    using.keep([replace(named, is_starred=False)])
    if not st.session_state[state.PRESETS_ERROR]:
        st.session_state[state.PRESET_NAME] = ""
        st.session_state[state.PRESETS_VIEW] = "Library"
