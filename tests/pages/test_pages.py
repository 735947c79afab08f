"""Every page through ``app.py``, in Streamlit's own test harness: no browser, no JavaScript."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from neural_eq.data.demo import built_in_dataset
from neural_eq.model.config import ModelConfig, TrainConfig, options
from neural_eq.ui import cached, current_eq, maps, state

ROOT = Path(__file__).parents[2]
PAGES = ("explore", "morph", "audio", "train")
WAIT_S = 120
SHORT = TrainConfig(epochs=2, device="cpu", model=ModelConfig(4, 8))


@pytest.fixture(autouse=True)
def own_runs(tmp_path, monkeypatch):
    """Runs of this test alone, and no table from outside."""
    monkeypatch.setenv("NEURAL_EQ_RUNS", str(tmp_path / "runs"))
    monkeypatch.delenv("NEURAL_EQ_DATA", raising=False)
    monkeypatch.setattr("neural_eq.data.sources.DATA_PATH", tmp_path / "data" / "none.csv")
    st.cache_resource.clear()
    yield
    jobs = cached.training_jobs()
    live = jobs.live()
    if live is not None:
        jobs.stop(live.run_id)
        jobs.wait(live.run_id, timeout_s=WAIT_S)
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


def opened(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    return turned(app, page)


def turned(app: AppTest, page: str) -> AppTest:
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception
    return app


def popovers(app: AppTest) -> str:
    return " ".join(block.proto.popover.label for block in app.get("popover"))


def widget(kind, label: str):
    return next(w for w in kind if w.label == label)


def finished_run() -> str:
    jobs = cached.training_jobs()
    run_id = jobs.start(built_in_dataset(), SHORT)
    assert jobs.wait(run_id, timeout_s=WAIT_S).state == "finished"
    return run_id


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
app = AppTest.from_file("app.py", default_timeout=120).run()
assert not app.exception, app.exception
assert not app.info, app.info[0].value
assert app.get("plotly_chart"), "no map"
heavy = {"torch", "umap", "numba", "sklearn", "scipy", "soundfile", "matplotlib"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_a_table_that_is_missing_is_said_and_the_built_in_set_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("NEURAL_EQ_DATA", str(tmp_path / "nowhere.csv"))
    app = opened("explore")
    assert "no file is there" in app.error[0].value
    assert "built-in set" in popovers(app)


@pytest.mark.parametrize("method", ["UMAP", "t-SNE", "PCA"])
def test_the_built_in_maps_are_at_hand(app, method):
    app.session_state[state.METHOD] = method
    app.run()
    assert not app.info, "a map is being made that should have been saved"
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["xaxis"]["title"]["text"] == f"{method} 1 (no unit)"
    assert {t["name"].split(" (")[0] for t in figure["data"]} >= {"warm", "bright", "clear"}


def test_a_map_that_fails_is_said_and_can_be_tried_again(app, monkeypatch):
    def broken(self, work):
        raise maps.MapError("the disk is full.")

    monkeypatch.setattr(maps.MapMaker, "_make", broken)
    app.session_state[state.N_NEIGHBORS] = 7
    app.run()
    app.run()
    assert "The UMAP map failed: the disk is full. Shown instead: PCA." in app.error[0].value
    monkeypatch.setattr(maps.MapMaker, "_make", lambda self, work: np.zeros((len(work.latent), 2)))
    widget(app.button, "Try again").click().run()
    app.run()
    assert not app.error


def test_a_clicked_setting_becomes_the_eq_and_an_end_of_the_morph(app):
    rows, _ = cached.shown_rows(built_in_dataset())
    app.session_state[state.DOT] = int(rows.setting_ids[3])
    app.run()
    name = f"{rows.terms[3]}, setting {rows.setting_ids[3]}"
    assert app.subheader[0].value.lower() == name
    widget(app.button, "Use as EQ").click().run()
    assert app.title[0].value == "Audio"
    assert app.subheader[0].value == f"EQ: {name}, strength 1.00"
    turned(app, "explore")
    widget(app.button, "Morph from here").click().run()
    assert app.title[0].value == "Morph"
    assert widget(app.selectbox, "From").value == name
    assert app.session_state[state.SOURCE] == state.MORPH_SOURCE


def test_choices_survive_page_switches(app):
    turned(app, "morph")
    widget(app.slider, "Morph").set_value(73).run()
    widget(app.slider, "Strength").set_value(-0.5).run()
    widget(app.selectbox, "From").set_value("airy").run()
    for page in ("audio", "train", "explore", "morph"):
        turned(app, page)
    assert widget(app.slider, "Morph").value == 73
    assert widget(app.slider, "Strength").value == -0.5
    assert widget(app.selectbox, "From").value == "airy"
    turned(app, "audio")
    assert app.subheader[0].value == "EQ: airy → bright, 73 %, strength -0.50"


def test_the_address_is_read_once_and_written_whole():
    app = opened(
        "morph",
        **{"from": "bright", "to": "warm", "at": "20", "strength": "1.5", "route": "parameters"},
    )
    assert app.subheader[0].value == "Bright → warm, 20 %, strength 1.50"
    widget(app.slider, "Morph").set_value(21).run()
    assert app.subheader[0].value == "Bright → warm, 21 %, strength 1.50"


@pytest.mark.parametrize(
    "query",
    [{"from": "nonsense"}, {"at": "-1"}, {"at": "1e3"}, {"strength": "inf"}, {"route": "x"},
     {"model": "../.."}, {"run": "/etc/passwd"}, {"model": "uploaded"}],
)  # fmt: skip
def test_nonsense_in_the_address_is_passed_over(query):
    app = opened("morph", **query)
    assert app.subheader[0].value == "Warm → bright, 50 %, strength 1.00"
    assert "built-in model" in popovers(app)


def test_strength_says_which_gains_stop(app):
    turned(app, "morph")
    model = cached.trained_model(
        str(cached.BUILT_IN_MODEL_PATH), cached.file_key(cached.BUILT_IN_MODEL_PATH)
    )
    loud = max(model.terms, key=lambda w: np.abs(model.decode(model.terms[w].centre[None])[0][0]))
    widget(app.selectbox, "From").set_value(loud).run()
    app.session_state[state.AT], app.session_state[state.STRENGTH] = 0, 2.0
    app.run()
    gains = model.decode(model.terms[loud].centre[None])[0][[0, 2, 5, 8, 11]]
    said = [c.value for c in app.caption if "would pass" in c.value]
    assert bool(said) == bool((np.abs(2 * gains) > 12).any())


def test_every_parameter_of_training_is_on_the_form(app):
    turned(app, "train")
    shown = {w.label for kind in (app.number_input, app.selectbox, app.toggle) for w in kind}
    for config in (TrainConfig, ModelConfig):
        for name, option in options(config).items():
            assert option.label in shown, name
    epochs = widget(app.number_input, "Epochs")
    bounds = options(TrainConfig)["epochs"]
    assert (epochs.value, epochs.min, epochs.max) == (150, bounds.minimum, bounds.maximum)
    assert "Recommended: 100 to 200" in epochs.proto.help


def test_a_training_started_here_is_used_here_and_nowhere_else(app):
    other = opened("morph")
    turned(app, "train")
    app.session_state["train_epochs"] = 2
    app.session_state["train_hidden_dim"] = 8
    app.run()
    widget(app.button, "Start training").click().run()
    (run,) = cached.training_jobs().runs()
    assert run.config.epochs == 2
    cached.training_jobs().wait(run.run_id, timeout_s=WAIT_S)
    app.run()
    assert not app.exception
    assert app.session_state[state.MODEL] == run.run_id
    assert "2 epochs" in popovers(app)
    other.run()
    assert "built-in model" in popovers(other)
    assert run.run_id in widget(other.selectbox, "Model in use").options or any(
        "2 epochs" in option for option in widget(other.selectbox, "Model in use").options
    )


def test_a_second_start_says_that_one_is_running(app):
    turned(app, "train")
    cached.training_jobs().start(
        built_in_dataset(), TrainConfig(epochs=10000, device="cpu", model=ModelConfig(4, 8))
    )
    widget(app.button, "Start training").click().run()
    assert not app.exception
    assert widget(app.button, "Start training").disabled
    assert any("A training is running" in caption.value for caption in app.caption)
    assert len(cached.training_jobs().runs()) == 1


def test_a_run_that_failed_says_why_and_changes_no_model(app):
    one_word = built_in_dataset()
    one_word = one_word.rows(one_word.terms == "warm")
    jobs = cached.training_jobs()
    run_id = jobs.start(one_word, SHORT)
    app.session_state[state.FOLLOWED_RUN] = app.session_state[state.SHOWN_RUN] = run_id
    jobs.wait(run_id, timeout_s=WAIT_S)
    turned(app, "train")
    assert "needs two" in app.error[0].value
    assert "built-in model" in popovers(app)


def test_a_finished_run_can_be_chosen_in_a_new_session_and_by_its_address():
    run_id = finished_run()
    app = opened("train")
    assert "built-in model" in popovers(app)
    widget(app.button, "Use this model").click().run()
    assert "2 epochs, 4-D" in popovers(app)
    assert "2 epochs, 4-D" in popovers(opened("morph", model=run_id))


def test_a_model_file_that_broke_is_said_and_the_built_in_one_taken():
    run_id = finished_run()
    (cached.runs_folder() / run_id / "model.pt").write_bytes(b"broken")
    app = opened("morph")
    widget(app.selectbox, "Model in use").set_value(run_id).run()
    assert not app.exception
    assert "damaged or not a Neural EQ model" in app.error[0].value
    assert "built-in model" in popovers(app)


def test_a_model_of_other_words_moves_the_morph_to_words_it_knows(app):
    dataset = built_in_dataset()
    names = {"warm": "dark", "bright": "sharp"}
    rows = dataset.rows(np.isin(dataset.terms, list(names)))
    rows.terms[:] = [names[term] for term in rows.terms]
    run_id = cached.training_jobs().start(rows, SHORT)
    cached.training_jobs().wait(run_id, timeout_s=WAIT_S)
    turned(app, "morph")
    widget(app.selectbox, "Model in use").set_value(run_id).run()
    assert not app.exception
    assert {widget(app.selectbox, end).value for end in ("From", "To")} == {"dark", "sharp"}


def test_a_fault_of_ours_is_no_sentence(app, monkeypatch):
    """What is not a named error must not be dressed up as one."""
    monkeypatch.setattr("neural_eq.ui.audio.take", lambda *args: 1 / 0)
    app.switch_page("pages/audio.py").run()
    assert app.exception


@pytest.mark.parametrize("clip", ["drums", "bass_and_chords", "voice", "pink_noise"])
def test_every_clip_is_played_before_and_after(app, clip):
    turned(app, "audio")
    widget(app.selectbox, "Sound").set_value(clip).run()
    assert not app.exception
    levels = [c.value for c in app.caption if "LUFS" in c.value]
    assert len(levels) == 2
    assert levels[0].split(" LUFS")[0] == levels[1].split(" LUFS")[0], "not level-matched"


def test_without_a_file_of_ones_own_the_page_says_what_to_do(app):
    turned(app, "audio")
    widget(app.selectbox, "Sound").set_value("own").run()
    assert "Choose a file" in app.info[0].value
    assert not app.exception


def test_the_json_of_a_setting_holds_all_and_reads_back(app):
    eq = current_eq.CurrentEq(
        "a → b, 40 %", built_in_dataset().params[0], 0,
        {"from": "a", "to": "b", "at": 0.4, "strength": 1.0, "route": "latent"},
    )  # fmt: skip
    content = json.loads(current_eq.setting_json(eq, model="m"))
    values = [entry["value"] for entry in content["params"].values()]
    np.testing.assert_allclose(values, eq.params, atol=1e-6)
    assert [entry["unit"] for entry in content["params"].values()].count("Hz") == 5
    assert content["bands"][2]["freq_hz"] == content["params"]["peak_2_freq_hz"]["value"]
    assert content["bands"][0]["q"] == 0.71
    assert current_eq.file_stem(eq) == "a_to_b_40"
