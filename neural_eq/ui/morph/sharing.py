"""What becomes of a morph: Audio plays it, a file keeps it, a link carries it."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import streamlit as st

from neural_eq.ui import link, models, state
from neural_eq.ui.current_eq import Morph, file_stem, setting_json
from neural_eq.ui.markdown import escaped


def draw(morph: Morph) -> None:
    """Offer all three, and say what Audio plays."""
    is_used = st.session_state[state.SOURCE] == state.MORPH_SOURCE
    text = setting_json(morph.eq, model=models.model_ref().label)
    with st.container(horizontal=True):
        if not is_used:
            st.button("Use this morph", icon=":material/headphones:", on_click=state.use_morph)
        st.download_button(
            "Download as JSON",
            lambda: text,  # a file put up at each move would be gone before the browser asks for it
            file_name=f"{file_stem(morph.eq)}.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        with st.popover("Link", icon=":material/link:"):
            _link()
    if is_used:
        st.caption("This is the current EQ: Audio applies it.")
    else:
        used = escaped(st.session_state[state.USED_DOT].label)
        st.caption(f"Audio applies {used}, not this morph.")


def _link() -> None:
    """Write the address of this morph, and what it cannot carry."""
    if st.session_state[state.MODEL] != state.UPLOADED:
        st.markdown("This link opens the morph as it stands.")
    st.code(_whole_address(st.context.url), language=None, wrap_lines=True)
    if st.session_state[state.MODEL] == state.UPLOADED:
        st.warning("The uploaded model is not in the link; send its file along.")


def _whole_address(address: str | None) -> str:
    """Return the whole address of the morph; only its path where the server's is not known."""
    parts = urlsplit(address or "")
    query = urlencode(link.for_address())
    start = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return f"{start}/morph" + (f"?{query}" if query else "")
