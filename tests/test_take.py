"""A part of a sound before and after an EQ, as the Audio page hears and draws it."""

import io
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from neural_eq.data.audio_file import open_audio
from neural_eq.eq.loudness import integrated_loudness_lufs
from neural_eq.eq.params import DEFAULT
from neural_eq.eq.render import apply_eq
from neural_eq.ui.audio import charts
from neural_eq.ui.audio.take import EXCERPT_S, equal_wavs, excerpt, player_wav, take

BRIGHT = np.array([-4, 120, 3, 400, 0.71, -6, 900, 2.0, 5, 3000, 1.0, 8, 7000.0])
RATE = 22050


def source(tmp_path, n_channels=2, level=0.1, n_frames=3 * RATE):
    samples = np.random.default_rng(0).standard_normal((n_frames, n_channels)) * level
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    return excerpt(open_audio(tmp_path / "a.wav"), 0)


def heard(wav):
    return soundfile.read(io.BytesIO(wav), always_2d=True)[0]


@pytest.mark.parametrize("level_match", [True, False])
@pytest.mark.parametrize("level", [0.05, 0.4])
def test_what_is_measured_is_what_a_file_would_hold(tmp_path, level_match, level):
    before = source(tmp_path, level=level)
    made = take(before, BRIGHT, level_match=level_match, clip_guard=True)
    file = apply_eq(before.audio.samples, BRIGHT, RATE, level_match=level_match)
    assert made.side.loudness_lufs == pytest.approx(
        integrated_loudness_lufs(file.samples, RATE), abs=1e-3
    )
    assert made.side.true_peak_dbtp == pytest.approx(file.true_peak_after_dbtp, abs=1e-6)
    measured = integrated_loudness_lufs(file.samples, RATE)
    assert made.side.loudness_lufs == pytest.approx(measured, abs=1e-3)
    assert made.notes[-len(file.notes) :] == file.notes if file.notes else True
    assert any("Level-matched" in note for note in made.notes) == level_match


def test_the_level_is_said_in_both_directions(tmp_path):
    before, louder, quieter = source(tmp_path, level=0.02), DEFAULT.copy(), DEFAULT.copy()
    louder[11], quieter[11] = 6, -6
    said = [
        take(before, params, level_match=True, clip_guard=True).notes
        for params in (louder, quieter)
    ]
    assert said[0][0].endswith("dB louder, so it is turned down as much.")
    assert said[1][0].endswith("dB quieter, so it is turned up as much.")
    flat = take(before, DEFAULT, level_match=True, clip_guard=True)
    assert flat.side is before.side
    assert flat.notes == ("The EQ is flat: the sound is unchanged.",)


def test_no_more_than_an_excerpt_is_read(tmp_path):
    assert source(tmp_path, n_frames=25 * RATE).audio.duration_s == EXCERPT_S


@pytest.mark.parametrize(("n_channels", "n_played"), [(1, 1), (2, 2), (8, 1)])
def test_the_blind_test_gets_one_or_two_channels(tmp_path, n_channels, n_played):
    assert heard(player_wav(source(tmp_path, n_channels).audio)).shape[1] == n_played


def test_what_a_blind_test_plays_is_equally_loud(tmp_path):
    wavs = equal_wavs(source(tmp_path), DEFAULT, BRIGHT)
    assert len(wavs[0]) == len(wavs[1])
    lufs = [integrated_loudness_lufs(heard(wav), RATE) for wav in wavs]
    assert lufs[0] == pytest.approx(lufs[1], abs=0.01)


def test_the_table_and_the_axis_bear_silence(tmp_path):
    before = source(tmp_path, level=0)
    made = take(before, BRIGHT, level_match=True, clip_guard=True)
    assert made.notes == ("The audio is silent or below −70 LUFS; its level is left as it is.",)
    table = charts.levels_markdown(before.side, made.side)
    assert "| Loudness (LUFS) | −∞ | −∞ | – |" in table
    assert "| Crest factor (dB) | none | none | – |" in table
    low, high = charts.spectrum_figure(before.side, made.side).layout.yaxis.range
    assert low < high


def test_a_change_is_that_of_the_numbers_beside_it(tmp_path):
    before = source(tmp_path).side
    after = replace(before, crest_factor_db=before.crest_factor_db + 2.36)
    row = charts.levels_markdown(before, after).splitlines()[-1]
    first, second, change = (float(cell) for cell in row.split("|")[2:5])
    assert change == pytest.approx(second - first, abs=1e-9)
    assert charts.levels_markdown(before, before).endswith("| 0.0 |")
    before = replace(before, crest_factor_db=10.74)
    after = replace(before, crest_factor_db=13.06)
    assert charts.levels_markdown(before, after).endswith("| 10.7 | 13.1 | +2.4 |")


def test_the_spectrum_shows_both_sides(tmp_path):
    before = source(tmp_path)
    made = take(before, BRIGHT, level_match=False, clip_guard=False)
    first, second = charts.spectrum_figure(before.side, made.side).data
    assert (first.name, second.name) == ("Before", "After")
    at = np.argmin(np.abs(np.array(first.x) - 900))
    assert second.y[at] - first.y[at] < -3
