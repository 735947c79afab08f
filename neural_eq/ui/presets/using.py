"""What can be done with a preset: hear it, morph it, keep it; what hinders is said on the page."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import streamlit as st

from neural_eq import __version__
from neural_eq.errors import NeuralEqError
from neural_eq.presets.preset import Preset
from neural_eq.ui import cached, models, state
from neural_eq.ui.current_eq import CurrentEq, meaning
from neural_eq.ui.markdown import escaped
from neural_eq.ui.state import NamedSetting


def attempt(action: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Callback: do something to the library; what hinders it is said on the next drawing.

    Returns:
        What the action does; None if it was hindered.
    """
    st.session_state[state.PRESETS_ERROR] = ""
    try:
        return action(*args, **options)
    except NeuralEqError as error:
        st.session_state[state.PRESETS_ERROR] = str(error)
        return None


def use(preset: Preset) -> None:
    """Callback: make a preset the EQ in use."""
    st.session_state[state.USED_PRESET] = preset
    state.use_dot(named(preset))
    st.toast(f"{escaped(preset.name)} is the EQ in use.", icon=":material/headphones:")


def put_into_player(first: Preset, second: Preset) -> None:
    """Callback: let the player's A and B be two presets; the EQ in use stays."""
    st.session_state[state.SNAPSHOTS] = {
        "turn": uuid.uuid4().hex,
        "pair": {
            slot: {"params": preset.params.tolist(), "label": preset.name}
            for slot, preset in zip("AB", (first, second), strict=True)
        },
    }
    st.toast("The player has both: press A or B there while the music plays.")


def keep(presets: Sequence[Preset]) -> None:
    """Callback: put presets into the library, and choose them there."""
    made = attempt(cached.preset_library().add, presets)
    if made:
        st.session_state[state.CHOSEN_PRESETS] = made if len(made) == 1 else []
        what = escaped(presets[0].name) if len(made) == 1 else f"{len(made)} presets"
        st.toast(f"{what} {'is' if len(made) == 1 else 'are'} in the library.")


def named(preset: Preset) -> NamedSetting:
    """Return a preset as a setting for the other pages, under a name that no other has there."""
    there = st.session_state.get(state.DOTS, {})
    return state.from_file(preset.name, tuple(preset.params.tolist()), there)


def morph_between(first: Preset, second: Preset) -> None:
    """Callback: let Morph go from one preset to another, at full strength."""
    session = st.session_state
    for preset, end in ((first, state.FROM), (second, state.TO)):
        state.morph_dot(named(preset), end)
    session[state.AT], session[state.STRENGTH] = 50, 1.0
    session[state.THIRD] = session[state.FOURTH] = None


def in_use(eq: CurrentEq) -> Preset:
    """Return the EQ in use as a preset, with all that is known of it."""
    session = st.session_state
    used = session.get(state.USED_PRESET)
    is_dot = session[state.SOURCE] == state.DOT_SOURCE
    if is_dot and used is not None and np.array_equal(used.params, eq.params):
        return used
    return Preset(
        name=eq.label,
        params=eq.params,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        meaning=meaning(eq),
        provenance=_provenance(is_morph=not is_dot),
    )


def _provenance(*, is_morph: bool) -> dict[str, Any]:
    """Name what the EQ comes from: a morph from model and its data, a dot from the data in use."""
    origin: dict[str, Any] = {"app": "Neural EQ", "app_version": __version__}
    if not is_morph:
        return origin | {"dataset_sha256": state.dataset().fingerprint()}
    model = models.model()
    return origin | {
        "model_sha256": models.model_ref().key, "dataset_sha256": model.data_fingerprint,
        "seed": model.config.seed,
    }  # fmt: skip


def buttons(preset: Preset, *, key: str) -> None:
    """Offer a preset as the EQ in use and as either end of the morph, within the row at hand."""
    st.button(
        "Use as EQ", icon=":material/headphones:", type="primary", key=f"{key}_use",
        on_click=use, args=(preset,),
    )  # fmt: skip
    turned = [
        st.button(label, key=f"{key}_morph_{end}", on_click=_morph, args=(preset, end))
        for label, end in (("Morph from here", state.FROM), ("Morph to here", state.TO))
    ]
    if any(turned):
        st.switch_page("pages/morph.py")


def _morph(preset: Preset, end: str) -> None:
    state.morph_dot(named(preset), end)
