"""From one word to another, by a slider."""

import streamlit as st

from neural_eq.ui import current_eq, morph
from neural_eq.ui.frame import frame

frame()
st.title("Morph", anchor=False)
st.markdown("Pick two words and slide from one sound to the other.")
left, right = st.columns([3, 2], gap="large")
with left:
    morph.inputs()
    made = current_eq.morph()
    morph.draw_curves(made)
with right:
    st.subheader(made.eq.label.capitalize(), anchor=False)
    morph.draw_setting(made)
    morph.draw_use(made)
