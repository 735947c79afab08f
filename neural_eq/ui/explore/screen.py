"""The map and what is chosen on it, side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.ui import address, cached, link, state
from neural_eq.ui.explore import controls, map_chart, puck, reader, selection
from neural_eq.ui.explore.chosen import draw_group, draw_played, draw_setting
from neural_eq.ui.explore.map_picture import OTHER_WORDS, Marks, map_picture
from neural_eq.ui.explore.view import MapView, about_words, draw_pending, map_view
from neural_eq.ui.explore.words import draw_word, draw_words, short_label
from neural_eq.ui.markdown import escaped

PICTURES_KEPT = 16
"""So many maps, as they were last looked at, are not made again when their page comes back."""


@st.fragment
def draw() -> None:
    """Draw inputs, map and what is chosen; a fragment, so that a click redraws these alone."""
    try:
        place = st.container(key="explore")  # a narrow screen shows the map before its inputs
        with place.container(key="map_inputs"):
            config = controls.map_inputs()
        shown = map_view(config)
        if puck.take_move(shown):
            st.rerun()
        left, right = place.columns([3, 2], gap="medium")
        with right:
            controls.searches()
        with left:
            draw_map(shown)
            draw_pending(shown, config)
            draw_trust(shown)
            address.write(link.for_address(), page="Explore", key="map_address")
        with right:
            draw_chosen(shown)
    except NeuralEqError as error:
        st.error(escaped(str(error)))


def draw_map(view: MapView) -> None:
    """Draw the map with its marks, and listen to what is done on it."""
    row, quality = selection.dot(view.rows), view.quality
    marks = Marks(found=selection.found_words(), selected=row, group=selection.group(view.rows))
    if quality is not None and row is not None:
        marks = replace(marks, neighbors=quality.neighbors[row].tolist())
    if quality is not None and st.session_state[state.SHOW_DISPLACED]:
        marks = replace(marks, displaced=np.flatnonzero(quality.displaced).tolist())
    picture = _made_picture(
        view.points,
        view.rows.terms,
        words=view.words,
        labels=_labels(view),
        method=view.method,
        revision=view.revision,
        density=st.session_state[state.MAP_STYLE] == controls.DENSITY,
        drag=controls.DRAGS[st.session_state[state.MAP_DRAG]],
        marks=marks,
    )
    map_chart.draw(picture, on_choice=selection.take_choice)
    reader.mount(cached.reading(cached.data_key(view.rows), view.rows))
    puck.draw(view)
    message = about_words(view)
    if message:
        st.info(escaped(message))


@st.cache_resource(max_entries=PICTURES_KEPT, show_spinner=False)
def _made_picture(_points: np.ndarray, _terms: np.ndarray, **look: Any) -> dict[str, Any]:
    """Make the picture of a map, or return the one that looked just so; ``revision`` names both."""
    return map_picture(_points, terms=_terms, **look)


def _labels(view: MapView) -> dict[str, str]:
    counts = cached.word_counts(cached.data_key(view.rows), view.rows)
    n_other = len(view.rows) - sum(counts[word][0] for word in view.words)
    shown = (*view.words, *selection.found_words())
    return {
        OTHER_WORDS: f"{OTHER_WORDS} ({n_other:,})",
        **{word: short_label(word, counts[word]) for word in shown},
    }


def draw_trust(view: MapView) -> None:
    """Say how to use the map, and how far to trust it."""
    hand = (
        "Drag to turn, scroll to zoom, click a dot, click a word to hide it; double-click to see"
        " all again."
        if view.is_3d
        else "Drag, scroll to zoom, click a dot, click a word to hide it; double-click to see all"
        " again."
    )
    if puck.is_played(view):
        st.caption(
            "Press Play at the foot of the page, then drag the ring or walk it with the arrow keys"
            " (Shift leaps). Home or a double-click takes it to the nearest setting."
        )
    quality = view.quality
    if quality is None:
        st.caption(hand)
        return
    if quality.trustworthiness is None or quality.continuity is None:
        st.caption(f"{hand} Too few settings to judge the map.")
        return
    n_displaced = int(quality.displaced.sum())
    st.caption(
        f"{hand} Neighbours true: **{100 * quality.trustworthiness:.1f} %**, kept:"
        f" **{100 * quality.continuity:.1f} %** (100 % is perfect); {n_displaced:,} of"
        f" {len(view.rows):,} settings are displaced, which Map settings can mark.",
        help="How far to trust what lies close on the map. True falls where it shows neighbours"
        " that are none in the model (trustworthiness, of 1:"
        f" {quality.trustworthiness:.3f}); kept falls where it tears neighbours apart (continuity:"
        f" {quality.continuity:.3f}). Both look at the ten nearest and count a far miss more than"
        " a near one. A setting is displaced if half its ten nearest in the model are not among"
        " the nearest 5 % of all settings on the map.",
    )


def draw_chosen(view: MapView) -> None:
    """Draw the group, the setting, the place, the word, or the words: what was chosen last."""
    group, row = selection.group(view.rows), selection.dot(view.rows)
    played = puck.played(view)
    found = selection.found_words()
    if group:
        draw_group(view, group)
    elif row is not None:
        draw_setting(view, row)
    elif played is not None:
        draw_played(view, played)
    elif len(found) == 1:
        draw_word(view, found[0])
    else:
        draw_words(view, found or view.words)
