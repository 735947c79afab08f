"""A training that is killed without warning, again and again, ends as if nothing had happened.

``NEURAL_EQ_KILLS=20 pytest -n0 tests/test_kills.py`` kills more often.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import MAXIMUM, MINIMUM
from neural_eq.jobs import lock, run_folder, settings_file
from neural_eq.jobs.run_folder import HISTORY_FILE, MODEL_FILE, VIEWS_FOLDER, WORKER_LOCK
from neural_eq.model import checkpoint
from neural_eq.model.config import ModelConfig, TrainConfig
from neural_eq.model.training import train

ROOT = Path(__file__).parents[1]
N_KILLS = int(os.environ.get("NEURAL_EQ_KILLS", "2"))
EPOCHS_A_KILL = 50
WAIT_S = 300 + EPOCHS_A_KILL * N_KILLS  # a training takes only what others leave
CONFIG = TrainConfig(
    epochs=EPOCHS_A_KILL * N_KILLS,
    batch_size=16,
    save_every=1,
    device="cpu",
    model=ModelConfig(4, 8),
)
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")


def forty_settings() -> Dataset:
    n = 40
    params = MINIMUM + np.random.default_rng(2).random((n, len(MINIMUM))) * (MAXIMUM - MINIMUM)
    words = np.array(["warm", "bright"] * (n // 2), dtype=object)
    empty = np.full(n, "", dtype=object)
    return Dataset(np.arange(n), params, words, np.arange(n), empty, empty, "forty settings")


def until(condition) -> None:
    ends = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.002)


def assert_nothing_is_half(own: Path) -> int:
    """Every file under its own name is whole; return the epochs that the checkpoint has."""
    run_json = json.loads((own / "run.json").read_bytes())
    assert run_json["state"] in ("queued", "running")
    for path in (own / VIEWS_FOLDER).glob("[0-9]*.npy"):
        assert np.load(path, allow_pickle=False).shape == (40, 2)
    if not (own / MODEL_FILE).exists():
        return 0
    done = len(checkpoint.load(own / MODEL_FILE).history)
    assert run_json["checkpoint_epoch"] in (done - 1, done)
    return done


@pytest.mark.slow
def test_a_training_killed_at_random_moments_ends_bit_equal(tmp_path: Path) -> None:
    dataset = forty_settings()
    own = tmp_path / "run"
    own.mkdir()
    settings_file.write(own / run_folder.DATA_FILE, dataset)
    run = run_folder.Run("run", "queued", "2026-01-01T00:00:00", CONFIG, dataset.describe())
    seed = time.time_ns()
    generator = np.random.default_rng(seed)
    done_before = []
    for number in range(N_KILLS + 1):
        run = run_folder.read(tmp_path, "run") or run
        run_folder.write(tmp_path, replace(run, state="queued"))
        process = subprocess.Popen(
            [sys.executable, "-m", "neural_eq.jobs.worker", str(tmp_path)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        if number == N_KILLS:
            assert process.wait(WAIT_S) == 0
            break
        if number % 2 == 1:  # somewhere on its way to the first epoch
            time.sleep(2 * generator.random())
        else:  # somewhere after it: in an epoch, a view or a checkpoint
            rows = own / HISTORY_FILE
            size_bytes = rows.stat().st_size if rows.exists() else 0
            until(lambda r=rows, s=size_bytes: r.exists() and r.stat().st_size > s)
            time.sleep(0.25 * generator.random())
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL, f"it ended before kill {number}, seed {seed}"
        assert not lock.is_held(tmp_path / WORKER_LOCK)
        done_before.append(assert_nothing_is_half(own))
    process.communicate()
    assert done_before == sorted(done_before), f"seed {seed}"
    ended = run_folder.read(tmp_path, "run")
    assert ended is not None and ended.state == "finished", f"seed {seed}"
    epochs = [json.loads(line)["epoch"] for line in (own / HISTORY_FILE).read_bytes().splitlines()]
    assert epochs == list(range(1, CONFIG.epochs + 1))
    unbroken, broken = train(dataset, CONFIG), checkpoint.load(own / MODEL_FILE)
    one, two = unbroken.module.state_dict(), broken.module.state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one), f"seed {seed}"
