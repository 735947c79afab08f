"""What every page shares, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


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
    app.hears("warm → bright, 51 %, strength 1.00")
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
    expect(app.equaliser()).to_be_visible()
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
    app.page.get_by_test_id("stPopoverBody").locator("input[type=file]").set_input_files(bad)
    expect(app.page.get_by_text("photo.csv is not a text table").first).to_be_visible()
    expect(app.data_in_use()).to_contain_text(before)
    middle = "0,500,0,560,0.71,0,1000,0.71,0,3300,0.71,0,8200"
    rows = [f"{i},{'dark' if i % 2 else 'light'},x,2,2,{middle},,,,,,,x" for i in range(20)]
    rows.append(f"21,loud,x,2,2,{middle.replace('500', '1e9')},,,,,,,x")
    good = tmp_path / "mine.csv"
    good.write_text("\n".join(rows))
    app.page.get_by_test_id("stPopoverBody").locator("input[type=file]").set_input_files(good)
    expect(app.data_in_use()).to_contain_text("mine.csv, 20 settings, 2 words")
    app.page.keyboard.press("Escape")
    app.page.get_by_text("Words, and rows set aside").click()
    expect(app.page.get_by_role("cell", name="a frequency out of range")).to_be_visible()
    app.go("Explore")
    expect(app.page.get_by_role("row", name="dark 10 1")).to_be_visible()


def test_a_panel_that_is_shut_does_not_bring_its_choice_back(app):
    app.open("/morph")
    app.model_in_use().click()
    app.page.get_by_role("combobox", name="Model in use").click()
    app.page.get_by_role("option", name="built-in, small: 2-D").click()
    expect(app.model_in_use()).to_contain_text("2-D")
    app.drawn()
    app.page.keyboard.press("Escape")
    app.button("Undo the last change of the EQ").click()
    expect(app.model_in_use()).to_contain_text("built-in model")
    app.drawn()
    app.button("Swap").click()
    app.page.wait_for_url("**from=bright**")
    app.drawn()
    expect(app.model_in_use()).to_contain_text("built-in model")
    app.model_in_use().click()
    expect(app.page.get_by_role("combobox", name="Model in use")).to_have_value("built-in model")


@pytest.mark.parametrize("path", ["/", "/morph", "/audio", "/train", "/compare", "/presets"])
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
