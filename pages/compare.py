"""Models side by side on the data in use."""

import streamlit as st

from neural_eq.ui.routing import frame, importing

frame()
with importing:
    from neural_eq.ui.compare import choosing, showing

st.title("Compare", anchor=False)
st.markdown("How exact, how well sorted and how wide models are, side by side on the data in use.")
refs = choosing.models_input()
models = choosing.descriptions(refs)
if models:
    showing.draw_verdicts(models)
    showing.draw_downloads(models)
    st.subheader("How far each band reaches", anchor=False)
    showing.draw_coverage(models)
    showing.draw_words(models)
else:
    st.info("Choose one or more models above; two or more make a comparison.")
