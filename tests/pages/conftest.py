"""Each test of a page has runs and a navigation of its own."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from neural_eq.ui import cached
from tests.pages.opening import (
    WAIT_S,
    opened,
)


@pytest.fixture(autouse=True)
def own_runs(tmp_path, monkeypatch):
    """Runs of this test alone, and no table from outside."""
    monkeypatch.setenv("NEURAL_EQ_RUNS", str(tmp_path / "runs"))
    monkeypatch.delenv("NEURAL_EQ_DATA", raising=False)
    monkeypatch.setattr("neural_eq.data.sources.DATA_PATH", tmp_path / "data" / "none.csv")
    st.cache_resource.clear()
    yield
    jobs = cached.training_jobs()
    jobs.close(timeout_s=WAIT_S)
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def remembered_navigation(request, monkeypatch):
    """Let the harness remember, as a server does, that ``st.navigation`` named the pages.

    It forgets at each run, so that the page runs alone first, goes through the app (see
    ``frame``), and a pressed button is lost on the way.
    """
    if "alone" in request.node.name:
        return
    make = PagesManager.__init__

    def remember(self, *args, **rest):
        make(self, *args, **rest)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", remember)


@pytest.fixture
def app() -> AppTest:
    return opened("explore")
