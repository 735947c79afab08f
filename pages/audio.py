"""Hear an EQ on a sound, take it home as a file, or find out blind whether you hear it."""

import streamlit as st

from neural_eq.ui.routing import frame, importing

frame()
with importing:
    from neural_eq.ui.audio import applied, blind, export, listen, sources

st.title("Audio", anchor=False)
st.markdown("Put a sound through the EQ, hear both versions equally loud, and take it home.")
if listen.is_blind():
    blind.draw()
else:
    left, right = st.columns([3, 2], gap="large")
    with left:
        sound = sources.chosen()
        excerpt = sources.excerpt_input(sound) if sound else None
    with right:
        eq = applied.inputs()
        if eq:
            applied.draw_curve(eq)
    if sound and excerpt and eq:
        with left:
            listen.level_inputs()
            listen.draw(excerpt, listen.take(sound, excerpt, eq))
        with right:
            export.draw(sound, excerpt, eq)
