"""Session keys and first values: what one browser tab has chosen, kept in one place.

Two people never see each other's choices: everything here lives in the session. The address
carries it, so that a refresh, a deep link and a server's restart find it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import check_params
from neural_eq.errors import NeuralEqError

# Widgets whose values the address carries; the key is the parameter's name
FROM, TO, AT, STRENGTH, ROUTE, MODEL = "from", "to", "at", "strength", "route", "model"
THIRD, THIRD_WEIGHT, FOURTH, FOURTH_WEIGHT = "third", "third_weight", "fourth", "fourth_weight"
# Other widgets
DATA_UPLOAD, MODEL_UPLOAD, AUDIO_UPLOAD = "data_upload", "model_upload", "audio_upload"
METHOD, N_NEIGHBORS, MIN_DIST, PERPLEXITY = "map_method", "n_neighbors", "min_dist", "perplexity"
DIMENSIONS, MAP_STYLE, MAP_DRAG = "map_dimensions", "map_style", "map_drag"
MIN_COUNT = "map_min_count"
FOUND_WORDS, SHOW_DISPLACED, MAP_READER = "found_words", "show_displaced", "map_reader"
SETTING, PLAY_MAP, PUCK = "setting", "play_map", "puck"
MAP, CLIP, LEVEL_MATCH, CLIP_GUARD, AUDIO_FORMAT = (
    "map", "clip", "level_match", "clip_guard", "audio_format",
)  # fmt: skip
TRAIN_PREFIX = "option_"
# Plain values
BEGUN, DATA, DATA_ERROR = "begun", "data", "data_error"
UPLOADED_MODEL, MODEL_ERROR, LOST_MODEL = "uploaded_model", "model_error", "lost_model"
FOLLOWED_RUN, SHOWN_RUN, HEARD_RUN = "run", "shown_run", "heard_run"
TABLE, TABLE_IN_USE, UPLOADED_DATA = "table", "table_in_use", "uploaded_data"
DOT, DOTS, SOURCE, USED_DOT = "dot", "dots", "source", "used_dot"
OPENED, OPENED_UPLOAD, OPENED_NAME, OPENED_ERRORS = (
    "opened", "opened_upload", "opened_name", "opened_errors",
)  # fmt: skip
GROUP, COMPARED = "group", "compared"
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
AUDIO_MODE, AUDIO_DEPTH, OWN_FILE, EXCERPT_PREFIX, ONLY_HEARD = (
    "audio_mode", "audio_depth", "own_file", "excerpt_", "only_heard",
)  # fmt: skip
MICROPHONE, PRESET_UPLOAD = "microphone", "preset_upload"
APPLIED, APPLIED_STRENGTH, APPLIED_WORD, APPLIED_SCHOOL = (
    "applied", "applied_strength", "applied_word", "applied_school",
)  # fmt: skip
BLIND_PAIR, BLIND_TRIALS, BLIND_PREFIX, BLIND_SHOW_SCORE = (
    "blind_pair", "blind_trials", "blind_", "blind_show_score",
)  # fmt: skip
AUDIO_ERROR, OWN_FILES, SOUND_FOLDER, UPLOAD_TURN, RECORDING, LAST_CLIP = (
    "audio_error", "own_files", "sound_folder", "upload_turn", "recording", "last_clip",
)  # fmt: skip
PRESET, PRESET_ERROR, EARLIER_SOUNDS, RENDERING, BLIND_TEST = (
    "preset", "preset_error", "earlier_sounds", "rendering", "blind_test",
)  # fmt: skip

# Of the Presets page: widgets, then plain values
PRESETS_VIEW, PRESET_NAME, SOFTWARE, SOFTWARE_RATE = (
    "presets_view", "preset_name", "software", "software_rate",
)  # fmt: skip
COLLECTION_SEARCH, COLLECTION_SORT, COLLECTION_SCOPE = (
    "library_search",
    "library_sort",
    "library_scope",
)
WORDS_STRENGTHS, WORDS_SCHOOLS = "words_strengths", "words_schools"
WORDS_SOFTWARE, ZIP_SOFTWARE = "words_software", "zip_software"
USED_PRESET, PENDING_FILES, PRESETS_ERROR, PRESETS_NOTE = (
    "used_preset", "pending_files", "presets_error", "presets_note",
)  # fmt: skip
CHOSEN_PRESETS, COLLECTION_TABLE, DELETED_PRESETS, PAIR = (
    "chosen_presets", "library_table", "deleted_presets", "pair",
)  # fmt: skip
WORDS_WANTED, WORDS_MADE = "words_wanted", "words_made"

# Of the puck on the map: plain values
PUCK_MOVED, PUCK_PLACES, PUCK_SOUND, PLAYED = (
    "puck_moved", "puck_places", "puck_sound", "played",
)  # fmt: skip

AT_SLIDER, STRENGTH_SLIDER = "at_slider", "strength_slider"
PRESET_REMARKS, APPLIED_KEPT = "preset_remarks", "applied_kept"
# Of the player
ON_AIR, EQ_WANTED, SNAPSHOTS = "on_air", "eq_wanted", "snapshots"
EQ_NOW, EQ_PAST, EQ_FUTURE = "eq_now", "eq_past", "eq_future"
EQ_STEPS, EQ_STEPS_SEEN, EQ_STEPS_OF = "eq_steps", "eq_steps_seen", "eq_steps_of"
WANTED = "wanted"

EXTRAS = (THIRD, THIRD_WEIGHT, FOURTH, FOURTH_WEIGHT)
BUILT_IN, UPLOADED = "built-in", "uploaded"
MAP_STYLES = ("Points", "Density")
MIN_COUNT_BOUNDS = (3, 50)

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
    PLAY_MAP: False,
    CLIP: "drums",
    LEVEL_MATCH: True,
    CLIP_GUARD: True,
    AUDIO_FORMAT: "WAV",
    AUDIO_DEPTH: "source",
    AUDIO_MODE: "Listen",
    ONLY_HEARD: False,
    APPLIED: "current",
    APPLIED_STRENGTH: 1.0,
    BLIND_PAIR: "bypass",
    BLIND_TRIALS: 12,
    BLIND_SHOW_SCORE: False,
    SOURCE: MORPH_SOURCE,
    PRESETS_VIEW: "Library",
    COLLECTION_SORT: "Newest first",
    WORDS_STRENGTHS: [1.0],
    WORDS_SCHOOLS: True,
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


def want(what: str) -> None:
    """Callback: ask for what the drawing then does.

    A button that is pressed right after another input was changed comes in one run with it, and
    its arguments are from the run before: what depends on other inputs has to wait for them.
    """
    st.session_state[WANTED] = what


def is_wanted(what: str) -> bool:
    """Whether this was asked for; once."""
    is_so = st.session_state.get(WANTED) == what
    if is_so:
        del st.session_state[WANTED]
    return is_so


def dataset() -> Dataset:
    """Return the data in use."""
    return st.session_state[DATA]


def dot_of(rows: Dataset, setting_id: int) -> NamedSetting | None:
    """Return a setting of the map by its number."""
    at = np.flatnonzero(rows.setting_ids == setting_id)
    if not len(at):
        return None
    params = tuple(rows.params[at[0]].tolist())
    return NamedSetting(f"{rows.terms[at[0]]}, setting {setting_id}", params)


def from_file(
    name: str, params: tuple[float, ...], others: Mapping[str, NamedSetting]
) -> NamedSetting:
    """Name a setting that came from a file as none of the others is named that differs."""
    label, number = f"{name}{FROM_FILE}", 2
    while label in others and others[label].params != params:
        label, number = f"{name} {number}{FROM_FILE}", number + 1
    return NamedSetting(label, params)


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
