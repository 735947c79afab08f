"""A batch on a real Dask cluster: two workers, one of them killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from neural_eq.cli import main
from neural_eq.errors import RunError

pytest.importorskip("distributed", reason="Dask is not installed")
ROOT = Path(__file__).parents[1]
WAIT_S = 120
RATE = 44100
N_FILES = 12


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """A scheduler's address and two worker processes, each with one thread and no nurse."""
    contact = tmp_path / "scheduler.json"
    place = ["--scheduler-file", str(contact)]
    calm = {"DASK_DISTRIBUTED__ADMIN__LOG_LENGTH": "0", "DASK_LOGGING__DISTRIBUTED": "error"}

    def start(program: str, *args: str) -> subprocess.Popen:
        module = f"distributed.cli.dask_{program}"
        return subprocess.Popen(
            [sys.executable, "-m", module, *place, *args],
            cwd=ROOT, env=os.environ | calm | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    own = ["--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory", str(tmp_path)]
    started = [start("scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard")]
    try:
        until(contact.is_file)
        started += [start("worker", *own) for _ in range(2)]
        yield json.loads(contact.read_text())["address"], started[1:]
    finally:
        for process in started:
            process.kill()
            process.wait()


def until(condition) -> None:
    ends = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.005)


def write_noise(folder: Path) -> None:
    folder.mkdir()
    for number in range(N_FILES):
        noise = np.random.default_rng(number).normal(0, 0.1, (4 * RATE, 2))
        soundfile.write(folder / f"{number}.wav", noise, RATE)


@pytest.mark.slow
def test_a_killed_worker_costs_no_file_and_no_file_is_half(cluster, tmp_path):
    address, workers = cluster
    folder, out = tmp_path / "in", tmp_path / "out"
    write_noise(folder)
    (folder / "bad.wav").write_bytes(b"no sound")

    def batch() -> tuple[int, dict]:
        args = ["render", "--batch", str(folder), str(out), "--term", "warm", "--json"]
        done = subprocess.Popen(
            [sys.executable, "-m", "neural_eq", *args, "--scheduler", address],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        until(lambda: len(list(out.glob("*.wav"))) >= 3 or done.poll() is not None)
        workers[0].send_signal(signal.SIGKILL)
        said, _ = done.communicate(timeout=WAIT_S)
        return done.returncode, json.loads(said)

    code, report = batch()
    assert code == 1
    assert report["counts"] == {"made": N_FILES, "up to date": 0, "failed": 1, "waiting": 0}
    assert "bad.wav is damaged" in report["files"]["bad.wav"]["error"]
    assert workers[0].poll() == -signal.SIGKILL and workers[1].poll() is None
    results = {path.name: path.stat().st_mtime_ns for path in out.glob("*.wav")}
    assert len(results) == N_FILES
    for name in results:
        assert len(soundfile.read(out / name)[0]) == 4 * RATE
        assert report["files"][name]["result"]["changed_ns"] == results[name]
    code, report = batch()
    assert code == 1 and report["counts"]["up to date"] == N_FILES
    assert {path.name: path.stat().st_mtime_ns for path in out.glob("*.wav")} == results
    assert not list(out.rglob("*.part"))


def test_a_cluster_that_is_not_there_is_one_sentence(tmp_path, capsys, monkeypatch):
    write_noise(tmp_path / "in")
    monkeypatch.setattr("neural_eq.data.crew.ANSWER_PATIENCE_S", 0.5)
    args = ["render", "--batch", str(tmp_path / "in"), str(tmp_path / "out"), "--term", "warm"]
    for address, why in (
        ("127.0.0.1:9", "--scheduler is 127.0.0.1:9, and no Dask scheduler answers there"),
        ("x:y:z", "--scheduler is 'x:y:z'; it must be an address such as tcp://"),
    ):
        assert main([*args, "--scheduler", address]) == 2
        assert why in capsys.readouterr().err
        assert not list((tmp_path / "out").glob("*.wav"))


def test_without_dask_the_sentence_says_what_to_install(monkeypatch):
    from neural_eq.data.crew import cluster

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RunError, match="install the package distributed"):
        cluster("tcp://127.0.0.1:8786")
