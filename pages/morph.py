"""From one word to another, by a slider."""

import streamlit as st

from neural_eq.ui.routing import frame, importing

frame()
with importing:
    from neural_eq.ui import current_eq
    from neural_eq.ui.morph import edits, inputs, picture, sharing, where

st.title("Morph", anchor=False)
st.markdown(
    "Pick two words and slide from one sound to the other. Drag the bands to make it your own."
)
left, right = st.columns([3, 2], gap="large")
with left:
    inputs.draw_ends()
    made = current_eq.morph()
    inputs.draw_slider(made)
    picture.draw(made)
with right:
    picture.draw_heading(made)
    with st.container():  # what comes and goes here leaves the panels below as they are
        edits.draw_line(made)
        inputs.draw_mix(made)
    inputs.draw_way()
    where.draw(made)
    sharing.draw(made)
