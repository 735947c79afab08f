"""Undo and redo of everything that changes the EQ in use."""

from __future__ import annotations

import secrets
from typing import Any

import streamlit as st

from neural_eq.ui import models, state

_KEYS = (
    state.FROM, state.TO, state.AT, state.STRENGTH, state.ROUTE, *state.EXTRAS, state.MODEL,
    state.EDIT, state.SOURCE, state.USED_DOT,
    state.APPLIED, state.APPLIED_STRENGTH, state.APPLIED_WORD, state.APPLIED_SCHOOL, state.PRESET,
)  # fmt: skip
_SETTLED = (state.APPLIED_WORD, state.APPLIED_SCHOOL)
"""What a page chooses by itself where nothing is chosen."""

MAX_STEPS = 100

Snapshot = tuple[tuple[str, Any], ...]


def note() -> None:
    """Remember what the EQ is made of, once a run and after its callbacks."""
    session, now = st.session_state, _now()
    last = session.get(state.EQ_NOW)
    if last is None or last == now:
        session[state.EQ_NOW] = now
        return
    if _same_eq(last, now):  # a model that stands in, or an edit that a link brought
        session[state.EQ_NOW] = now
        return
    session[state.EQ_PAST] = [*session.get(state.EQ_PAST, ()), last][-MAX_STEPS:]
    session[state.EQ_FUTURE] = []
    session[state.EQ_NOW] = now


def can_undo() -> bool:
    return bool(st.session_state.get(state.EQ_PAST))


def can_redo() -> bool:
    return bool(st.session_state.get(state.EQ_FUTURE))


def session_name() -> str:
    """Tell one session from another: the player counts its presses anew in each."""
    return st.session_state.setdefault(state.EQ_STEPS_OF, secrets.token_hex(4))


def want(n_steps: int) -> None:
    """Callback: ask for the undos and redos that were pressed since the last time.

    Args:
        n_steps: Redos less undos in this session: several quick ones may come as one message, and
            none is to be lost.
    """
    session = st.session_state
    new = n_steps - session.get(state.EQ_STEPS_SEEN, 0)
    session[state.EQ_STEPS] = session.get(state.EQ_STEPS, 0) + new
    session[state.EQ_STEPS_SEEN] = n_steps


def follow() -> None:
    """Undo or redo what is wanted; a change that came with the wish is a step of its own."""
    wanted = st.session_state.pop(state.EQ_STEPS, 0)
    if not wanted:
        return
    note()
    source, target = state.EQ_PAST, state.EQ_FUTURE
    if wanted > 0:
        source, target = target, source
    for _ in range(min(abs(wanted), MAX_STEPS)):
        _step(source, target)


def _step(source: str, target: str) -> None:
    session = st.session_state
    steps = list(session.get(source, ()))
    if not steps:
        return
    goal = steps.pop()
    session[target] = [*session.get(target, ()), session[state.EQ_NOW]]
    session[source] = steps
    refs = models.model_refs()
    for key, value in goal:
        if key == state.MODEL and value not in refs:
            continue  # a run that was deleted since
        if key in _SETTLED and value is None:
            continue
        session[key] = value
    session[state.EQ_NOW] = _now()
    session[state.LEFT_EDIT] = None
    # what Python says goes before what the browser holds
    session[state.EDITOR_TURN] = session.get(state.EDITOR_TURN, 0) + 1


def _now() -> Snapshot:
    session = st.session_state
    return tuple((key, session.get(key)) for key in _KEYS)


def _same_eq(one: Snapshot, other: Snapshot) -> bool:
    """Whether two differ in nothing but what nobody chose."""
    a, b = dict(one), dict(other)
    for key in _SETTLED:
        if a[key] is None or a[state.APPLIED] == b[state.APPLIED] != "word":
            a[key] = b[key]
    edits = (a.pop(state.EDIT), b.pop(state.EDIT))
    same = edits[0] == edits[1] or None not in edits and edits[0].params == edits[1].params
    return a == b and same
