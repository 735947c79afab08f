"""The EQ in use as files for other software, the library, and presets from anywhere."""

import streamlit as st

from neural_eq.ui.routing import frame, importing

frame()
with importing:
    from neural_eq.ui.current_eq import current_eq
    from neural_eq.ui.presets import in_hand, views

st.title("Presets", anchor=False)
st.markdown("Take the EQ into the software you use, keep it in a library, and open what you have.")
eq = current_eq()
left, right = st.columns([3, 4], gap="large")
with left:
    in_hand.draw(eq)
with right:
    views.draw(eq)
