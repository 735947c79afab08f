"""The map, as a person walks it in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.driver import EXPECT_MS, SAFE_DB

pytestmark = pytest.mark.browser

BANDS = ("Low Shelf", "Peak 1", "Peak 2", "Peak 3", "High Shelf")


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
