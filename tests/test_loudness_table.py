"""Loudness after an EQ without filtering, against loudness measured after filtering."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from neural_eq.data import listening
from neural_eq.data.audio_file import open_audio, read_blocks
from neural_eq.data.listening import loudness_table, read_frames, stream_of
from neural_eq.eq.loudness import channel_weights, integrated_loudness_lufs
from neural_eq.eq.params import DEFAULT
from neural_eq.eq.render import filter_audio
from neural_eq.errors import AudioError

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


def test_a_file_that_holds_less_than_it_claims_is_known_by_what_it_holds(tmp_path):
    path = tmp_path / "a.mp3"
    noise = np.random.default_rng(0).normal(0, 0.1, (48000, 2))
    soundfile.write(path, noise, 48000, format="MP3", subtype="MPEG_LAYER_III")
    whole = loudness_table(open_audio(path))
    content = bytearray(path.read_bytes())
    at = max(content.find(b"Xing"), content.find(b"Info")) + 8
    frames = int.from_bytes(content[at : at + 4], "big")
    for claimed in (2 * frames, 20 * frames):
        content[at : at + 4] = claimed.to_bytes(4, "big")
        path.write_bytes(content)
        file = open_audio(path)
        assert file.n_frames > 90_000
        np.testing.assert_allclose(loudness_table(file).powers[:5], whole.powers[:5], rtol=0.01)


def test_many_channels_are_measured_in_little_memory(tmp_path):
    path = tmp_path / "many.wav"
    noise = np.random.default_rng(0).normal(0, 0.1, (20_000, 1)) * np.ones(200)
    soundfile.write(path, noise, 48000, format="WAVEX", subtype="PCM_16")
    soundfile.write(tmp_path / "one.wav", noise[:, :1], 48000, subtype="PCM_16")
    file = open_audio(path)
    assert [len(block) for block in read_blocks(file)] == [1310] * 15 + [350]
    tracemalloc.start()
    many = loudness_table(file).powers
    parts = [read_frames(stream_of(file), first, 5000) for first in (0, 18_000)]
    assert tracemalloc.get_traced_memory()[1] < 60 << 20  # 16 MB of samples, in float32
    tracemalloc.stop()
    one = loudness_table(open_audio(tmp_path / "one.wav")).powers
    weights = channel_weights(200).sum()
    np.testing.assert_allclose(many, weights * one, rtol=1e-5)
    assert [len(part) for part in parts] == [5000 * 4, 2000 * 4]
    np.testing.assert_allclose(np.frombuffer(parts[0], "<f4"), noise[:5000, 0], atol=1e-4)


def test_a_file_that_gives_no_frame_at_all_is_said_to_be_damaged(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.wav", np.zeros((100, 1)), 48000)
    monkeypatch.setattr(listening, "read_blocks", lambda file: iter(()))
    with pytest.raises(AudioError, match="a.wav is damaged: it holds no sound"):
        listening.overview(open_audio(tmp_path / "a.wav"))
