"""Train a model in the background and watch it learn."""

import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.ui import train
from neural_eq.ui.frame import frame

frame()
st.title("Train", anchor=False)
run = train.shown_run()
left, right = st.columns([3, 2], gap="large")
with left, st.container():
    if run:
        st.subheader("The run" if run.is_live else "The last run", anchor=False)
        train.draw_run(run)
    else:
        st.subheader("No run yet", anchor=False)
        st.markdown("Press **Start training**: the curves grow here, and you may leave this page.")
with right:
    st.subheader("A new run", anchor=False)
    try:
        train.draw_data()
        config = train.form(busy=run is not None and run.is_live)
        if config:
            train.start(config)
    except NeuralEqError as error:
        st.error(str(error))
