"""The map as an instrument: a puck that is heard while it moves, in a real browser."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from neural_eq.eq.params import FIXED_BOUNDS
from neural_eq.latent.playing import sound_map
from neural_eq.ui.explore.puck import place_name
from tests.browser.driver import MAP, ROOT
from tests.test_playing import some_settings

pytestmark = pytest.mark.browser

SOUND_MAP_JS = ROOT / "neural_eq" / "ui" / "explore" / "sound_map.js"
HEARD = re.compile(r"(Heard|Ready): map, (near|far from) .+ \([-\d.]+, [-\d.]+\)")
PLACE_HEADING = re.compile(r"^Map, (near|far from) .+ \(")
ROOT_OF_PUCK = """const root = [...document.querySelectorAll('*')].map((e) => e.shadowRoot)
    .find((r) => r?.querySelector('.puck'));"""


@pytest.fixture
def app(new_tab, offline_address):
    return new_tab(offline_address)


def playing(app, method: str = "PCA"):
    """Open a map that is at hand, with its puck."""
    app.open(f"/?map_method={method}")
    app.page.get_by_text("Play the map").first.click()
    expect(puck(app)).to_be_visible()
    expect(app.page.get_by_text("Press Play at the foot")).to_be_visible()
    expect(chip(app)).to_have_text(re.compile("near|nobody"))
    return app.drawn()


def puck(app):
    return app.page.get_by_role("application", name="Puck on the map")


def chip(app):
    return puck(app).locator(".chip")


def heard(app):
    return app.page.get_by_text(re.compile("^(Heard: |Ready: |Press Play to hear)"))


def heading(app):
    return app.page.get_by_role("heading", name=PLACE_HEADING)


def middle(app) -> tuple[float, float]:
    app.drawn()
    puck(app).hover()  # which waits until it stands still
    box = puck(app).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(app, *, by: tuple[float, float], steps: int = 8) -> None:
    x, y = middle(app)
    app.page.mouse.move(x, y)
    app.page.mouse.down()
    app.page.mouse.move(x + by[0], y + by[1], steps=steps)
    app.page.mouse.up()


def corner(app) -> tuple[float, float]:
    """Where the map lies on the screen: the page scrolls under the player."""
    box = app.page.locator(".st-key-map").bounding_box()
    return box["x"], box["y"]


def standing_at(app, x: float, y: float) -> None:
    """Wait until the puck stands there on the map."""
    app.page.wait_for_function(
        f"""([x, y]) => {{ {ROOT_OF_PUCK}
            const box = root?.querySelector('.puck')?.getBoundingClientRect();
            const map = document.querySelector('.st-key-map');
            const from = map?.getBoundingClientRect();
            return box && from && Math.hypot(box.x + box.width / 2 - from.x - x,
                box.y + box.height / 2 - from.y - y) < 2;
        }}""",
        arg=[x, y],
    )


def test_the_browser_hears_at_each_place_what_python_does(browser):
    generator = np.random.default_rng(0)
    points = generator.normal(size=(150, 2))
    points[3] = points[2]  # of two at one place the first is heard
    params = some_settings(len(points))
    made = sound_map(params, FIXED_BOUNDS.normalize(params), points, FIXED_BOUNDS.denormalize)
    terms = generator.choice(["warm", "bright", "ó“"], len(points)).astype(object)
    places = np.concatenate(
        [
            [made.dot(row) for row in range(150)],
            generator.normal(size=(300, 2)),
            generator.uniform(-9, 9, size=(50, 2)),
        ]
    ).astype(float)
    page = browser.new_page()
    page.goto("about:blank")
    found = page.evaluate(
        f"""([content, places]) => {{ {SOUND_MAP_JS.read_text("utf-8")}
            const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
            const map = readSoundMap(bytes.buffer);
            return places.map((place) => {{
                const heard = heardAt(map, ...place);
                return {{...heard, name: placeName(map, place, heard)}};
            }});
        }}""",
        [base64.b64encode(made.to_bytes(terms, np.arange(len(points)))).decode(), places.tolist()],
    )
    page.close()
    for place, there in zip(places, found, strict=True):
        here = made.heard(place)
        assert there["row"] == here.row
        assert there["distance"] == pytest.approx(here.distance, abs=1e-9)
        assert there["presence"] == pytest.approx(here.presence, abs=1e-9)
        np.testing.assert_allclose(there["params"], here.params, rtol=1e-9, atol=1e-9)
        assert there["name"] == place_name(made, place, here, terms[here.row])


def test_a_dragged_puck_is_heard_at_once_and_becomes_the_eq_where_it_is_let_go(app):
    playing(app)
    before, view = heard(app).inner_text(), app.map_seen()["view"]
    x, y = middle(app)
    left, top = corner(app)
    there = x - 90 - left, y + 40 - top
    app.page.mouse.move(x, y)
    app.page.mouse.down()
    app.page.mouse.move(x - 70, y + 30, steps=6)
    expect(heard(app)).to_have_text(HEARD)
    assert heard(app).inner_text() != before
    expect(heading(app)).to_have_count(0)
    app.page.mouse.move(x - 90, y + 40, steps=3)
    app.page.mouse.up()
    expect(heading(app)).to_be_visible()
    name = heading(app).inner_text()
    expect(heard(app)).to_contain_text(name[1:])
    expect(app.line("played_curves")).to_be_visible()
    expect(app.page.get_by_text(re.compile(r"^Nearest words: \w+ [\d.]+ dB"))).to_be_visible()
    assert app.map_seen()["view"] == view, "the map must not have been dragged along"
    app.drawn()
    standing_at(app, *there)

    # it stays where it is: through other widgets, another page and back, and an undo
    app.page.get_by_role("radio", name="Density").click()
    app.page.wait_for_function(f"() => ({MAP})?.seen().areas === 2")
    standing_at(app, *there)
    app.go("Audio")
    expect(heard(app)).to_contain_text(name[1:])
    app.go("Explore")
    expect(heading(app)).to_have_text(name)
    standing_at(app, *there)
    drag(app, by=(40, -50))
    expect(heading(app)).not_to_have_text(name)
    app.drawn()
    app.button("Undo").click()
    expect(heading(app)).to_have_text(name)
    standing_at(app, *there)


def test_what_plays_follows_the_puck_within_four_milliseconds_a_move(app):
    playing(app)
    app.play()
    app.page.evaluate(
        f"""() => {{ {ROOT_OF_PUCK}
            const puck = root.querySelector('.puck'), move = puck.onpointermove;
            window.took = [];
            puck.onpointermove = (event) => {{
                const from = performance.now();
                move(event);
                took.push(performance.now() - from);
            }};
        }}"""
    )
    before = app.engine("values().join()")
    drag(app, by=(-120, 60), steps=60)
    assert app.engine("values().join()") != before
    took = app.page.evaluate("() => window.took")
    assert len(took) >= 30
    assert np.median(took) <= 4, took
    app.plays()


def test_arrow_keys_walk_it_and_home_goes_to_the_nearest_setting(app):
    playing(app)
    x, y = middle(app)
    puck(app).focus()
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowRight"):
        app.page.keyboard.press(key)
    after = middle(app)
    assert after[0] > x + 10
    assert after[1] < y - 1
    expect(heading(app)).to_be_visible()
    spoken = app.page.get_by_role("status").filter(has_text="Nearest: ")
    expect(spoken).to_have_text(re.compile(r"Nearest: \w+, setting \d+, [\d.]+ % of the map away"))
    app.page.keyboard.press("Home")
    expect(spoken).to_contain_text(" 0.0 % of the map away")
    expect(app.button(re.compile(r"setting \d+ · 0\.0 dB"))).to_be_visible()
    expect(puck(app)).to_be_focused()


def test_nobody_has_been_at_the_edge_and_it_is_flat_there(app):
    playing(app, "UMAP")
    box = app.map().locator(".stage").bounding_box()
    x, y = middle(app)
    drag(app, by=(box["x"] + 8 - x, box["y"] + 8 - y), steps=12)
    expect(chip(app)).to_have_text("nobody has been here")
    expect(puck(app)).to_have_class(re.compile(r"\bfar\b"))
    expect(app.page.get_by_role("heading", name=re.compile("^Map, far from"))).to_be_visible()
    for band in ("Low Shelf", "Peak 1", "High Shelf"):
        row = app.page.get_by_role("row", name=re.compile(f"^{band} 0.0 "))
        expect(row).to_be_visible()


# how far the puck is from the dot that it stands on, whichever that was at first
APART = f"""() => {{ {ROOT_OF_PUCK}
    const box = root.querySelector('.puck').getBoundingClientRect();
    const from = ({{x, y}}) => Math.hypot(x - box.x - box.width / 2, y - box.y - box.height / 2);
    const dots = ({MAP}).seen().points;
    window.stoodOn ??= dots.reduce((a, b) => (from(b) < from(a) ? b : a)).row;
    return from(dots.find(({{row}}) => row === window.stoodOn));
}}"""


def stands_on_its_dot(app) -> None:
    app.page.wait_for_function(f"() => ({APART})() < 1.5")


def test_it_follows_the_map_as_that_is_zoomed_panned_and_drawn_anew(app):
    playing(app)
    puck(app).press("Home")
    expect(heading(app)).to_be_visible()
    app.drawn()
    stands_on_its_dot(app)
    x, y = middle(app)
    app.page.mouse.move(x + 60, y + 60)
    before = app.map_seen()["view"]
    app.page.mouse.wheel(0, -150)
    app.page.wait_for_function(f"before => ({MAP})?.seen().view[0][0] !== before", arg=before[0][0])
    stands_on_its_dot(app)
    x, y = middle(app)
    app.page.mouse.move(x - 60, y + 60)
    app.page.mouse.down()
    app.page.mouse.move(x - 90, y + 40, steps=5)
    app.page.wait_for_function(  # while the hand still holds the map
        f"""at => {{ {ROOT_OF_PUCK}
            const box = root.querySelector('.puck').getBoundingClientRect();
            return box.x + box.width / 2 < at - 20; }}""",
        arg=x,
    )
    stands_on_its_dot(app)
    app.page.mouse.up()
    stands_on_its_dot(app)
    app.page.get_by_role("radio", name="Density").click()
    app.page.wait_for_function(f"() => ({MAP})?.seen().areas === 2")
    app.drawn()
    stands_on_its_dot(app)
    app.page.set_viewport_size({"width": 1000, "height": 900})
    stands_on_its_dot(app)


def test_a_finger_drags_it_and_the_page_does_not_scroll(new_tab, offline_address):
    app = new_tab(offline_address, has_touch=True)
    app.page.set_viewport_size({"width": 390, "height": 844})
    playing(app)
    puck(app).evaluate("e => e.scrollIntoView({block: 'center'})")
    x, y = middle(app)
    scrolled = "() => document.querySelector('[data-testid=stMain]').scrollTop"
    before = app.page.evaluate(scrolled)
    touch = app.page.context.new_cdp_session(app.page)
    for kind, at in (
        ("touchStart", (x, y)), ("touchMove", (x - 20, y - 30)), ("touchMove", (x - 40, y - 60)),
        ("touchEnd", None),
    ):  # fmt: skip
        points = [] if at is None else [{"x": at[0], "y": at[1]}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(heard(app)).to_have_text(HEARD)
    expect(heading(app)).to_be_attached()
    assert app.page.evaluate(scrolled) == before
    wide = app.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


def test_a_map_in_three_dimensions_says_what_the_puck_needs(app):
    playing(app)
    app.page.get_by_role("radio", name="3-D").click()
    expect(puck(app)).to_have_count(0)
    expect(app.page.get_by_role("switch", name="Play the map")).to_be_disabled()
    app.page.get_by_role("radio", name="2-D").click()
    expect(puck(app)).to_be_visible()
