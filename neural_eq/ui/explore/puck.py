"""The puck on the map: dragged, it is heard at once, and where it is let go becomes the EQ.

It stands where the EQ in use lies on the map: where it was let go, or where the model has it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.latent.playing import Heard, SoundMap
from neural_eq.latent.projection import LATENT
from neural_eq.ui import cached, models, state
from neural_eq.ui.current_eq import current_eq
from neural_eq.ui.explore import selection
from neural_eq.ui.explore.view import MapView
from neural_eq.ui.sound import scripts
from neural_eq.ui.sound.serving import PATH, Parcel
from neural_eq.ui.state import NamedSetting

MAX_PLACES = 200
"""Places where the puck was let go that are remembered, so that an undo leads back to them."""

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "neural_eq_puck",
    html=(_HERE / "puck.html").read_text("utf-8"),
    css=(_HERE / "puck.css").read_text("utf-8"),
    js="\n".join(
        [
            scripts.store(),
            *((_HERE / name).read_text("utf-8") for name in ("sound_map.js", "puck.js")),
        ]
    ),
)


def take_move(view: MapView) -> bool:
    """Make the EQ of where the puck was let go, if it was; return whether all is to be drawn anew,
    since the player stands outside of this page."""
    session = st.session_state
    moved = session.pop(state.PUCK_MOVED, None)
    # a tab may still show another map
    if not moved or not is_played(view) or moved.get("revision") != view.revision:
        return False
    try:
        place = np.array([float(value) for value in moved["place"]])
        sounds, _ = _sounds(view)
        heard = sounds.heard(place)
    except (KeyError, TypeError, ValueError, NeuralEqError):
        return False  # no browser of ours sends that
    params = tuple(heard.params.tolist())
    selection.clear()
    name = place_name(sounds, place, heard, str(view.rows.terms[heard.row]))
    state.use_dot(NamedSetting(name, params))
    places = {**session.get(state.PUCK_PLACES, {}), (view.revision, params): tuple(place.tolist())}
    session[state.PUCK_PLACES] = dict(list(places.items())[-MAX_PLACES:])
    session[state.PLAYED] = True
    return True


def place_name(sounds: SoundMap, place: np.ndarray, heard: Heard, word: str) -> str:
    """Name a place of the map: "map, near warm (31.4, 72.0)", in percent across and up.

    A morph tells its ends apart by name, so no two places share one.
    """
    across, up = sounds.percent(place)
    near = "far from" if heard.distance > sounds.far else "near"
    return f"map, {near} {word} ({across:.1f}, {up:.1f})"


def draw(view: MapView) -> None:
    """Lay the puck over the map, where that is to be played and can be."""
    if not is_played(view):
        return
    session = st.session_state
    sounds, content = _sounds(view)
    kept: tuple[str, Parcel] | None = session.get(state.PUCK_SOUND)
    if kept is None or kept[0] != view.revision:
        kept = session[state.PUCK_SOUND] = (view.revision, Parcel(content))
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    with st.container(key="map_puck_place"):
        _mount(
            key=state.PUCK,
            data={
                "url": f"{'/' + base if base else ''}{PATH}/{kept[1].token}",
                "revision": view.revision,
                "place": tuple(_place_of_eq(view, sounds)),
                "echo": session.get(f"{state.PUCK}_echo", 0),
            },
            on_moved_change=_note_move,
        )


def is_played(view: MapView) -> bool:
    """Whether the map shown has a puck: it is wanted, and the map is there and flat."""
    return bool(st.session_state[state.PLAY_MAP]) and not view.is_3d and view.quality is not None


def played(view: MapView) -> NamedSetting | None:
    """Return the setting that the puck last made on this map, where it is to be shown."""
    session = st.session_state
    used = session.get(state.USED_DOT)
    if not session.get(state.PLAYED) or used is None:
        return None
    is_here = (view.revision, used.params) in session.get(state.PUCK_PLACES, {})
    return used if is_here else None


def _note_move() -> None:
    """Callback: the puck was let go; the map that it lies on is known when the page is drawn."""
    said: Any = st.session_state[state.PUCK]
    moved = said.get("moved")
    if moved:
        st.session_state[state.PUCK_MOVED] = moved
        st.session_state[f"{state.PUCK}_echo"] = moved.get("n", 0)


def _sounds(view: MapView) -> tuple[SoundMap, bytes]:
    ref, model = models.model_ref(), models.model()
    return cached.sound_map(
        view.revision, view.rows, model, _latent(view, ref.key), view.points,
        view.method == LATENT,
    )  # fmt: skip


def _latent(view: MapView, model_key: str) -> np.ndarray:
    return cached.latent(cached.data_key(view.rows), model_key, view.rows, models.model())


def _place_of_eq(view: MapView, sounds: SoundMap) -> list[float]:
    """Find where the EQ in use lies."""
    from neural_eq.latent.nearness import place

    params = current_eq().params
    key = (view.revision, tuple(params.tolist()))
    known = st.session_state.get(state.PUCK_PLACES, {}).get(key)
    if known is not None:
        return list(known)
    latent = models.model().encode(params[None])
    if view.method != LATENT:
        latent = place(latent, _latent(view, models.model_ref().key), view.points)
    return np.clip(latent[0], sounds.low, sounds.high).tolist()
