"""Train a model in the background, watch it learn, and keep what comes of it."""

import streamlit as st

from neural_eq.ui.routing import frame, importing

frame()
with importing:
    from neural_eq.ui import train

st.title("Train", anchor=False)
train.draw_notices()
left, right = st.columns([3, 2], gap="large")
with left, st.container(key="the_run"):
    train.draw_run()
with right, st.container(key="new_run"):
    st.subheader("A new run", anchor=False)
    train.draw_form()
train.draw_runs()
