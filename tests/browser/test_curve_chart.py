"""A chart of EQ curves: read by pointer and keys, its legend and zoom kept."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from neural_eq.eq.response import log_frequencies

KEY = "explore_curves"
FREQ_HZ = log_frequencies(128)


@pytest.fixture
def app(new_tab, address):
    app = new_tab(address).open("/")
    expect(app.line(KEY)).to_be_visible()
    return app


def at_hz(app, freq_hz: float) -> tuple[float, float]:
    """Where a frequency is in the chart, in pixels of the page; in the middle of its height."""
    box = app.curves(KEY).locator("svg .plot").bounding_box()
    share = np.log(freq_hz / 20) / np.log(1000)
    return box["x"] + share * box["width"], box["y"] + box["height"] / 2


def word(app, name: str):
    return app.curves(KEY).get_by_role("button", name=name, exact=True)


def span_db(app) -> int:
    """What the top of the axis says, in dB."""
    return int(app.curves(KEY).locator(".grid text").filter(has_text="+").last.text_content()[1:])


def test_the_pointer_and_the_keys_read_frequency_note_and_every_shown_curve(app):
    readout = app.curves(KEY).locator(".readout")
    app.page.mouse.move(*at_hz(app, 1000))
    expect(readout).to_contain_text(re.compile(r"^(9|1,0)\d\d Hz, [AB]♯?5 · warm "))
    db = np.interp(np.log(1000), np.log(FREQ_HZ), app.curve_db(KEY, 0))
    said = re.search(r"warm ([+−][\d.]+) dB", readout.text_content())[1].replace("−", "-")
    assert float(said) == pytest.approx(db, abs=0.15)
    app.page.mouse.move(0, 0)
    expect(readout).to_have_text("Point at the picture for frequency and note.")

    picture = app.curves(KEY).get_by_role("slider", name="Mean EQ curve of each word")
    picture.focus()
    picture.press("Home")
    expect(readout).to_contain_text("20 Hz, ")
    picture.press("Shift+ArrowRight")
    expect(readout).to_contain_text("40 Hz, ")
    assert picture.get_attribute("aria-valuenow") == "40"
    assert picture.get_attribute("aria-valuetext") == readout.text_content()


def test_the_legend_hides_curves_and_zoom_stays_over_a_page_switch(app):
    lines = app.curves(KEY).locator("path.curve")
    n = lines.count()
    word(app, "warm").click()
    expect(lines).to_have_count(n - 1)
    expect(word(app, "warm")).to_have_attribute("aria-pressed", "false")
    app.curves(KEY).get_by_role("button", name="±24 dB").click()
    assert span_db(app) == 24
    app.go("Morph")
    app.go("Explore")
    expect(lines).to_have_count(n - 1)
    assert span_db(app) == 24
    app.curves(KEY).get_by_role("button", name="±24 dB").click()  # as wide as the curves need
    word(app, "warm").click()
    expect(lines).to_have_count(n)
    highest_db = max(np.abs(app.curve_db(KEY, i)).max() for i in range(n))
    assert span_db(app) == next(db for db in (6, 12, 18, 24) if highest_db <= db)
