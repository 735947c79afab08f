"""Sound in and out, in a real browser."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from tests.browser.driver import ROOT

pytestmark = pytest.mark.browser


def test_a_clip_is_equalised_and_downloaded(app, download_to):
    app.open("/audio?from=warm&to=bright&at=100")
    expect(app.page.locator("audio")).to_have_count(2)
    path = download_to(app, "Download as WAV")
    source, rate = soundfile.read(ROOT / "assets" / "clips" / "drums.flac", always_2d=True)
    result, result_rate = soundfile.read(path, always_2d=True)
    assert path.suffix == ".wav"
    assert result_rate == rate
    assert result.shape == source.shape
    difference_db = 20 * np.log10(np.abs(result - source).std() / source.std())
    assert -30 < difference_db < 10
    app.page.get_by_role("radio", name="FLAC").click()
    expect(app.button("Download as FLAC")).to_be_visible()
    flac = download_to(app, "Download as FLAC")
    assert soundfile.info(flac).format == "FLAC"
    np.testing.assert_allclose(soundfile.read(flac, always_2d=True)[0], result, atol=1e-4)


def test_the_after_player_holds_the_equalised_sound_at_its_level(app):
    app.open("/audio?at=100&strength=2")
    app.page.get_by_text("Level-matched").click()
    app.drawn()
    players = app.page.locator("audio")
    expect(players).to_have_count(2)
    pieces = []
    for n in range(2):
        expect(players.nth(n)).to_have_attribute("src", re.compile("media"))
        source = players.nth(n).get_attribute("src")
        url = source if source.startswith("http") else app.address + source
        pieces.append(soundfile.read(io.BytesIO(app.page.request.get(url).body()))[0])
    assert len(pieces[0]) == len(pieces[1])
    ratio_db = 20 * np.log10(pieces[1].std() / pieces[0].std())
    assert abs(ratio_db) > 0.5, "st.audio normalised the levels away"


def test_an_own_file_is_taken_and_a_bad_one_refused(app, tmp_path):
    app.open("/audio")
    app.page.get_by_role("combobox", name="Sound").click()
    app.page.get_by_role("option", name="A file of your own").click()
    expect(app.page.get_by_text("Choose a file to hear the EQ on it")).to_be_visible()
    bad = tmp_path / "song.wav"
    bad.write_text("this is a text")
    app.page.locator("input[type=file]").first.set_input_files(bad)
    expect(app.page.get_by_text("song.wav is damaged or not an audio file")).to_be_visible()
    good = tmp_path / "tone.wav"
    tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(24000) / 24000)
    soundfile.write(good, np.stack([tone, tone], axis=1), 24000)
    app.page.locator("input[type=file]").first.set_input_files(good)
    expect(app.page.get_by_text("tone.wav: 0:01.0 min, 2 channels at 24,000 Hz")).to_be_visible()
    expect(app.page.get_by_text("song.wav is damaged")).to_have_count(0)
    expect(app.page.locator("audio")).to_have_count(2)
    app.go("Morph").go("Audio")
    expect(app.page.get_by_text("tone.wav: 0:01.0 min")).to_be_visible()
