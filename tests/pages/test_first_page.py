"""What is made ready for the first page before it is asked for."""

from __future__ import annotations

import subprocess
import sys
import threading

from neural_eq.ui import first_page, server
from tests.pages.opening import ROOT, drawn, opened


def test_the_first_page_finds_its_parts_made(monkeypatch):
    first_page.make_ready()
    for name in ("reader.reading", "maps.saved_map", "maps.saved_words"):
        monkeypatch.setattr(f"neural_eq.ui.explore.{name}", lambda *args, **rest: 1 / 0)
    app = opened("explore")
    assert not app.exception
    assert drawn(app, "axes")


def test_nothing_of_ours_is_left_to_import_and_nothing_heavy_comes_ahead_of_need():
    script = """
import sys
from neural_eq.ui import first_page
first_page.make_ready()
ours = {name for name in sys.modules if name.startswith("neural_eq")}
heavy = {"torch", "umap", "numba", "sklearn", "scipy", "matplotlib", "pandas", "pyarrow"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=120).run()
assert not app.exception, app.exception
late = {name for name in sys.modules if name.startswith("neural_eq")} - ours
assert late <= {"neural_eq.ui.server"}, late  # the server itself has that one from the start
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_pandas_is_not_imported_while_charts_are_made_ready(monkeypatch):
    go_on, seen = threading.Event(), []

    def make_ready():
        go_on.wait(10)
        seen.append("made")

    making = threading.Thread(target=make_ready)
    monkeypatch.setattr(server, "_making", making)
    making.start()
    threading.Timer(0.1, go_on.set).start()
    server.finish_imports(is_first_page=False)
    assert seen == ["made"]
    assert "pandas" in sys.modules
