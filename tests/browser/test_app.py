"""What a person does with the app, in a real browser against the real server."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from tests.browser.driver import EXPECT_MS, ROOT, SAFE_DB

pytestmark = pytest.mark.browser

BANDS = ("Low Shelf", "Peak 1", "Peak 2", "Peak 3", "High Shelf")


# plotly draws fewer points than it has where they would share a pixel, so its data are counted
POINTS = """selector => {
    const chart = document.querySelector(selector + " .js-plotly-plot");
    return chart && chart.querySelector("path.js-line") ? chart.data[0].x.length : 0;
}"""


def points_in(app, key: str) -> int:
    return app.page.evaluate(POINTS, f".st-key-{key}")


def wait_for_more_points(app, key: str, n: int) -> None:
    app.page.wait_for_function(
        f"([selector, n]) => ({POINTS})(selector) > n", arg=[f".st-key-{key}", n]
    )


def start_training(app, epochs: int) -> None:
    field = app.page.get_by_role("spinbutton", name="Epochs")
    field.fill(str(epochs))
    field.press("Tab")
    app.button("Start training").click()


def test_a_training_is_watched_left_refreshed_stopped_and_used(new_tab, training_address):
    app = new_tab(training_address)
    app.open("/train")
    expect(app.model_in_use()).to_contain_text("built-in model")
    start_training(app, 10_000)
    expect(app.page.get_by_text(re.compile(r"Epoch [1-9]\d* of 10000"))).to_be_visible()
    for key in ("train_held_out", "train_losses"):
        wait_for_more_points(app, key, 2)
    before = points_in(app, "train_losses")
    wait_for_more_points(app, "train_losses", before)
    expect(app.chart("train_losses").get_by_text("Contrastive").first).to_be_visible()
    expect(app.chart("train_losses").get_by_text("Reconstruction").first).to_be_visible()
    expect(app.page.get_by_test_id("stMetricValue")).to_contain_text("dB")
    expect(app.button("Start training")).to_be_disabled()

    app.go("Morph")
    expect(app.page.get_by_text(re.compile(r"Training: epoch \d+ of 10000"))).to_be_visible()
    app.go("Train")
    before = points_in(app, "train_losses")
    wait_for_more_points(app, "train_losses", before)

    app.page.reload()
    app.drawn()
    wait_for_more_points(app, "train_losses", before)
    app.button("Stop and keep").click()
    expect(app.page.get_by_text(re.compile(r"Stopped: \d+ of 10000 epochs"))).to_be_visible()
    expect(app.model_in_use()).to_contain_text(re.compile(r"run .*, stopped"))
    expect(app.page.get_by_text("Its model is in use.")).to_be_visible()

    name = app.model_name()
    app.go("Morph")
    expect(app.chart("morph_curves")).to_be_visible()
    app.page.reload()
    app.drawn()
    expect(app.model_in_use()).to_contain_text(name)


def test_a_training_to_its_end(new_tab, training_address):
    app, other = new_tab(training_address), new_tab(training_address).open("/morph")
    app.open("/train")
    start_training(app, 3)
    expect(app.page.get_by_text("Finished: 3 of 3 epochs")).to_be_visible()
    expect(app.model_in_use()).to_contain_text("3 epochs")
    expect(app.button("Start training")).to_be_enabled()

    # the other person's model stays what it was; the run is there to be chosen
    other.go("Explore")
    expect(other.model_in_use()).to_contain_text("built-in model")
    other.model_in_use().click()
    other.page.get_by_role("combobox", name="Model in use").click()
    other.page.get_by_role("option", name=re.compile("3 epochs")).first.click()
    expect(other.model_in_use()).to_contain_text("3 epochs")


def test_hovering_a_point_reads_its_word_and_bands(app):
    app.open("/")
    app.page.get_by_role("radio", name="PCA").click()
    expect(app.chart("map").get_by_text("PCA 1 (no unit)")).to_be_visible()
    app.drawn()
    for trace, word in ((1, "warm"), (2, "bright")) if SAFE_DB.exists() else ((0, "warm"),):
        point = app.chart("map").locator(".scatterlayer .trace").nth(trace).locator("path").first
        point.scroll_into_view_if_needed()
        box = point.bounding_box()
        app.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        label = app.chart("map").locator(".hoverlayer .hovertext")
        expect(label).to_contain_text(word)
        for band in BANDS:
            expect(label).to_contain_text(band)
        expect(label).to_contain_text("dB")


def click_a_point(app) -> None:
    point = app.chart("map").locator(".scatterlayer .trace").last.locator("path").first
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    app.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_click_on_a_point_shows_its_curve_and_makes_it_the_eq(app):
    app.open("/")
    app.page.get_by_role("radio", name="PCA").click()
    expect(app.chart("map").get_by_text("PCA 1 (no unit)")).to_be_visible()
    app.drawn()
    click_a_point(app)
    heading = app.page.get_by_role("heading", name=re.compile(r", setting \d+"))
    expect(heading).to_be_visible()
    name = heading.inner_text()
    app.button("Use as EQ").click()
    expect(app.title()).to_have_text("Audio")
    expect(app.page.get_by_role("heading", name=re.compile("EQ:"))).to_contain_text(
        name[1:], ignore_case=True
    )

    app.go("Explore")
    app.button("Morph from here").click()
    expect(app.title()).to_have_text("Morph")
    expect(app.page.get_by_role("combobox", name="From")).to_have_value(re.compile(r"setting \d+"))
    expect(app.chart("morph_curves")).to_be_visible()


def test_the_morph_slider_moves_the_curve_the_table_and_the_address(app):
    app.open("/morph")
    line, table = app.line("morph_curves"), app.page.get_by_role("table")
    expect(line).to_be_visible()
    drawn, bands = line.get_attribute("d"), table.inner_text()
    start, end = (app.curve_db("morph_curves", n) for n in (0, 1))
    slider = app.page.get_by_role("slider", name="Morph")
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    expect(app.page.get_by_role("heading", name="60 %")).to_be_visible()
    expect(line).not_to_have_attribute("d", drawn)
    expect(table).not_to_have_text(bands)
    # both ends stay where they are, and at its own end the morph is the second word
    assert [app.curve_db("morph_curves", n) for n in (0, 1)] == [start, end]
    drawn = line.get_attribute("d")
    slider.press("End")
    expect(app.page.get_by_role("heading", name="100 %")).to_be_visible()
    expect(line).not_to_have_attribute("d", drawn)
    np.testing.assert_allclose(app.curve_db("morph_curves", -1), end, atol=0.05)
    expect(app.page).to_have_url(re.compile(r"/morph\?.*at=100"))


def test_swapping_the_ends_keeps_the_sound(app):
    app.open("/morph?from=warm&to=bright&at=30")
    expect(app.line("morph_curves")).to_be_visible()
    before = app.curve_db("morph_curves", -1)
    app.button("Swap").click()
    expect(app.page.get_by_role("heading", name="bright → warm, 70 %")).to_be_visible()
    app.drawn()
    np.testing.assert_allclose(app.curve_db("morph_curves", -1), before, atol=0.05)


def test_strength_turns_the_curve_over_and_flat(app):
    app.open("/morph")
    strength = app.page.get_by_role("slider", name="Strength")
    strength.press("Home")
    expect(app.page.get_by_role("heading", name="strength -1.00")).to_be_visible()
    app.open("/morph?strength=0")
    expect(app.page.get_by_role("cell", name=re.compile(r"[+−]0\.0"))).to_have_count(5)


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


def test_the_setting_is_downloaded_as_json(app, download_to):
    app.open("/morph?from=bright&to=warm&at=25&strength=0.5&route=parameters")
    expect(app.chart("morph_curves")).to_be_visible()
    path = download_to(app, "Download as JSON")
    content = json.loads(path.read_text("utf-8"))
    assert path.suffix == ".json"
    assert (content["format"], content["version"]) == ("neural-eq-setting", 1)
    found = tuple(content[key] for key in ("from", "to", "at", "strength", "route"))
    assert found == ("bright", "warm", 0.25, 0.5, "parameters")
    assert len(content["params"]) == 13
    assert content["params"]["low_shelf_freq_hz"]["unit"] == "Hz"
    assert [band["name"] for band in content["bands"]] == list(BANDS)
    shown = app.page.get_by_role("row", name=re.compile("Low Shelf")).inner_text().split()
    assert float(shown[2].replace("−", "-")) == pytest.approx(
        content["bands"][0]["gain_db"], abs=0.051
    )


def test_a_fresh_clone_shows_a_map_and_a_curve_offline(offline_address, new_tab):
    # a page opened by its address first, before anyone opened the app
    app = new_tab(offline_address).open("/morph?from=bright&to=warm&at=20")
    expect(app.title()).to_have_text("Morph")
    expect(app.page.get_by_role("heading", name="bright → warm, 20 %")).to_be_visible()
    expect(app.page.get_by_role("navigation").get_by_role("link")).to_have_count(4)
    expect(app.data_in_use()).to_contain_text("built-in set")

    app = new_tab(offline_address).open("/")
    expect(app.chart("map").locator(".scatterlayer path").first).to_be_visible()
    expect(app.chart("map").get_by_text("UMAP 1 (no unit)")).to_be_visible()
    expect(app.line("explore_curves", 0)).to_be_visible()
    expect(app.page.get_by_text("is being made")).to_have_count(0)
    for method in ("t-SNE", "PCA"):
        app.page.get_by_role("radio", name=method).click()
        expect(app.chart("map").get_by_text(f"{method} 1 (no unit)")).to_be_visible()
        expect(app.page.get_by_text("is being made")).to_have_count(0)
    app.data_in_use().click()
    expect(app.button("Download SAFE-DB")).to_be_visible()


def test_a_map_that_is_not_there_is_made_while_another_is_shown(offline_address, new_tab):
    app = new_tab(offline_address).open("/")
    app.page.get_by_role("radio", name="t-SNE").click()
    expect(app.chart("map").get_by_text("t-SNE 1 (no unit)")).to_be_visible()
    app.button("Map settings").click()
    app.page.get_by_role("slider", name="Perplexity").press("ArrowLeft")
    expect(app.page.get_by_text(re.compile("t-SNE is being made"))).to_be_visible()
    expect(app.chart("map").get_by_text("PCA 1 (no unit)")).to_be_visible()
    # what is selected meanwhile stays selected, though the line below the map is drawn again
    app.page.keyboard.press("Escape")
    app.drawn()
    click_a_point(app)
    expect(app.page.get_by_role("heading", name=re.compile(r", setting \d+"))).to_be_visible()
    expect(app.page.get_by_text("is being made")).to_have_count(0, timeout=4 * EXPECT_MS)
    expect(app.chart("map").get_by_text("t-SNE 1 (no unit)")).to_be_visible()
    expect(app.page.get_by_role("heading", name=re.compile(r", setting \d+"))).to_be_visible()
    app.button("Back to the words").click()
    expect(app.page.get_by_role("heading", name="What the words mean")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/morph", "/audio", "/train"])
def test_every_page_opens_by_its_address(app, path):
    app.open(path)
    expect(app.title()).to_have_text({"/": "Explore"}.get(path, path[1:].capitalize()))
    expect(app.data_in_use()).to_be_visible()
    expect(app.model_in_use()).to_be_visible()
    expect(app.page.get_by_test_id("stException")).to_have_count(0)


def test_back_and_forward_go_page_by_page_and_keep_the_morph(app):
    app.open("/").go("Morph")
    slider = app.page.get_by_role("slider", name="Morph")
    slider.press("ArrowRight")
    expect(app.page.get_by_role("heading", name="51 %")).to_be_visible()
    app.go("Audio")
    expect(app.page.get_by_role("heading", name="51 %")).to_be_visible()
    for step, title in (("back", "Morph"), ("back", "Explore"), ("forward", "Morph")):
        app.page.go_back() if step == "back" else app.page.go_forward()
        expect(app.title()).to_have_text(title)
        app.drawn()
    expect(app.page.get_by_role("heading", name="51 %")).to_be_visible()
    app.page.reload()
    expect(app.page.get_by_role("heading", name="51 %")).to_be_visible()


@pytest.mark.parametrize(
    "query",
    [
        "from=nonsense&at=1000&strength=nan&route=x&model=../../etc&run=..",
        "from=%00&to=%ff&at=",
        "from=" + "a" * 3000,
    ],
)
def test_an_address_with_nonsense_shows_the_page(app, query):
    app.open(f"/morph?{query}")
    expect(app.page.get_by_role("heading", name=re.compile("→"))).to_be_visible()
    expect(app.chart("morph_curves")).to_be_visible()
    expect(app.page.get_by_test_id("stException")).to_have_count(0)


def test_two_people_do_not_see_each_others_choices(new_tab, address):
    one, other = new_tab(address).open("/morph"), new_tab(address).open("/morph")
    one.page.get_by_role("slider", name="Morph").press("Home")
    expect(one.page.get_by_role("heading", name=", 0 %")).to_be_visible()
    other.page.get_by_role("slider", name="Strength").press("ArrowRight")
    expect(other.page.get_by_role("heading", name="50 %, strength 1.05")).to_be_visible()
    expect(one.page.get_by_role("heading", name=", 0 %, strength 1.00")).to_be_visible()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no model at all", "is damaged or not a Neural EQ model"),
        (b"cposix\nsystem\n(S'touch /tmp/neural_eq_was_here'\ntR.", "is damaged or not a"),
    ],
)
def test_a_file_that_is_no_model_is_refused_and_changes_nothing(app, tmp_path, content, why):
    bad = tmp_path / "model.pt"
    bad.write_bytes(content)
    app.open("/morph")
    app.model_in_use().click()
    app.page.locator("input[type=file]").set_input_files(bad)
    expect(app.page.get_by_text(why).first).to_be_visible()
    expect(app.model_in_use()).to_contain_text("built-in model")
    assert not Path("/tmp/neural_eq_was_here").exists()


def test_a_table_of_ones_own_is_used_and_a_bad_one_refused(app, tmp_path):
    app.open("/train")
    app.data_in_use().click()
    before = app.data_in_use().get_by_role("paragraph").inner_text()
    bad = tmp_path / "photo.csv"
    bad.write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00")
    app.page.locator("input[type=file]").set_input_files(bad)
    expect(app.page.get_by_text("photo.csv is not a text table").first).to_be_visible()
    expect(app.data_in_use()).to_contain_text(before)
    middle = "0,500,0,560,0.71,0,1000,0.71,0,3300,0.71,0,8200"
    rows = [f"{i},{'dark' if i % 2 else 'light'},x,2,2,{middle},,,,,,,x" for i in range(20)]
    rows.append(f"21,loud,x,2,2,{middle.replace('500', '1e9')},,,,,,,x")
    good = tmp_path / "mine.csv"
    good.write_text("\n".join(rows))
    app.page.locator("input[type=file]").set_input_files(good)
    expect(app.data_in_use()).to_contain_text("mine.csv, 20 settings, 2 words")
    app.page.keyboard.press("Escape")
    app.page.get_by_text("Words, and rows set aside").click()
    expect(app.page.get_by_role("cell", name="a frequency out of range")).to_be_visible()
    app.go("Explore")
    expect(app.chart("map").get_by_text("dark (10)")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/morph", "/audio", "/train"])
def test_nothing_is_wider_than_a_telephone(new_tab, address, path):
    app = new_tab(address, color_scheme="dark")
    app.page.set_viewport_size({"width": 390, "height": 844})
    app.open(path)
    wide = app.page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stMain] *')]
            .filter(e => e.getBoundingClientRect().right > 391 && e.offsetParent
                         && !e.closest('.js-plotly-plot'))
            .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert not wide, wide[:3]
