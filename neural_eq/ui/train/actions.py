"""What buttons do to runs; what hinders them is kept for the page to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.ui import cached, state


def attempt(action: Callable[..., None], *args: Any) -> None:
    """Callback: do something to runs; what hinders it stands above them on the next drawing."""
    st.session_state[state.RUNS_ERROR] = ""
    try:
        action(*args)
    except NeuralEqError as error:
        st.session_state[state.RUNS_ERROR] = str(error)


def resume(run_id: str) -> None:
    """Callback: queue a run again and follow it."""
    attempt(cached.training_jobs().resume, run_id)
    if not st.session_state[state.RUNS_ERROR]:
        st.session_state[state.FOLLOWED_RUN] = run_id


def halt(action: Callable[[str], None], run_id: str) -> None:
    """Callback: pause or stop a run and keep it in focus, though the next in the queue begins."""
    attempt(action, run_id)
    show_run(run_id)


def show_run(run_id: str | None) -> None:
    """Callback: bring a run into focus; None for the one that trains."""
    st.session_state[state.SHOWN_RUN] = run_id
