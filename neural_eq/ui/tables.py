"""The tables of settings to choose from: built in, downloaded, named at the start, uploaded."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Any

import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.ui import cached, state

BUILT_IN, DOWNLOADED, GIVEN = "built-in", "downloaded", "given"
UPLOADED = state.UPLOADED


def first() -> str:
    """Return which table a session begins with, as ``sources.open_dataset`` chooses it."""
    if GIVEN in _places():
        return GIVEN
    return DOWNLOADED if DOWNLOADED in _places() else BUILT_IN


def _places() -> dict[str, str]:
    """The path of each table that is a file of the server's."""
    from neural_eq.data.sources import DATA_PATH, ENVIRONMENT_NAME

    named = os.environ.get(ENVIRONMENT_NAME, "").strip()
    places = {GIVEN: os.path.expanduser(named)} if named else {}
    if DATA_PATH.is_file():
        places[DOWNLOADED] = str(DATA_PATH)
    return {kind: path for kind, path in places.items() if os.path.isfile(path)}


def known() -> dict[str, str]:
    """Return what each table that can be chosen is called, by its id."""
    from neural_eq.data.sources import ENVIRONMENT_NAME

    names = {
        GIVEN: f"{os.path.basename(_places().get(GIVEN, ''))} ({ENVIRONMENT_NAME})",
        DOWNLOADED: "SAFE-DB, as downloaded",
    }
    found = {kind: names[kind] for kind in _places()}
    found[BUILT_IN] = "Built-in set"
    uploaded = st.session_state.get(state.UPLOADED_DATA)
    if uploaded is not None:
        found[UPLOADED] = f"{uploaded.origin} (uploaded)"
    return found


def begin(session: MutableMapping[Any, Any]) -> None:
    """Give a session the table that it begins with."""
    session[state.DATA], session[state.DATA_ERROR] = cached.default_dataset()
    kind = BUILT_IN if session[state.DATA].is_built_in else first()
    session[state.TABLE] = session[state.TABLE_IN_USE] = kind


def use(kind: str) -> None:
    """Use a table; one that cannot be read changes nothing."""
    session = st.session_state
    session[state.DATA_ERROR] = ""
    if kind not in known():
        session[state.DATA_ERROR] = "That table is not there any more; the one before stays in use."
        return
    try:
        if kind == UPLOADED:
            chosen = session[state.UPLOADED_DATA]
        elif kind == BUILT_IN:
            chosen = cached.built_in_table()
        else:
            chosen = cached.table(_places()[kind])
    except NeuralEqError as error:
        session[state.DATA_ERROR] = str(error)
        return
    session[state.DATA], session[state.TABLE], session[state.TABLE_IN_USE] = chosen, kind, kind
    session.pop(state.DOT, None)


def choose() -> None:
    """Callback: use the table that was chosen; the choice goes back where it cannot be read."""
    session = st.session_state
    before = session.get(state.TABLE_IN_USE, BUILT_IN)
    use(session[state.TABLE])
    if session[state.DATA_ERROR]:
        session[state.TABLE] = before


def take() -> None:
    """Callback: use the uploaded table, or the first one again when it is taken away."""
    session = st.session_state
    file = session.get(state.DATA_UPLOAD)
    session[state.DATA_ERROR] = ""
    if file is None:
        session[state.UPLOADED_DATA] = None
        if session[state.TABLE] == UPLOADED:
            session.pop(state.DOT, None)
            begin(session)
        return
    from neural_eq.data.sources import open_dataset

    try:
        session[state.UPLOADED_DATA] = open_dataset(file.getvalue(), name=file.name)
    except NeuralEqError as error:
        session[state.DATA_ERROR] = str(error)
    else:
        use(UPLOADED)


def use_downloaded() -> None:
    """Use the downloaded table in this session; others begin with it from now on."""
    cached.default_dataset.clear()
    use(DOWNLOADED)
