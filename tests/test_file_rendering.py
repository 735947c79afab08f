"""Files of any length: long forms of WAV, little memory, and a morph over a file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from neural_eq.data import audio_encoding
from neural_eq.data.audio_encoding import planned
from neural_eq.data.audio_file import open_audio
from neural_eq.data.file_rendering import Treatment, render_file
from neural_eq.eq.loudness import integrated_loudness_lufs
from neural_eq.eq.params import DEFAULT, GAIN_COLUMNS
from neural_eq.eq.render import apply_eq, filter_audio

ROOT = Path(__file__).parents[1]
BRIGHT = np.array([-4, 120, 3, 400, 0.71, -6, 900, 2.0, 5, 3000, 1.0, 8, 7000.0])


def sound(path, *, seconds=2.0, rate=44100, level=0.05, **rest):
    samples = np.random.default_rng(0).standard_normal((int(seconds * rate), 2)) * level
    soundfile.write(path, samples, rate, **rest)
    return open_audio(path)


@pytest.mark.parametrize("container", ["RF64", "W64"])
def test_long_forms_of_wav_are_read_and_written(tmp_path, monkeypatch, container):
    source = sound(tmp_path / "in.wav", format=container, subtype="PCM_24")
    assert source.format == container
    monkeypatch.setattr(audio_encoding, "MAX_WAV_BYTES", 1000)
    output = tmp_path / ("out.wav" if container == "RF64" else "out.w64")
    report = render_file(source, output, Treatment(BRIGHT, ""))
    info = soundfile.info(output)
    assert (report.format, report.subtype) == (info.format, info.subtype) == (container, "PCM_24")
    assert ("written as RF64" in " ".join(report.notes)) == (container == "RF64")
    samples, _ = soundfile.read(source.path, dtype="float32")
    made, _ = soundfile.read(output)
    np.testing.assert_allclose(made, apply_eq(samples, BRIGHT, 44100).samples, atol=2**-22)


@pytest.mark.parametrize(
    ("subtype", "hours", "format_"),
    [("PCM_16", 6.0, "WAV"), ("PCM_16", 6.5, "RF64"), ("PCM_24", 4.5, "RF64"),
     ("FLOAT", 3.0, "WAV"), ("FLOAT", 3.2, "RF64"), ("DOUBLE", 1.5, "WAV")],
)  # fmt: skip
def test_wav_ends_at_four_gigabytes(tmp_path, subtype, hours, format_):
    long = replace(sound(tmp_path / "in.wav", rate=48000), n_frames=int(hours * 3600 * 48000))
    plan = planned(long, suffix=".wav", subtype=subtype)
    assert plan.format == format_
    assert [bool(re.search(r"takes 4\.\d GB.*RF64", note)) for note in plan.notes] == [True] * (
        format_ == "RF64"
    )
    flac = planned(long, suffix=".flac", subtype="PCM_16")
    assert (flac.format, flac.notes) == ("FLAC", ())


def test_a_way_that_stands_still_is_the_setting(tmp_path):
    source = sound(tmp_path / "in.wav", subtype="FLOAT")
    way = np.stack([BRIGHT, BRIGHT])
    treatment = Treatment(way, "", level_match=False, clip_guard=False)
    render_file(source, tmp_path / "out.wav", treatment)
    samples, _ = soundfile.read(source.path)
    made, _ = soundfile.read(tmp_path / "out.wav")
    np.testing.assert_allclose(made, filter_audio(samples, BRIGHT, 44100).samples, atol=1e-6)


def test_a_way_begins_and_ends_at_its_ends_as_loud_as_the_source(tmp_path):
    source = sound(tmp_path / "in.wav", seconds=12, subtype="FLOAT")
    dull = DEFAULT.copy()
    dull[list(GAIN_COLUMNS)] = 3, 3, 0, -3, -9
    report = render_file(
        source, tmp_path / "out.wav", Treatment(np.linspace(dull, BRIGHT, 101), "")
    )
    samples, rate = soundfile.read(source.path)
    made, _ = soundfile.read(tmp_path / "out.wav")
    second = slice(0, rate), slice(len(made) - rate, len(made))
    for part, setting in zip(second, (dull, BRIGHT), strict=True):
        wanted = filter_audio(samples, setting, rate).samples[part]
        spectra = [np.abs(np.fft.rfft(x[:, 0])) for x in (made[part], wanted)]
        ratio_db = 20 * np.log10(spectra[0] / spectra[1])[20:20000]
        # one second lies within a twelfth of the way
        assert np.percentile(np.abs(ratio_db - np.median(ratio_db)), 90) < 1.0
        before, after = (integrated_loudness_lufs(x[part], rate) for x in (samples, made))
        assert after == pytest.approx(before, abs=0.3)
    assert report.along_db is not None and report.along_db[0] < report.along_db[1]
    assert report.loudness_after_lufs == pytest.approx(report.loudness_before_lufs, abs=0.2)


def test_a_loud_way_does_not_clip(tmp_path):
    source = sound(tmp_path / "in.wav", level=0.4, subtype="FLOAT")
    report = render_file(source, tmp_path / "out.wav", Treatment(np.stack([DEFAULT, BRIGHT]), ""))
    made, _ = soundfile.read(tmp_path / "out.wav")
    assert np.abs(made).max() <= 1.0
    assert report.level.guard_db < 0 and "quieter than asked for" in " ".join(report.notes)


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal is made by pty")
@pytest.mark.slow
def test_a_terminal_is_told_the_time_left_and_a_pipe_nothing(tmp_path):
    import pty
    import termios

    sound(tmp_path / "in.wav")
    command = [sys.executable, "-m", "neural_eq", "render", "in.wav", "out.wav", "--term", "warm"]
    place: dict = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(ROOT)}}
    piped = subprocess.run(command, capture_output=True, text=True, **place)
    assert (piped.returncode, piped.stderr) == (0, "")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=theirs, **place)
    os.close(theirs)
    said = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert done.returncode == 0
    assert re.search(r"Measuring in\.wav: \d+ % .*left", said)


PEAK_MEMORY = """
import sys
from neural_eq.cli import main
assert main(["render", *sys.argv[1:], "--term", "warm"]) == 0
assert "torch" not in sys.modules and "numba" not in sys.modules
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells it")
@pytest.mark.slow
@pytest.mark.parametrize("way", [(), ("--to", "bright", "--over-time")], ids=["word", "over time"])
def test_memory_does_not_grow_with_the_file(tmp_path, way):
    peaks_mb = []
    for minutes in (0.5, 10):
        piece = np.random.default_rng(0).uniform(-0.1, 0.1, (48000 * 30, 2))
        with soundfile.SoundFile(tmp_path / "in.wav", "w", 48000, 2, "PCM_16") as file:
            for _ in range(int(2 * minutes)):
                file.write(piece)
        done = subprocess.run(
            [sys.executable, "-c", PEAK_MEMORY, "in.wav", "out.wav", *way],
            cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        peaks_mb.append(int(done.stdout.splitlines()[-1]))
    assert max(peaks_mb) < 200  # of 250, whatever the length
    assert peaks_mb[1] < peaks_mb[0] + 30, "the whole file was held"
