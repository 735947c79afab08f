"""Neural EQ in the browser: ``streamlit run app.py``."""

from pathlib import Path

import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.ui import address, frame, state

page = st.navigation(frame.pages(), position="top")
st.set_page_config(page_title=f"{page.title} · Neural EQ", page_icon="🎚️", layout="wide")
st.html(Path(__file__).parent / "assets" / "style.css")
state.begin()
frame.header()
st.session_state[state.ROUTED] = True
try:
    page.run()
except NeuralEqError as error:
    st.error(str(error))
address.write(state.for_address(), page=page.title)
