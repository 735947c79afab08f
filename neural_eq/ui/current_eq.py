"""The current EQ: what Morph makes or a click on the map chose, and what Audio applies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from neural_eq.eq.params import BANDS, PARAMETERS, SHELF_Q
from neural_eq.ui import cached, state

if TYPE_CHECKING:
    from neural_eq.latent.morphing import MorphPath
    from neural_eq.latent.terms import Point
    from neural_eq.model.checkpoint import TrainedModel

JSON_FORMAT, JSON_VERSION = "neural-eq-setting", 1

ROUTE_LABELS = {
    "latent": "Through the model",
    "parameters": "Knob by knob",
    "curve": "Curve to curve",
}


@dataclass(frozen=True)
class CurrentEq:
    """A setting ready to hear.

    Attributes:
        label: In words, with the strength.
        params: With the strength applied, in dB, Hz and Q, shape ``(13,)``.
        n_stopped: Gains that the strength drove into 12 dB.
        source: Names of both ends, slider 0 to 1, strength and route; None for the ends and
            the slider where the setting is no morph.
    """

    label: str
    params: np.ndarray
    n_stopped: int
    source: dict[str, Any]


@dataclass(frozen=True)
class Morph:
    """The morph that the session stands at: its path, and the EQ at the slider."""

    path: MorphPath
    eq: CurrentEq


def ends() -> list[str]:
    """Return what a morph may start from: the model's words, then settings from the map."""
    return [*state.model().terms, *st.session_state.get(state.DOTS, {})]


def check_ends() -> None:
    """Bring both ends and the route to what the model in use knows."""
    from neural_eq.latent.morphing import ROUTES

    known = ends()
    for key, place in ((state.FROM, 0), (state.TO, 1)):
        if st.session_state[key] not in known:
            first = state.FIRST_VALUES[key]
            st.session_state[key] = first if first in known else known[min(place, len(known) - 1)]
    if st.session_state[state.ROUTE] not in ROUTES:
        st.session_state[state.ROUTE] = ROUTES[0]


def morph() -> Morph:
    """Return the morph of the session's words, slider, strength and route."""
    from neural_eq.latent.terms import stopped_gains, with_strength

    check_ends()
    at, strength, route = (st.session_state[key] for key in (state.AT, state.STRENGTH, state.ROUTE))
    model, ref = state.model(), state.model_ref()
    start, end = (_point(model, st.session_state[key]) for key in (state.FROM, state.TO))
    key = (start.label, end.label, start.params.tobytes(), end.params.tobytes())
    path = cached.morph_path(ref.key, key, route, model, start, end)
    share = at / 100
    params = path.setting(share)
    label = f"{start.label} → {end.label}, {at} %, strength {strength:.2f}"
    source = {
        "from": start.label, "to": end.label, "at": share, "strength": strength, "route": route,
    }  # fmt: skip
    eq = CurrentEq(label, with_strength(params, strength), stopped_gains(params, strength), source)
    return Morph(path, eq)


def _point(model: TrainedModel, name: str) -> Point:
    from neural_eq.latent.terms import setting_point, word_point

    dots = st.session_state.get(state.DOTS, {})
    if name in dots:
        return setting_point(model, np.array(dots[name].params), label=name)
    return word_point(model, name)


def current_eq() -> CurrentEq:
    """Return what Audio is to apply; a setting from the map needs no model."""
    dot = st.session_state.get(state.USED_DOT)
    if st.session_state[state.SOURCE] == state.DOT_SOURCE and dot is not None:
        source = {"from": None, "to": None, "at": None, "strength": 1.0, "route": None}
        return CurrentEq(f"{dot.label}, strength 1.00", np.array(dot.params), 0, source)
    return morph().eq


def setting_json(eq: CurrentEq, *, model: str) -> str:
    """Write a setting as JSON that needs no other knowledge.

    ``params`` has the 13 parameters in SAFE-DB's order with their units, strength applied;
    ``bands`` has the same numbers band by band, shapes as in the RBJ cookbook, shelves at
    Q 0.71. ``at`` is 0 at ``from`` and 1 at ``to``.
    """
    values = [round(float(value), 6) for value in eq.params]
    content = {
        "format": JSON_FORMAT,
        "version": JSON_VERSION,
        "name": eq.label,
        **eq.source,
        "model": model,
        "params": {
            p.name: {"value": value, "unit": p.unit}
            for p, value in zip(PARAMETERS, values, strict=True)
        },
        "bands": [
            {
                "name": band.name,
                "shape": band.shape,
                "gain_db": values[band.gain],
                "freq_hz": values[band.freq],
                "q": SHELF_Q if band.q is None else values[band.q],
            }
            for band in BANDS
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def file_stem(eq: CurrentEq) -> str:
    """Return a file name for a setting, without its ending."""
    kept = "".join(c if c.isalnum() else "_" for c in eq.label.replace("→", "to"))
    return "_".join(part for part in kept.split("_") if part)[:80]
