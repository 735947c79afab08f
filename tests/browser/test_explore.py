"""The map, as a person walks it in a real browser."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from neural_eq.eq.response import response_db
from tests.browser.driver import EXPECT_MS

pytestmark = pytest.mark.browser

BANDS = ("Low Shelf", "Peak 1", "Peak 2", "Peak 3", "High Shelf")
TWO_FRAMES = "() => new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))"
SETTING = re.compile(r", setting \d+")


def at_hand(app, method: str = "PCA"):
    """Show a map that is there at once, or wait until it is."""
    app.page.get_by_role("radio", name=method).click()
    expect(app.chart("map").get_by_text(f"{method} 1 (no unit)")).to_be_visible()
    expect(app.page.get_by_text("Neighbours true")).to_be_visible()
    return app.drawn()


# the same point at the same place for twenty frames: Streamlit draws a changed chart anew
STEADY_POINT = """() => {
    const trace = [...document.querySelectorAll('.st-key-map .scatterlayer .trace')].at(-1);
    const point = trace?.querySelector('path');
    if (!point) return null;
    point.scrollIntoView({block: 'center'});
    const {x, y, width, height} = point.getBoundingClientRect();
    const seen = window.neuralEqSeen;
    const same = seen?.point === point && seen.x === x && seen.y === y;
    window.neuralEqSeen = {point, x, y, frames: same ? seen.frames + 1 : 0};
    return window.neuralEqSeen.frames > 20 ? [x + width / 2, y + height / 2] : null;
}"""


def a_point(app) -> tuple[float, float]:
    """Where the first point of the last word drawn is on the screen, once it stays there."""
    x, y = app.drawn().page.wait_for_function(STEADY_POINT).json_value()
    return x, y


def the_map(app):
    """The map, once the one that it takes the place of is gone."""
    app.drawn()
    expect(app.chart("map")).to_have_count(1)
    return app.chart("map")


def axis_ranges(app) -> list:
    return the_map(app).evaluate(
        "map => [...map._fullLayout.xaxis.range, ...map._fullLayout.yaxis.range]"
    )


def ranges_are(app, ranges: list) -> None:
    """Wait until the map shows these ranges: drawn anew, it takes a moment to be there."""
    app.page.wait_for_function(
        """ranges => {
            const map = document.querySelector('.st-key-map .js-plotly-plot');
            const layout = map?._fullLayout;
            if (!layout?.xaxis?.range) return false;
            const now = [...layout.xaxis.range, ...layout.yaxis.range];
            return now.every((value, i) => Math.abs(value - ranges[i]) < 1e-6);
        }""",
        arg=ranges,
    )


def setting_heading(app):
    return app.page.get_by_role("heading", name=SETTING)


def test_hovering_a_point_reads_its_word_bands_and_curve(app):
    at_hand(app.open("/"))
    app.page.mouse.move(*a_point(app))
    reading = app.page.get_by_role("tooltip").filter(has_text="setting")
    expect(reading).to_be_visible()
    for band in BANDS:
        expect(reading).to_contain_text(band)
    said = reading.evaluate(
        """tip => ({curve: tip.querySelector('svg').dataset.curveDb.split(' ').map(Number),
          cells: [...tip.querySelectorAll('tr')].map(r => [...r.cells].map(c => c.innerText))})"""
    )
    # what hovering draws is the curve of the bands that it names
    number = lambda text: float(text.replace("−", "-").split()[0])  # noqa: E731
    hz = lambda text: number(text) * (1000 if "kHz" in text else 1)  # noqa: E731
    params = []
    for _, gain, freq, q in said["cells"]:
        params += [number(gain), hz(freq)] + ([float(q.removeprefix("Q "))] if q else [])
    expected = response_db(np.array(params), 20 * 1000 ** (np.arange(72) / 71))
    np.testing.assert_allclose(said["curve"], expected, atol=0.3)  # the bands are rounded
    app.page.mouse.move(5, 5)
    expect(reading).to_be_hidden()


def test_a_click_tells_a_setting_and_zoom_and_choice_survive(app):
    at_hand(app.open("/"))
    before = axis_ranges(app)
    box = the_map(app).bounding_box()
    app.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    app.page.mouse.wheel(0, -200)
    expect(app.chart("map")).to_be_visible()
    app.page.wait_for_function(  # which plotly writes down when it has drawn the zoom
        "before => document.querySelector('.st-key-map .js-plotly-plot')"
        ".layout.xaxis.range[0] !== before",
        arg=before[0],
    )
    app.drawn()
    app.page.mouse.click(*a_point(app))
    expect(setting_heading(app)).to_be_visible()
    name = setting_heading(app).inner_text()
    zoomed = axis_ranges(app)
    assert zoomed != before, "a choice just after a zoom must not lose it"

    app.page.get_by_role("radio", name="Density").click()
    expect(app.chart("map").locator(".contourlayer path").first).to_be_visible()
    ranges_are(app, zoomed)
    app.page.get_by_role("radio", name="Points").click()
    neighbor = app.button(re.compile(r"setting \d+ · [\d.]+ dB")).first
    told = neighbor.inner_text()
    neighbor.click()
    expect(setting_heading(app)).not_to_have_text(name)
    expect(setting_heading(app)).to_contain_text(told.split(" ·")[0].split(", ")[1])
    ranges_are(app, zoomed)

    app.go("Morph")
    app.go("Explore")
    expect(setting_heading(app)).to_be_visible()
    app.button("Morph from here").click()
    expect(app.title()).to_have_text("Morph")
    expect(app.page.get_by_role("combobox", name="From").first).to_be_visible()


def test_a_lasso_takes_a_group_that_can_be_heard(app):
    at_hand(app.open("/"))
    app.page.get_by_role("radio", name="Box").click()
    app.page.wait_for_function(
        "() => document.querySelector('.st-key-map .js-plotly-plot')"
        "?._fullLayout?.dragmode === 'select'"
    )
    box = app.chart("map").locator(".nsewdrag").first.bounding_box()
    app.page.mouse.move(box["x"] + 10, box["y"] + 10)
    app.page.mouse.down()
    app.page.mouse.move(box["x"] + box["width"] - 10, box["y"] + box["height"] - 10, steps=5)
    app.page.mouse.up()
    expect(app.page.get_by_role("heading", name="settings chosen")).to_be_visible()
    expect(app.page.get_by_text("by", exact=False).first).to_be_visible()
    expect(app.line("group_curves")).to_be_visible()
    app.button("Use as EQ").click()
    expect(app.title()).to_have_text("Audio")


def test_a_narrow_screen_shows_the_map_first_then_its_inputs(app):
    app.page.set_viewport_size({"width": 390, "height": 844})
    at_hand(app.open("/"))
    player = app.page.get_by_test_id("stBottom").bounding_box()
    drawn = app.chart("map").locator(".nsewdrag").first.bounding_box()
    assert drawn["y"] + drawn["height"] < player["y"], "the map stands clear of the player"
    whole = app.chart("map").bounding_box()
    inputs = app.page.get_by_role("radio", name="UMAP").bounding_box()
    found = app.page.get_by_role("combobox", name="Find words").bounding_box()
    assert whole["y"] + whole["height"] < inputs["y"] < found["y"]


def test_a_word_found_tells_what_people_meant(app):
    at_hand(app.open("/"))
    app.page.get_by_role("combobox", name="Find words").fill("warm")
    app.page.get_by_role("option", name=re.compile(r"^warm \(")).click()
    app.page.keyboard.press("Escape")
    expect(app.page.get_by_role("heading", name="Warm")).to_be_visible()
    expect(app.page.get_by_text("raise the high shelf above 10 kHz")).to_be_visible()
    expect(app.page.get_by_role("cell", name="%").first).to_be_visible()
    app.button("Back to all words").click()
    expect(app.page.get_by_role("heading", name="What the words mean")).to_be_visible()


def test_in_three_dimensions_a_click_chooses_and_the_camera_stays(offline_address, new_tab):
    app = new_tab(offline_address).open("/")
    app.page.get_by_role("radio", name="3-D").click()
    expect(app.chart("map").locator(".gl-container canvas").first).to_be_visible()
    app.drawn()
    app.page.wait_for_function(
        "() => document.querySelector('.st-key-map .js-plotly-plot')?._fullLayout?.scene?._scene"
    )
    box = the_map(app).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
    app.page.mouse.move(x, y)
    app.page.mouse.down()
    app.page.mouse.move(x + 60, y + 20, steps=5)
    app.page.mouse.up()
    camera = "map => Object.values(map._fullLayout.scene._scene.getCamera().eye)"
    turned = the_map(app).evaluate(camera)
    assert turned != pytest.approx([1.3, 1.3, 0.8], abs=0.01), "the drag must have turned it"
    reading = app.page.get_by_role("tooltip").filter(has_text="setting")
    places = [(0.25 + 0.05 * i, 0.15 + 0.04 * j) for i in range(11) for j in range(14)]
    for right, down in places:  # somewhere there is a dot
        app.page.mouse.move(box["x"] + right * box["width"], box["y"] + down * box["height"])
        app.page.evaluate(TWO_FRAMES)
        if reading.is_visible():
            break
    expect(reading).to_be_visible()
    app.page.mouse.down()
    app.page.evaluate(TWO_FRAMES)  # a scene looks at the mouse once a frame, as a hand is slower
    app.page.mouse.up()
    expect(setting_heading(app)).to_be_visible()
    assert the_map(app).evaluate(camera) == pytest.approx(turned, abs=1e-6)


def test_a_fresh_clone_shows_a_map_and_a_curve_offline(offline_address, new_tab):
    # a page opened by its address first, before anyone opened the app
    app = new_tab(offline_address).open("/morph?from=bright&to=warm&at=20")
    expect(app.title()).to_have_text("Morph")
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
    app.page.mouse.click(*a_point(app))
    expect(setting_heading(app)).to_be_visible()
    expect(app.page.get_by_text("is being made")).to_have_count(0, timeout=4 * EXPECT_MS)
    expect(app.chart("map").get_by_text("t-SNE 1 (no unit)")).to_be_visible()
    expect(setting_heading(app)).to_be_visible()
    app.button("Back to the words").click()
    expect(app.page.get_by_role("heading", name="What the words mean")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_map_names_its_first_words_and_nothing_runs_off(new_tab, offline_address, scheme):
    app = new_tab(offline_address, color_scheme=scheme)
    app.page.set_viewport_size({"width": 390, "height": 844})
    app.open("/")
    expect(app.chart("map").locator(".annotation").filter(visible=True)).to_have_count(6)
    width = app.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


def plot_area(app) -> dict:
    return the_map(app).locator(".nsewdrag").first.bounding_box()


def test_nothing_of_the_map_moves_when_a_dot_is_chosen(app):
    at_hand(app.open("/"))
    x, y = a_point(app)
    before = plot_area(app)
    app.page.mouse.click(x, y)
    expect(setting_heading(app)).to_be_visible()
    expect(app.page.get_by_text("by the model’s distance")).to_be_visible()
    app.drawn()
    app.page.wait_for_function(  # the ring around it is drawn
        "() => document.querySelector('.st-key-map .js-plotly-plot').calcdata.at(-1).length === 1"
    )
    assert plot_area(app) == before


def test_a_dot_is_chosen_by_keyboard_alone(app):
    at_hand(app.open("/"))
    field = app.page.get_by_role("combobox", name="Setting")
    field.focus()
    app.page.keyboard.type("warm, setting 1")
    option = app.page.get_by_role("option").first
    expect(option).to_have_text(re.compile(r"setting \d+"))
    name = option.inner_text()
    app.page.keyboard.press("Enter")
    expect(setting_heading(app)).to_have_text(name.capitalize())
    expect(field).to_have_value(name)


def test_a_reload_and_the_pages_own_name_show_the_map_as_it_was(app):
    app.open("/explore")
    expect(app.title()).to_have_text("Explore")
    expect(app.page.get_by_text("Page not found")).to_have_count(0)
    at_hand(app)
    app.page.get_by_role("radio", name="Density").click()
    app.button("Map settings").click()
    app.page.get_by_role("slider", name="Fewest settings").press("ArrowRight")
    app.page.wait_for_url(re.compile("map_method=PCA&map_style=Density&map_min_count=6"))
    app.page.keyboard.press("Escape")
    app.page.reload()
    expect(app.chart("map").get_by_text("PCA 1 (no unit)")).to_be_visible()
    expect(app.page.get_by_role("radio", name="Density")).to_be_checked()
    app.go("Morph")
    app.page.wait_for_url(re.compile("/morph.*map_method=PCA"))
    app.open("/explore?map_method=t-SNE&map_dimensions=3")
    expect(app.page.get_by_role("radio", name="t-SNE")).to_be_checked()
    expect(app.page.get_by_role("radio", name="3-D")).to_be_checked()
