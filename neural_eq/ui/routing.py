"""The list of pages and the way to them: what a page needs before anything else of the app."""

from __future__ import annotations

import threading
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).parents[2]
ROUTED = "routed"

importing = threading.RLock()
"""Held by whoever imports modules of the app for a page.

Two threads that import a package and one of its modules at the same time wait for one another,
and Python lets one go on with half a module.
"""


def pages() -> list[st.Page]:
    """The pages in the order of the menu; the first one is where a newcomer lands."""
    names = ("explore", "morph", "audio", "train", "compare", "presets")
    # Their icons stand in style.css: one given here would be fetched from the net at each page,
    # for the browser's tab.
    return [
        st.Page(ROOT / "pages" / f"{name}.py", title=name.capitalize(), icon="", url_path=name,
                default=name == names[0])
        for name in names
    ]  # fmt: skip


def frame() -> None:
    """First line of every page: go through ``app.py`` where Streamlit has not.

    With a folder ``pages/`` beside ``app.py``, a page that is opened by its address before
    anyone opened the app runs alone, without menu, style and state. Naming the pages once
    ends that for the whole process.
    """
    if not st.session_state.pop(ROUTED, False):
        st.navigation(pages())
        st.rerun()
