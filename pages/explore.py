"""The map of all settings: hover to read one, click to use it."""

import streamlit as st

from neural_eq.ui import explore, figures
from neural_eq.ui.frame import frame

frame()
st.title("Explore", anchor=False)
st.markdown(
    "Neural EQ turns words into equalisation: it learned from settings that were saved under"
    " words such as “warm” and “bright”. Each dot is one setting, and dots that lie close"
    " are alike: hover to read its bands, click to see its curve and use it."
)
config = explore.method_inputs()
view = explore.map_view(config)
left, right = st.columns([3, 2])
with left:
    explore.draw_map(view)
    explore.pending_line(view, config)
with right:
    dot = explore.selected_dot(view)
    st.subheader(dot.label.capitalize() if dot else "What the words mean", anchor=False)
    explore.draw_curves(view, dot)
    if dot:
        st.markdown(figures.bands_markdown(dot.params))
        explore.dot_buttons(dot)
    else:
        st.caption("Mean curve of each word's settings; click a word below the curves to show it.")
