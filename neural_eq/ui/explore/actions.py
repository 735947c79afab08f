"""What can be done with a setting from the map."""

from __future__ import annotations

import streamlit as st

from neural_eq.ui import state
from neural_eq.ui.state import NamedSetting


def setting_buttons(
    setting: NamedSetting, *, key: str, help_text: str | None = None, use: str = "Use as EQ"
) -> None:
    """Offer a setting as the EQ and as either end of the morph.

    Args:
        setting: What the other pages get.
        key: Tells these buttons from others of the page.
        help_text: What the first button takes, where the heading does not say it.
        use: What that is called, which leads to Audio.
    """
    with st.container(horizontal=True):
        to_audio = st.button(
            use, icon=":material/headphones:", type="primary", key=f"{key}_use",
            help=help_text, on_click=state.use_dot, args=(setting,),
        )  # fmt: skip
        morphs = [
            st.button(
                label, key=f"{key}_morph_{end}", on_click=state.morph_dot, args=(setting, end)
            )
            for label, end in (("Morph from here", state.FROM), ("Morph to here", state.TO))
        ]
    if to_audio:
        st.switch_page("pages/audio.py")
    if any(morphs):
        st.switch_page("pages/morph.py")


def leave_button(label: str, on_click) -> None:
    """Offer the way back to the words."""
    st.button(label, type="tertiary", icon=":material/arrow_back:", on_click=on_click)
