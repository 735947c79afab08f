"""The inputs above the map, which picture and how drawn; and the searches beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from neural_eq.latent.projection import (
    BOUNDS,
    DIMENSIONS,
    LATENT,
    METHODS,
    PLAIN_METHODS,
    ProjectionConfig,
)
from neural_eq.ui import cached, models, state
from neural_eq.ui.explore import selection
from neural_eq.ui.explore.words import short_label

POINTS, DENSITY = state.MAP_STYLES
DRAGS = {"Move": "pan", "Lasso": "lasso", "Box": "box"}
"""What dragging on the map does, and what ``map_picture`` calls it."""

MAX_LISTED = 5000
"""Settings that one list can hold; of more, those of the words found are listed."""

_METHOD_HELP = (
    "UMAP keeps neighbours together, t-SNE does so more locally, and PCA shows the directions of"
    " largest spread, undistorted. A model of 2 or 3 dimensions can be seen as it is: Latent."
)
_PLAY_HELP = (
    "A ring to drag over the map: music that plays follows it at once, and where you let go becomes"
    " the EQ in use. On a dot it is that setting, between dots the model's mix of the nearest (on"
    " the Latent map: what the model makes of the place). Where no setting is as near as settings"
    " usually are to their ten nearest on this map, nobody has been: the ring is dashed, and the"
    " sound fades to flat. It needs a map of two dimensions."
)
_PERSIST: dict[str, Any] = {"persist_state": "session"}


def map_inputs() -> ProjectionConfig:
    """Draw the inputs of a map; return which is asked for."""
    latent_dim = models.model_ref().latent_dim
    values = st.session_state
    row = st.container(horizontal=True, vertical_alignment="bottom")
    methods = [m for m in METHODS if m != LATENT or latent_dim in DIMENSIONS]
    if values[state.METHOD] not in methods:
        values[state.METHOD] = methods[0]
    method = row.segmented_control(
        "Map", methods, key=state.METHOD, required=True, help=_METHOD_HELP, **_PERSIST
    )
    method = method or methods[0]
    allowed = [latent_dim] if method == LATENT else [n for n in DIMENSIONS if n <= latent_dim]
    if values[state.DIMENSIONS] not in allowed:
        values[state.DIMENSIONS] = allowed[0]
    n_dims = row.segmented_control(
        "Dimensions", allowed, key=state.DIMENSIONS, required=True,
        format_func=lambda n: f"{n}-D", **_PERSIST,
    )  # fmt: skip
    n_dims = n_dims or allowed[0]
    row.segmented_control(
        "Show", (POINTS, DENSITY), key=state.MAP_STYLE, required=True, disabled=n_dims == 3,
        help="Density draws areas that hold half and four fifths of a word's settings; in two"
        " dimensions.",
        **_PERSIST,
    )  # fmt: skip
    row.segmented_control(
        "Drag to", list(DRAGS), key=state.MAP_DRAG, required=True, disabled=n_dims == 3,
        help="Lasso and Box take a group of settings; in two dimensions.", **_PERSIST,
    )  # fmt: skip
    row.toggle(
        "Play the map", key=state.PLAY_MAP, disabled=n_dims == 3, help=_PLAY_HELP, **_PERSIST
    )
    with row.popover("Map settings", icon=":material/tune:"):
        config = _parameters(method, n_dims)
        st.slider(
            "Fewest settings of a coloured word", *state.MIN_COUNT_BOUNDS, key=state.MIN_COUNT,
            help="Rarer words are drawn together, in grey, as “other words”.", **_PERSIST,
        )  # fmt: skip
        st.toggle(
            "Mark displaced settings", key=state.SHOW_DISPLACED,
            help="Crosses on settings whose neighbours in the model lie far off on this map.",
            **_PERSIST,
        )  # fmt: skip
    return config


def _parameters(method: str, n_dims: int) -> ProjectionConfig:
    """Draw what a method can be told; all sliders begin at the defaults of their session."""
    values: dict[str, Any] = {"method": method, "n_dims": n_dims}
    if method == "t-SNE":
        values["perplexity"] = st.slider(
            "Perplexity", *BOUNDS["perplexity"], step=1, key=state.PERPLEXITY,
            help="Roughly how many neighbours a point keeps near.", **_PERSIST,
        )  # fmt: skip
    elif method == "UMAP":
        values["n_neighbors"] = st.slider(
            "Neighbours", *BOUNDS["n_neighbors"], key=state.N_NEIGHBORS,
            help="Small shows fine detail, large the whole.", **_PERSIST,
        )  # fmt: skip
        values["min_dist"] = st.slider(
            "Smallest distance", *BOUNDS["min_dist"], step=0.01, key=state.MIN_DIST,
            help="How tightly points may be packed, in units of the map.", **_PERSIST,
        )  # fmt: skip
    else:
        assert method in PLAIN_METHODS
        st.caption(f"{method} has no parameters.")
    return ProjectionConfig(**values)


def searches() -> None:
    """Draw the searches for words and for one setting."""
    words, setting = st.columns([3, 2], gap="small")
    with words:
        _word_search()
    with setting:
        _setting_search()


def _word_search() -> None:
    """Draw the search for words; those found stay bright."""
    rows, _ = cached.shown_rows(state.dataset())
    counts = cached.word_counts(cached.data_key(rows), rows)
    found = st.session_state[state.FOUND_WORDS]
    if any(word not in counts for word in found):
        st.session_state[state.FOUND_WORDS] = [word for word in found if word in counts]
    st.multiselect(
        "Find words",
        list(counts),
        key=state.FOUND_WORDS,
        format_func=lambda word: short_label(word, counts[word]),
        placeholder=f"Type one of {len(counts):,} words",
        on_change=selection.clear,
        help="The words found stay bright, the others fade; one alone tells what people meant."
        " Beside each stand its settings, and how many people they are by.",
        **_PERSIST,
    )


def _setting_search() -> None:
    """Draw the search for one setting: a way to choose a dot without pointing at it."""
    rows, _ = cached.shown_rows(state.dataset())
    found = selection.found_words()
    is_listed = len(rows) <= MAX_LISTED or bool(found)
    numbers = np.flatnonzero(np.isin(rows.terms, found)) if found else np.arange(len(rows))
    chosen = selection.dot(rows)
    listed = numbers.tolist() if is_listed else []
    if chosen is not None and chosen not in listed:
        listed.append(chosen)
    st.session_state[state.SETTING] = chosen
    st.selectbox(
        "Setting",
        listed,
        key=state.SETTING,
        index=None,
        format_func=lambda number: f"{rows.terms[number]}, setting {rows.setting_ids[number]}",
        placeholder="Word or number" if is_listed else "Find words first",
        on_change=selection.choose_listed,
        help="Choose a dot without pointing at it: type its word or its number. "
        + (
            "It lists the settings of the words found." if found
            else f"It lists {MAX_LISTED:,} settings at most: find words to choose among theirs."
            if not is_listed else "It lists all settings, or those of the words found."
        ),
    )  # fmt: skip
