"""The EQ in use as a file to keep, and settings from files."""

import streamlit as st

from neural_eq.ui import presets
from neural_eq.ui.current_eq import current_eq
from neural_eq.ui.frame import frame

frame()
st.title("Presets", anchor=False)
st.markdown("Take the EQ home as a file, and open one that you or others kept.")
left, right = st.columns(2, gap="large")
with left:
    presets.draw_current(current_eq())
with right:
    presets.draw_opened()
