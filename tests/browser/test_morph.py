"""The morph, as a person drags it in a real browser."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


BANDS = ("Low Shelf", "Peak 1", "Peak 2", "Peak 3", "High Shelf")


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
