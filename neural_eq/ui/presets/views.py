"""The right side of the page: the library, files to open, and every word, one at a time."""

from __future__ import annotations

import streamlit as st

from neural_eq.ui import cached, state
from neural_eq.ui.current_eq import CurrentEq
from neural_eq.ui.markdown import escaped
from neural_eq.ui.presets import every_word, opened, shelf

LIBRARY, OPEN, WORDS = "Library", "Open a file", "Every word"


def draw(eq: CurrentEq) -> None:
    """Draw the choice of view, what hindered the last action, and the view."""
    contents = cached.preset_library().contents()
    names = {view: view for view in (LIBRARY, OPEN, WORDS)}
    names[LIBRARY] += f" ({len(contents.kept)})" if contents.kept else ""
    view = st.segmented_control(
        "View", list(names), key=state.PRESETS_VIEW, persist_state="session", required=True,
        format_func=names.__getitem__, width="stretch", label_visibility="collapsed",
    )  # fmt: skip
    if st.session_state.get(state.PRESETS_ERROR):
        st.error(escaped(st.session_state[state.PRESETS_ERROR]))
    if view == OPEN:
        opened.draw()
    elif view == WORDS:
        every_word.draw()
    else:
        shelf.draw(contents, eq)
