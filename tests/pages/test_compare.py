"""The Compare page through ``app.py``."""

import pytest

from neural_eq.data.demo import built_in_dataset
from neural_eq.eq.params import FIXED_BOUNDS, data_bounds
from neural_eq.ui import cached, state
from neural_eq.ui.compare import showing
from neural_eq.ui.compare.choosing import reach
from tests.pages.opening import finished_run, opened, widget


def table_of(app) -> str:
    return next(m.value for m in app.markdown if m.value.startswith("| Figure"))


def test_the_built_in_models_stand_side_by_side(app):
    app = opened("compare")
    table = table_of(app)
    assert table.splitlines()[0].count("|") == 5
    assert "✓" in table and "✗" in table and "Held\\-out curve error" in table
    said = " ".join(m.value for m in app.markdown)
    assert "targets; it was trained on another table" in said
    assert "the target of a map of 2 dimensions" in said
    assert not app.exception and not app.error


def test_a_run_joins_the_comparison_and_says_it_knew_the_table(app):
    run_id = finished_run()
    app = opened("compare")
    widget(app.multiselect, "Models").set_value([run_id, state.BUILT_IN]).run()
    said = [m.value for m in app.markdown if "targets; " in m.value]
    assert len(said) == 2 and "it was trained on this table" in said[0]


def test_no_model_chosen_says_what_to_do(app):
    app = opened("compare")
    widget(app.multiselect, "Models").set_value([]).run()
    assert "Choose one or more models" in app.info[0].value
    assert not [m for m in app.markdown if m.value.startswith("| ")]


def test_a_model_that_cannot_be_loaded_is_left_out_and_said(app):
    run_id = finished_run()
    cached.training_jobs().run(run_id).model_path.write_bytes(b"no model")
    app = opened("compare")
    widget(app.multiselect, "Models").set_value([run_id, state.BUILT_IN]).run()
    assert "is left out" in app.error[0].value
    assert table_of(app).splitlines()[0].count("|") == 3


@pytest.mark.parametrize("word", ["warm", "bright"])
def test_each_word_is_told_band_by_band(app, word):
    app = opened("compare")
    assert f"“{word.capitalize()}”" in [h.value for h in app.subheader]
    tables = [m.value for m in app.markdown if m.value.startswith("| Band")]
    assert len(tables) == 2 and all(table.count("\n") == 6 for table in tables)


def test_how_far_each_model_can_reach_is_told():
    narrow = reach(data_bounds(built_in_dataset().params))
    wide = reach(FIXED_BOUNDS)
    assert all(w["low_hz"] <= n["low_hz"] < n["high_hz"] <= w["high_hz"]
               for n, w in zip(narrow, wide, strict=True))  # fmt: skip
    assert narrow != wide
    table = next(m.value for m in opened("compare").markdown if m.value.startswith("| Can reach"))
    assert table.count("\n") == 6
    assert showing._db(0.00004) == "< 0.001 dB"


def test_a_model_that_came_into_use_later_is_offered(app):
    run_id = finished_run()
    app = opened("compare")
    app.session_state[state.MODEL] = run_id
    app.run()
    (offer,) = [b for b in app.button if b.label.startswith("Add the model in use: run")]
    offer.click().run()
    assert app.session_state[state.COMPARED][-1] == run_id
    assert not [b for b in app.button if b.label.startswith("Add the model in use")]
