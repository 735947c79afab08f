"""The map of the data and the model in use: the one that is there, and the one being made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from neural_eq.data.safe_db import Dataset
from neural_eq.errors import NeuralEqError
from neural_eq.latent.map_quality import MapQuality
from neural_eq.latent.projection import PLAIN_METHODS, ProjectionConfig
from neural_eq.ui import cached, models, state
from neural_eq.ui.explore import maps
from neural_eq.ui.explore.map_picture import MAX_COLOURED
from neural_eq.ui.markdown import escaped
from neural_eq.ui.redrawing import redrawn


@dataclass(frozen=True)
class MapView:
    """A map to draw.

    Attributes:
        rows: Its settings.
        words: Those that get a colour.
        points: Shape ``(n, 2)`` or ``(n, 3)``.
        quality: What the map keeps; None until it is measured.
        method: Of these points.
        key: Of the map that was asked for; zoom and camera stay while it and ``method`` do.
        pending: How far that one is, where it is not yet there.
        note: What did not go well, though it is there.
    """

    rows: Dataset
    words: tuple[str, ...]
    points: np.ndarray
    quality: MapQuality | None
    method: str
    key: str
    pending: maps.MapState | None = None
    note: str = ""

    @property
    def is_3d(self) -> bool:
        return self.points.shape[1] == 3

    @property
    def revision(self) -> str:
        """Names these very points, for what holds of them alone: zoom, camera, sound."""
        return f"{self.key} {self.method}"


def map_view(config: ProjectionConfig) -> MapView:
    """Return the map that was asked for, or PCA's until it is there.

    The latent, and with it torch, is loaded only where a map has never been made.
    """
    rows, _ = cached.shown_rows(state.dataset())
    words = coloured_words(rows)
    ref = models.model_ref()
    data = cached.data_key(rows)
    key = f"{data} {ref.key} {config.key()}"
    made = None
    if rows.is_built_in:
        made = cached.saved_map(ref.key, config, len(rows))
    if made is not None:
        return MapView(rows, words, made.points, made.quality, config.method, key)
    found = cached.map_maker().find(key, n=len(rows))
    if found is None:
        latent = cached.latent(data, ref.key, rows, models.model())
        found = cached.map_maker().request(key, latent, config)
    if found.made is not None:
        made = found.made
        return MapView(rows, words, made.points, made.quality, config.method, key, note=found.note)
    shown = config if config.method in PLAIN_METHODS else ProjectionConfig("PCA", config.n_dims)
    points = cached.plain_points(data, ref.key, shown, latent)
    return MapView(rows, words, points, None, shown.method, key, pending=found)


def coloured_words(rows: Dataset) -> tuple[str, ...]:
    """Return the words with as many settings as the session asks, most settings first."""
    minimum = st.session_state[state.MIN_COUNT]
    counts = cached.word_counts(cached.data_key(rows), rows)
    return tuple(word for word, (n, _) in counts.items() if n >= minimum)[:MAX_COLOURED]


def draw_pending(view: MapView, config: ProjectionConfig) -> None:
    """Say how far a map is; polls until it is there, then draws it."""
    if view.note:
        st.warning(escaped(view.note))
    if view.pending is None:
        return
    if view.pending.error:
        instead = "" if view.method == config.method else f" Shown instead: {view.method}."
        st.error(f"{escaped(view.pending.error)}{instead}")
        st.button("Try again", on_click=cached.map_maker().forget, args=(view.key,))
        return

    @redrawn(0.5)
    def poll() -> None:
        try:
            now = map_view(config)
        except NeuralEqError:
            st.rerun()  # the page itself says what is wrong
        if now.pending is None or now.pending.error:
            st.rerun()
        stage = f"{now.pending.stage}, {now.pending.elapsed_s:.0f} s"
        if now.method == config.method:
            st.caption(f":material/hourglass_top: {config.method} is drawn and judged: {stage}.")
        else:
            st.info(
                f"{config.method} is being made: {stage} (a thousand settings take UMAP 15 s,"
                f" t-SNE 5). Meanwhile you see {now.method}.",
                icon=":material/hourglass_top:",
            )

    poll()


def about_words(view: MapView) -> str:
    """Say what a newcomer to these data or this model should know; empty if nothing."""
    if not view.words:
        counts = cached.word_counts(cached.data_key(view.rows), view.rows)
        most = max((n for n, _ in counts.values()), default=0)
        minimum = st.session_state[state.MIN_COUNT]
        return (
            f"No word has {minimum} settings or more, so all are grey; the most is {most}. Lower"
            " “Fewest settings of a coloured word” in Map settings, or find words by name."
        )
    known = _model_words()
    if not any(word in known for word in view.words):
        some = ", ".join(known[:6])
        return (
            f"The model in use learned none of these words (it knows {some}). The map shows where"
            " it puts their settings all the same; train a model on these data to tell them apart."
        )
    if len(view.rows) < 5:
        return f"{len(view.rows)} settings are too few to lay out: every map is PCA's."
    return ""


def _model_words() -> tuple[str, ...]:
    saved = cached.saved_words(models.model_ref().key)  # which says it without torch
    return saved or tuple(models.model().terms)
