"""The map of all settings: hover to read one, click to use it."""

import streamlit as st

from neural_eq.ui.routing import frame, importing

frame()
with importing:
    from neural_eq.ui.explore import screen

st.title("Explore", anchor=False)
st.markdown(
    "Neural EQ turns words into equalisation: it learned from settings that were saved under"
    " words such as “warm” and “bright”. Each dot is one setting, and dots that lie close"
    " are alike: hover to read its bands, click to see its curve and use it."
)
screen.draw()
