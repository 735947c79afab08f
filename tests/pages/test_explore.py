"""The Explore page through ``app.py``."""

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st

from neural_eq.data.demo import built_in_dataset
from neural_eq.eq.response import curve_error_db, log_frequencies, response_db
from neural_eq.latent.mapping import make_map
from neural_eq.latent.projection import ProjectionConfig
from neural_eq.ui import cached, state
from neural_eq.ui.explore import maps
from neural_eq.ui.markdown import escaped
from tests.pages.opening import (
    WAIT_S,
    drawn,
    opened,
    said,
    turned,
    widget,
)


def map_of(app) -> dict:
    return drawn(app, "axes")


def axis_title(app) -> str:
    return map_of(app)["axes"][0]


def text_of(app) -> str:
    return " ".join(element.value for element in (*app.markdown, *app.caption))


def use_data(app, dataset) -> None:
    app.session_state[state.DATA] = dataset
    app.run()
    assert not app.exception, app.exception


@pytest.mark.parametrize(
    ("model", "method", "n_dims"),
    [
        ("built-in", "UMAP", 2), ("built-in", "t-SNE", 2), ("built-in", "PCA", 2),
        ("built-in", "UMAP", 3), ("built-in-3", "Latent", 3), ("built-in-2", "Latent", 2),
    ],
)  # fmt: skip
def test_the_built_in_maps_are_at_hand(app, model, method, n_dims):
    app.session_state[state.MODEL] = model
    app.run()  # which offers the methods of this model
    app.session_state[state.METHOD], app.session_state[state.DIMENSIONS] = method, n_dims
    app.run()
    assert not app.exception, app.exception
    assert not app.info, "a map is being made that should have been saved"
    assert axis_title(app) == f"{method} 1 (no unit)"
    assert {group["name"] for group in map_of(app)["groups"]} >= {"warm", "bright", "clear"}
    assert re.search(r"Neighbours true: \*\*(9\d\.\d|100\.0) %\*\*, kept: \*\*", text_of(app))


def test_a_newcomer_sees_a_map_without_torch(tmp_path):
    import os
    import subprocess
    import sys

    from tests.pages.opening import ROOT

    script = (
        "import sys\n"
        "from tests.pages.opening import drawn, opened\n"
        "app = opened('explore')\n"
        "assert drawn(app, 'axes') and not app.info, app.info\n"
        "assert not {'torch', 'umap', 'sklearn'} & set(sys.modules)\n"
    )
    subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True,
        env={**os.environ, "NEURAL_EQ_RUNS": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_a_model_of_two_dimensions_is_not_shown_in_three(app):
    app.session_state[state.DIMENSIONS] = 3
    app.run()
    app.session_state[state.MODEL] = "built-in-2"
    app.run()
    assert app.session_state[state.DIMENSIONS] == 2
    app.session_state[state.METHOD] = "Latent"
    app.run()
    assert axis_title(app) == "Latent 1 (no unit)"
    app.session_state[state.MODEL] = "built-in"
    app.run()
    assert app.session_state[state.METHOD] == "UMAP"
    assert not app.exception


def test_a_map_that_fails_is_said_and_can_be_tried_again(app, monkeypatch):
    def broken(self, work):
        raise maps.MapError("the disk is full.")

    def whole(self, work):
        return make_map(work.latent, replace(work.config, method="PCA"))

    monkeypatch.setattr(maps.MapMaker, "_make", broken)
    app.session_state[state.N_NEIGHBORS] = 7
    run_until(app, lambda: app.error)
    assert "The UMAP map failed: the disk is full. Shown instead: PCA." in said(app.error)
    monkeypatch.setattr(maps.MapMaker, "_make", whole)
    widget(app.button, "Try again").click().run()
    run_until(app, lambda: axis_title(app) == "UMAP 1 (no unit)")
    assert not app.error


def run_until(app, holds) -> None:
    """Run the page again, as its polling does, until a map's thread has come so far."""
    ends = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < ends, "the map does not come"
        app.run()


def test_a_clicked_setting_is_told_and_becomes_the_eq_and_an_end_of_the_morph(app):
    rows, _ = cached.shown_rows(built_in_dataset())
    app.session_state[state.DOT] = 3
    app.run()
    name = f"{rows.terms[3]}, setting {rows.setting_ids[3]}"
    assert app.subheader[0].value.lower() == name
    assert "dB RMS from the mean of" in text_of(app)
    neighbors = [b for b in app.button if b.label.endswith(" dB")]
    assert len(neighbors) == 10
    widget(app.button, "Use as EQ").click().run()
    assert app.title[0].value == "Audio"
    assert app.session_state[state.USED_DOT].label == name
    assert app.session_state[state.SOURCE] == state.DOT_SOURCE
    turned(app, "explore")
    widget(app.button, "Morph from here").click().run()
    assert app.title[0].value == "Morph"
    assert app.session_state[state.SOURCE] == state.MORPH_SOURCE


def test_a_neighbour_can_be_chosen_in_turn_and_is_as_far_as_it_says(app):
    rows, _ = cached.shown_rows(built_in_dataset())
    app.session_state[state.DOT] = 3
    app.run()
    nearest = next(b for b in app.button if b.label.endswith(" dB"))
    number = int(nearest.key.removeprefix("neighbor_"))
    rms_db, _ = curve_error_db(rows.params[[3]], rows.params[[number]], n_freqs=cached.N_FREQS)
    assert nearest.label.endswith(f"· {rms_db[0]:.1f} dB")
    nearest.click().run()
    assert app.session_state[state.DOT] == number
    assert app.subheader[0].value.endswith(f"setting {rows.setting_ids[number]}")
    widget(app.button, "Back to the words").click().run()
    assert app.subheader[0].value == "What the words mean"


def test_a_group_uses_five_bands_that_make_its_mean(app):
    rows, _ = cached.shown_rows(built_in_dataset())
    numbers = tuple(range(0, 60, 2))
    app.session_state[state.GROUP] = numbers
    app.run()
    assert app.subheader[0].value == "30 settings chosen"
    assert "warm" in text_of(app)
    curves_db = cached.all_curves(cached.data_key(rows), rows)[list(numbers)]
    mean_db = curves_db.mean(axis=0)
    nearest_db = np.sqrt(((curves_db - mean_db) ** 2).mean(axis=1)).min()
    assert f"is {nearest_db:.1f} dB RMS off" in " ".join(c.value for c in app.caption)
    widget(app.button, "Use as EQ").click().run()
    assert app.title[0].value == "Audio"
    used = app.session_state[state.USED_DOT]
    used_db = response_db(np.array(used.params), log_frequencies(cached.N_FREQS))
    assert np.sqrt(((used_db - mean_db) ** 2).mean()) < 0.1 < nearest_db
    assert used.label.endswith(", mean with 29 others")


def test_a_word_found_tells_its_people_its_schools_and_its_air(app):
    rows, _ = cached.shown_rows(built_in_dataset())
    app.session_state[state.FOUND_WORDS] = ["bright"]
    app.run()
    assert app.subheader[0].value == "Bright"
    mask = rows.terms == "bright"
    text = text_of(app)
    people = len(np.unique(rows.submitters[mask]))
    assert f"**{mask.sum()} settings by {people} invented people.**" in text
    above = ((rows.params[mask, 11] > 0) & (rows.params[mask, 12] > 10_000)).mean()
    assert f"{above * 100:.0f} % of them raise the high shelf above 10 kHz" in text
    assert "ways" in text
    opacity = {group["name"]: group["opacity"] for group in map_of(app)["groups"]}
    assert opacity["bright"] > 0.5 > opacity["warm"]
    widget(app.button, "Back to all words").click().run()
    assert app.session_state[state.FOUND_WORDS] == []


def test_several_words_found_show_their_curves_and_counts(app):
    app.session_state[state.FOUND_WORDS] = ["clear", "boomy"]
    app.run()
    assert app.subheader[0].value == "What the words mean"
    assert "| clear |" in text_of(app)
    assert "| warm |" not in text_of(app)


def test_displaced_settings_are_counted_and_marked_on_demand(app):
    said = next(c.value for c in app.caption if "displaced" in c.value)
    app.session_state[state.SHOW_DISPLACED] = True
    app.run()
    marked = map_of(app)["marks"]["displaced"]
    assert marked
    assert f"; {len(marked)} of" in said


def test_too_few_of_every_word_is_said(app):
    dataset = built_in_dataset()
    some = np.concatenate(
        [np.flatnonzero(dataset.terms == word)[:2] for word in dataset.term_counts()]
    )
    use_data(app, dataset.rows(some))
    assert "No word has 5 settings or more" in app.info[0].value


def test_a_model_of_other_words_says_so(app):
    dataset = built_in_dataset()
    strange = np.array([f"*{term}*" for term in dataset.terms], dtype=object)
    use_data(app, replace(dataset, terms=strange))
    assert any("learned none of these words" in info.value for info in app.info)
    app.session_state[state.DOT] = 3
    app.run()
    assert "\\*" in app.subheader[0].value, "a word must not be markup"


@pytest.mark.parametrize("n", [1, 3, 12])
def test_hardly_any_settings_are_still_a_map(app, n):
    app.session_state[state.METHOD] = "PCA"
    use_data(app, replace(built_in_dataset().rows(np.arange(n)), is_built_in=False))
    ends = time.monotonic() + WAIT_S
    while any("being made" in info.value for info in app.info) and time.monotonic() < ends:
        time.sleep(0.2)
        app.run()
    assert not app.error, app.error
    app.session_state[state.DOT] = 0
    app.run()
    assert not app.exception, app.exception
    assert app.subheader[0].value


def test_a_lasso_of_rows_that_are_gone_chooses_nothing(app):
    app.session_state[state.GROUP] = (5, 10**6)
    app.session_state[state.DOT] = 10**6
    app.run()
    assert not app.exception
    assert app.subheader[0].value == "What the words mean"


def test_a_model_in_the_address_is_used():
    st.cache_resource.clear()
    app = opened("explore", model="built-in-2")
    assert app.session_state[state.MODEL] == "built-in-2"


@pytest.mark.parametrize(
    ("query", "key", "value"),
    [
        ({"map_method": "PCA"}, state.METHOD, "PCA"),
        ({"map_dimensions": "3"}, state.DIMENSIONS, 3),
        ({"map_style": "Density"}, state.MAP_STYLE, "Density"),
        ({"map_min_count": "12"}, state.MIN_COUNT, 12),
        ({"map_method": "Latent"}, state.METHOD, "UMAP"),  # of a model with too many dimensions
        ({"map_method": "../x"}, state.METHOD, "UMAP"),
        ({"map_dimensions": "4"}, state.DIMENSIONS, 2),
        ({"map_min_count": "1e9"}, state.MIN_COUNT, 5),
        ({"min_dist": "nan"}, state.MIN_DIST, 0.1),
    ],
)
def test_the_address_says_how_the_map_is_drawn(query, key, value):
    app = opened("explore", **query)
    assert app.session_state[key] == value
    assert not app.error


def test_a_setting_is_found_in_the_list_and_the_list_shows_the_chosen_one(app):
    rows, _ = cached.shown_rows(built_in_dataset())
    found = widget(app.selectbox, "Setting")
    assert len(found.options) == len(rows)
    found.set_value(17).run()
    assert app.session_state[state.DOT] == 17
    assert app.subheader[0].value.endswith(f"setting {rows.setting_ids[17]}")
    app.session_state[state.DOT] = 30
    app.run()
    assert widget(app.selectbox, "Setting").value == 30
    app.session_state[state.FOUND_WORDS] = ["boomy"]
    app.session_state[state.DOT] = None
    app.run()
    assert len(widget(app.selectbox, "Setting").options) == (rows.terms == "boomy").sum()


def test_of_very_many_settings_words_are_to_be_found_first(app, monkeypatch):
    monkeypatch.setattr("neural_eq.ui.explore.controls.MAX_LISTED", 100)
    app.run()
    assert widget(app.selectbox, "Setting").options == []
    app.session_state[state.FOUND_WORDS] = ["boomy"]
    app.run()
    assert len(widget(app.selectbox, "Setting").options) == 7


def playing(app, **rest):
    app.session_state[state.PLAY_MAP] = True
    for key, value in rest.items():
        app.session_state[key] = value
    app.run()
    assert not app.exception, app.exception
    assert not app.error, app.error
    return puck_data(app)


def puck_data(app) -> dict | None:
    found = [e for e in app.get("bidi_component") if "puck" in e.proto.id]
    return json.loads(found[0].proto.json) if found else None


def let_go(app, place) -> None:
    """Do what the callback does, and what follows from it."""
    revision = puck_data(app)["revision"]
    app.session_state[state.PUCK_MOVED] = {"place": list(place), "revision": revision, "n": 1}
    app.run()
    assert not app.exception, app.exception


def test_the_puck_becomes_the_eq_where_it_is_let_go_and_stays_there(app):
    rows, _ = cached.shown_rows(built_in_dataset())
    playing(app)
    config = ProjectionConfig()
    ref_key = cached.file_key(cached.built_in_model_path(32))
    points = cached.saved_map(ref_key, config, len(rows)).points
    let_go(app, points[40])
    used = app.session_state[state.USED_DOT]
    assert re.fullmatch(rf"map, near {rows.terms[40]} \([\d.]+, [\d.]+\)", used.label)
    np.testing.assert_allclose(used.params, rows.params[40], rtol=1e-4, atol=1e-4)
    assert app.session_state[state.SOURCE] == state.DOT_SOURCE
    assert app.subheader[0].value == escaped(used.label.capitalize())
    assert "This is the EQ in use" in text_of(app)
    assert "Nearest words: " in text_of(app)
    nearest = [b for b in app.button if b.label.endswith(" dB")]
    assert len(nearest) == 10
    assert nearest[0].label == f"{rows.terms[40]}, setting {rows.setting_ids[40]} · 0.0 dB"
    assert puck_data(app)["place"] == points[40].tolist()
    turned(app, "audio")
    turned(app, "explore")
    assert puck_data(app)["place"] == points[40].tolist()
    assert app.subheader[0].value == escaped(used.label.capitalize())
    other = next(b for b in app.button if b.key == nearest[3].key)
    other.click().run()
    assert app.session_state[state.DOT] == int(other.key.removeprefix("neighbor_"))
    assert app.subheader[0].value != escaped(used.label.capitalize())


def test_where_the_puck_was_left_can_be_an_end_of_the_morph(app):
    playing(app)
    let_go(app, [0.1, 0.1])
    used = app.session_state[state.USED_DOT]
    widget(app.button, "Morph from here").click().run()
    assert app.title[0].value == "Morph"
    assert app.session_state[state.FROM] == used.label
    assert not app.error
    turned(app, "explore")
    assert "another EQ is in use by now" in text_of(app)
    widget(app.button, "Use as EQ").click().run()
    assert app.session_state[state.SOURCE] == state.DOT_SOURCE
    assert app.session_state[state.USED_DOT] == used


def test_the_puck_begins_where_the_eq_in_use_lies(app):
    rows, _ = cached.shown_rows(built_in_dataset())
    dot = state.NamedSetting("warm, setting 1", tuple(rows.params[12].tolist()))
    rest = {state.USED_DOT: dot, state.SOURCE: state.DOT_SOURCE, state.METHOD: "PCA"}
    place = playing(app, **rest)["place"]
    points = np.frombuffer(base64.b64decode(map_of(app)["points"]), dtype="<f4")
    np.testing.assert_allclose(place, points[24:26], atol=1e-3)


def test_a_map_of_three_dimensions_has_no_puck(app):
    assert playing(app) is not None
    app.session_state[state.DIMENSIONS] = 3
    app.run()
    assert puck_data(app) is None
    assert widget(app.toggle, "Play the map").disabled
    assert "two dimensions" in widget(app.toggle, "Play the map").help


@pytest.mark.parametrize(
    "place", [None, [], [1.0], ["x", 2.0], [float("nan"), 0.0], [[1.0], [2.0]], {}]
)
def test_a_place_that_is_none_changes_nothing(app, place):
    revision = playing(app)["revision"]
    app.session_state[state.PUCK_MOVED] = {"place": place, "revision": revision, "n": 1}
    app.run()
    assert not app.exception, app.exception
    assert state.USED_DOT not in app.session_state


def test_a_puck_of_another_map_changes_nothing(app):
    playing(app)
    app.session_state[state.PUCK_MOVED] = {"place": [0, 0], "revision": "another", "n": 1}
    app.run()
    assert state.USED_DOT not in app.session_state


def test_the_latent_itself_can_be_played(app):
    app.session_state[state.MODEL] = "built-in-2"
    app.run()
    playing(app, **{state.METHOD: "Latent"})
    place = np.array([0.5, -0.25])
    let_go(app, place)
    used = app.session_state[state.USED_DOT]
    from neural_eq.model import checkpoint

    model = checkpoint.load(cached.built_in_model_path(2))
    error_db, _ = curve_error_db(
        np.array([used.params]), model.decode(place[None]), n_freqs=cached.N_FREQS
    )
    assert error_db[0] < 0.2 or "far" in used.label
