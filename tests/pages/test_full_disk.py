"""A full disk, met on the pages: a sentence, and what was there stays."""

from __future__ import annotations

import pytest

from neural_eq.eq.params import DEFAULT
from neural_eq.jobs import run_folder
from neural_eq.presets.collection import Library
from neural_eq.presets.preset import Preset
from neural_eq.ui import cached
from tests.pages.opening import SHORT, opened, turned, widget


@pytest.fixture
def full_disk(small_disk, monkeypatch):
    """Runs and presets on a disk with a run's name and a preset on it, and no room for more."""
    place = small_disk
    monkeypatch.setenv("NEURAL_EQ_RUNS", str(place / "runs"))
    monkeypatch.setenv("NEURAL_EQ_PRESETS", str(place / "presets"))
    Library(place / "presets").add([Preset("Earlier", DEFAULT)])
    with (place / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(1000))
        except OSError:
            pass
    yield place
    cached.training_jobs().close()


def test_no_room_for_a_preset_or_a_run_is_a_sentence(full_disk):
    before = {path: path.read_bytes() for path in full_disk.rglob("*") if path.is_file()}
    app = opened("presets")
    widget(app.button, "Save to library").click().run()
    assert not app.exception
    (error,) = app.error
    assert error.value.startswith("The preset cannot be kept") and "No space left" in error.value
    assert [kept.preset.name for kept in cached.preset_library().contents().kept] == ["Earlier"]

    turned(app, "train")
    widget(app.button, "Start training").click().run()
    assert not app.exception
    assert any("No space left" in one.value for one in app.error), app.error
    assert cached.training_jobs().runs() == []
    after = {path: path.read_bytes() for path in full_disk.rglob("*") if path.is_file()}
    after.pop(full_disk / "runs" / run_folder.CHANGE_LOCK, None)  # empty
    assert after == before

    (full_disk / "filler").unlink()
    run_id = cached.training_jobs().start(app.session_state["data"], SHORT)
    assert cached.training_jobs().wait(run_id, timeout_s=120).state == "finished"
