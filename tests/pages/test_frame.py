"""What every page shares, through ``app.py``."""

from __future__ import annotations

import ast
import subprocess
import sys
from unittest.mock import MagicMock
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from neural_eq.eq.params import DEFAULT
from neural_eq.ui import cached, routing, state
from tests.pages.opening import (
    PAGES,
    ROOT,
    WAIT_S,
    components,
    finished_run,
    opened,
    popovers,
    slid,
    turned,
    widget,
)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_and_says_what_is_in_use(page):
    app = opened(page)
    assert app.title[0].value == page.capitalize()
    assert not app.error
    assert "Data: built-in set, drawn from SAFE-DB's statistics, 1,089 settings" in popovers(app)
    assert "Model: built-in model" in popovers(app)


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_thin(page):
    """Under 80 lines, no class, no arithmetic, the first thing drawn is the frame."""
    source = (ROOT / "pages" / f"{page}.py").read_text("utf-8")
    tree = ast.parse(source)
    assert source.count("\n") < 80
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef | ast.BinOp | ast.For)]
    first = next(
        n
        for n in tree.body
        if not isinstance(n, ast.Import | ast.ImportFrom)
        and not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))
    )
    assert ast.unparse(first) == "frame()"


@pytest.mark.parametrize("path", ["app.py", *(f"pages/{page}.py" for page in PAGES)])
def test_pages_import_the_app_one_at_a_time_and_after_the_frame(path):
    """A tab that comes back to a new server opens its page alone, while others import too."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    in_turn = [
        n
        for block in ast.walk(tree)
        if isinstance(block, ast.With) and ast.unparse(block.items[0]).endswith("importing")
        for n in ast.walk(block)
    ]
    shared = {"neural_eq.errors", "neural_eq.ui", "neural_eq.ui.markdown", "neural_eq.ui.routing"}
    early = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n not in in_turn}
    # what the server itself has imported, before there was any page
    ours = {name for name in early if name and name.startswith("neural_eq")}
    assert ours <= (shared if path == "app.py" else {"neural_eq.ui.routing"})


def test_a_page_waits_until_another_has_imported(monkeypatch):
    others = MagicMock()
    monkeypatch.setattr(routing, "importing", others)
    opened("train")
    assert others.__enter__.call_count >= 2  # the app itself, and the page


@pytest.mark.parametrize("page", PAGES)
def test_a_page_alone_goes_through_the_app(page):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S)
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert "Data:" in popovers(app)


def test_the_first_page_imports_neither_torch_nor_umap():
    script = """
import sys
from streamlit.testing.v1 import AppTest
from tests.pages.opening import drawn
app = AppTest.from_file("app.py", default_timeout=120).run()
assert not app.exception, app.exception
assert not app.info, app.info[0].value
assert drawn(app, "axes"), "no map"
heavy = {"torch", "umap", "numba", "sklearn", "scipy", "matplotlib", "pandas", "pyarrow"}
heavy &= set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_a_table_that_is_missing_is_said_and_the_built_in_set_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("NEURAL_EQ_DATA", str(tmp_path / "nowhere.csv"))
    app = opened("explore")
    assert "no file is there" in app.error[0].value
    assert "built-in set" in popovers(app)


def test_what_an_address_says_wrongly_is_told_and_not_taken():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S)
    for name, value in {"at": "9999", "strength": "nan", "edit": "1", "map_style": "x"}.items():
        app.query_params[name] = value
    app.run()
    said = app.toast[0].value
    for part in ("at is '9999'; it must lie within 0 to 100", "strength is", "edit", "Points or"):
        assert part in said.replace("\\", ""), said
    assert app.session_state["at"] == 50 and app.session_state["strength"] == 1.0


def test_choices_survive_page_switches(app):
    turned(app, "morph")
    slid(app, at=73, strength=-0.5)
    widget(app.selectbox, "From").set_value("airy").run()
    for page in ("audio", "train", "explore", "morph"):
        turned(app, page)
    sliders = [data for data in components(app) if "kind" in data]
    assert {data["kind"]: data["value"] for data in sliders} == {"at": 73, "strength": -0.5}
    assert widget(app.selectbox, "From").value == "airy"
    turned(app, "audio")
    said = " ".join(m.value for m in app.markdown)
    assert "**Airy → bright, 73 %, strength \\-0\\.50**" in said


def test_the_address_is_read_once_and_written_whole():
    app = opened(
        "morph",
        **{"from": "bright", "to": "warm", "at": "20", "strength": "1.5", "route": "parameters"},
    )
    assert app.subheader[0].value == "Bright → warm, 20 %, strength 1.50"
    slid(app, at=21)
    assert app.subheader[0].value == "Bright → warm, 21 %, strength 1.50"


def test_the_tables_that_are_known_can_be_changed_between(monkeypatch, tmp_path):
    middle = "0,500,0,560,0.71,0,1000,0.71,0,3300,0.71,0,8200"
    rows = [f"{i},{'dark' if i % 2 else 'light'},x,2,2,{middle},,,,,,,x" for i in range(20)]
    (tmp_path / "mine.csv").write_text("\n".join(rows))
    monkeypatch.setenv("NEURAL_EQ_DATA", str(tmp_path / "mine.csv"))
    app = opened("explore")
    choice = widget(app.selectbox, "Table")
    assert "mine.csv, 20 settings" in popovers(app)
    assert choice.options == ["mine.csv (NEURAL_EQ_DATA)", "Built-in set"]
    choice.set_value("built-in").run()
    assert not app.exception and "built-in set" in popovers(app)
    assert "built-in set" in popovers(refreshed(app))
    widget(app.selectbox, "Table").set_value("given").run()
    assert "mine.csv, 20 settings" in popovers(app)
    (tmp_path / "mine.csv").write_text("no table")
    widget(app.selectbox, "Table").set_value("built-in").run()
    widget(app.selectbox, "Table").set_value("given").run()
    assert app.error and "built-in set" in popovers(app)
    assert widget(app.selectbox, "Table").value == "built-in"


def refreshed(app):
    """What a new session finds at the address that this one leaves."""
    with_query = [data for data in components(app) if "query" in data]
    return opened("audio", **dict(parse_qsl(with_query[-1]["query"].removeprefix("?"))))


def test_a_refresh_keeps_what_was_picked_on_the_map(app):
    rows, _ = cached.shown_rows(app.session_state[state.DATA])
    setting = state.dot_of(rows, int(rows.setting_ids[12]))
    app.session_state[state.USED_DOT] = setting
    app.session_state[state.SOURCE] = state.DOT_SOURCE
    app.session_state[state.DOT] = 12
    app.session_state[state.FOUND_WORDS] = ["warm", "bright"]
    app.session_state[state.APPLIED_STRENGTH] = 0.5
    app.session_state[state.CLIP] = "voice"
    again = refreshed(app.run()).session_state
    assert again[state.USED_DOT].label == setting.label
    assert again[state.USED_DOT].params == pytest.approx(setting.params)
    assert (again[state.SOURCE], again[state.DOT]) == (state.DOT_SOURCE, 12)
    assert again[state.FOUND_WORDS] == ["warm", "bright"]
    assert (again[state.APPLIED_STRENGTH], again[state.CLIP]) == (0.5, "voice")


def test_a_refresh_keeps_settings_from_files_at_the_ends_of_the_morph(app):
    one, two = np.array(DEFAULT), np.array(DEFAULT)
    one[0], two[0] = 6.0, -3.25
    known = {}
    for params, key in ((one, state.FROM), (two, state.TO), (one, state.THIRD)):
        dot = state.from_file("Loud <b>", tuple(params.tolist()), known)
        app.session_state[state.DOTS] = known = {**known, dot.label: dot}
        app.session_state[key] = dot.label
    again = turned(refreshed(turned(app, "morph")), "morph")
    assert not again.exception
    names = [again.session_state[key] for key in (state.FROM, state.TO, state.THIRD)]
    assert names == ["Loud <b> (file)", "Loud <b> 2 (file)", "Loud <b> (file)"]
    found = [again.session_state[state.DOTS][name].params for name in names]
    np.testing.assert_allclose(found, [one, two, one], rtol=1e-8)
    assert again.subheader[0].value.startswith(r"Loud \<b")


@pytest.mark.parametrize("dot", ["99999-1", "000000000000999999-1", f"{'9' * 5000}-1", "-"])
def test_a_dot_that_is_none_of_the_data_is_said(dot):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S)
    app.query_params["dot"] = dot
    app.run()
    assert not app.exception
    assert "chosen setting is none of the data" in app.toast[0].value
    assert app.session_state[state.DOT] is None


def test_a_link_to_what_is_not_here_says_so():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S)
    query = {"dot": "99999-1", "found_words": "warm|<b>zzz", "to": "x (file)", "to_eq": "1_2"}
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    said = app.toast[0].value.replace("\\", "")
    for part in ("chosen setting is none of the data", "'<b>zzz' is no word", "setting at 'to'"):
        assert part in said, said
    assert app.session_state[state.FOUND_WORDS] == ["warm"]
    assert app.session_state[state.TO] == "bright"


def test_a_refresh_keeps_the_word_that_is_applied(app):
    app.session_state[state.APPLIED] = "word"
    app.session_state[state.APPLIED_WORD] = "airy"
    again = refreshed(app.run()).session_state
    assert (again[state.APPLIED], again[state.APPLIED_WORD]) == ("word", "airy")


def test_a_name_that_only_the_address_vouches_for_says_so():
    flat = "0_200_0_500_1_0_1000_1_0_5000_1_0_8000"
    name = "warm, setting 1" + "<b>x" * 40
    app = opened("audio", eq=flat, eq_name=name, dot="3-x", found_words="no word of ours")
    label = app.session_state[state.USED_DOT].label
    assert label.startswith("From a link: warm, setting 1") and len(label) < 80
    assert not app.session_state[state.DOT] and not app.session_state[state.FOUND_WORDS]
    assert refreshed(app).session_state[state.USED_DOT].label == label
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S)
    app.query_params["eq"] = "1_2"
    app.run()
    assert "no setting that could be played" in app.toast[0].value
    assert app.session_state[state.SOURCE] == state.MORPH_SOURCE


@pytest.mark.parametrize(
    "query",
    [{"from": "nonsense"}, {"at": "-1"}, {"at": "1e3"}, {"strength": "inf"}, {"route": "x"},
     {"model": "../.."}, {"run": "/etc/passwd"}, {"model": "uploaded"}],
)  # fmt: skip
def test_nonsense_in_the_address_is_passed_over(query):
    app = opened("morph", **query)
    assert app.subheader[0].value == "Warm → bright, 50 %, strength 1.00"
    assert "built-in model" in popovers(app)
    asked = any("asks for a model that is not here" in error.value for error in app.error)
    assert asked == ("model" in query)


def test_a_model_file_that_broke_is_said_and_the_built_in_one_taken():
    run_id = finished_run()
    (cached.runs_folder() / run_id / "model.pt").write_bytes(b"broken")
    app = opened("morph")
    widget(app.selectbox, "Model in use").set_value(run_id).run()
    assert not app.exception
    assert "damaged or not a Neural EQ model" in app.error[0].value
    assert "built-in model" in popovers(app)


def test_a_fault_of_ours_is_no_sentence(app, monkeypatch):
    """What is not a named error must not be dressed up as one."""
    monkeypatch.setattr("neural_eq.ui.audio.listen.take", lambda *args: 1 / 0)
    app.switch_page("pages/audio.py").run()
    assert app.exception


def test_a_fault_of_a_part_of_a_page_is_shown_once(monkeypatch):
    from neural_eq.ui.explore import screen

    def faulty(_config):
        raise RuntimeError("a part that raises")

    monkeypatch.setattr(screen, "map_view", faulty)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S).run()
    assert len(app.exception) == 1
