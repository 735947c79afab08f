"""Sound in and out, in a real browser."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from tests.browser import driver
from tests.browser.driver import ROOT

pytestmark = pytest.mark.browser

# Finds the player that a component's root keeps
PLAYER = """(element) => {
  for (let at = element; at; at = at.parentNode ?? at.host) if (at.player) return at.player;
}"""


def player(app):
    """The player of the blind test."""
    return app.page.locator(".player")


def play(app) -> None:
    player(app).get_by_role("button", name="Play", exact=True).click()
    expect(player(app)).to_have_attribute("data-state", "playing")
    player(app).evaluate("(element) => { document.__player = element; }")


def hears_only(app, version: int) -> None:
    app.page.wait_for_function(
        f"(n) => {{ const levels = ({PLAYER})(document.__player).levels();"
        " return Object.entries(levels).every(([id, v]) =>"
        " Math.abs(v - (Number(id) === n ? 1 : 0)) < 1e-3); }",
        arg=version,
    )


def sounds(app) -> list[np.ndarray]:
    """What each version's address holds."""
    urls = player(app).evaluate(f"(element) => ({PLAYER})(element).urls()")
    bodies = (app.page.request.get(app.address + url).body() for url in urls)
    return [soundfile.read(io.BytesIO(body), always_2d=True)[0] for body in bodies]


def own_files(app, *paths) -> None:
    app.drawn()  # until then the last uploader stands beside the fresh one
    app.page.locator("input[type=file][multiple]").set_input_files(list(paths))


def choose_sound(app, name: str) -> None:
    app.page.get_by_role("combobox", name="Sound", exact=True).click()
    app.page.get_by_role("option", name=name).click()
    app.drawn()


def tone(path, seconds=1.0, rate=24000, **options):
    sine = 0.2 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)
    soundfile.write(path, np.stack([sine, sine], axis=1), rate, **options)
    return path


def test_a_clip_is_equalised_and_downloaded(app, download_to):
    app.open("/audio?from=warm&to=bright&at=100")
    path = download_to(app, "Download as WAV")
    source, rate = soundfile.read(ROOT / "assets" / "clips" / "drums.flac", always_2d=True)
    result, result_rate = soundfile.read(path, always_2d=True)
    assert path.suffix == ".wav"
    assert result_rate == rate
    assert result.shape == source.shape
    difference_db = 20 * np.log10(np.abs(result - source).std() / source.std())
    assert -30 < difference_db < 10
    app.page.get_by_role("combobox", name="Bit depth").click()
    app.page.get_by_role("option", name="24-bit").click()
    app.drawn()
    app.page.get_by_role("radio", name="FLAC").click()
    expect(app.button("Download as FLAC")).to_be_visible()
    flac = download_to(app, "Download as FLAC")
    assert (soundfile.info(flac).format, soundfile.info(flac).subtype) == ("FLAC", "PCM_24")
    np.testing.assert_allclose(soundfile.read(flac, always_2d=True)[0], result, atol=1e-4)


def test_what_is_applied_is_what_is_heard(app):
    app.open("/audio?at=100&strength=2")
    app.play()
    app.hears("warm → bright, 100 %, strength 2.00")
    app.page.get_by_text("A word", exact=True).click()
    app.hears("warm")
    app.page.get_by_text("Level-matched", exact=True).click()
    app.page.wait_for_function("() => __neuralEqDock1.state.isMatched === false")
    assert app.engine("values().at(-1)") == 0
    app.go("Morph")
    app.hears("warm → bright, 100 %, strength 2.00")
    app.plays()


def test_own_files_are_taken_and_a_bad_one_refused(app, tmp_path):
    app.open("/audio")
    choose_sound(app, "Files of your own")
    expect(app.page.get_by_text("Choose one file or several")).to_be_visible()
    bad = tmp_path / "song.wav"
    bad.write_text("this is a text")
    own_files(app, bad)
    expect(app.page.get_by_text("song.wav is damaged or not an audio file")).to_be_visible()
    own_files(app, tone(tmp_path / "tone.wav"))
    expect(app.page.get_by_text("tone.wav: 0:01.0 min, 2 channels at 24,000 Hz")).to_be_visible()
    expect(app.page.get_by_text("song.wav is damaged")).to_have_count(0)
    app.play()
    app.go("Morph").go("Audio")
    expect(app.page.get_by_text("tone.wav: 0:01.0 min")).to_be_visible()


@pytest.mark.parametrize(("suffix", "format_"), [("mp3", "MP3"), ("ogg", "OGG"), ("aiff", "AIFF")])
def test_other_formats_are_heard_too(app, tmp_path, suffix, format_):
    app.open("/audio")
    choose_sound(app, "Files of your own")
    own_files(app, tone(tmp_path / f"tone.{suffix}", format=format_))
    expect(app.page.get_by_text(f"tone.{suffix}: 0:01.")).to_be_visible()
    app.play()


def test_several_files_become_a_zip_while_one_works_on(app, tmp_path, download_to):
    app.open("/audio?at=100")
    choose_sound(app, "Files of your own")
    own_files(
        app,
        tone(tmp_path / "long.flac", 40, subtype="PCM_24"),
        tone(tmp_path / "short.wav", subtype="FLOAT"),
    )
    expect(app.page.get_by_text("Measured: 0:00.0 min to 0:20.0 min of 0:40.0 min").or_(
        app.page.get_by_text("short.wav: 0:01.0 min")
    )).to_be_visible()  # fmt: skip
    app.button("Render all 2 files").click()
    app.go("Morph").go("Audio")
    path = download_to(app, "Download the zip")
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == 2
        infos = [soundfile.info(io.BytesIO(archive.read(name))) for name in archive.namelist()]
    assert [(i.subtype, i.samplerate, i.channels) for i in infos] == [
        ("PCM_24", 24000, 2),
        ("FLOAT", 24000, 2),
    ]
    assert infos[0].frames == 40 * 24000

    expect(app.page.get_by_role("combobox", name="the one you hear")).to_have_value("short.wav")
    app.page.get_by_text("Only the file that is heard").first.click()
    alone = soundfile.info(io.BytesIO(download_to(app, "Download as WAV").read_bytes()))
    assert (alone.subtype, alone.frames) == ("FLOAT", 24000)


def test_a_microphone_is_a_source(new_tab, address):
    app = new_tab(address, permissions=["microphone"])
    app.open("/audio")
    choose_sound(app, "Your microphone")
    expect(app.page.get_by_text("Press the microphone")).to_be_visible()
    expect(app.page.get_by_test_id("stAudioInput")).to_be_visible()


def test_the_waveform_shows_what_is_measured_and_a_press_moves_it(app, tmp_path):
    path = tmp_path / "long.wav"
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (100 * 8000, 1))
    samples[: 50 * 8000] *= 0.1
    soundfile.write(path, samples, 8000)
    app.open("/audio")
    choose_sound(app, "Files of your own")
    own_files(app, path)
    picture = app.page.get_by_role("img", name="Waveform of long.wav")
    expect(picture).to_have_attribute("aria-label", re.compile("measured from 0:00.0"))
    expect(picture.locator(".wave")).to_be_visible()
    box, part = picture.bounding_box(), picture.locator(".measured").bounding_box()
    assert part["width"] == pytest.approx(0.2 * box["width"], abs=1)
    wave = picture.locator(".wave").get_attribute("d").split("Z")[0].split("L")
    tops = np.array([float(point.split()[1]) for point in wave[1 : len(wave) // 2]])
    heights = 36 - tops
    assert heights[100:300].max() == pytest.approx(heights[500:700].max() / 10, abs=1)
    picture.click(position={"x": 0.75 * box["width"], "y": 30})
    expect(picture).to_have_attribute("aria-label", re.compile("measured from 1:05.0"))
    slider = app.page.get_by_role("slider", name="Measured from")
    expect(slider).to_have_value("65")
    slider.press("ArrowRight")
    expect(picture).to_have_attribute("aria-label", re.compile("measured from 1:06.0"))
    moved = picture.locator(".measured").bounding_box()
    assert moved["x"] - box["x"] == pytest.approx(0.66 * box["width"], abs=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_blind_test_from_start_to_csv(new_tab, address, download_to, scheme):
    app = new_tab(address, color_scheme=scheme)
    app.page.set_viewport_size({"width": 390 if scheme == "dark" else 1440, "height": 900})
    app.open("/audio")
    app.page.get_by_role("radio", name="Blind test").click()
    app.drawn()
    kinds = app.page.get_by_role("combobox", name="What you compare")
    # clear of the player at the foot: a list closes when the page scrolls under it
    kinds.evaluate("element => element.scrollIntoView({block: 'center'})")
    kinds.click()
    app.page.get_by_role("option", name="Two models").click()
    expect(app.page.get_by_role("combobox", name="Word")).to_be_visible()
    app.drawn()
    play(app)
    app.page.get_by_role("slider", name="Trials").press("Home")
    expect(app.page.get_by_text("5 of 5 right would show a difference")).to_be_visible()
    app.button("Start the test").click()
    expect(app.page.get_by_text("Trial 1 of 5")).to_be_visible()
    answers = []
    for number in range(5):
        app.drawn()
        expect(app.page.get_by_role("radio", name="A", exact=True)).to_have_attribute(
            "aria-checked", "true"
        )
        play(app)
        a, b, x = sounds(app)
        assert len(a) == len(b) == len(x)
        letter = "A" if np.array_equal(x, a) else "B"
        answers.append(letter)
        app.page.get_by_role("radio", name="X", exact=True).click()
        hears_only(app, 2)
        if number % 2:
            app.page.keyboard.press(f"Shift+{letter}")
        else:
            app.button(f"X is {letter}").click()
        if number < 4:
            expect(app.page.get_by_text(f"Trial {number + 2} of 5")).to_be_visible()
            expect(player(app)).to_have_attribute("data-state", "paused")
    expect(app.page.get_by_text("5 of 5").first).to_be_visible()
    expect(app.page.get_by_text("You hear a difference.")).to_be_visible()
    path = download_to(app, "Download the answers (CSV)")
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    assert [(r["x_was"], r["answer"], r["right"]) for r in rows] == [(s, s, "1") for s in answers]


def test_the_page_reads_in_a_narrow_window(new_tab, address):
    app = new_tab(address)
    app.page.set_viewport_size({"width": 390, "height": 900})
    app.open("/audio")
    expect(app.chart("spectrum")).to_be_visible()
    width = app.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    expect(app.chart("spectrum")).to_be_visible(timeout=driver.EXPECT_MS)
