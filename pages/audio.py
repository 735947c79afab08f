"""Hear the current EQ on a sound."""

import streamlit as st

from neural_eq.ui import audio
from neural_eq.ui.current_eq import current_eq
from neural_eq.ui.frame import frame

frame()
st.title("Audio", anchor=False)
eq = current_eq()
left, right = st.columns([3, 2], gap="large")
with left:
    sound = audio.source_input()
    audio.level_inputs()
    if sound:
        take = audio.take(sound, eq)
        audio.draw_players(take)
        audio.draw_download(take, eq)
with right:
    st.subheader(f"EQ: {eq.label}", anchor=False)
    audio.draw_eq(eq)
    st.page_link("pages/morph.py", label="Change it on Morph", icon=":material/tune:")
