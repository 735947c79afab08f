"""The current EQ: what Morph makes or a click on the map chose, and what Audio applies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from neural_eq import __version__
from neural_eq.presets.preset import Preset, write_preset
from neural_eq.ui import cached, models, state
from neural_eq.ui.morph.ends import point, settle

if TYPE_CHECKING:
    from neural_eq.latent.morphing import MorphPath
    from neural_eq.latent.terms import Point


@dataclass(frozen=True)
class CurrentEq:
    """A setting ready to hear.

    Attributes:
        label: In words, with the strength.
        params: With the strength applied, in dB, Hz and Q, shape ``(13,)``.
        n_stopped: Gains that the strength drove into 12 dB.
        source: Names of both ends, slider 0 to 1, strength and route; None for the ends and
            the slider where the setting is no morph. ``with`` has further words and their
            weights; ``edited`` is there if the bands were changed by hand.
    """

    label: str
    params: np.ndarray
    n_stopped: int
    source: dict[str, Any]


@dataclass(frozen=True)
class Morph:
    """The morph that the session stands at.

    Attributes:
        path: From one end to the other, each with the further words mixed in.
        start: The left end by itself.
        end: The right end by itself.
        extras: The further words with their weights; both ends together weigh 1.
        base: What the slider says, with the strength applied, shape ``(13,)``.
        eq: The same, or what the bands were changed to by hand.
        is_edited: Whether they were.
    """

    path: MorphPath
    start: Point
    end: Point
    extras: tuple[tuple[Point, float], ...]
    base: np.ndarray
    eq: CurrentEq
    is_edited: bool


def morph() -> Morph:
    """Return the morph of the session's words, weights, slider, strength and route."""
    from neural_eq.latent.terms import stopped_gains, with_strength

    settle()
    session = st.session_state
    at, strength, route = (session[key] for key in (state.AT, state.STRENGTH, state.ROUTE))
    start, end = point(session[state.FROM]), point(session[state.TO])
    extras = tuple(
        (point(session[name]), session[weight] / 100)
        for name, weight in (
            (state.THIRD, state.THIRD_WEIGHT), (state.FOURTH, state.FOURTH_WEIGHT),
        )
        if session[name] is not None and session[weight] > 0
    )  # fmt: skip
    path = _path(start, end, extras, route)
    params = path.setting(at / 100)
    base = with_strength(params, strength)
    edit = _edit_of(base)
    source: dict[str, Any] = {
        "from": start.label, "to": end.label, "at": at / 100, "strength": strength, "route": route,
    }  # fmt: skip
    label = f"{start.label} → {end.label}, {at} %"
    if extras:
        source["with"] = [{"name": p.label, "weight": weight} for p, weight in extras]
        label += ", with " + " and ".join(f"{100 * w:.0f} % {p.label}" for p, w in extras)
    label += f", strength {strength:.2f}"
    if edit is None:
        eq = CurrentEq(label, base, stopped_gains(params, strength), source)
    else:
        source["edited"] = True
        eq = CurrentEq(f"{label}, edited", np.array(edit.params), 0, source)
    return Morph(path, start, end, extras, base, eq, edit is not None)


def _path(
    start: Point, end: Point, extras: tuple[tuple[Point, float], ...], route: str
) -> MorphPath:
    """Lay the way between both ends, the further words mixed into each."""
    model, ref = models.model(), models.model_ref()
    if extras:
        weights = (1.0, *(weight for _, weight in extras))
        mixed = []
        for one in (start, end):
            points = [one, *(p for p, _ in extras)]
            mixed.append(
                cached.mixture(ref.key, (*_key(*points), weights), route, model, points, weights)
            )
        start, end = mixed
    return cached.morph_path(ref.key, _key(start, end), route, model, start, end)


def _key(*points: Point) -> tuple[object, ...]:
    return tuple((p.label, p.params.tobytes()) for p in points)


def _edit_of(base: np.ndarray) -> state.Edit | None:
    """Return what the hand made of this morph; an edit of another one is left, and kept aside."""
    session = st.session_state
    edit = session.get(state.EDIT)
    if edit is None:
        return None
    here = edit_base(base)
    if not edit.base:  # a link brought it
        edit = session[state.EDIT] = replace(edit, base=here, choices=choices())
    if edit.base != here:
        session[state.EDIT], session[state.LEFT_EDIT] = None, edit
        return None
    return edit


def edit_base(base: np.ndarray) -> tuple[float, ...]:
    """Name a morph by its setting, shape ``(13,)``."""
    return tuple(base.round(6).tolist())


def choices() -> tuple[tuple[str, Any], ...]:
    """Return what the inputs of the morph say."""
    keys = (state.FROM, state.TO, state.AT, state.STRENGTH, state.ROUTE, *state.EXTRAS, state.MODEL)
    return tuple((key, st.session_state[key]) for key in keys)


def current_eq() -> CurrentEq:
    """Return what Audio is to apply; a setting from the map needs no model."""
    dot = st.session_state.get(state.USED_DOT)
    if st.session_state[state.SOURCE] == state.DOT_SOURCE and dot is not None:
        source = {"from": None, "to": None, "at": None, "strength": 1.0, "route": None}
        return CurrentEq(dot.label, np.array(dot.params), 0, source)
    return morph().eq


def setting_json(eq: CurrentEq, *, model: str) -> str:
    """Write a setting as a preset in JSON, with what it was made of."""
    provenance = {"app": "Neural EQ", "app_version": __version__, "model": model}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    made_of = meaning(eq)
    return write_preset(
        Preset(eq.label, eq.params, created=now, meaning=made_of, provenance=provenance)
    )


def meaning(eq: CurrentEq) -> dict[str, Any]:
    """Say what a setting was made of; ``t`` is 0 at ``term_a`` and 1 at ``term_b``."""
    source = eq.source
    if source.get("from") is None:
        return {"mode": "setting", "label": eq.label}
    found = {
        "mode": "morph", "term_a": source["from"], "term_b": source.get("to"),
        "t": source.get("at"), "strength": source.get("strength"), "route": source.get("route"),
    }  # fmt: skip
    found |= {"with": source["with"]} if source.get("with") else {}
    return found | ({"manual_edits": ["bands"]} if source.get("edited") else {})


def file_stem(eq: CurrentEq) -> str:
    """Return a file name for a setting, without its ending."""
    kept = "".join(c if c.isalnum() else "_" for c in eq.label.replace("→", "to"))
    return "_".join(part for part in kept.split("_") if part)[:80]
