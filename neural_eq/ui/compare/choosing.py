"""Which models are compared, and what was found of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from neural_eq.eq.params import BANDS, N_PARAMS, Bounds, clamp
from neural_eq.errors import NeuralEqError
from neural_eq.ui import cached, models, state
from neural_eq.ui.markdown import escaped

MAX_MODELS = 5


def models_input() -> list[models.ModelRef]:
    """Draw the choice of models and return those chosen, in the order of choice."""
    refs = models.model_refs()
    if state.COMPARED not in st.session_state:
        in_use = st.session_state[state.MODEL]
        st.session_state[state.COMPARED] = list(
            dict.fromkeys(
                [in_use if in_use in refs else state.BUILT_IN, *models.BUILT_IN_DIMENSIONS]
            )
        )
    chosen = st.session_state[state.COMPARED]
    st.session_state[state.COMPARED] = [model_id for model_id in chosen if model_id in refs]
    picked = st.multiselect(
        "Models",
        list(refs),
        format_func=lambda model_id: refs[model_id].label if model_id in refs else model_id,
        key=state.COMPARED,
        persist_state="session",
        max_selections=MAX_MODELS,
        placeholder="Choose the models to compare",
        help="The built-in ones, what was trained here, and a file of yours. For the guide's"
        " comparison, train one with “V2, to compare” on Train and put it beside the default.",
    )
    in_use = st.session_state[state.MODEL]
    if in_use in refs and in_use not in picked:
        is_full = len(picked) >= MAX_MODELS
        st.button(
            f"Add the model in use: {escaped(refs[in_use].label)}", icon=":material/add:",
            key="compare_in_use", on_click=_add, args=(in_use,), disabled=is_full,
            help=f"At most {MAX_MODELS} models are compared." if is_full else None,
        )  # fmt: skip
    return [refs[model_id] for model_id in picked]


def _add(model_id: str) -> None:
    """Callback: compare one more model."""
    st.session_state[state.COMPARED] = [*st.session_state[state.COMPARED], model_id]


def descriptions(refs: list[models.ModelRef]) -> list[dict[str, Any]]:
    """Judge each model on the data in use; one that cannot be loaded is said and left out."""
    dataset = state.dataset()
    data = cached.data_key(dataset)
    found = []
    for ref in refs:
        try:
            with st.spinner(f"Judging {escaped(ref.label)} on {len(dataset):,} settings …"):
                model = models.model_of(ref)
                judged = cached.description(data, ref.key, dataset, model)
                found.append({**judged, "name": ref.label, "reach": reach(model.bounds)})
        except NeuralEqError as error:
            st.error(f"{escaped(ref.label)} is left out: {escaped(str(error))}")
    return found


def reach(bounds: Bounds) -> list[dict[str, float]]:
    """Return how far a model can place each band: what its 0 and 1 stand for, in Hz."""
    ends = bounds.denormalize(np.stack([np.zeros(N_PARAMS), np.ones(N_PARAMS)]))
    low, high = clamp(ends)
    return [{"low_hz": float(low[band.freq]), "high_hz": float(high[band.freq])} for band in BANDS]
