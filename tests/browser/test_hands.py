"""Hands on the sound: whatever way one lets go, what is heard is what Python knows."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_live_sound import drag

pytestmark = pytest.mark.browser

IS_IN_USE = """() => { const {hand, base} = __neuralEqDock1.state;
  const heard = __neuralEqDock1.heard();
  return hand === null && base.label === heard.label
    && base.params.every((value, i) => Math.abs(value - heard.params[i]) < 1e-6); }"""


@pytest.fixture
def morph(app):
    """The page Morph, playing."""
    app.open("/morph")
    app.play()
    app.hears("warm → bright, 50 %, strength 1.00")
    return app


def player(app):
    return app.page.get_by_role("region", name="Player")


def grab(app, name: str) -> float:
    """Press the mouse on the knob of a slider; returns where it is, from the left."""
    app.drawn()
    slider = app.page.get_by_role("slider", name=name)
    slider.hover()
    box = slider.bounding_box()
    app.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    app.page.mouse.down()
    return box["y"] + box["height"] / 2


def test_a_drag_that_ends_where_it_began_lets_go(morph):
    y = grab(morph, "Morph")
    x = morph.page.get_by_role("slider", name="Morph").bounding_box()["x"]
    width = morph.page.get_by_role("slider", name="Morph").bounding_box()["width"]
    morph.page.mouse.move(x + 0.8 * width, y, steps=5)
    morph.page.wait_for_function("() => __neuralEqDock1.heard().at > 70")
    morph.page.mouse.move(x + 0.5 * width, y, steps=5)
    morph.page.mouse.up()
    morph.page.wait_for_function(IS_IN_USE)
    morph.drawn().button("Swap").click()
    morph.hears("bright → warm, 50 %, strength 1.00")


def test_a_slider_that_is_held_as_its_page_is_left_gives_the_sound_back(morph):
    morph.go("Presets").go("Morph")
    grab(morph, "Morph")
    box = morph.page.get_by_role("slider", name="Morph").bounding_box()
    morph.page.mouse.move(box["x"] + box["width"], box["y"] + 5, steps=5)
    morph.page.wait_for_function("() => __neuralEqDock1.heard().at > 90")
    morph.page.go_back()
    expect(morph.title()).to_have_text("Presets")
    morph.page.mouse.up()
    morph.drawn().page.wait_for_function(IS_IN_USE)


@pytest.mark.parametrize("leave", ["link", "back"])
def test_an_edit_by_the_wheel_is_kept_by_who_leaves_at_once(morph, leave):
    morph.go("Presets").go("Morph")
    morph.page.get_by_role("slider", name="High Shelf").press("ArrowUp")
    if leave == "link":
        morph.go("Presets")
    else:
        morph.page.go_back()
        expect(morph.title()).to_have_text("Presets")
    morph.hears("warm → bright, 50 %, strength 1.00, edited")
    morph.drawn().page.wait_for_function(IS_IN_USE)


def test_as_many_steps_are_undone_as_were_pressed(morph):
    slider = morph.page.get_by_role("slider", name="Morph")
    for percent in (51, 52, 53, 54):
        slider.press("ArrowRight")
        morph.hears(f"warm → bright, {percent} %, strength 1.00")
        expect(morph.page.get_by_role("heading", level=3).first).to_contain_text(f"{percent} %")
        morph.drawn()
    for _ in range(4):
        morph.page.keyboard.press("Control+z")
    morph.hears("warm → bright, 50 %, strength 1.00")
    for _ in range(3):
        morph.page.keyboard.press("Control+Shift+z")
    morph.hears("warm → bright, 53 %, strength 1.00")


def test_what_audio_applies_is_undone(app):
    app.open("/audio").play()
    app.hears("warm → bright, 50 %, strength 1.00")
    app.page.get_by_role("radio", name="A word").click()
    app.hears("warm")
    app.drawn()
    expect(player(app).get_by_role("button", name="Undo the last")).to_be_enabled()
    app.page.keyboard.press("Control+z")
    app.hears("warm → bright, 50 %, strength 1.00")
    expect(app.page.get_by_role("radio", name="Current EQ")).to_be_checked()
    app.page.keyboard.press("Control+Shift+z")
    app.hears("warm")


def test_a_snapshot_becomes_the_eq_in_use_and_that_is_undone(morph):
    player(morph).get_by_role("button", name="Keep A").click()
    drag(morph, morph.page.get_by_role("slider", name="Morph"), 1.0)
    morph.hears("warm → bright, 100 %, strength 1.00")
    player(morph).get_by_role("radio", name="Snapshot A").click()
    expect(player(morph)).to_contain_text("The pages and downloads have another EQ.")
    player(morph).get_by_role("button", name="Use A").click()
    morph.drawn().page.wait_for_function(IS_IN_USE)
    assert morph.page.evaluate("__neuralEqDock1.state.slot") == "live"
    expect(player(morph)).not_to_contain_text("another EQ")
    morph.go("Audio")
    expect(morph.page.get_by_text("warm → bright, 50 %").first).to_be_visible()
    morph.page.keyboard.press("Control+z")
    morph.hears("warm → bright, 100 %, strength 1.00")


def test_space_plays_after_a_press_of_anything_and_shift_is_no_key_of_the_player(morph):
    is_wanted = "expected => Boolean(__neuralEqDock1.engine.isWanted) === expected"
    morph.go("Presets")  # the link has the focus
    morph.page.keyboard.press("Space")
    morph.page.wait_for_function(is_wanted, arg=False)
    player(morph).get_by_role("button", name="EQ on").click()
    morph.page.keyboard.press("Space")
    morph.page.wait_for_function(is_wanted, arg=True)
    expect(player(morph).get_by_role("button", name="EQ off")).to_be_visible()
    morph.page.keyboard.press("Shift+B")
    expect(player(morph).get_by_role("button", name="EQ off")).to_be_visible()
    # who walks by keys presses a button by Space
    player(morph).get_by_role("button", name="EQ off").focus()
    morph.page.keyboard.press("Tab")
    morph.page.keyboard.press("Shift+Tab")
    morph.page.keyboard.press("Space")
    expect(player(morph).get_by_role("button", name="EQ on")).to_be_visible()
    assert morph.engine("isWanted")


def test_a_space_that_is_held_counts_once(morph):
    morph.page.get_by_role("heading", level=1).click()
    for _ in range(3):
        morph.page.keyboard.down("Space")
    morph.page.keyboard.up("Space")
    morph.page.wait_for_function("() => !__neuralEqDock1.engine.isWanted")


def test_the_page_stays_where_it_is_while_the_players_keys_are_walked(morph):
    morph.page.set_viewport_size({"width": 1280, "height": 700})
    morph.page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 120)")
    player(morph).get_by_role("button", name="Pause").focus()
    for _ in range(6):
        morph.page.keyboard.press("Tab")
    assert morph.page.get_by_test_id("stMain").evaluate("main => main.scrollTop") == 120


def test_the_sliders_way_is_drawn_by_keys(morph):
    morph.page.get_by_role("button", name="Draw", exact=True).click()
    way = morph.page.get_by_role("slider", name="The slider's way over one loop")
    way.focus()
    way.press("ArrowRight")
    way.press("ArrowRight")
    way.press("ArrowUp")
    way.press("ArrowUp")
    expect(way).to_have_attribute("aria-valuetext", "10 % of the loop: 60 %")
    drawing = morph.page.evaluate("__neuralEqDock1.state.motion.drawing")
    assert drawing[20] == 60 and drawing[30] == 55 and drawing[100] == 50
    morph.page.wait_for_function("() => __neuralEqDock1.state.eq?.at > 55")
