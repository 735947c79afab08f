"""The Train page through ``app.py``."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from neural_eq.data.demo import built_in_dataset
from neural_eq.jobs.run_folder import MODEL_FILE
from neural_eq.model.config import ModelConfig, TrainConfig, options
from neural_eq.ui import cached, state
from neural_eq.ui.train.form import PRESETS
from neural_eq.ui.train.runs_table import table
from neural_eq.ui.train.wording import decibels, differences, duration, number
from tests.pages.opening import (
    SHORT,
    WAIT_S,
    finished_run,
    opened,
    popovers,
    said,
    turned,
    widget,
)

ENDLESS = TrainConfig(epochs=10000, device="cpu", model=ModelConfig(4, 8))


def option(app, name: str):
    return app.session_state[f"{state.TRAIN_PREFIX}{name}"]


def shown(app) -> str:
    kinds = (app.markdown, app.caption, app.error, app.warning, app.success, app.info)
    return "\n".join(element.value for kind in kinds for element in kind)


def live_run(jobs, config: TrainConfig = ENDLESS) -> str:
    run_id = jobs.start(built_in_dataset(), config)
    until(lambda: jobs.history(run_id))
    return run_id


def until(condition) -> None:
    ends = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.02)


def choose(app, *run_ids: str):
    app.session_state[state.CHOSEN_RUNS] = list(run_ids)
    app.run()
    assert not app.exception
    return app


def test_every_parameter_of_training_is_on_the_form(app):
    turned(app, "train")
    labels = {w.label for kind in (app.number_input, app.selectbox, app.toggle) for w in kind}
    for config in (TrainConfig, ModelConfig):
        for name, field in options(config).items():
            assert field.label in labels, name
            if field.recommended:
                assert f"Recommended: {field.recommended}" in shown(app)
    epochs = widget(app.number_input, "Epochs")
    assert epochs.value == 150
    assert options(TrainConfig)["epochs"].help in epochs.proto.help


def test_a_value_out_of_bounds_is_said_by_the_button_and_starts_nothing(app):
    turned(app, "train")
    widget(app.number_input, "Epochs").set_value(20_000)
    widget(app.button, "Start training").click().run()
    assert not app.exception and not cached.training_jobs().runs()
    (error,) = app.error
    assert "epochs is 20000; it must" in error.value and "10000" in error.value
    widget(app.number_input, "Epochs").set_value(2)
    widget(app.button, "Start training").click().run()
    assert not app.error
    assert [run.config.epochs for run in cached.training_jobs().runs()] == [2]


def test_each_preset_fills_in_the_whole_form_and_says_so(app):
    turned(app, "train")
    for name, (changes, _) in PRESETS.items():
        widget(app.number_input, "Seed").set_value(77).run()
        widget(app.button, name).click().run()
        assert not app.exception
        assert f"**{name}** filled in" in app.info[0].value
        defaults = {field: getattr(TrainConfig(), field) for field in options(TrainConfig)}
        for field, value in {**defaults, "latent_dim": 32, **changes}.items():
            assert option(app, field) == value, (name, field)


def test_a_training_started_here_is_used_here_and_nowhere_else(app):
    other = opened("morph")
    turned(app, "train")
    app.session_state[f"{state.TRAIN_PREFIX}epochs"] = 2
    app.session_state[f"{state.TRAIN_PREFIX}hidden_dim"] = 8
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
    refs = widget(other.selectbox, "Model in use").options
    assert any("2 epochs" in name for name in refs)


def test_a_second_start_waits_for_its_turn_and_may_leave_the_queue(app):
    turned(app, "train")
    jobs = cached.training_jobs()
    first = live_run(jobs)
    app.run()
    assert "waits for its turn" in shown(app)
    widget(app.button, "Start training").click().run()
    assert not app.exception
    assert [run.state for run in jobs.runs()] == ["queued", "running"]
    assert "Waiting: **" in shown(app)
    assert ", 1 waiting" in shown(app)
    assert jobs.live().run_id == first
    assert app.session_state[state.SHOWN_RUN] is None, "whichever trains is shown"
    widget(app.button, "Take out of the queue").click().run()
    assert [run.state for run in jobs.runs()] == ["paused", "running"]


def test_a_run_is_paused_and_goes_on_and_is_only_used_at_its_end(app):
    turned(app, "train")
    jobs = cached.training_jobs()
    run_id = live_run(jobs)
    app.session_state[state.FOLLOWED_RUN] = run_id
    app.run()
    widget(app.button, "Pause").click().run()
    paused = jobs.wait(run_id, timeout_s=WAIT_S)
    app.run()
    assert not app.exception
    assert "Paused: " in shown(app)
    assert "built-in model" in popovers(app)
    widget(app.button, f"Go on from epoch {paused.checkpoint_epoch}").click().run()
    until(lambda: jobs.run(run_id).state == "running")
    app.run()
    widget(app.button, "Stop and keep").click().run()
    jobs.wait(run_id, timeout_s=WAIT_S)
    app.run()
    assert app.session_state[state.MODEL] == run_id
    assert "stopped" in popovers(app)


def test_a_paused_run_stays_in_focus_though_the_next_begins(app):
    turned(app, "train")
    jobs = cached.training_jobs()
    first = live_run(jobs)
    app.run()
    widget(app.button, "Start training").click().run()
    widget(app.button, "Pause").click().run()
    paused = jobs.wait(first, timeout_s=WAIT_S)
    until(lambda: jobs.live() is not None and jobs.live().run_id != first)
    app.run()
    assert not app.exception
    assert "Paused: " in shown(app)
    assert widget(app.button, f"Go on from epoch {paused.checkpoint_epoch}")
    app.button(key="show_live").click().run()
    assert "Paused: " not in shown(app)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_run_whose_process_died_says_so_and_offers_to_go_on(app):
    jobs = cached.training_jobs()
    config = TrainConfig(epochs=10000, save_every=1, device="cpu", model=ModelConfig(4, 8))
    run_id = live_run(jobs, config)
    until(lambda: jobs.run(run_id).checkpoint_epoch)
    os.kill(jobs._keeper.process.pid, signal.SIGKILL)
    run = jobs.wait(run_id, timeout_s=WAIT_S)
    turned(app, "train")
    assert "ended before its time" in app.warning[0].value
    widget(app.button, f"Go on from epoch {run.checkpoint_epoch}").click().run()
    assert not app.exception
    assert jobs.run(run_id).is_live


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_death_is_said_also_where_the_next_run_has_begun(app):
    jobs = cached.training_jobs()
    config = TrainConfig(epochs=10000, save_every=1, device="cpu", model=ModelConfig(4, 8))
    first = live_run(jobs, config)
    second = jobs.start(built_in_dataset(), ENDLESS)
    until(lambda: jobs.run(first).checkpoint_epoch)
    os.kill(jobs._keeper.process.pid, signal.SIGKILL)
    until(lambda: jobs.run(first).state == "interrupted")
    jobs.tend()
    until(lambda: jobs.run(second).state == "running")
    turned(app, "train")
    run = jobs.run(first)
    assert f"died after {run.epochs_done} epochs" in app.warning[0].value
    widget(app.button, "Dismiss").click().run()
    assert not any("died after" in warning.value for warning in app.warning)
    del app.session_state[state.HEARD_RUN]
    app.run()
    next(b for b in app.button if b.label.startswith("Go on with")).click().run()
    assert jobs.run(first).state == "queued" and not app.exception
    assert not any("died after" in warning.value for warning in app.warning)


def test_a_run_that_failed_says_why_and_changes_no_model(app):
    one_word = built_in_dataset()
    one_word = one_word.rows(one_word.terms == "warm")
    jobs = cached.training_jobs()
    run_id = jobs.start(one_word, SHORT)
    app.session_state[state.FOLLOWED_RUN] = run_id
    jobs.wait(run_id, timeout_s=WAIT_S)
    turned(app, "train")
    assert "needs two" in said(app.error)
    assert "built-in model" in popovers(app)


def test_a_verdict_comes_with_a_remedy_that_fills_in_the_form(app):
    jobs = cached.training_jobs()
    config = TrainConfig(epochs=15, device="cpu", seed=4, model=ModelConfig(2, 8))
    jobs.wait(jobs.start(built_in_dataset(), config), timeout_s=WAIT_S)
    turned(app, "train")
    warnings = " ".join(warning.value for warning in app.warning)
    assert "not well separated" in warnings
    widget(app.button, "Try Contrastive weight, end 0.7").click().run()
    assert not app.exception
    assert (option(app, "contrastive_end"), option(app, "seed")) == (0.7, 4)
    assert (option(app, "epochs"), option(app, "latent_dim")) == (15, 2)
    assert "Filled in from run" in app.info[0].value


def test_a_finished_run_can_be_chosen_in_a_new_session_and_by_its_address():
    run_id = finished_run()
    app = opened("train")
    assert "built-in model" in popovers(app)
    widget(app.button, "Use this model").click().run()
    assert "2 epochs, 4-D" in popovers(app)
    assert "2 epochs, 4-D" in popovers(opened("morph", model=run_id))


def test_an_augmented_run_says_so_wherever_it_is_shown(app):
    jobs = cached.training_jobs()
    config = TrainConfig(epochs=2, frequency_shift=0.5, device="cpu", model=ModelConfig(4, 8))
    run_id = jobs.start(built_in_dataset(), config)
    jobs.wait(run_id, timeout_s=WAIT_S)
    turned(app, "train")
    assert "augmented: frequencies shifted up by 0 to 0.5 octaves" in shown(app)
    widget(app.button, "Use this model").click().run()
    assert "augmented by 0.5 octaves" in popovers(app)


def test_chosen_runs_are_named_compared_deleted_and_brought_back(app):
    first, second = finished_run(), finished_run()
    turned(app, "train")
    choose(app, first)
    name = widget(app.text_input, "Name")
    name.set_value("My *first* [run](http://x)").run()
    assert cached.training_jobs().run(first).name == "My *first* [run](http://x)"
    widget(app.button, "Show").click().run()
    assert r"My \*first\* \[run\]\(http" in " ".join(h.value for h in app.subheader)

    choose(app, first, second)
    widget(app.button, "Delete 2 runs").click().run()
    assert cached.training_jobs().runs() == []
    assert "Deleted 2 runs" in shown(app)
    next(b for b in app.button if b.label.startswith("Bring back")).click().run()
    assert {run.run_id for run in cached.training_jobs().runs()} == {first, second}
    assert set(app.session_state[state.CHOSEN_RUNS]) == {first, second}


def test_a_deleted_run_whose_model_is_in_use_gives_way_to_the_built_in_one(app):
    run_id = finished_run()
    turned(app, "train")
    widget(app.button, "Use this model").click().run()
    choose(app, run_id)
    widget(app.button, "Delete").click().run()
    assert not app.exception
    assert "built-in model" in popovers(app)
    assert "was deleted" in said(app.error)
    next(b for b in app.button if b.label.startswith("Bring back")).click().run()
    assert "Model: run " in popovers(app)
    assert not app.error


def test_what_hinders_an_action_stands_above_the_runs(app):
    run_id = finished_run()
    turned(app, "train")
    choose(app, run_id)
    cached.training_jobs().delete([run_id])  # in another tab
    widget(app.button, "Delete").click().run()
    assert not app.exception
    assert "not there any more" in said(app.error)


def test_an_uploaded_model_becomes_a_run(app):
    run_id = finished_run()
    jobs = cached.training_jobs()
    content = (jobs.folder / run_id / MODEL_FILE).read_bytes()
    turned(app, "train")
    upload = next(w for w in app.file_uploader if "as a run" in w.label)
    upload.upload("from_afar.pt", content, "application/octet-stream").run()
    assert not app.exception
    assert "Uploaded: 2 of 2 epochs" in shown(app)
    assert len(jobs.runs()) == 2
    upload = next(w for w in app.file_uploader if "as a run" in w.label)
    upload.set_value([]).run()
    upload = next(w for w in app.file_uploader if "as a run" in w.label)
    upload.upload("bad.pt", b"not a model", "application/octet-stream").run()
    assert "bad.pt" in said(app.error)
    assert len(jobs.runs()) == 2


def test_the_table_tells_a_run_by_what_is_particular_to_it():
    run_id = finished_run()
    jobs = cached.training_jobs()
    columns = table(jobs.runs(), {run_id: jobs.history(run_id)})
    (row,) = zip(*columns.values(), strict=True)
    told = dict(zip(columns, row, strict=True))
    last = jobs.history(run_id)[-1]
    assert told["Held-out error"] == last["held_out_curve_db"]
    assert told["Total loss"] == last["total_loss"]
    assert told["Epochs"] == "2 of 2"
    assert len(told["By epoch"]) == 2
    assert told["Differs from the defaults"] == (
        "Epochs 2, Device cpu, Latent dimensions 4, Hidden units 8"
    )
    assert differences(TrainConfig()) == ""


def test_numbers_and_durations_read_well():
    assert [number(v) for v in (12.345, 0.1763, 0.00034, 0.0)] == ["12.3", "0.176", "0.00034", "0"]
    assert (number(7.9e-10), decibels(3.9e-05)) == ("< 0.0001", "< 0.001 dB")
    assert decibels(0.31) == "0.31 dB"
    assert [duration(s) for s in (0.4, 89, 90, 5400)] == [
        "0 s", "89 s", "1 min 30 s", "1 h 30 min",
    ]  # fmt: skip


def test_a_run_that_died_on_the_way_is_on_offer_and_not_in_use(app):
    run_id = finished_run()
    jobs = cached.training_jobs()
    folder = cached.runs_folder() / run_id
    content = json.loads((folder / "run.json").read_text("utf-8"))
    (folder / "run.json").write_text(json.dumps({**content, "state": "interrupted"}), "utf-8")
    assert jobs.run(run_id).state == "interrupted" and jobs.run(run_id).is_usable
    app.session_state[state.FOLLOWED_RUN] = run_id
    turned(app, "train")
    assert app.session_state[state.MODEL] == state.BUILT_IN
    assert run_id in [run.run_id for run in jobs.runs() if run.is_usable]
