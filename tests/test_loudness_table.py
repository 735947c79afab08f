"""Loudness after an EQ without filtering, against loudness measured after filtering."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from neural_eq.data.audio_file import open_audio
from neural_eq.data.listening import loudness_table
from neural_eq.eq.loudness import integrated_loudness_lufs
from neural_eq.eq.params import DEFAULT
from neural_eq.eq.render import filter_audio

CLIPS = Path(__file__).parents[1] / "assets" / "clips"
SETTINGS = {
    "bass": [9, 150, 6, 300, 0.7, 0, 1000, 0.7, 0, 3000, 0.7, -9, 6000],
    "treble": [-9, 150, 0, 300, 0.7, -6, 900, 2.0, 6, 3000, 1.0, 9, 6000],
    "narrow": [0, 150, 12, 100, 10, -12, 1000, 10, 12, 3000, 10, 0, 6000],
}


@pytest.mark.parametrize("clip", ["bass_and_chords", "drums", "pink_noise", "voice"])
@pytest.mark.parametrize("name", SETTINGS)
def test_the_gain_is_what_filtering_would_find(clip, name):
    path, params = CLIPS / f"{clip}.flac", np.array(SETTINGS[name], dtype=float)
    samples, rate = soundfile.read(path, always_2d=True)
    after = integrated_loudness_lufs(filter_audio(samples, params, rate).samples, rate)
    wanted_db = integrated_loudness_lufs(samples, rate) - after
    found_db = loudness_table(open_audio(path)).matching_gain_db(params)
    assert found_db == pytest.approx(wanted_db, abs=0.25 if name == "narrow" else 0.1)


@pytest.mark.parametrize(("rate", "seconds"), [(8000, 0.2), (8000, 130), (96000, 1)])
def test_short_and_long_files_and_other_rates_are_known_too(tmp_path, rate, seconds):
    noise = np.random.default_rng(0).standard_normal((int(rate * seconds), 2)) * 0.1
    soundfile.write(tmp_path / "a.wav", noise, rate, subtype="FLOAT")
    table = loudness_table(open_audio(tmp_path / "a.wav"))
    assert table.powers.shape[0] <= 600
    params = np.array(SETTINGS["bass"], dtype=float)
    after = integrated_loudness_lufs(filter_audio(noise, params, rate).samples, rate)
    wanted_db = integrated_loudness_lufs(noise, rate) - after
    assert table.matching_gain_db(params) == pytest.approx(wanted_db, abs=0.2)


def test_silence_and_a_flat_eq_need_no_gain(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((8000, 1)), 8000)
    table = loudness_table(open_audio(tmp_path / "a.wav"))
    assert table.matching_gain_db(np.array(SETTINGS["bass"], dtype=float)) == 0
    drums = loudness_table(open_audio(CLIPS / "drums.flac"))
    assert drums.matching_gain_db(DEFAULT) == pytest.approx(0, abs=1e-9)
