"""The map, as a person walks it in a real browser."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from neural_eq.eq.response import response_db
from tests.browser.driver import EXPECT_MS, MAP

pytestmark = pytest.mark.browser

BANDS = ("Low Shelf", "Peak 1", "Peak 2", "Peak 3", "High Shelf")
SETTING = re.compile(r", setting \d+")


def at_hand(app, method: str = "PCA"):
    """Show a map that is there at once, or wait until it is."""
    app.page.get_by_role("radio", name=method).click()
    expect(app.map().get_by_text(f"{method} 1 (no unit)")).to_be_visible()
    expect(app.page.get_by_text("Neighbours true")).to_be_visible()
    return app.drawn()


# The last point at the same place for twenty frames, clear of the player at the foot
STEADY_POINT = f"""() => {{
    const map = {MAP};
    const stage = document.querySelector('.st-key-map');
    if (!map || !stage) return null;
    stage.scrollIntoView({{block: 'start'}});
    const {{box, points}} = map.seen();
    // one that no other lies over
    const last = points.findLast((p) => points.every((q) => q.row === p.row
        || Math.hypot(q.x - p.x, q.y - p.y) > 1) && p.x > box.x + 5 && p.y > box.y + 5
        && p.x < box.x + box.width - 5 && p.y < box.y + box.height - 5);
    if (!last) return null;
    const seen = window.neuralEqSeen;
    const same = seen?.row === last.row && seen.x === last.x && seen.y === last.y;
    window.neuralEqSeen = {{...last, frames: same ? seen.frames + 1 : 0}};
    return window.neuralEqSeen.frames > 20 ? [last.x, last.y] : null;
}}"""


def a_point(app) -> tuple[float, float]:
    """Where the last point drawn is on the screen, once it stays there."""
    x, y = app.drawn().page.wait_for_function(STEADY_POINT).json_value()
    return x, y


def ranges_of(app) -> list:
    return app.drawn().map_seen()["view"]


def ranges_are(app, ranges: list) -> None:
    """Wait until the map shows these ranges: drawn anew, it takes a moment to be there."""
    app.page.wait_for_function(
        f"""ranges => ({MAP})?.seen().view.flat().every(
            (value, i) => Math.abs(value - ranges.flat()[i]) < 1e-6)""",
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
    before = ranges_of(app)
    box = stage(app).bounding_box()
    app.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    app.page.mouse.wheel(0, -200)
    app.page.wait_for_function(f"before => ({MAP}).seen().view[0][0] !== before", arg=before[0][0])
    app.page.mouse.click(*a_point(app))
    expect(setting_heading(app)).to_be_visible()
    name = setting_heading(app).inner_text()
    zoomed = ranges_of(app)
    assert zoomed != before, "a choice just after a zoom must not lose it"

    app.page.get_by_role("radio", name="Density").click()
    app.page.wait_for_function(f"() => ({MAP})?.seen().areas === 2")  # warm and bright
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
    app.page.wait_for_function(f"() => ({MAP})?.seen().drag === 'box'")
    box = stage(app).bounding_box()
    app.page.mouse.move(box["x"] + 10, box["y"] + 10)
    app.page.mouse.down()
    app.page.mouse.move(box["x"] + box["width"] - 10, box["y"] + box["height"] - 10, steps=5)
    app.page.mouse.up()
    expect(app.page.get_by_role("heading", name="settings chosen")).to_be_visible()
    expect(app.page.get_by_text("by", exact=False).first).to_be_visible()
    expect(app.line("group_curves")).to_be_visible()
    app.button("Use as EQ").click()
    expect(app.title()).to_have_text("Audio")


def test_a_lasso_that_leaves_the_map_takes_what_is_seen(app):
    at_hand(app.open("/"))
    stage(app).focus()
    for _ in range(4):
        app.page.keyboard.press("+")
    app.page.get_by_role("radio", name="Lasso").click()
    app.page.wait_for_function(f"() => ({MAP})?.seen().drag === 'lasso'")
    app.drawn()
    seen = app.map_seen()
    box = seen["box"]
    left, right = box["x"], box["x"] + box["width"]
    top, bottom = box["y"], box["y"] + box["height"]
    app.page.mouse.move(left + 5, top + 5)
    app.page.mouse.down()
    for place in ((right + 300, top - 80), (right + 300, bottom + 90), (left - 40, bottom + 90)):
        app.page.mouse.move(*place, steps=3)
    app.page.mouse.up()
    expect(app.page.get_by_role("heading", name="settings chosen")).to_be_visible()
    chosen = app.map_seen()["marks"]["group"]
    at = {point["row"]: (point["x"], point["y"]) for point in seen["points"]}
    assert 0 < len(chosen) < len(at)
    assert all(left <= at[row][0] <= right and top <= at[row][1] <= bottom for row in chosen)


def test_a_narrow_screen_shows_the_map_first_then_its_inputs(app):
    app.page.set_viewport_size({"width": 390, "height": 844})
    at_hand(app.open("/"))
    player = app.page.get_by_test_id("stBottom").bounding_box()
    drawn = stage(app).bounding_box()
    assert drawn["y"] + drawn["height"] < player["y"], "the map stands clear of the player"
    whole = app.map().bounding_box()
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
    expect(app.map().get_by_text("UMAP 3 (no unit)")).to_be_visible()
    before = app.drawn().map_seen()["view"]
    box = stage(app).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
    app.page.mouse.move(x, y)
    app.page.mouse.down()
    app.page.mouse.move(x + 60, y + 20, steps=5)
    app.page.mouse.up()
    turned = app.map_seen()["view"]
    assert turned["turn"] != pytest.approx(before["turn"], abs=0.1), "the drag must have turned it"
    app.page.mouse.move(*a_point(app))
    expect(app.page.get_by_role("tooltip").filter(has_text="setting")).to_be_visible()
    app.page.mouse.down()
    app.page.mouse.up()
    expect(setting_heading(app)).to_be_visible()
    assert app.map_seen()["view"] == turned
    assert len(app.map_seen()["marks"]["selected"]) == 1
    app.button("See all").click()
    assert app.map_seen()["view"] == before


def test_a_fresh_clone_shows_a_map_and_a_curve_offline(offline_address, new_tab):
    # a page opened by its address first, before anyone opened the app
    app = new_tab(offline_address).open("/morph?from=bright&to=warm&at=20")
    expect(app.title()).to_have_text("Morph")
    expect(app.data_in_use()).to_contain_text("built-in set")

    app = new_tab(offline_address).open("/")
    assert len(app.map_seen()["points"]) == 1089
    expect(app.map().get_by_text("UMAP 1 (no unit)")).to_be_visible()
    expect(app.line("explore_curves", 0)).to_be_visible()
    expect(app.page.get_by_text("is being made")).to_have_count(0)
    for method in ("t-SNE", "PCA"):
        app.page.get_by_role("radio", name=method).click()
        expect(app.map().get_by_text(f"{method} 1 (no unit)")).to_be_visible()
        expect(app.page.get_by_text("is being made")).to_have_count(0)
    app.data_in_use().click()
    expect(app.button("Download SAFE-DB")).to_be_visible()


def test_a_map_that_is_not_there_is_made_while_another_is_shown(offline_address, new_tab):
    app = new_tab(offline_address).open("/")
    app.page.get_by_role("radio", name="t-SNE").click()
    expect(app.map().get_by_text("t-SNE 1 (no unit)")).to_be_visible()
    app.button("Map settings").click()
    app.page.get_by_role("slider", name="Perplexity").press("ArrowLeft")
    expect(app.page.get_by_text(re.compile("t-SNE is being made"))).to_be_visible()
    expect(app.map().get_by_text("PCA 1 (no unit)")).to_be_visible()
    # what is selected meanwhile stays selected, though the line below the map is drawn again
    app.page.keyboard.press("Escape")
    app.page.mouse.click(*a_point(app))
    expect(setting_heading(app)).to_be_visible()
    expect(app.page.get_by_text("is being made")).to_have_count(0, timeout=4 * EXPECT_MS)
    expect(app.map().get_by_text("t-SNE 1 (no unit)")).to_be_visible()
    expect(setting_heading(app)).to_be_visible()
    app.button("Back to the words").click()
    expect(app.page.get_by_role("heading", name="What the words mean")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_map_names_its_first_words_and_nothing_runs_off(new_tab, offline_address, scheme):
    app = new_tab(offline_address, color_scheme=scheme)
    app.page.set_viewport_size({"width": 390, "height": 844})
    app.open("/")
    expect(app.map().locator(".words span").filter(visible=True)).to_have_count(6)
    width = app.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


def stage(app):
    """The part of the map that has its points."""
    return app.map().locator(".stage")


def test_nothing_of_the_map_moves_when_a_dot_is_chosen(app):
    at_hand(app.open("/"))
    x, y = a_point(app)
    before = stage(app).bounding_box()
    app.page.mouse.click(x, y)
    expect(setting_heading(app)).to_be_visible()
    expect(app.page.get_by_text("by the model’s distance")).to_be_visible()
    app.drawn()
    app.page.wait_for_function(f"() => ({MAP})?.seen().marks.selected.length === 1")
    assert stage(app).bounding_box() == before


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
    expect(app.map().get_by_text("PCA 1 (no unit)")).to_be_visible()
    expect(app.page.get_by_role("radio", name="Density")).to_be_checked()
    app.go("Morph")
    app.page.wait_for_url(re.compile("/morph.*map_method=PCA"))
    app.open("/explore?map_method=t-SNE&map_dimensions=3")
    expect(app.page.get_by_role("radio", name="t-SNE")).to_be_checked()
    expect(app.page.get_by_role("radio", name="3-D")).to_be_checked()


def test_arrow_keys_walk_from_dot_to_dot_and_enter_chooses(app):
    at_hand(app.open("/"))
    stage(app).focus()
    app.page.keyboard.press("ArrowRight")
    reading = app.page.get_by_role("tooltip").filter(has_text="setting")
    said = app.map().get_by_role("status")
    expect(reading).to_be_visible()
    first = said.inner_text()
    assert re.match(r"\w+, setting \d+: Low Shelf [+−][\d.]+ dB", first), first
    app.page.keyboard.press("ArrowLeft")
    expect(said).not_to_have_text(first)
    setting = reading.locator(".of").inner_text()
    app.page.keyboard.press("Enter")
    expect(app.page.get_by_role("heading", name=setting)).to_be_visible()

    before = app.map_seen()["view"]
    stage(app).focus()
    app.page.keyboard.press("+")
    (left, right), (low, high) = app.map_seen()["view"]
    assert (right - left) * 1.3 == pytest.approx(before[0][1] - before[0][0])
    app.page.keyboard.press("Shift+ArrowUp")
    (moved, _), (raised, _) = app.map_seen()["view"]
    assert moved == left
    assert raised > low
    app.page.keyboard.press("Home")
    assert app.map_seen()["view"] == before


def touches(app):
    """What sends the browser touches: how the fingers change, and where they then are."""
    session = app.page.context.new_cdp_session(app.page)

    def send(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    return send


def test_fingers_zoom_the_map_and_a_finger_scrolls_the_page_past_it(offline_address, new_tab):
    app = new_tab(offline_address, has_touch=True)
    app.page.set_viewport_size({"width": 390, "height": 844})
    at_hand(app.open("/"))
    stage(app).evaluate("e => e.scrollIntoView({block: 'center'})")
    send, whole = touches(app), app.map_seen()["view"]
    scrolled = "() => document.querySelector('[data-testid=stMain]').scrollTop"
    before = app.page.evaluate(scrolled)
    box = stage(app).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    send("Start", (x, y))
    for down in range(10, 120, 10):
        send("Move", (x, y - down))
    send("End")
    app.page.wait_for_function(f"before => ({scrolled})() > before + 40", arg=before)
    assert app.map_seen()["view"] == whole, "all is seen, so a finger has nothing to move"

    box = stage(app).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    send("Start", (x - 30, y), (x + 30, y))
    send("Move", (x - 40, y), (x + 40, y))
    send("Move", (x - 60, y), (x + 60, y))
    send("End")
    zoomed = app.map_seen()["view"]
    share = [
        (b - a) / (high - low) for (a, b), (low, high) in zip(zoomed, whole, strict=True)
    ]  # twice as near
    assert share == pytest.approx([0.5, 0.5], abs=0.03)
    before = app.page.evaluate(scrolled)
    send("Start", (x, y))
    for down in range(10, 70, 10):
        send("Move", (x, y - down))
    send("End")
    assert app.map_seen()["view"][1][0] < zoomed[1][0], "what is near is moved"
    assert app.page.evaluate(scrolled) == before
