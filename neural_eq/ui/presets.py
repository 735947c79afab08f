"""The Presets page: the EQ in use as a file to keep, and settings from files."""

from __future__ import annotations

import numpy as np
import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.presets.setting import read_setting
from neural_eq.ui import figures, state
from neural_eq.ui.current_eq import CurrentEq, file_stem, setting_json
from neural_eq.ui.explore.actions import setting_buttons
from neural_eq.ui.markdown import escaped


def draw_current(eq: CurrentEq) -> None:
    """Show the EQ in use and offer it as a file."""
    st.subheader("The EQ in use", anchor=False)
    st.markdown(f"**{escaped(eq.label)}**")
    _draw_curve(eq.params, key="preset_current", alt=f"EQ curve of {eq.label}")
    st.markdown(figures.bands_markdown(eq.params))
    text = setting_json(eq, model=state.model_ref().label)
    st.download_button(
        "Download as JSON", lambda: text, file_name=f"{file_stem(eq)}.json",
        mime="application/json", icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def draw_opened() -> None:
    """Take settings from files, show the one that is chosen, and pass it on."""
    st.subheader("Open a setting", anchor=False)
    st.file_uploader(
        "Settings (JSON from this page, from Morph, or from the command line)", type="json",
        accept_multiple_files=True, key=state.OPENED_UPLOAD, on_change=_take_files,
    )  # fmt: skip
    for error in st.session_state.get(state.OPENED_ERRORS, ()):
        st.error(escaped(error))
    opened: dict[str, state.NamedSetting] = st.session_state.get(state.OPENED, {})
    if not opened:
        st.info("A file opens here with its curve; then use it as the EQ or as an end of a morph.")
        return
    name = st.selectbox("Opened", list(opened), key=state.OPENED_NAME, persist_state="session")
    setting = opened.get(name) or next(iter(opened.values()))
    params = np.array(setting.params)
    _draw_curve(params, key="preset_opened", alt=f"EQ curve of {setting.label}")
    st.markdown(figures.bands_markdown(params))
    setting_buttons(setting, key="opened")


def _draw_curve(params: np.ndarray, *, key: str, alt: str) -> None:
    figure = figures.setting_figure(params)
    st.plotly_chart(figure, key=key, config={"displaylogo": False}, alt=alt)


def _take_files() -> None:
    """Callback: read what was uploaded; a bad file is said and takes nothing along."""
    session, errors = st.session_state, []
    opened: dict[str, state.NamedSetting] = {}
    for file in session.get(state.OPENED_UPLOAD) or ():
        try:
            called, params = read_setting(file.getvalue(), name=file.name)
        except NeuralEqError as error:
            errors.append(str(error))
            continue
        label, number = f"{called}{state.FROM_FILE}", 2
        while label in opened:
            label, number = f"{called} {number}{state.FROM_FILE}", number + 1
        opened[label] = state.NamedSetting(label, tuple(params.tolist()))
    session[state.OPENED], session[state.OPENED_ERRORS] = opened, errors
