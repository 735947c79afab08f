"""No name that a person types or gives a file becomes a path."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from neural_eq.data.demo import built_in_dataset
from neural_eq.eq.params import DEFAULT
from neural_eq.errors import CheckpointError
from neural_eq.jobs import TrainingJobs, run_folder
from neural_eq.model import checkpoint
from neural_eq.model.config import ModelConfig, TrainConfig
from neural_eq.model.training import train
from neural_eq.presets.archive import write_zip
from neural_eq.presets.collection import Library
from neural_eq.presets.labels import file_names
from neural_eq.presets.preset import Preset
from neural_eq.ui.audio.applied import Applied
from neural_eq.ui.train.runs_table import file_name

NAMES = (
    "../../x", "/etc/x", "..\\..\\x", "C:\\x", "CON", "aux.pt", "a/b", "nul\0l", "n" * 300, "..",
    ".", "", "line\nbreak", "\u202egnp.x",
)  # fmt: skip


@pytest.fixture(scope="module")
def content(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("model") / "m.pt"
    config = TrainConfig(epochs=1, device="cpu", model=ModelConfig(2, 8))
    checkpoint.save(train(built_in_dataset(), config, on_epoch=lambda report: None), path)
    return path.read_bytes()


def is_plain(name: str) -> bool:
    """Whether it can name a file of any system, and nothing beyond its folder."""
    stem = name.partition(".")[0].strip().casefold()
    return (
        not set(name) & set('/\\:*?"<>|') and name.isprintable() and 0 < len(name) < 130
        and name not in (".", "..") and stem not in ("con", "aux", "nul") and not name.endswith(".")
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_model_file_of_any_name_is_taken_in_where_runs_are(tmp_path, monkeypatch, content, name):
    monkeypatch.chdir(tmp_path)
    assert checkpoint.loads(content, name=name).terms
    jobs = TrainingJobs(tmp_path / "runs")
    with pytest.raises(CheckpointError, match="damaged or not a Neural EQ model"):
        jobs.take_in(b"no model", name=name)
    run_id = jobs.take_in(content, name=name)
    jobs.rename(run_id, jobs.run(run_id).name + name)
    run = jobs.run(run_id)
    assert len(run.name) <= run_folder.MAX_NAME_CHARS and run.title.isprintable()
    assert is_plain(f"{file_name(run)}.pt"), file_name(run)
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
    assert [path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()] == [run_id]
    for path in (tmp_path / "runs").rglob("*"):
        assert path.relative_to(tmp_path / "runs").parts[0] in (run_id, run_folder.CHANGE_LOCK)


def test_presets_of_any_name_stay_in_their_folder_and_in_their_zip(tmp_path):
    library = Library(tmp_path / "presets")
    ids = library.add([Preset(name, DEFAULT) for name in NAMES if name.strip()])
    library.duplicate(ids)
    for name in NAMES[:3]:
        library.change(ids[0], name=name, tags=[name[:40]])
    found = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent for path in found} == {Path("presets")} and len(found) == 2 * len(ids)
    assert all(is_plain(path.name) for path in found)
    names = file_names(NAMES, suffix=".json")
    assert len({name.casefold() for name in names}) == len(NAMES)
    packed = io.BytesIO()
    write_zip(packed, [(name, b"x") for name in names])
    with zipfile.ZipFile(packed) as archive:
        assert archive.namelist() == names and all(map(is_plain, names)), names


@pytest.mark.parametrize("name", NAMES)
def test_a_download_of_a_sound_has_a_plain_name(name):
    assert is_plain(f"song {Applied(name, DEFAULT).stem}.wav")
