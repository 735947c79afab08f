"""Files rendered in the background."""

import logging
import zipfile

import numpy as np
import pytest
import soundfile

from neural_eq.data.audio_file import open_audio
from neural_eq.data.file_rendering import Treatment
from neural_eq.eq.params import DEFAULT
from neural_eq.ui.audio import rendering
from neural_eq.ui.audio.rendering import Rendering

BOOST = DEFAULT.copy()
BOOST[0] = 6.0
WAIT_S = 60


@pytest.fixture
def sources(tmp_path):
    samples = np.random.default_rng(0).standard_normal((40_000, 2)) * 0.1
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, samples, 22050)
    return [open_audio(tmp_path / name) for name in ("a.wav", "b.wav")]


def ended(running):
    running.wait(WAIT_S)
    assert not running.is_live
    return running


def test_files_become_a_zip_that_goes_with_its_rendering(sources):
    done = ended(Rendering(sources, Treatment(BOOST, "warm")))
    assert (done.error, done.share) == ("", 1.0)
    path = done.result.path
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["a_warm.wav", "b_warm.wav"]
    del done
    assert not path.exists()


def test_one_waits_for_another_and_may_be_cancelled_meanwhile(sources):
    with rendering._one_at_a_time:
        waiting = Rendering(sources, Treatment(BOOST, "x"))
        assert waiting.is_live and waiting.stage.startswith("Waiting for another rendering")
        waiting.cancel()
        ended(waiting)
    assert waiting.result is None
    assert waiting.error == "Cancelled; nothing was kept."
    assert ended(Rendering(sources, Treatment(BOOST, "x"))).result is not None


def test_what_cannot_be_rendered_is_said(sources):
    sources[0].path.unlink()
    failed = ended(Rendering(sources[:1], Treatment(BOOST, "x")))
    assert failed.error == "a.wav cannot be read: No such file or directory."


def test_a_fault_of_ours_is_logged_whole_and_blocks_no_other(sources, monkeypatch, caplog):
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(rendering, "master_all", lambda *args, **rest: 1 / 0)
        failed = ended(Rendering(sources, Treatment(BOOST, "x")))
    assert "fault of this program" in failed.error
    assert "ZeroDivisionError" in caplog.text
    assert ended(Rendering(sources, Treatment(BOOST, "x"))).result.n_made == 2
