"""The Morph page through ``app.py``."""

from __future__ import annotations

import json

import numpy as np

from neural_eq.data.demo import built_in_dataset
from neural_eq.ui import cached, current_eq, state
from tests.pages.opening import (
    SHORT,
    WAIT_S,
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
