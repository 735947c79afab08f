"""The Morph page through ``app.py``."""

from __future__ import annotations

import numpy as np
import pytest

from neural_eq.data.demo import built_in_dataset
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.latent.morphing import blend, distance_to_settings, morph
from neural_eq.latent.terms import describe_word, word_point
from neural_eq.presets.preset import Preset, read_preset
from neural_eq.ui import cached, current_eq, state
from neural_eq.ui.morph import where
from neural_eq.ui.morph.trail import ground
from tests.pages.opening import (
    SHORT,
    WAIT_S,
    drawn,
    opened,
    slid,
    turned,
    widget,
)


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


def test_presets_of_the_library_are_ends_by_their_names(app):
    params = built_in_dataset().params[:2]
    cached.preset_library().add([Preset("mine", one) for one in params])
    turned(app, "morph")
    offered = widget(app.selectbox, "From").options
    assert offered[-2:] == ["mine (file)", "mine 2 (file)"]
    widget(app.selectbox, "From").set_value(offered[-2]).run()
    widget(app.selectbox, "To").set_value(offered[-1]).run()
    slid(app, at=0)
    assert not app.exception and state.MORPH_NOTES not in app.session_state
    assert (app.session_state[state.FROM], app.session_state[state.TO]) == tuple(offered[-2:])
    assert widget(app.selectbox, "From").options[-2:] == offered[-2:]
    used = [app.session_state[state.DOTS][name].params for name in offered[-2:]]
    np.testing.assert_allclose(used, params)


def test_the_json_of_a_setting_holds_all_and_reads_back(app):
    eq = current_eq.CurrentEq(
        "a → b, 40 %", built_in_dataset().params[0], 0,
        {"from": "a", "to": "b", "at": 0.4, "strength": 1.0, "route": "latent"},
    )  # fmt: skip
    preset = read_preset(current_eq.setting_json(eq, model="m").encode())
    np.testing.assert_allclose(preset.params, eq.params, rtol=1e-8)
    assert preset.name == eq.label and preset.provenance["model"] == "m"
    assert (preset.meaning["term_a"], preset.meaning["t"]) == ("a", 0.4)
    assert current_eq.file_stem(eq) == "a_to_b_40"


EDIT = "3_150_0_560_0.71_-4_1000_2_0_3300_0.71_0_8200"


def built_in_model():
    path = cached.BUILT_IN_MODEL_PATH
    return cached.trained_model(str(path), cached.file_key(path))


def said(app) -> str:
    shown = (app.markdown, app.caption, app.warning, app.info)
    return " ".join(element.value for kind in shown for element in kind)


def test_a_school_is_an_end_and_a_link_carries_it(app):
    school = describe_word(
        built_in_model(), built_in_dataset(), "warm", n_freqs=cached.N_FREQS
    ).schools[1]
    label = school.centre.label
    app = opened("morph", **{"from": label, "at": "0"})
    assert widget(app.selectbox, "From").value == label
    assert app.subheader[0].value.startswith("Warm\\: ")
    editor = drawn(app, "spread")
    np.testing.assert_allclose(editor["params"], school.centre.params, rtol=1e-5)
    assert f"{school.n} settings" in editor["spread"]["name"]


def test_a_third_and_a_fourth_word_are_mixed_and_their_shares_said(app):
    turned(app, "morph")
    before = drawn(app, "spread")["params"]
    widget(app.selectbox, "Third").set_value("thin").run()
    widget(app.selectbox, "Fourth").set_value("full").run()
    widget(app.slider, "Third: weight").set_value(100).run()
    widget(app.slider, "Fourth: weight").set_value(0).run()
    assert "In the mix: warm 25 %, bright 25 %, thin 50 %." in said(app)
    assert not np.allclose(drawn(app, "spread")["params"], before, atol=0.05)
    again = opened("morph", third="thin", third_weight="100")
    assert drawn(again, "spread")["params"] == drawn(app, "spread")["params"]


def test_on_the_route_of_knobs_the_mix_is_the_weighted_mean():
    app = opened("morph", route="parameters", third="thin", third_weight="50", at="25")
    model = built_in_model()
    points = [word_point(model, word) for word in ("warm", "bright", "thin")]
    expected = blend(model, points, [0.75, 0.25, 0.5], route="parameters")
    curves_db = response_db(
        np.array([drawn(app, "spread")["params"], expected]), log_frequencies(64)
    )
    np.testing.assert_allclose(*curves_db, atol=0.1)  # the slider goes in equal steps of sound


def test_an_edit_is_said_is_left_when_the_morph_moves_on_and_taken_up_again(app):
    app = opened("morph", edit=EDIT, at="40")
    assert app.subheader[0].value == "Warm → bright, 40 %, strength 1.00, edited"
    assert drawn(app, "spread")["params"] == [float(v) for v in EDIT.split("_")]
    assert "**Edited:** Low Shelf, Peak 1, Peak 2" in said(app)
    assert "Nearest words:" in said(app)
    assert drawn(app, "gauge")["map"]["is_edited"]
    slid(app, at=41)
    assert app.subheader[0].value == "Warm → bright, 41 %, strength 1.00"
    assert "Your edit of warm → bright, 40 % was left" in said(app)
    widget(app.button, "Take it up again").click().run()
    assert app.subheader[0].value == "Warm → bright, 40 %, strength 1.00, edited"
    assert app.session_state[state.AT] == 40
    seq = drawn(app, "spread")["seq"]
    widget(app.button, "Back to the morph").click().run()
    assert app.subheader[0].value == "Warm → bright, 40 %, strength 1.00"
    assert drawn(app, "spread")["seq"] != seq, "the browser would keep the edit"


def test_an_edit_is_what_audio_applies(app):
    app = opened("audio", edit=EDIT, at="40")
    assert "40 %, strength 1" in said(app) and ", edited" in said(app)


def test_a_word_that_the_model_does_not_know_is_said():
    app = opened("morph", **{"from": "[x](y)", "third": "nonsense"})
    (from_note, third_note) = [w.value for w in app.warning]
    assert r"\[x\]\(y\)" in from_note and "stands in for it" in from_note
    assert "nonsense" in third_note and "left out of the mix" in third_note
    widget(app.selectbox, "To").set_value("warm").run()
    assert not app.warning


def test_a_dot_of_a_link_is_found_in_the_data():
    rows, _ = cached.shown_rows(built_in_dataset())
    name = f"{rows.terms[5]}, setting {rows.setting_ids[5]}"
    app = opened("morph", **{"from": name, "at": "0", "route": "parameters"})
    np.testing.assert_allclose(drawn(app, "spread")["params"], rows.params[5], atol=1e-6)


def test_without_settings_of_a_word_its_spread_is_missing_and_that_is_said(app):
    turned(app, "morph")
    dataset = built_in_dataset()
    app.session_state[state.DATA] = dataset.rows(dataset.terms != "bright")
    app.session_state[state.AT] = 100
    app.run()
    assert not app.exception
    assert drawn(app, "spread")["spread"] is None
    assert "the data in use has none of 'bright'" in said(app)


def test_the_gauge_measures_to_the_nearest_setting():
    app = opened("morph", at="30", route="parameters")
    model, rows = built_in_model(), cached.shown_rows(built_in_dataset())[0]
    path = morph(model, word_point(model, "warm"), word_point(model, "bright"), route="parameters")
    expected = distance_to_settings(path, rows)
    gauge = drawn(app, "gauge")["gauge"]
    np.testing.assert_allclose(gauge["nearest_db"], expected, atol=0.006)
    assert f"**{expected[30]:.1f} dB from the nearest setting of the built-in set**" in said(app)
    assert gauge["now_db"] == pytest.approx(expected[30], abs=0.006)


@pytest.mark.parametrize(
    ("is_far", "written"),
    [
        ([False, False], ""),
        ([True, True, False, True], "0 to 1 % and 3 %"),
        ([True, False, True, False, True, True], "0 %, 2 % and 4 to 5 %"),
    ],
)
def test_where_nobody_has_been_is_written_in_percent(is_far, written):
    assert where.unvisited(np.array(is_far)) == written


@pytest.mark.parametrize("text", ["", "1_2", "nan_" * 12 + "nan", EDIT.replace("3_", "30_", 1)])
def test_an_edit_that_could_not_be_played_is_none(text):
    assert state.Edit.from_address(text) is None


def test_the_small_map_keeps_far_off_settings_at_its_edge():
    rows, words = cached.shown_rows(built_in_dataset())
    points = np.random.default_rng(0).normal(size=(len(rows), 2))
    points[7] = [1000.0, 0.0]
    made = ground(rows, words, "PCA", points, points)
    assert made.n_outside >= 1
    assert made.points[7, 0] == 1000
    assert made.points.min() >= 0 and made.points.max() <= 1000
    assert sum(len(group["places"]) for group in made.picture["groups"]) == made.n_drawn
