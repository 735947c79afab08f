"""How near a morph is to people: the gauge, the nearest words, and its way over a small map."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import streamlit as st

from neural_eq.errors import ParameterError
from neural_eq.latent.projection import ProjectionConfig
from neural_eq.ui import cached, models, state
from neural_eq.ui.current_eq import Morph
from neural_eq.ui.live import whereabouts
from neural_eq.ui.markdown import escaped
from neural_eq.ui.morph.picture import nearest_words
from neural_eq.ui.morph.trail import Ground

N_NEAREST = 3


def draw(morph: Morph) -> None:
    """Draw how far the morph is from people's settings, and where it leads."""
    from neural_eq.latent.terms import with_strength

    rows, _ = cached.shown_rows(state.dataset())
    data, ref, model = cached.data_key(rows), models.model_ref(), models.model()
    on = _ground()
    among = cached.settled(data, rows)
    key = f"{data} {ref.key} {on.method}"
    way = with_strength(morph.path.params, st.session_state[state.STRENGTH])
    trail = cached.trail(key, way.tobytes(), way, model, among, on)
    at = st.session_state[state.AT]
    now = trail
    if morph.is_edited:
        here = morph.eq.params[None]
        now = cached.trail(key, here.tobytes(), here, model, among, on)
    place = 0 if morph.is_edited else at
    now_db, row = float(now.nearest_db[place]), int(now.rows[place])

    whose = "of the built-in set" if rows.is_built_in else "anybody saved"
    name = f"{rows.terms[row]}, setting {rows.setting_ids[row]}"
    st.markdown(
        f"**{now_db:.1f} dB from the nearest setting {whose}** ({escaped(name)})."
        f" {verdict(now_db, typical_db=among.typical_db, far_db=among.far_db)}",
        help="The RMS difference of the curves in dB, 20 Hz to 20 kHz. Nobody has been where that"
        " is more than nine of ten settings are away from their nearest other:"
        f" {among.far_db:.1f} dB.",
    )
    words = [f"{escaped(word)} {db:.1f} dB" for word, db in nearest_words(morph)[:N_NEAREST]]
    words[0] = f"**{words[0]}**"
    st.markdown(
        f"Nearest words: {', '.join(words)}.",
        help="The RMS difference in dB from the curve of each word's centre.",
    )
    empty = unvisited(trail.nearest_db > among.far_db)
    stretch = (
        f"Nobody has been near {empty} of the slider." if empty
        else "All along the slider somebody has been near."
    )  # fmt: skip
    whereabouts.draw(
        gauge={
            "nearest_db": trail.nearest_db.round(2).tolist(), "far_db": round(among.far_db, 2),
            "at": at, "now_db": round(now_db, 2), "rest": stretch,
            "spoken": f"Distance to the nearest setting along the slider, here {now_db:.1f} dB."
            f" {stretch}",
        },
        small_map={
            **on.picture, "key": key, "way": trail.places.round().tolist(), "at": at,
            "now": now.places[place].round().tolist(), "is_edited": morph.is_edited,
            "ends": [morph.start.label, morph.end.label],
            "spoken": f"Small {on.method} map of the settings with the way from"
            f" {morph.start.label} to {morph.end.label}",
        },
    )  # fmt: skip
    drawn = "" if on.n_drawn == len(rows) else f" {on.n_drawn:,} of them are drawn."
    edge = f" {on.n_outside} far-off ones stand at its edge." if on.n_outside else ""
    st.caption(
        f"{on.method} map of {len(rows):,} settings.{drawn}{edge} A and B are the ends, the ring is"
        " here; each place is laid amid its nearest neighbours in the model."
    )


def verdict(now_db: float, *, typical_db: float, far_db: float) -> str:
    """Say in words how far that is, as settings lie apart from one another."""
    if now_db <= typical_db:
        return "As near as settings usually are to one another."
    if now_db <= far_db:
        return "Between settings that people made."
    return "Nobody has been here."


def unvisited(is_far: np.ndarray) -> str:
    """Write the stretches of the slider that are far, in percent; empty if there are none."""
    stretches, place = [], 0
    for far, run in groupby(is_far.tolist()):
        length = len(list(run))
        if far:
            last = place + length - 1
            stretches.append(f"{place} %" if length == 1 else f"{place} to {last} %")
        place += length
    return " and ".join([", ".join(stretches[:-1]), stretches[-1]] if stretches[1:] else stretches)


def _ground() -> Ground:
    """The map that was last looked at if it is there, else the usual one, else PCA's."""
    rows, words = cached.shown_rows(state.dataset())
    ref = models.model_ref()
    data = cached.data_key(rows)
    latents = cached.latent(data, ref.key, rows, models.model())
    for config in (_last_config(), ProjectionConfig()):
        made = cached.saved_map(ref.key, config, len(rows)) if rows.is_built_in else None
        if made is None:
            found = cached.map_maker().find(f"{data} {ref.key} {config.key()}", n=len(rows))
            made = found.made if found is not None else None
        if made is not None:
            return cached.ground(
                f"{data} {ref.key} {config.key()}", rows, words, config.method, latents, made.points
            )
    points = cached.plain_points(data, ref.key, ProjectionConfig("PCA"), latents)
    return cached.ground(f"{data} {ref.key} pca", rows, words, "PCA", latents, points)


def _last_config() -> ProjectionConfig:
    """What Explore was set to, in two dimensions."""
    session = st.session_state
    method = session[state.METHOD]
    try:
        return ProjectionConfig(
            "PCA" if method not in ("UMAP", "t-SNE") else method, n_dims=2,
            n_neighbors=session[state.N_NEIGHBORS], min_dist=session[state.MIN_DIST],
            perplexity=session[state.PERPLEXITY],
        )  # fmt: skip
    except ParameterError:
        return ProjectionConfig()
