"""What the address of the app carries: read once a session, written after every run."""

from __future__ import annotations

import math
from collections.abc import MutableMapping
from typing import Any

import streamlit as st

from neural_eq.latent import projection
from neural_eq.ui import address, cached, link_picked, tables
from neural_eq.ui.markdown import escaped
from neural_eq.ui.models import BUILT_IN_DIMENSIONS
from neural_eq.ui.state import (
    APPLIED,
    APPLIED_STRENGTH,
    APPLIED_WORD,
    AT,
    BEGUN,
    CLIP,
    DATA,
    DIMENSIONS,
    EDIT,
    FIRST_VALUES,
    FOLLOWED_RUN,
    FOURTH,
    FOURTH_WEIGHT,
    FROM,
    FROM_FILE,
    MAP_STYLE,
    MAP_STYLES,
    METHOD,
    MIN_COUNT,
    MIN_COUNT_BOUNDS,
    MIN_DIST,
    MODEL,
    MODEL_ERROR,
    N_NEIGHBORS,
    PERPLEXITY,
    ROUTE,
    SHOWN_RUN,
    STRENGTH,
    TABLE,
    THIRD,
    THIRD_WEIGHT,
    TO,
    UPLOADED,
    Edit,
)  # fmt: skip

_NUMBERS: dict[str, tuple[type, float, float]] = {
    AT: (int, 0, 100),
    STRENGTH: (float, -1.0, 2.0),
    THIRD_WEIGHT: (int, 0, 100),
    FOURTH_WEIGHT: (int, 0, 100),
    DIMENSIONS: (int, *projection.DIMENSIONS),
    MIN_COUNT: (int, *MIN_COUNT_BOUNDS),
    N_NEIGHBORS: (int, *projection.BOUNDS["n_neighbors"]),
    MIN_DIST: (float, *projection.BOUNDS["min_dist"]),
    PERPLEXITY: (int, *projection.BOUNDS["perplexity"]),
    APPLIED_STRENGTH: (float, -1.0, 2.0),
}
"""The kind and the bounds of each number."""

_CHOICES = {
    METHOD: projection.METHODS,
    MAP_STYLE: MAP_STYLES,
    APPLIED: ("current", "word"),
    CLIP: tuple(cached.clip_paths()),
}
"""Of what is applied and of the sounds, what needs no file."""

_NAMES = (FROM, TO, THIRD, FOURTH, ROUTE, APPLIED_WORD)

_CARRIED = (*_NAMES, MODEL, *_CHOICES, *_NUMBERS)


def begin() -> None:
    """Give every key its first value and, once a session, what the address says."""
    state = st.session_state
    for key, value in FIRST_VALUES.items():
        # at each run, since a run that fails drops its widgets' values
        state.setdefault(key, value)
    if BEGUN in state:
        return
    state[BEGUN] = True
    if DATA not in state:
        tables.begin(state)
    state.setdefault(TABLE, tables.UPLOADED)  # which whoever put the data there may leave out
    _take(state, address.read())


def _take(state: MutableMapping[Any, Any], params: dict[str, str]) -> None:
    """Take over what is valid; words, routes and what a model cannot be drawn as are checked
    where the model is known."""
    for key in _NAMES:
        if 0 < len(params.get(key, "")) <= 100:
            state[key] = params[key]
    refused = []
    for key, (kind, low, high) in _NUMBERS.items():
        if key not in params:
            continue
        try:
            value = kind(params[key])
        except ValueError:
            value = math.nan
        if low <= value <= high:
            state[key] = value
        else:
            refused.append(f"{key} is {params[key][:20]!r}; it must lie within {low} to {high}.")
    for key, known in _CHOICES.items():
        if params.get(key) in known:
            state[key] = params[key]
        elif key in params:
            refused.append(f"{key} is {params[key][:20]!r}; it must be {' or '.join(known)}.")
    state[EDIT] = Edit.from_address(params.get(EDIT, ""))
    if params.get(EDIT) and state[EDIT] is None:
        refused.append("The edit of the bands is no setting that could be played.")
    if (
        params.get(TABLE) in (tables.BUILT_IN, tables.DOWNLOADED)
        and params[TABLE] in tables.known()
    ):
        tables.use(params[TABLE])
    refused += link_picked.take(state, params)
    if refused:
        text = " ".join(["Not taken from the address:", *refused])
        st.toast(escaped(text), icon=":material/warning:", duration="long")
    _take_model(state, params.get(MODEL, ""))
    run = cached.training_jobs().run(params.get(FOLLOWED_RUN, ""))
    if run is not None:
        state[SHOWN_RUN] = run.run_id
        if run.is_live:
            state[FOLLOWED_RUN] = run.run_id


def _take_model(state: MutableMapping[Any, Any], model_id: str) -> None:
    if model_id in BUILT_IN_DIMENSIONS:
        state[MODEL] = model_id
    elif model_id:
        run = cached.training_jobs().run(model_id)
        if run is not None and run.is_usable:
            state[MODEL] = run.run_id
        else:
            state[MODEL_ERROR] = (
                "The address asks for a model that is not here, perhaps a run that was deleted or"
                " is another computer's; the built-in model is in use instead and sounds different."
            )


def for_address() -> dict[str, str]:
    """Return what the address is to carry: whatever is not at its first value."""
    state = st.session_state
    params = {}
    for key in _CARRIED:
        first = FIRST_VALUES.get(key)
        value = state.get(key, first)
        is_private = value == UPLOADED or str(value).endswith(FROM_FILE)
        is_known = key not in _CHOICES or value in _CHOICES[key]
        if value != first and is_known and not is_private:
            params[key] = f"{value:g}" if isinstance(value, float) else str(value)
    if state.get(EDIT) is not None:
        params[EDIT] = state[EDIT].for_address()
    if state[TABLE] != tables.UPLOADED and state[TABLE] != tables.first():
        params[TABLE] = state[TABLE]
    params |= link_picked.for_address(state)
    if state.get(FOLLOWED_RUN):
        params[FOLLOWED_RUN] = state[FOLLOWED_RUN]
    return params
