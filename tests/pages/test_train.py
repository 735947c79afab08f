"""The Train page through ``app.py``."""

from __future__ import annotations

from neural_eq.data.demo import built_in_dataset
from neural_eq.model.config import ModelConfig, TrainConfig, options
from neural_eq.ui import cached, state
from tests.pages.opening import (
    SHORT,
    WAIT_S,
    finished_run,
    opened,
    popovers,
    turned,
    widget,
)


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
