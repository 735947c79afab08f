"""Parts of a page that draw themselves anew while the rest stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner

P = ParamSpec("P")


def redrawn(every_s: float | None) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Draw a part again and again, as a fragment in a container that always stands.

    Streamlit may clear a fragment away a moment before it comes anew. Without the container all
    that follows would move up meanwhile, and what is drawn next would miss its place, which ends
    the page with "Bad delta path".

    Args:
        every_s: How often; None for only when something in it is pressed.
    """

    def decorate(part: Callable[P, None]) -> Callable[P, None]:
        fragment = st.fragment(run_every=every_s)(part)

        @wraps(part)
        def draw(*args: P.args, **kwargs: P.kwargs) -> None:
            with st.container():
                fragment(*args, **kwargs)

        return draw

    return decorate


def stay_on_the_page() -> None:
    """Let a part be drawn anew on the page that stands then, which Streamlit does not see to.

    The browser asks for it in the name of the page that it shows. Where the server is changing to
    another meanwhile, Streamlit would go back for that part alone: the new page is cleared away,
    its address stays, and nothing comes until the next press.
    """
    run_script = ScriptRunner._run_script
    if hasattr(run_script, "__wrapped__"):
        return

    @wraps(run_script)
    def run_on_page(runner: ScriptRunner, rerun_data: RerunData) -> None:
        standing = runner._pages_manager.current_page_script_hash
        if rerun_data.fragment_id_queue and standing:
            rerun_data = dataclasses.replace(rerun_data, page_script_hash=standing)
        run_script(runner, rerun_data)

    ScriptRunner._run_script = run_on_page  # type: ignore[method-assign, assignment]
