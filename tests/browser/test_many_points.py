"""A map of more settings than a page can draw one by one, as a person moves it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from neural_eq.eq.params import MAXIMUM, MINIMUM
from tests.browser import driver
from tests.browser.driver import MAP

pytestmark = pytest.mark.browser
N = 4200

# What the canvas has where the points lie that are outermost, so that no other is drawn over them
ASIDE = f"""() => {{
    const map = {MAP};
    const canvas = [...document.querySelectorAll('.st-key-map *')]
        .map((e) => e.shadowRoot?.querySelector('canvas.points')).find(Boolean);
    if (!map || !canvas?.width) return null;
    const pen = canvas.getContext('2d'), box = canvas.getBoundingClientRect();
    const all = map.seen().points;
    const outer = ['x', 'y'].flatMap((k) => [-1, 1].map((sign) =>
        all.reduce((a, b) => (sign * b[k] > sign * a[k] ? b : a))));
    return outer.map(({{x, y, colour}}) => {{
        const pixel = pen.getImageData(Math.round(x - box.x), Math.round(y - box.y), 1, 1).data;
        return {{colour, seen: [...pixel], at: [x, y]}};
    }});
}}"""


@pytest.fixture(scope="module")
def crowd(browser, tmp_path_factory):
    """A server on settings that nobody made, all over the bounds."""
    folder = tmp_path_factory.mktemp("crowd")
    n = N
    params = MINIMUM + np.random.default_rng(4).random((n, len(MINIMUM))) * (MAXIMUM - MINIMUM)
    rows = [
        [i, ("warm", "bright")[i % 2], f"submitter-{i % 9}", 2, 2, *setting, *[""] * 7]
        for i, setting in enumerate(params)
    ]
    table = folder / "crowd.csv"
    table.write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="utf-8")
    with driver.server(folder / "runs", data=table) as address:
        yield address


def assert_seen_where_they_lie(page) -> list[list[float]]:
    """Wait until each outermost point has its word's colour; return where on the screen."""
    matched = f"""() => {{
        const found = ({ASIDE})();
        const is = ({{colour, seen}}) => seen[3] > 100 && [1, 3, 5].every((at, k) =>
            Math.abs(parseInt(colour.slice(at, at + 2), 16) - seen[k]) <= 4);
        return found?.every(is) ? found.map(({{at}}) => at) : null;
    }}"""
    return page.wait_for_function(matched).json_value()


def at_hand(app):
    """Open the map and wait until it is judged, after which it is drawn no more by itself."""
    app.open("/").page.get_by_role("radio", name="PCA").click()
    expect(app.map().get_by_text("PCA 1 (no unit)")).to_be_visible()
    expect(app.page.get_by_text("Neighbours true")).to_be_visible(timeout=4 * driver.EXPECT_MS)
    return app.drawn()


def test_many_settings_are_seen_moved_read_chosen_and_hidden(crowd, new_tab):
    app = at_hand(new_tab(crowd))
    page = app.page
    before = assert_seen_where_they_lie(page)

    box = app.map().locator(".stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 18, y - 12, steps=4)
    page.wait_for_timeout(200)  # some frames: the points follow while the hand still holds them
    during = assert_seen_where_they_lie(page)
    np.testing.assert_allclose(np.subtract(during, before), [[18, -12]] * 4, atol=1.5)
    page.mouse.up()
    assert_seen_where_they_lie(page)

    at = during[0]
    page.mouse.move(*at)
    reading = page.get_by_role("tooltip").filter(has_text="setting")
    expect(reading).to_be_visible()
    setting = reading.locator(".of").inner_text()
    page.mouse.click(*at)
    expect(page.get_by_role("heading", name=setting)).to_be_visible()
    assert_seen_where_they_lie(page)

    legend = app.map().get_by_role("list", name="Words on the map").get_by_role("button")
    expect(legend).to_have_count(2)
    legend.first.click()
    hidden, shown = (re.match(r"\w+", text).group() for text in legend.all_inner_texts())
    expect(legend.first).to_have_attribute("aria-pressed", "false")
    seen = app.map_seen()
    assert seen["hidden"] == [hidden]
    assert len(seen["points"]) == N / 2
    assert_seen_where_they_lie(page)
    legend.last.dblclick()  # alone already: all come back
    assert app.map_seen()["hidden"] == []
    legend.last.dblclick()
    assert app.map_seen()["hidden"] == [hidden] != [shown]


def test_they_are_drawn_again_where_the_theme_and_the_width_change(crowd, new_tab):
    app = at_hand(new_tab(crowd, color_scheme="dark"))
    wide = assert_seen_where_they_lie(app.page)
    app.page.set_viewport_size({"width": 390, "height": 844})
    app.page.wait_for_function(f"() => ({MAP})?.seen().box.width < 390")
    narrow = assert_seen_where_they_lie(app.page)
    assert max(x for x, _ in narrow) < 390 < max(x for x, _ in wide)
