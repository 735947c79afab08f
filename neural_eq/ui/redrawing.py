"""Parts of a page that draw themselves anew while the rest stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

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
