"""What the Explore page shows: the map that is there, and what is still being made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.latent.projection import BOUNDS, METHODS, ProjectionConfig
from neural_eq.ui import cached, figures, maps, state

WORDS_DRAWN_AT_FIRST = 4


@dataclass(frozen=True)
class MapView:
    """A map to draw.

    Attributes:
        rows: Its settings.
        words: Those that get a colour.
        points: Shape ``(n, 2)``.
        method: Of these points.
        key: Of the map that was asked for.
        pending: How far that one is, where another is shown meanwhile.
    """

    rows: Dataset
    words: tuple[str, ...]
    points: np.ndarray
    method: str
    key: str
    pending: maps.MapState | None = None


def method_inputs() -> ProjectionConfig:
    """Draw the inputs of a map and return what they say."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    method = row.segmented_control(
        "Map",
        METHODS,
        key=state.METHOD,
        persist_state="session",
        required=True,
        help="UMAP keeps neighbours together, t-SNE does so more locally, and PCA shows the two"
        " directions of largest spread, undistorted.",
    )
    values: dict[str, Any] = {"method": method or METHODS[0]}
    with row.popover("Map settings", icon=":material/tune:", disabled=method == "PCA"):
        if method == "t-SNE":
            values["perplexity"] = st.slider(
                "Perplexity", *BOUNDS["perplexity"], step=1, key=state.PERPLEXITY,
                persist_state="session",
                help="Roughly how many neighbours a point keeps near.",
            )  # fmt: skip
        elif method == "UMAP":
            values["n_neighbors"] = st.slider(
                "Neighbours", *BOUNDS["n_neighbors"], key=state.N_NEIGHBORS,
                persist_state="session",
                help="Small shows fine detail, large the whole.",
            )  # fmt: skip
            values["min_dist"] = st.slider(
                "Smallest distance", *BOUNDS["min_dist"], step=0.01, key=state.MIN_DIST,
                persist_state="session",
                help="How tightly points may be packed, in units of the map.",
            )  # fmt: skip
    return ProjectionConfig(**values)


def map_view(config: ProjectionConfig) -> MapView:
    """Return the map of the data and the model in use, or PCA's until it is there."""
    rows, words = cached.shown_rows(state.dataset())
    ref = state.model_ref()
    key = f"{cached.data_key(rows)} {ref.key} {config.key()}"
    points = None
    if rows.is_built_in:
        points = maps.saved_map(ref.key, config, n=len(rows))
    if points is None:
        points = cached.map_maker().find(key, n=len(rows))
    if points is not None:
        return MapView(rows, words, points, config.method, key)
    latent = cached.latent(cached.data_key(rows), ref.key, rows, state.model())
    made = cached.map_maker().request(key, latent, config)
    if made.points is not None:
        return MapView(rows, words, made.points, config.method, key)
    meanwhile = cached.map_maker().request(f"{key} meanwhile", latent, ProjectionConfig("PCA"))
    assert meanwhile.points is not None
    return MapView(rows, words, meanwhile.points, "PCA", key, made)


def pending_line(view: MapView, config: ProjectionConfig) -> None:
    """Say how far a map is; polls until it is there, then draws it."""
    if view.pending is None:
        return
    if view.pending.error:
        st.error(f"{view.pending.error} Shown instead: PCA.")
        st.button("Try again", on_click=cached.map_maker().forget, args=(view.key,))
        return

    @st.fragment(run_every=0.5)
    def poll() -> None:
        now = map_view(config)
        if now.pending is None or now.pending.error:
            st.rerun()
        st.info(
            f"{config.method} is being made: {now.pending.stage}, {now.pending.elapsed_s:.0f} s"
            " (UMAP usually takes 15 s, t-SNE 5). Meanwhile you see PCA.",
            icon=":material/hourglass_top:",
        )

    poll()


def draw_map(view: MapView) -> None:
    """Draw the map; a click stores the setting's number in the session."""
    figure = figures.map_figure(
        view.points,
        terms=view.rows.terms,
        params=view.rows.params,
        setting_ids=view.rows.setting_ids,
        words=view.words,
        method=view.method,
        selected_id=st.session_state.get(state.DOT),
    )
    st.plotly_chart(
        figure,
        key=state.MAP,
        on_select=_take_click,
        selection_mode="points",
        config={"displaylogo": False, "scrollZoom": True, "modeBarButtonsToRemove": ["select2d"]},
        alt=f"{view.method} map of {len(view.rows):,} settings, coloured by word",
    )


def _take_click() -> None:
    chosen = st.session_state[state.MAP]["selection"]["points"]
    # The chart also reports an empty selection when it is merely drawn anew while a fragment
    # polls; so only a click on another setting, or the button, ends a selection.
    if chosen:
        row = chosen[0]["customdata"]
        place = row["0"] if isinstance(row, dict) else row[0]  # a row of an array is an object
        rows, _ = cached.shown_rows(state.dataset())
        st.session_state[state.DOT] = int(rows.setting_ids[int(place)])


def selected_dot(view: MapView) -> state.NamedSetting | None:
    """Return the setting that was clicked, if this map has it."""
    setting_id = st.session_state.get(state.DOT)
    return None if setting_id is None else state.dot_of(view.rows, setting_id)


def draw_curves(view: MapView, dot: state.NamedSetting | None) -> None:
    """Draw the clicked setting against its word's mean, or the words' means."""
    means = cached.word_curves(cached.data_key(view.rows), view.rows, view.words)
    styles = figures.word_styles(view.words)
    if dot is None:
        curves = [
            figures.Curve(
                word, means[word], styles[word][0], _DASHES[i % 4], hidden=i >= WORDS_DRAWN_AT_FIRST
            )
            for i, word in enumerate(view.words)
        ]
        alt = "Mean EQ curve of each word"
    else:
        word = dot.label.partition(",")[0]
        curve_db = response_db(np.array(dot.params), log_frequencies(cached.N_FREQS))
        colour = styles[word][0] if word in styles else figures.MORPH_COLOUR
        curves = [figures.Curve(dot.label, curve_db, colour, width=3)]
        if word in means:
            curves.insert(0, figures.Curve(f"mean of {word}", means[word], figures.GREY, "dash"))
        alt = f"EQ curve of {dot.label}"
    figure = figures.response_figure(log_frequencies(cached.N_FREQS), curves)
    st.plotly_chart(figure, key="explore_curves", config={"displaylogo": False}, alt=alt)


_DASHES = ("solid", "dash", "dot", "dashdot")


def dot_buttons(dot: state.NamedSetting) -> None:
    """Offer what can be done with a clicked setting."""
    with st.container(horizontal=True):
        to_audio = st.button(
            "Use as EQ", icon=":material/headphones:", type="primary",
            on_click=state.use_dot, args=(dot,),
        )  # fmt: skip
        morphs = [
            st.button(label, on_click=state.morph_dot, args=(dot, end))
            for label, end in (("Morph from here", state.FROM), ("Morph to here", state.TO))
        ]
        st.button("Back to the words", type="tertiary", on_click=state.drop_dot)
    if to_audio:
        st.switch_page("pages/audio.py")
    if any(morphs):
        st.switch_page("pages/morph.py")
