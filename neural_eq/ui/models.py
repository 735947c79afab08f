"""The models to choose from, and the one in use; a model is loaded when it is first needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.jobs import DONE_STATES
from neural_eq.ui import cached
from neural_eq.ui.state import (
    BUILT_IN,
    FOLLOWED_RUN,
    LOST_MODEL,
    MODEL,
    MODEL_ERROR,
    MODEL_UPLOAD,
    UPLOADED,
    UPLOADED_MODEL,
)

if TYPE_CHECKING:
    from neural_eq.jobs import Run
    from neural_eq.model.checkpoint import TrainedModel

BUILT_IN_DIMENSIONS = {BUILT_IN: 32, "built-in-3": 3, "built-in-2": 2}
"""The latent dimensions of each built-in model, by its id."""


@dataclass(frozen=True)
class ModelRef:
    """Which model is meant, without loading it.

    Attributes:
        model_id: :data:`BUILT_IN`, :data:`UPLOADED` or a run's id.
        label: What the user calls it.
        key: Equal keys, equal weights.
        path: Its file; None for an upload, which lives in the session.
        latent_dim: Dimensions of its latent.
    """

    model_id: str
    label: str
    key: str
    path: Path | None
    latent_dim: int


def take_model() -> None:
    """Callback: load the uploaded model and use it; a bad file changes nothing."""
    state = st.session_state
    file = state.get(MODEL_UPLOAD)
    state[MODEL_ERROR] = ""
    if file is None:
        state.pop(UPLOADED_MODEL, None)
        if state[MODEL] == UPLOADED:
            state[MODEL] = BUILT_IN
        return
    from neural_eq.model import checkpoint

    content = file.getvalue()
    try:
        model = checkpoint.loads(content, name=file.name)
    except NeuralEqError as error:
        state[MODEL_ERROR] = str(error)
        return
    label = f"{file.name}, {model.latent_dim}-D"
    ref = ModelRef(UPLOADED, label, cached.sha256(content), None, model.latent_dim)
    state[UPLOADED_MODEL] = (ref, model)
    state[MODEL] = UPLOADED


def check_model() -> None:
    """Callback: go back to the built-in model when the chosen one cannot be loaded."""
    state = st.session_state
    state[MODEL_ERROR] = ""
    try:
        model()
    except NeuralEqError as error:
        state[MODEL_ERROR] = str(error)
        state[MODEL] = BUILT_IN


def model_refs() -> dict[str, ModelRef]:
    """Return the models to choose from, by id."""
    found = {model_id: built_in_ref(model_id) for model_id in BUILT_IN_DIMENSIONS}
    uploaded = st.session_state.get(UPLOADED_MODEL)
    if uploaded is not None:
        found[UPLOADED] = uploaded[0]
    for run in cached.training_jobs().runs():
        ref = _run_ref(run)
        if ref is not None:
            found[run.run_id] = ref
    return found


def built_in_ref(model_id: str) -> ModelRef:
    latent_dim = BUILT_IN_DIMENSIONS[model_id]
    path = cached.built_in_model_path(latent_dim)
    label = "built-in model" if model_id == BUILT_IN else f"built-in, small: {latent_dim}-D"
    return ModelRef(model_id, label, cached.file_key(path), path, latent_dim)


def _run_ref(run: Run) -> ModelRef | None:
    if not run.is_usable or run.model_path is None:
        return None
    key = cached.file_key(run.model_path)
    label, latent_dim = f"run {run.describe()}", run.config.model.latent_dim
    return ModelRef(run.run_id, label, key, run.model_path, latent_dim)


def model_ref() -> ModelRef:
    """Return which model is in use; asked often, so it looks at that one alone."""
    wanted = st.session_state[MODEL]
    uploaded = st.session_state.get(UPLOADED_MODEL)
    if wanted == UPLOADED and uploaded is not None:
        return uploaded[0]
    if wanted in BUILT_IN_DIMENSIONS:
        return built_in_ref(wanted)
    run = cached.training_jobs().run(wanted)
    return (run and _run_ref(run)) or built_in_ref(BUILT_IN)


def model() -> TrainedModel:
    """Load the model in use; the first call imports torch.

    Raises:
        CheckpointError: If its file cannot be used.
    """
    return model_of(model_ref())


def model_of(ref: ModelRef) -> TrainedModel:
    """Load any of the models to choose from.

    Raises:
        CheckpointError: If its file cannot be used.
    """
    if ref.path is None:
        return st.session_state[UPLOADED_MODEL][1]
    return cached.trained_model(str(ref.path), ref.key)


def adopt_finished_run() -> None:
    """Use the model of the run that this session follows, once it has ended.

    A session follows the run that it started; its address says so, so that a refresh goes on
    following. Other sessions find the run in their list of models, and nothing of theirs changes.
    """
    state = st.session_state
    _leave_lost_model()
    run_id = state.get(FOLLOWED_RUN)
    if not run_id:
        return
    run = cached.training_jobs().run(run_id)
    if run is not None and (run.is_live or run.state == "paused"):
        return
    state[FOLLOWED_RUN] = None
    # one that died on the way is on offer, but nobody asked for it as it is
    if run is not None and run.is_usable and run.state in DONE_STATES:
        state[MODEL], state[MODEL_ERROR] = run_id, ""
        ended = (
            "has ended" if run.state == "finished" else f"stopped after {run.epochs_done} epochs"
        )
        st.toast(f"The training {ended}; its model is in use now.", icon=":material/check:")


def _leave_lost_model() -> None:
    """Use the built-in model where the chosen one is gone, and say so."""
    state = st.session_state
    if state[MODEL] not in model_refs():
        state[LOST_MODEL], state[MODEL] = state[MODEL], BUILT_IN
        state[MODEL_ERROR] = (
            "The run whose model was in use was deleted or goes on training; the built-in model is"
            " in use instead."
        )


def take_back(run_ids: Sequence[str]) -> None:
    """Use the model again that was in use when its run was deleted, now that runs are back."""
    state = st.session_state
    if state.get(LOST_MODEL) in run_ids and state[MODEL] == BUILT_IN:
        use_run(state[LOST_MODEL])
    state[LOST_MODEL] = None


def use_run(run_id: str) -> None:
    """Callback: use the model of a run."""
    st.session_state[MODEL] = run_id
    check_model()
