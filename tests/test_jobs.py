"""Trainings in the background: one at a time, readable while they run, kept on disk."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import MAXIMUM, MINIMUM
from neural_eq.errors import DataError, OutputError
from neural_eq.jobs import HISTORY_FILE, RUN_FILE, BusyError, TrainingJobs
from neural_eq.model.config import ModelConfig, TrainConfig, to_dict

WAIT_S = 120
SHORT = TrainConfig(epochs=3, batch_size=16, device="cpu", model=ModelConfig(4, 8))
ENDLESS = TrainConfig(epochs=10000, batch_size=16, device="cpu", model=ModelConfig(4, 8))


@pytest.fixture
def dataset() -> Dataset:
    n = 60
    params = MINIMUM + np.random.default_rng(1).random((n, len(MINIMUM))) * (MAXIMUM - MINIMUM)
    words = np.array(["warm", "bright"] * (n // 2), dtype=object)
    empty = np.full(n, "", dtype=object)
    numbers = np.arange(1, n + 1)
    return Dataset(numbers, params, words, numbers, empty, empty, "sixty settings")


@pytest.fixture
def jobs(tmp_path: Path):
    jobs = TrainingJobs(tmp_path / "runs")
    yield jobs
    jobs.close(timeout_s=WAIT_S)


def until(condition, *, timeout_s: float = WAIT_S) -> None:
    waited = threading.Event()
    for _ in range(int(timeout_s / 0.01)):
        if condition():
            return
        waited.wait(0.01)
    raise AssertionError("it did not come about in time")


def test_a_run_finishes_and_leaves_a_model_that_loads(jobs, dataset):
    from neural_eq.model import checkpoint

    run_id = jobs.start(dataset, SHORT)
    run = jobs.wait(run_id, timeout_s=WAIT_S)
    assert (run.state, run.epochs_done, run.error) == ("finished", 3, "")
    assert [row["epoch"] for row in jobs.history(run_id)] == [1, 2, 3]
    assert run.is_usable
    assert set(checkpoint.load(run.model_path).terms) == {"warm", "bright"}
    assert not list((jobs.folder / run_id).glob("*.part"))


def test_a_run_can_be_read_while_it_goes_on_and_stopped(jobs, dataset):
    run_id = jobs.start(dataset, ENDLESS)
    until(lambda: len(jobs.history(run_id)) >= 2)
    assert jobs.live().run_id == run_id
    assert not jobs.run(run_id).is_usable
    jobs.stop(run_id)
    assert jobs.run(run_id).state == "stopping"
    run = jobs.wait(run_id, timeout_s=WAIT_S)
    assert run.state == "stopped"
    assert run.is_usable
    assert jobs.live() is None


def test_a_second_start_says_that_one_is_running(jobs, dataset):
    jobs.start(dataset, ENDLESS)
    with pytest.raises(BusyError, match="A training is running"):
        jobs.start(dataset, SHORT)
    assert len(jobs.runs()) == 1


def test_starts_from_many_threads_start_one(jobs, dataset):
    gate, outcomes = threading.Barrier(8), []

    def start():
        gate.wait()
        try:
            outcomes.append(jobs.start(dataset, ENDLESS))
        except BusyError:
            outcomes.append(None)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([outcome for outcome in outcomes if outcome]) == 1


def test_data_that_leaves_nothing_is_refused_before_a_folder_is_made(jobs, dataset):
    with pytest.raises(DataError, match="min_examples"):
        jobs.start(dataset, TrainConfig(min_examples=1000))
    assert jobs.runs() == []
    assert not jobs.folder.exists()


def test_an_error_of_training_becomes_a_sentence(jobs, dataset):
    one_word = dataset.rows(dataset.terms == "warm")
    run_id = jobs.start(one_word, SHORT)
    run = jobs.wait(run_id, timeout_s=WAIT_S)
    assert run.state == "failed"
    assert "needs two" in run.error
    assert not run.is_usable
    assert jobs.live() is None


def test_a_fault_of_ours_is_logged_and_frees_the_place(jobs, dataset, monkeypatch, caplog):
    from neural_eq.model import training

    monkeypatch.setattr(training, "train", lambda *args, **rest: 1 / 0)
    run_id = jobs.start(dataset, SHORT)
    run = jobs.wait(run_id, timeout_s=WAIT_S)
    assert run.state == "failed"
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivisionError" not in run.error
    assert jobs.live() is None


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path, dataset):
    (tmp_path / "runs").write_text("a file stands where the folder would")
    with pytest.raises(OutputError, match="cannot be kept"):
        TrainingJobs(tmp_path / "runs").start(dataset, SHORT)


def test_a_new_process_finds_what_an_earlier_one_trained(jobs, dataset):
    run_id = jobs.start(dataset, SHORT)
    before = jobs.wait(run_id, timeout_s=WAIT_S)
    history = jobs.history(run_id)
    later = TrainingJobs(jobs.folder)
    assert later.runs() == [before]
    assert later.history(run_id) == history


def test_a_run_whose_process_died_is_interrupted_and_keeps_its_checkpoint(tmp_path):
    script = """
import os, sys
from pathlib import Path
from neural_eq.data.safe_db import Dataset
from neural_eq.jobs import TrainingJobs
from neural_eq.model.config import ModelConfig, TrainConfig, to_dict
import numpy as np
from neural_eq.eq.params import MAXIMUM, MINIMUM
params = MINIMUM + np.random.default_rng(1).random((60, 13)) * (MAXIMUM - MINIMUM)
words, empty = np.array(["warm", "bright"] * 30, dtype=object), np.full(60, "", dtype=object)
ids = np.arange(60)
jobs = TrainingJobs(Path(sys.argv[1]))
small = ModelConfig(4, 8)
config = TrainConfig(epochs=10000, batch_size=16, save_every=2, device="cpu", model=small)
run_id = jobs.start(Dataset(ids, params, words, ids, empty, empty, "sixty"), config)
while jobs.run(run_id).model_path is None or len(jobs.history(run_id)) < 5:
    pass
os._exit(9)
"""
    root = Path(__file__).parents[1]
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=root, timeout=WAIT_S)
    assert ended.returncode == 9
    jobs = TrainingJobs(tmp_path)
    (run,) = jobs.runs()
    assert run.state == "interrupted"
    assert run.is_usable
    assert jobs.live() is None
    assert len(jobs.history(run.run_id)) >= 4


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"null", b'{"state": "finished"}', b"\xff\xfe", b'{"config": {"model": 3}}'],
)
def test_a_damaged_run_is_left_out_of_the_list(jobs, dataset, damage):
    run_id = jobs.start(dataset, SHORT)
    jobs.wait(run_id, timeout_s=WAIT_S)
    (jobs.folder / "half").mkdir()
    (jobs.folder / "half" / RUN_FILE).write_bytes(damage)
    assert [run.run_id for run in TrainingJobs(jobs.folder).runs()] == [run_id]


def test_a_half_written_last_line_of_history_costs_that_line_only(jobs, dataset):
    run_id = jobs.start(dataset, SHORT)
    jobs.wait(run_id, timeout_s=WAIT_S)
    with (jobs.folder / run_id / HISTORY_FILE).open("a") as file:
        file.write('{"epoch": 4, "epo')
    assert len(TrainingJobs(jobs.folder).history(run_id)) == 3


@pytest.mark.parametrize("run_id", ["", ".", "..", "../elsewhere", "/etc", "a/b", "no\0name"])
def test_an_id_from_an_address_never_leaves_the_folder(tmp_path, run_id):
    runs = tmp_path / "runs"
    content = {
        "state": "finished", "started": "2026-01-01T00:00:00", "config": to_dict(SHORT),
        "data": "", "epochs_done": 3, "error": "",
    }  # fmt: skip
    for folder in (runs, tmp_path / "elsewhere", runs / "a" / "b", tmp_path):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RUN_FILE).write_text(json.dumps(content))
    assert TrainingJobs(tmp_path).run("elsewhere") is not None
    assert TrainingJobs(runs).run(run_id) is None
    assert TrainingJobs(runs).history(run_id) == []


def test_closing_stops_and_keeps_what_goes_on(jobs, dataset):
    run_id = jobs.start(dataset, ENDLESS)
    until(lambda: jobs.history(run_id))
    jobs.close(timeout_s=WAIT_S)
    assert jobs.run(run_id).state == "stopped"
    assert jobs.run(run_id).is_usable


def test_snapshots_do_not_change_under_their_reader(jobs, dataset):
    run_id = jobs.start(dataset, ENDLESS)
    until(lambda: jobs.history(run_id))
    snapshot = jobs.history(run_id)
    n = len(snapshot)
    until(lambda: len(jobs.history(run_id)) > n)
    assert len(snapshot) == n


def test_reading_runs_imports_no_torch(tmp_path):
    script = (
        "import sys; from pathlib import Path; from neural_eq.jobs import TrainingJobs;"
        "TrainingJobs(Path(sys.argv[1])).runs(); assert 'torch' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=Path(__file__).parents[1], check=True
    )
