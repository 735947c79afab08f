"""Trainings in the background: one process a folder, a queue, and runs that outlive both."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import MAXIMUM, MINIMUM
from neural_eq.errors import CheckpointError, DataError, OutputError, RunError
from neural_eq.jobs import TrainingJobs, history, lock, run_folder, worker
from neural_eq.jobs.run_folder import HISTORY_FILE, MODEL_FILE, RUN_FILE, WORKER_LOCK
from neural_eq.model import checkpoint
from neural_eq.model.config import ModelConfig, TrainConfig, to_dict
from neural_eq.model.training import train

ROOT = Path(__file__).parents[1]
WAIT_S = 120
SMALL = ModelConfig(4, 8)
SHORT = TrainConfig(epochs=3, batch_size=16, device="cpu", model=SMALL)
ENDLESS = TrainConfig(epochs=10000, batch_size=16, device="cpu", model=SMALL)


def sixty_settings() -> Dataset:
    n = 60
    params = MINIMUM + np.random.default_rng(1).random((n, len(MINIMUM))) * (MAXIMUM - MINIMUM)
    words = np.array(["warm", "bright"] * (n // 2), dtype=object)
    empty = np.full(n, "", dtype=object)
    numbers = np.arange(1, n + 1)
    return Dataset(numbers, params, words, numbers, empty, empty, "sixty settings")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return sixty_settings()


@pytest.fixture
def jobs(tmp_path: Path):
    jobs = TrainingJobs(tmp_path / "runs")
    yield jobs
    jobs.close(timeout_s=WAIT_S)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, dataset) -> Path:
    """A folder of one finished run, to be copied."""
    folder = tmp_path_factory.mktemp("finished") / "runs"
    jobs = TrainingJobs(folder)
    jobs.wait(jobs.start(dataset, SHORT, name="First"), timeout_s=WAIT_S)
    jobs.close(timeout_s=WAIT_S)
    return folder


@pytest.fixture
def shelf(finished, tmp_path):
    """Jobs on a copy of the finished run, and its id."""
    shutil.copytree(finished, tmp_path / "runs")
    jobs = TrainingJobs(tmp_path / "runs")
    yield jobs, jobs.runs()[0].run_id
    jobs.close(timeout_s=WAIT_S)


def until(condition, *, timeout_s: float = WAIT_S) -> None:
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come about in time")


def weights(model) -> list[torch.Tensor]:
    return list(model.module.state_dict().values())


def assert_same_model(path: Path, unbroken) -> None:
    broken = checkpoint.load(path)
    assert len(broken.history) == len(unbroken.history)
    assert all(torch.equal(a, b) for a, b in zip(weights(broken), weights(unbroken), strict=True))


def test_a_run_finishes_and_leaves_a_model_that_loads(shelf):
    jobs, run_id = shelf
    run = jobs.run(run_id)
    assert (run.state, run.epochs_done, run.checkpoint_epoch, run.error) == ("finished", 3, 3, "")
    assert [row["epoch"] for row in jobs.history(run_id)] == [1, 2, 3]
    assert run.is_usable and not run.is_resumable
    assert run.title == "First"
    assert set(checkpoint.load(run.model_path).terms) == {"warm", "bright"}
    assert run.separation.words == ("bright", "warm")
    assert jobs.view_epochs(run_id) == [1, 2, 3]
    assert jobs.view(run_id, 3).shape == (60, 2)
    assert jobs.view_rows(run_id).words == ("bright", "warm")
    assert not [path for path in jobs.folder.rglob("*") if path.name.endswith(".part")]


def test_a_run_keeps_nothing_of_its_data_that_names_anyone(shelf):
    jobs, run_id = shelf
    with np.load(jobs.folder / run_id / "data.npz", allow_pickle=False) as content:
        assert set(content) == {"params", "setting_ids", "submitters", "text"}
        assert content["submitters"].dtype == np.int64
        assert set(json.loads(content["text"].tobytes())) == {"terms", "origin", "is_built_in"}


def test_the_worker_trains_what_the_library_trains(shelf, dataset):
    jobs, run_id = shelf
    assert_same_model(jobs.run(run_id).model_path, train(dataset, SHORT))


def test_a_run_is_followed_paused_and_taken_up_to_the_same_end(jobs, dataset):
    config = TrainConfig(epochs=60, batch_size=16, save_every=7, device="cpu", model=SMALL)
    run_id = jobs.start(dataset, config)
    until(lambda: len(jobs.history(run_id)) >= 3)
    assert jobs.live().run_id == run_id
    assert not jobs.run(run_id).is_usable
    jobs.pause(run_id)
    paused = jobs.wait(run_id, timeout_s=WAIT_S)
    assert paused.state == "paused"
    assert 3 <= paused.checkpoint_epoch == paused.epochs_done < 60
    assert paused.is_usable and paused.is_resumable
    jobs.resume(run_id)
    run = jobs.wait(run_id, timeout_s=WAIT_S)
    assert run.state == "finished"
    assert [row["epoch"] for row in jobs.history(run_id)] == list(range(1, 61))
    assert_same_model(run.model_path, train(dataset, config))


def test_stop_keeps_what_was_learned(jobs, dataset):
    run_id = jobs.start(dataset, ENDLESS)
    until(lambda: len(jobs.history(run_id)) >= 2)
    jobs.stop(run_id)
    assert jobs.run(run_id).state in ("stopping", "stopped")
    run = jobs.wait(run_id, timeout_s=WAIT_S)
    assert run.state == "stopped"
    assert run.is_usable
    assert jobs.live() is None


def test_a_killed_run_goes_on_to_the_same_end_as_an_unbroken_one(jobs, dataset):
    config = TrainConfig(epochs=80, batch_size=16, save_every=3, device="cpu", model=SMALL)
    run_id = jobs.start(dataset, config)
    moment = int(np.random.default_rng(time.time_ns()).integers(4, 60))
    until(lambda: len(jobs.history(run_id)) >= moment or not jobs.run(run_id).is_live)
    os.kill(jobs._keeper.process.pid, signal.SIGKILL)
    until(lambda: not lock.is_held(jobs.folder / WORKER_LOCK))
    dead = TrainingJobs(jobs.folder).run(run_id)
    assert dead.state == "interrupted", f"killed at epoch {moment}"
    assert dead.is_resumable
    jobs.resume(run_id)
    run = jobs.wait(run_id, timeout_s=WAIT_S)
    assert run.state == "finished"
    assert [row["epoch"] for row in jobs.history(run_id)] == list(range(1, 81))
    assert_same_model(run.model_path, train(dataset, config))


def test_runs_queue_in_order_and_two_servers_see_the_same(jobs, dataset):
    other = TrainingJobs(jobs.folder)
    first = jobs.start(dataset, ENDLESS)
    second = other.start(dataset, SHORT)
    third = jobs.start(dataset, SHORT)
    until(lambda: jobs.history(first))
    assert [jobs.run(i).state for i in (first, second, third)] == ["running", "queued", "queued"]
    assert jobs.runs() and [r.run_id for r in other.runs()] == [r.run_id for r in jobs.runs()]
    assert other.live().run_id == first
    other.stop(first)  # either may steer
    ended = [jobs.wait(i, timeout_s=WAIT_S) for i in (first, second, third)]
    assert [run.state for run in ended] == ["stopped", "finished", "finished"]
    began = [(jobs.folder / i / HISTORY_FILE).stat().st_mtime_ns for i in (first, second, third)]
    assert began == sorted(began)
    other.close(timeout_s=WAIT_S)


def test_a_run_leaves_the_queue_and_comes_back_into_it(jobs, dataset):
    first, second = jobs.start(dataset, ENDLESS), jobs.start(dataset, SHORT)
    until(lambda: jobs.history(first))
    jobs.stop(second)
    assert jobs.run(second).state == "paused"
    assert jobs.run(second).is_resumable
    jobs.resume(second)
    jobs.stop(first)
    assert jobs.wait(second, timeout_s=WAIT_S).state == "finished"


def test_starts_from_many_threads_train_one_at_a_time(jobs, dataset):
    gate, ids = threading.Barrier(8), []

    def start():
        gate.wait()
        ids.append(jobs.start(dataset, ENDLESS))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 8
    until(lambda: any(jobs.history(run_id) for run_id in ids))
    assert sorted(run.state for run in jobs.runs()) == ["queued"] * 7 + ["running"]


def test_data_that_leaves_nothing_is_refused_before_a_folder_is_made(jobs, dataset):
    with pytest.raises(DataError, match="min_examples"):
        jobs.start(dataset, TrainConfig(min_examples=1000))
    assert jobs.runs() == []
    assert not jobs.folder.exists()


def test_an_error_of_training_becomes_a_sentence(jobs, dataset):
    one_word = dataset.rows(dataset.terms == "warm")
    run = jobs.wait(jobs.start(one_word, SHORT), timeout_s=WAIT_S)
    assert run.state == "failed"
    assert "needs two" in run.error
    assert not run.is_usable
    assert jobs.live() is None


def queued_only(
    jobs: TrainingJobs, dataset: Dataset, config: TrainConfig = SHORT
) -> run_folder.Run:
    """Queue a run that no process takes, and take it here."""
    jobs._keeper._closed = True
    jobs.start(dataset, config)
    run = worker._take_next(jobs.folder)
    assert run is not None
    return run


def test_a_fault_of_ours_is_logged_whole_and_said_in_a_sentence(jobs, dataset, monkeypatch, caplog):
    from neural_eq.model import training

    run = queued_only(jobs, dataset)
    monkeypatch.setattr(training, "train", lambda *args, **rest: 1 / 0)
    worker.train_run(jobs.folder, run, lambda: False)
    failed = jobs.run(run.run_id)
    assert failed.state == "failed"
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivisionError" not in failed.error


@contextmanager
def room_for(size_bytes: int) -> Iterator[None]:
    """Let no file of this process grow larger, as on a disk that is full."""
    resource = pytest.importorskip("resource", reason="no such limit on this system")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_said_and_the_run_can_go_on(jobs, dataset):
    run = queued_only(jobs, dataset, TrainConfig(epochs=50, device="cpu", model=SMALL))
    with room_for(2000):
        worker.train_run(jobs.folder, run, lambda: False)
    failed = jobs.run(run.run_id)
    assert failed.state == "failed"
    assert "The history of the run cannot be kept" in failed.error
    assert "File too large" in failed.error
    assert 0 < failed.epochs_done < 50
    assert failed.is_resumable


def test_a_checkpoint_that_finds_no_room_leaves_the_earlier_one(shelf, dataset):
    jobs, run_id = shelf
    run, before = jobs.run(run_id), checkpoint.load(jobs.run(run_id).model_path)
    more = replace(run, config=replace(run.config, epochs=5), state="running")
    with room_for(4000):
        worker.train_run(jobs.folder, more, lambda: False)
    failed = jobs.run(run_id)
    assert (failed.state, failed.checkpoint_epoch) == ("failed", 3)
    assert "cannot be written" in failed.error
    assert_same_model(failed.model_path, before)
    assert not [path for path in jobs.folder.rglob("*") if path.name.endswith(".part")]


def test_an_end_that_cannot_be_written_is_told_to_the_server(jobs, dataset, monkeypatch, capsys):
    run = queued_only(jobs, dataset)

    def full(folder, run):
        raise OutputError("run.json cannot be written: No space left on device.")

    monkeypatch.setattr(run_folder, "write", full)
    worker._write_end(jobs.folder, run)
    said = json.loads(capsys.readouterr().out)
    assert said["run_id"] == run.run_id
    assert "No space left" in said["error"]


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path, dataset):
    (tmp_path / "runs").write_text("a file stands where the folder would")
    with pytest.raises(OutputError, match="cannot be kept"):
        TrainingJobs(tmp_path / "runs").start(dataset, SHORT)


def test_a_run_whose_server_dies_ends_with_a_checkpoint(tmp_path):
    script = """
import os, sys, time
from pathlib import Path
sys.path.insert(0, "tests")
from test_jobs import ENDLESS, TrainingJobs, sixty_settings
jobs = TrainingJobs(Path(sys.argv[1]))
run_id = jobs.start(sixty_settings(), ENDLESS)
while len(jobs.history(run_id)) < 5:
    time.sleep(0.01)
os._exit(9)
"""
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, timeout=WAIT_S)
    assert ended.returncode == 9
    jobs = TrainingJobs(tmp_path)
    (run,) = jobs.runs()
    run = jobs.wait(run.run_id, timeout_s=WAIT_S)
    assert run.state == "interrupted"
    assert run.is_usable and run.is_resumable
    assert run.checkpoint_epoch == run.epochs_done >= 5
    assert jobs.live() is None


def test_closing_ends_what_goes_on_with_a_checkpoint_and_leaves_the_queue(jobs, dataset):
    first, second = jobs.start(dataset, ENDLESS), jobs.start(dataset, SHORT)
    until(lambda: jobs.history(first))
    jobs.close(timeout_s=WAIT_S)
    assert jobs.run(first).state == "interrupted"
    assert jobs.run(first).is_usable
    assert jobs.run(second).state == "queued"
    later = TrainingJobs(jobs.folder)
    later.tend()
    assert later.wait(second, timeout_s=WAIT_S).state == "finished"
    later.close(timeout_s=WAIT_S)


def test_a_process_that_cannot_begin_fails_its_runs_once(jobs, dataset, monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    run = jobs.wait(jobs.start(dataset, SHORT), timeout_s=WAIT_S)
    assert run.state == "failed"
    assert "could not start" in run.error
    assert run.is_resumable


def test_a_run_queued_anew_before_its_dead_process_is_heard_out_is_not_given_up(shelf):
    jobs, run_id = shelf
    keeper, run = jobs._keeper, replace(jobs.run(run_id), state="queued", queued_s=1.0)
    run_folder.write(jobs.folder, run)
    dies = "import sys; sys.stdin.read(1); sys.exit(1)"
    process = subprocess.Popen(
        [sys.executable, "-c", dies], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    queues = iter([[run]])
    keeper._queue = lambda: next(queues, [replace(run, queued_s=2.0)])
    keeper._closed = True  # what follows is not to train
    hearing = threading.Thread(target=keeper._attend, args=(process,))
    hearing.start()
    run_folder.write(jobs.folder, replace(run, queued_s=2.0))
    process.stdin.write("x")
    process.stdin.flush()
    hearing.join()
    assert run_folder.read(jobs.folder, run_id).state == "queued"


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"null", b'{"state": "finished"}', b"\xff\xfe", b'{"config": {"model": 3}}'],
)
def test_a_damaged_run_is_left_out_of_the_list(shelf, damage):
    jobs, run_id = shelf
    (jobs.folder / "half").mkdir()
    (jobs.folder / "half" / RUN_FILE).write_bytes(damage)
    assert [run.run_id for run in TrainingJobs(jobs.folder).runs()] == [run_id]


def test_a_half_written_last_line_of_history_costs_that_line_only(shelf):
    jobs, run_id = shelf
    path = jobs.folder / run_id / HISTORY_FILE
    with path.open("a") as file:
        file.write('{"epoch": 4, "epo')
    assert len(jobs.history(run_id)) == 3
    with path.open("a") as file:
        file.write('chs": 3}\n')
    assert [row["epoch"] for row in jobs.history(run_id)] == [1, 2, 3, 4]


def test_snapshots_do_not_change_under_their_reader(shelf):
    jobs, run_id = shelf
    snapshot = jobs.history(run_id)
    with (jobs.folder / run_id / HISTORY_FILE).open("a") as file:
        file.write('{"epoch": 4}\n')
    assert (len(snapshot), len(jobs.history(run_id))) == (3, 4)


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


def test_a_run_is_renamed_and_its_name_is_one_short_line(shelf):
    jobs, run_id = shelf
    jobs.rename(run_id, "  bright\n\tand\x00 *airy*  " + "x" * 100)
    name = jobs.run(run_id).name
    assert name.startswith("bright and *airy* xxx")
    assert len(name) == run_folder.MAX_NAME_CHARS
    jobs.rename(run_id, "")
    assert jobs.run(run_id).title == jobs.run(run_id).started[5:19].replace("T", " ")
    with pytest.raises(RunError, match="not there"):
        jobs.rename("nowhere", "x")


def test_a_deleted_run_comes_back_whole(shelf):
    jobs, run_id = shelf
    before, history = jobs.run(run_id), jobs.history(run_id)
    jobs.delete([run_id])
    assert jobs.runs() == [] and jobs.run(run_id) is None and jobs.history(run_id) == []
    with pytest.raises(RunError, match="not there"):
        jobs.delete([run_id])
    jobs.restore([run_id])
    assert jobs.run(run_id) == before
    assert jobs.history(run_id) == history
    with pytest.raises(RunError, match="trash"):
        jobs.restore([run_id])


def test_a_run_that_trains_is_not_deleted(jobs, dataset):
    run_id = jobs.start(dataset, ENDLESS)
    until(lambda: jobs.history(run_id))
    with pytest.raises(RunError, match="stop it"):
        jobs.delete([run_id])
    assert jobs.run(run_id).is_live


def test_the_trash_lets_go_of_what_is_older_than_a_week(shelf):
    jobs, run_id = shelf
    old = jobs.folder / ".trash" / "old"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    jobs.delete([run_id])
    assert [path.name for path in (jobs.folder / ".trash").iterdir()] == [run_id]


def test_a_model_file_becomes_a_run(shelf):
    jobs, run_id = shelf
    content = jobs.run(run_id).model_path.read_bytes()
    taken = jobs.run(jobs.take_in(content, name="from a friend.pt"))
    assert (taken.title, taken.state, taken.uploaded) == ("from a friend", "finished", True)
    assert taken.is_usable and not taken.is_resumable
    assert jobs.history(taken.run_id) == jobs.history(run_id)


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04"])
def test_a_file_that_is_no_model_leaves_nothing_behind(jobs, content):
    with pytest.raises(CheckpointError, match="bad.pt"):
        jobs.take_in(content, name="bad.pt")
    assert not jobs.folder.exists()


def test_a_model_that_cannot_be_kept_leaves_no_folder(shelf, monkeypatch):
    jobs, run_id = shelf
    content = jobs.run(run_id).model_path.read_bytes()

    def fail(*_):
        raise TypeError("whatever it is")

    monkeypatch.setattr(history, "write", fail)
    with pytest.raises(TypeError):
        jobs.take_in(content, name="m.pt")
    assert [run.run_id for run in jobs.runs()] == [run_id]
    assert sum(path.is_dir() for path in jobs.folder.iterdir()) == 1


def test_a_run_without_its_settings_says_so(shelf):
    jobs, run_id = shelf
    run = jobs.run(run_id)
    (jobs.folder / run_id / "data.npz").write_bytes(b"damaged")
    (jobs.folder / run_id / MODEL_FILE).unlink()
    worker.train_run(jobs.folder, run, lambda: False)
    assert "cannot be read" in jobs.run(run_id).error


def test_reading_runs_imports_no_torch(finished):
    script = (
        "import sys; from pathlib import Path; from neural_eq.jobs import TrainingJobs;"
        "assert TrainingJobs(Path(sys.argv[1])).runs(); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script, str(finished)], cwd=ROOT, check=True)


def test_runs_of_one_minute_have_titles_of_their_own():
    run = run_folder.Run("a", "queued", "2026-11-23T12:43:32", TrainConfig(), "")
    assert run.title == "11-23 12:43:32"
