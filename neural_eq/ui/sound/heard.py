"""What is heard: the EQ in use, or on Audio what that page applies."""

from __future__ import annotations

import hashlib

import numpy as np
import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.ui import state
from neural_eq.ui.audio import applied
from neural_eq.ui.current_eq import current_eq

_NEEDS_MODEL = ("Morph", "Audio", "Presets")
"""Pages that load the model in any case."""


def heard(page: str) -> applied.Applied | None:
    """Return what is to be heard on a page; None until somebody wants to hear it.

    Loading the model takes a second and memory, so that waits for the first press of Play or for
    a page that needs it.
    """
    session = st.session_state
    is_dot = session[state.SOURCE] == state.DOT_SOURCE
    if page in _NEEDS_MODEL:
        session[state.EQ_WANTED] = True
    if not (session.get(state.EQ_WANTED) or is_dot):
        return None
    try:
        if page == "Audio":
            return applied.from_session()
        eq = current_eq()
        return applied.Applied(eq.label, eq.params, eq.n_stopped)
    except NeuralEqError:
        return None  # the page says what is wrong


def key_of(eq: applied.Applied) -> str:
    """Equal keys, equal sound and words."""
    values = np.asarray(eq.params, dtype=np.float64).round(9)
    return hashlib.sha256(eq.label.encode() + values.tobytes()).hexdigest()[:16]
