"""Session keys and first values: what one browser tab has chosen, kept in one place.

Two people never see each other's choices: everything here lives in the session. The address
carries it, so that a refresh, a deep link and a server's restart find it again.
"""

from __future__ import annotations

import tempfile
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import check_params
from neural_eq.errors import NeuralEqError
from neural_eq.jobs import DONE_STATES
from neural_eq.ui import address, cached

if TYPE_CHECKING:
    from neural_eq.jobs import Run
    from neural_eq.model.checkpoint import TrainedModel

# Widgets whose values the address carries; the key is the parameter's name
FROM, TO, AT, STRENGTH, ROUTE, MODEL = "from", "to", "at", "strength", "route", "model"
THIRD, THIRD_WEIGHT, FOURTH, FOURTH_WEIGHT = "third", "third_weight", "fourth", "fourth_weight"
# Other widgets
DATA_UPLOAD, MODEL_UPLOAD, AUDIO_UPLOAD = "data_upload", "model_upload", "audio_upload"
METHOD, N_NEIGHBORS, MIN_DIST, PERPLEXITY = "map_method", "n_neighbors", "min_dist", "perplexity"
DIMENSIONS, MAP_STYLE, MAP_DRAG = "map_dimensions", "map_style", "map_drag"
MIN_COUNT = "map_min_count"
FOUND_WORDS, SHOW_DISPLACED, MAP_READER = "found_words", "show_displaced", "map_reader"
MAP_KEEPER, MAP_VIEW = "map_keeper", "map_view"
MAP, CLIP, LEVEL_MATCH, CLIP_GUARD, AUDIO_FORMAT = (
    "map", "clip", "level_match", "clip_guard", "audio_format",
)  # fmt: skip
TRAIN_PREFIX = "option_"
# Plain values
BEGUN, ROUTED, DATA, DATA_ERROR = "begun", "routed", "data", "data_error"
UPLOADED_MODEL, MODEL_ERROR = "uploaded_model", "model_error"
FOLLOWED_RUN, SHOWN_RUN = "run", "shown_run"
DOT, DOTS, SOURCE, USED_DOT = "dot", "dots", "source", "used_dot"
OPENED, OPENED_UPLOAD, OPENED_NAME, OPENED_ERRORS = (
    "opened", "opened_upload", "opened_name", "opened_errors",
)  # fmt: skip
GROUP, COMPARED, CHART_VIEWS = "group", "compared", "chart_views"
EDIT, LEFT_EDIT, ZOOM_DB, MORPH_NOTES = "edit", "left_edit", "zoom_db", "morph_notes"
SETTING_UPLOAD, SETTING_ERROR, LOOKED_UP, EDITOR_TURN = (
    "setting_upload", "setting_error", "looked_up", "editor_turn",
)  # fmt: skip
TRAIN_NOTE, TRAIN_TURN, RUNS_ERROR, VIEW_PLAYED = (
    "train_note", "train_turn", "runs_error", "view_played",
)  # fmt: skip
CHOSEN_RUNS, RUNS_TABLE, DELETED_RUNS, RUN_UPLOAD, RUN_NAME, OVERLAID = (
    "chosen_runs", "runs_table", "deleted_runs", "run_upload", "run_name", "overlaid",
)  # fmt: skip
# Of the Audio page: widgets, then plain values
AUDIO_MODE, AUDIO_DEPTH, OWN_FILE, EXCERPT_PREFIX = (
    "audio_mode", "audio_depth", "own_file", "excerpt_",
)  # fmt: skip
MICROPHONE, PRESET_UPLOAD = "microphone", "preset_upload"
APPLIED, APPLIED_STRENGTH, APPLIED_WORD, APPLIED_SCHOOL = (
    "applied", "applied_strength", "applied_word", "applied_school",
)  # fmt: skip
BLIND_PAIR, BLIND_TRIALS, BLIND_PREFIX, BLIND_SHOW_SCORE = (
    "blind_pair", "blind_trials", "blind_", "blind_show_score",
)  # fmt: skip
AUDIO_ERROR, OWN_FILES, SOUND_FOLDER, UPLOAD_TURN, RECORDING = (
    "audio_error", "own_files", "sound_folder", "upload_turn", "recording",
)  # fmt: skip
PRESET, PRESET_ERROR, EARLIER_SOUNDS, RENDERING, BLIND_TEST = (
    "preset", "preset_error", "earlier_sounds", "rendering", "blind_test",
)  # fmt: skip

EXTRAS = (THIRD, THIRD_WEIGHT, FOURTH, FOURTH_WEIGHT)
BUILT_IN, UPLOADED = "built-in", "uploaded"
BUILT_IN_DIMENSIONS = {BUILT_IN: 32, "built-in-3": 3, "built-in-2": 2}
"""The latent dimensions of each built-in model, by its id."""

FROM_FILE = " (file)"
"""How the name of a setting ends that came from a file: no address can carry it."""

MORPH_SOURCE, DOT_SOURCE = "morph", "dot"

FIRST_VALUES: dict[str, Any] = {
    FROM: "warm",
    TO: "bright",
    AT: 50,
    STRENGTH: 1.0,
    ROUTE: "latent",
    THIRD: None,
    THIRD_WEIGHT: 50,
    FOURTH: None,
    FOURTH_WEIGHT: 50,
    MODEL: BUILT_IN,
    METHOD: "UMAP",
    N_NEIGHBORS: 15,
    MIN_DIST: 0.1,
    PERPLEXITY: 30,
    DIMENSIONS: 2,
    MAP_STYLE: "Points",
    MAP_DRAG: "Move",
    MIN_COUNT: 5,
    FOUND_WORDS: [],
    SHOW_DISPLACED: False,
    CLIP: "drums",
    LEVEL_MATCH: True,
    CLIP_GUARD: True,
    AUDIO_FORMAT: "WAV",
    AUDIO_DEPTH: "source",
    AUDIO_MODE: "Listen",
    APPLIED: "current",
    APPLIED_STRENGTH: 1.0,
    BLIND_PAIR: "bypass",
    BLIND_TRIALS: 12,
    BLIND_SHOW_SCORE: False,
    SOURCE: MORPH_SOURCE,
}


@dataclass(frozen=True)
class NamedSetting:
    """A setting that was picked on the map.

    Attributes:
        label: "warm, setting 123".
        params: In dB, Hz and Q, 13 numbers.
    """

    label: str
    params: tuple[float, ...]


@dataclass(frozen=True)
class Edit:
    """A morph whose bands were changed by hand.

    Attributes:
        params: As changed, in dB, Hz and Q, 13 numbers.
        base: The morph that it changes, 13 numbers; empty while it is not yet known.
        choices: What the morph's inputs said, to come back to it.
    """

    params: tuple[float, ...]
    base: tuple[float, ...] = ()
    choices: tuple[tuple[str, Any], ...] = ()

    def for_address(self) -> str:
        """Write the setting for :meth:`from_address`."""
        return "_".join(f"{value:.9g}" for value in self.params)

    @staticmethod
    def from_address(text: str) -> Edit | None:
        """Read a setting from an address; None where there is none that could be played."""
        try:
            params = check_params(np.array([float(part) for part in text.split("_")]))
        except (ValueError, NeuralEqError):
            return None
        return Edit(tuple(params[0].tolist()))


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


def begin() -> None:
    """Give every key its first value and, once a session, what the address says."""
    state = st.session_state
    for key, value in FIRST_VALUES.items():
        state.setdefault(
            key, value
        )  # at each run, since a run that fails drops its widgets' values
    if BEGUN in state:
        return
    state[BEGUN] = True
    if DATA not in state:
        state[DATA], state[DATA_ERROR] = cached.default_dataset()
    _read_address(state, address.read())


def _read_address(state: MutableMapping[Any, Any], params: dict[str, str]) -> None:
    """Take over what is valid; words and routes are checked where the model is known."""
    for key in (FROM, TO, THIRD, FOURTH, ROUTE):
        if 0 < len(params.get(key, "")) <= 100:
            state[key] = params[key]
    for key, kind, low, high in (
        (AT, int, 0, 100),
        (STRENGTH, float, -1.0, 2.0),
        (THIRD_WEIGHT, int, 0, 100),
        (FOURTH_WEIGHT, int, 0, 100),
    ):
        try:
            value = kind(params[key])
        except (KeyError, ValueError):
            continue
        if low <= value <= high:
            state[key] = value
    state[EDIT] = Edit.from_address(params.get(EDIT, ""))
    if params.get(MODEL) in BUILT_IN_DIMENSIONS:
        state[MODEL] = params[MODEL]
    elif params.get(MODEL):
        run = cached.training_jobs().run(params[MODEL])
        if run is not None and run.is_usable:
            state[MODEL] = run.run_id
        else:
            state[MODEL_ERROR] = (
                "The address asks for a model that is not here, perhaps a run that was deleted or"
                " is another computer's; the built-in model is in use instead and sounds different."
            )
    run = cached.training_jobs().run(params.get(FOLLOWED_RUN, ""))
    if run is not None:
        state[SHOWN_RUN] = run.run_id
        if run.is_live:
            state[FOLLOWED_RUN] = run.run_id


def for_address() -> dict[str, str]:
    """Return what the address is to carry: whatever is not at its first value."""
    state = st.session_state
    params = {}
    for key in (FROM, TO, AT, STRENGTH, ROUTE, *EXTRAS, MODEL):
        value = state.get(key, FIRST_VALUES[key])
        is_private = value == UPLOADED or str(value).endswith(FROM_FILE)
        if value != FIRST_VALUES[key] and not is_private:
            params[key] = f"{value:g}" if key == STRENGTH else str(value)
    if state.get(EDIT) is not None:
        params[EDIT] = state[EDIT].for_address()
    if state.get(FOLLOWED_RUN):
        params[FOLLOWED_RUN] = state[FOLLOWED_RUN]
    return params


def dataset() -> Dataset:
    """Return the data in use."""
    return st.session_state[DATA]


def take_data() -> None:
    """Callback: use the uploaded table, or the default one again when it is taken away."""
    state = st.session_state
    file = state.get(DATA_UPLOAD)
    state[DATA_ERROR] = ""
    state.pop(DOT, None)
    if file is None:
        state[DATA], state[DATA_ERROR] = cached.default_dataset()
        return
    from neural_eq.data.sources import open_dataset

    try:
        state[DATA] = open_dataset(file.getvalue(), name=file.name)
    except NeuralEqError as error:
        state[DATA_ERROR] = str(error)


def use_downloaded() -> None:
    """Use the downloaded table in this session; others begin with it from now on."""
    cached.default_dataset.clear()
    st.session_state[DATA], st.session_state[DATA_ERROR] = cached.default_dataset()
    st.session_state.pop(DOT, None)


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
    with tempfile.TemporaryDirectory(prefix="neural-eq-") as folder:
        path = Path(folder) / (Path(file.name).name or "model.pt")
        path.write_bytes(content)
        try:
            model = checkpoint.load(path)
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
    found = {model_id: _built_in_ref(model_id) for model_id in BUILT_IN_DIMENSIONS}
    uploaded = st.session_state.get(UPLOADED_MODEL)
    if uploaded is not None:
        found[UPLOADED] = uploaded[0]
    for run in cached.training_jobs().runs():
        ref = _run_ref(run)
        if ref is not None:
            found[run.run_id] = ref
    return found


def _built_in_ref(model_id: str) -> ModelRef:
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
        return _built_in_ref(wanted)
    run = cached.training_jobs().run(wanted)
    return (run and _run_ref(run)) or _built_in_ref(BUILT_IN)


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
        st.toast("The training has ended; its model is in use now.", icon=":material/check:")


def _leave_lost_model() -> None:
    """Use the built-in model where the chosen one is gone, and say so."""
    state = st.session_state
    if state[MODEL] not in model_refs():
        state[MODEL] = BUILT_IN
        state[MODEL_ERROR] = (
            "The run whose model was in use was deleted or goes on training; the built-in model is"
            " in use instead."
        )


def use_run(run_id: str) -> None:
    """Callback: use the model of a run."""
    st.session_state[MODEL] = run_id
    check_model()


def dot_of(rows: Dataset, setting_id: int) -> NamedSetting | None:
    """Return a setting of the map by its number."""
    at = np.flatnonzero(rows.setting_ids == setting_id)
    if not len(at):
        return None
    params = tuple(rows.params[at[0]].tolist())
    return NamedSetting(f"{rows.terms[at[0]]}, setting {setting_id}", params)


def use_dot(dot: NamedSetting) -> None:
    """Callback: make a setting of the map the current EQ."""
    st.session_state[USED_DOT], st.session_state[SOURCE] = dot, DOT_SOURCE


def morph_dot(dot: NamedSetting, end: str) -> None:
    """Callback: put a setting of the map at one end of the morph, :data:`FROM` or :data:`TO`."""
    state = st.session_state
    state[DOTS] = {**state.get(DOTS, {}), dot.label: dot}
    state[end], state[SOURCE] = dot.label, MORPH_SOURCE


def use_morph() -> None:
    """Callback: make the morph the current EQ."""
    st.session_state[SOURCE] = MORPH_SOURCE


def swap_ends() -> None:
    """Callback: exchange the morph's ends and mirror the slider, so that the sound stays."""
    state = st.session_state
    state[FROM], state[TO], state[AT] = state[TO], state[FROM], 100 - state[AT]
    use_morph()
