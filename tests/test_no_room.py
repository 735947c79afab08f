"""A full disk and a locked folder: one sentence from whoever writes, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from neural_eq.data.batch import make
from neural_eq.data.batch_report import FAILED, WAITING

from .test_batch import TREATMENT, one_by_one, render_folder, write

ROOT = Path(__file__).parents[1]
WRITERS = """
import contextlib, io, json, resource, sys
from pathlib import Path
from neural_eq.cli import main
from neural_eq.data.demo import built_in_dataset
from neural_eq.errors import NeuralEqError
from neural_eq.eq.params import DEFAULT
from neural_eq.jobs import TrainingJobs
from neural_eq.model.config import ModelConfig, TrainConfig
from neural_eq.presets.collection import Library
from neural_eq.presets.preset import Preset

mode, place = sys.argv[1], Path(sys.argv[2])
large = Preset("x", DEFAULT, details="x" * 1500)
small = TrainConfig(epochs=1, device="cpu", model=ModelConfig(2, 8))
if mode == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))

def command(*args):
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = main([str(arg) for arg in args])
    return [code, said.getvalue()]

def call(function):
    try:
        function()
    except NeuralEqError as error:
        return [2, f"Error: {error}"]
    return [0, ""]

sound = place.parent / "in" / "in.wav"
print(json.dumps({
    "train": command("train", "--epochs", 1, "--latent-dim", 2, "--output", place / "model.pt"),
    "render": command("render", sound, place / "out.wav", "--term", "warm"),
    "batch": command("render", "--batch", sound.parent, place / "batch", "--term", "warm"),
    "export": command("export", "--from", "warm", "--format", "graphiceq", "-o", place / "w.txt"),
    "export all": command("export", "--all", "--format", "apo", "-o", place / "words.zip"),
    "reconstruct": command("reconstruct", "-o", place / "table.csv"),
    "library": call(lambda: Library(place / "library").add([large])),
    "job": call(lambda: TrainingJobs(place / "runs").start(built_in_dataset(), small)),
}))
"""
EARLIER = ("model.pt", "training_history_v3.png", "out.wav", "w.txt", "words.zip", "table.csv")


def as_anyone() -> list[str]:
    """What makes root mind permissions, as everyone else does."""
    if getattr(os, "geteuid", lambda: 1)() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may write anywhere, and there is no setpriv")
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "why"), [("full", "File too large"), ("locked", "Permission denied")]
)
def test_every_writer_says_so_and_loses_nothing(tmp_path: Path, mode: str, why: str) -> None:
    pytest.importorskip("resource", reason="no such limits on this system")
    prefix = as_anyone() if mode == "locked" else []
    place = tmp_path / "place"
    place.mkdir()
    for name in EARLIER:
        (place / name).write_bytes(b"an earlier result")
    (tmp_path / "in").mkdir()
    noise = np.random.default_rng(0).normal(0, 0.1, 4410)
    soundfile.write(tmp_path / "in" / "in.wav", noise, 44100)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    if mode == "locked":
        place.chmod(0o500)
    try:
        done = subprocess.run(
            [*prefix, sys.executable, "-c", WRITERS, mode, str(place)],
            cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, timeout=240,
        )  # fmt: skip
    finally:
        place.chmod(0o700)
    assert done.returncode == 0, done.stderr
    for writer, (code, said) in json.loads(done.stdout).items():
        if (mode, writer) == ("full", "batch"):  # one file of it failed, as its report says
            assert code == 1 and not said
            continue
        sentences = [line for line in said.splitlines() if line.startswith("Error: ")]
        assert code == 2 and len(sentences) == 1, f"{writer}: {code}, {said}"
        assert why in sentences[0], f"{writer}: {said}"
        assert "Traceback" not in said, f"{writer}: {said}"
    assert before.items() <= {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}.items()
    assert not list(tmp_path.rglob("*.part"))


def test_a_batch_on_a_disk_that_fills_stops_says_so_and_goes_on_later(small_disk, tmp_path):
    folder = tmp_path / "in"
    for number in range(6):
        write(folder / f"{number}.wav", seconds=0.6, seed=number)  # 106 kB each
    report = render_folder(folder, small_disk, TREATMENT, one_by_one)
    assert report.count(FAILED) == 1 and report.count(WAITING) == 3
    (failed,) = (entry for entry in report.files.values() if entry.state == FAILED)
    assert "cannot be written: No space left on device" in failed.error
    assert not list(small_disk.glob("*.part"))
    made = sorted(path.name for path in small_disk.glob("*.wav"))
    assert len(made) == 2
    for name in made:
        assert len(soundfile.read(small_disk / name)[0]) == round(0.6 * 44100)
    subprocess.run(["mount", "-o", "remount,size=2M", str(small_disk)], check=True)
    seen = []

    def noted(tasks):
        for task in tasks:
            seen.append(task.name)
            yield task, make(task)

    report = render_folder(folder, small_disk, TREATMENT, noted)
    assert sorted([*seen, *made]) == sorted(report.files) and report.count(FAILED) == 0
