"""The morph, as a person drags it in a real browser."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from neural_eq.data.demo import built_in_dataset
from neural_eq.eq.response import log_frequencies, response_db

pytestmark = pytest.mark.browser


BANDS = ("Low Shelf", "Peak 1", "Peak 2", "Peak 3", "High Shelf")


def own(app):
    """The path of the morph's curve."""
    return app.equaliser().locator("path.own")


def ends(app) -> list[str]:
    return [path.get_attribute("d") for path in app.equaliser().locator("path.end").all()]


def places(path: str) -> np.ndarray:
    """The points of a drawn line in pixels, as x, y, x, y and so on."""
    return np.array(re.findall(r"-?[\d.]+", path), dtype=float)


def field(app, name: str):
    return app.page.get_by_role("spinbutton", name=name)


def numbers(app) -> list[str]:
    return [
        box.input_value() for box in app.page.get_by_role("table").get_by_role("spinbutton").all()
    ]


def node(app, name: str):
    return app.equaliser().get_by_role("slider", name=name)


def heading(app, name: str):
    return app.page.get_by_role("heading", name=name)


def test_the_morph_slider_moves_the_curve_the_table_and_the_address(app):
    app.open("/morph")
    expect(own(app)).to_be_visible()
    curve, bands, start_and_end = own(app).get_attribute("d"), numbers(app), ends(app)
    slider = app.page.get_by_role("slider", name="Morph")
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    expect(heading(app, "60 %")).to_be_visible()
    expect(own(app)).not_to_have_attribute("d", curve)
    app.drawn()
    assert numbers(app) != bands
    # both ends stay where they are, and at its own end the morph is the second word
    assert ends(app) == start_and_end
    slider.press("End")
    expect(heading(app, "100 %")).to_be_visible()
    app.drawn()
    np.testing.assert_allclose(places(own(app).get_attribute("d")), places(ends(app)[1]), atol=0.5)
    expect(app.page).to_have_url(re.compile(r"/morph\?.*at=100"))


def test_swapping_the_ends_keeps_the_sound(app):
    app.open("/morph?from=warm&to=bright&at=30&route=parameters")
    expect(own(app)).to_be_visible()
    before = numbers(app)
    app.button("Swap").click()
    expect(heading(app, "bright → warm, 70 %")).to_be_visible()
    app.drawn()
    np.testing.assert_allclose(
        np.array(numbers(app), float), np.array(before, float), rtol=0.02, atol=0.11
    )


def test_strength_turns_the_curve_over_and_flat(app):
    app.open("/morph")
    strength = app.page.get_by_role("slider", name="Strength")
    strength.press("Home")
    expect(heading(app, "strength -1.00")).to_be_visible()
    app.open("/morph?strength=0")
    for band in BANDS:
        expect(field(app, f"{band} gain in dB")).to_have_value("0.0")


def test_the_browsers_curve_is_pythons_to_a_thousandth_of_a_decibel(app):
    app.open("/morph")
    expect(own(app)).to_be_visible()
    params, freq_hz = built_in_dataset().params[::20], log_frequencies(200)
    drawn = app.page.evaluate(
        """([settings, freqs]) => {
            const hosts = [...document.querySelectorAll("*")].filter((e) => e.shadowRoot);
            const root = hosts.map((e) => e.shadowRoot.querySelector(".eq-editor")).find(Boolean);
            return settings.map((params) => root.editor.response(params, freqs));
        }""",
        [params.tolist(), freq_hz.tolist()],
    )
    np.testing.assert_allclose(drawn, response_db(params, freq_hz), atol=0.001)


def test_a_dragged_band_moves_at_once_and_is_known_on_release(app):
    app.open("/morph?at=40")
    peak = node(app, "Peak 2")
    expect(peak).to_be_visible()
    curve, spoken = own(app).get_attribute("d"), peak.get_attribute("aria-valuetext")
    nearest = app.page.get_by_text(re.compile("^Nearest words:")).inner_text()
    box = peak.locator(".dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    app.page.mouse.move(x, y)
    app.page.mouse.down()
    app.page.mouse.move(x + 30, y - 60, steps=5)
    expect(own(app)).not_to_have_attribute("d", curve)
    expect(heading(app, "edited")).to_have_count(0)
    app.page.mouse.move(x + 40, y - 90, steps=3)
    app.page.mouse.up()
    expect(heading(app, "warm → bright, 40 %, strength 1.00, edited")).to_be_visible()
    expect(app.page.get_by_text("Edited: Peak 2.")).to_be_visible()
    expect(app.page.get_by_text(re.compile("^Nearest words:"))).not_to_have_text(nearest)
    gain, freq = (
        field(app, f"Peak 2 {what}").input_value() for what in ("gain in dB", "frequency in Hz")
    )
    assert float(gain) > 1.5 and float(freq) > 950
    expect(app.page).to_have_url(re.compile("edit="))
    # another page and back, and a refresh, keep it
    app.go("Audio")
    app.go("Morph")
    expect(field(app, "Peak 2 gain in dB")).to_have_value(gain)
    app.page.reload()
    expect(field(app, "Peak 2 gain in dB")).to_have_value(gain)
    app.button("Back to the morph").click()
    expect(node(app, "Peak 2")).to_have_attribute("aria-valuetext", spoken)
    app.button("Take it up again").click()
    expect(field(app, "Peak 2 gain in dB")).to_have_value(gain)
    # moving on leaves the edit, and says so
    app.page.get_by_role("slider", name="Morph").press("ArrowRight")
    expect(app.page.get_by_text("Your edit of warm → bright, 40 % was left.")).to_be_visible()
    expect(field(app, "Peak 2 gain in dB")).not_to_have_value(gain)


def test_a_band_is_moved_by_keys_by_wheel_and_put_back_by_a_double_click(app):
    app.open("/morph")
    peak = node(app, "Peak 1")
    expect(peak).to_be_visible()
    first = peak.get_attribute("aria-valuetext")
    assert re.fullmatch(r"[+−]\d+\.\d dB at [\d,]+ Hz, [A-G]♯?-?\d, Q \d+\.\d\d", first)
    gain = float(field(app, "Peak 1 gain in dB").input_value())
    peak.focus()
    for key in ("Shift+ArrowUp", "Shift+ArrowUp", "ArrowDown"):
        peak.press(key)
    expect(field(app, "Peak 1 gain in dB")).to_have_value(f"{gain + 1.9:.1f}")
    expect(heading(app, "edited")).to_be_visible()
    q = float(field(app, "Peak 1 Q").input_value())
    peak.hover()
    app.page.mouse.wheel(0, -100)
    expect(field(app, "Peak 1 Q")).to_have_value(f"{q * 1.08:.2f}")
    peak.dblclick()
    expect(peak).to_have_attribute("aria-valuetext", first)
    expect(heading(app, "edited")).to_have_count(0)


def test_a_typed_number_is_taken_and_one_out_of_bounds_refused(app):
    app.open("/morph")
    gain = field(app, "High Shelf gain in dB")
    gain.fill("4.5")
    gain.press("Enter")
    expect(app.page.get_by_text("Edited: High Shelf.")).to_be_visible()
    expect(node(app, "High Shelf")).to_have_attribute("aria-valuenow", "4.50")
    gain.fill("30")
    gain.press("Enter")
    expect(app.page.get_by_role("alert").filter(has_text="High Shelf")).to_have_text(
        "High Shelf gain in dB is 30; it must be a number from −12 to 12. It stays at 4.5."
    )
    expect(gain).to_have_value("4.5")
    app.button("Put High Shelf back").click()
    expect(heading(app, "edited")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "typed", "shown", "said"),
    [
        ("Peak 1 Q", "0,7", "0.70", ""),
        ("Peak 2 frequency in Hz", "1.2k", "1200", ""),
        ("High Shelf gain in dB", "−3.5 dB", "-3.5", ""),
        ("Peak 1 gain in dB", "99", "1.7", "Peak 1 gain in dB is 99; it must be a number from −12"),
        ("Peak 1 gain in dB", "1e3", "1.7", "Peak 1 gain in dB is 1e3; it must be a number"),
    ],
)
def test_a_number_counts_as_it_was_typed_or_is_refused(app, name, typed, shown, said):
    app.open("/morph")
    app.drawn()
    field = app.page.get_by_role("spinbutton", name=name)
    before = field.input_value()
    field.fill(typed)
    field.press("Enter")
    expect(field).to_have_value(before if said else shown)
    if said:
        expect(app.page.get_by_text(said)).to_be_visible()
    else:
        expect(app.page.get_by_text(re.compile("^Edited: "))).to_be_visible()


def test_pointing_names_the_note_and_the_zoom_keeps(app):
    app.open("/morph")
    expect(own(app)).to_be_visible()
    box = app.equaliser().bounding_box()
    # 1,046.5 Hz is the C two octaves above the middle one
    share = np.log(1046.5 / 20) / np.log(1000)
    app.page.mouse.move(box["x"] + 44 + share * (box["width"] - 58), box["y"] + 40)
    expect(
        app.page.get_by_text(re.compile(r"1,0\d\d Hz, C6 · morph [+−]\d+\.\d dB · A: warm"))
    ).to_be_visible()
    curve = own(app).get_attribute("d")
    app.button("±24 dB").click()
    expect(own(app)).not_to_have_attribute("d", curve)
    app.page.get_by_role("slider", name="Morph").press("ArrowRight")
    expect(heading(app, "51 %")).to_be_visible()
    app.go("Explore")
    app.go("Morph")
    expect(app.button("±24 dB")).to_have_attribute("aria-pressed", "true")


def test_a_school_is_chosen_and_the_link_opens_the_same_morph(app, new_tab):
    app.open("/morph?at=20")
    app.button("From: schools, file").click()
    schools = app.page.get_by_role("radiogroup", name=re.compile("What people mean by “warm”"))
    expect(schools).to_be_visible()
    schools.locator("label").nth(1).click()
    expect(heading(app, re.compile(r"^Warm: .+ → bright, 20 %"))).to_be_visible()
    title = app.page.get_by_role("heading", level=3).inner_text()
    app.page.keyboard.press("Escape")
    app.button("Link").click()
    link = app.page.get_by_test_id("stCode").inner_text().strip()
    assert link.startswith(app.address)
    other = new_tab(app.address).open(link.removeprefix(app.address))
    expect(other.page.get_by_role("heading", level=3)).to_have_text(title)


def test_a_narrow_screen_shows_the_slider_and_the_curve_together(app):
    app.page.set_viewport_size({"width": 390, "height": 844})
    app.open("/morph")
    expect(own(app)).to_be_visible()
    player = app.page.get_by_test_id("stBottom").bounding_box()
    curve = own(app).bounding_box()
    slider = app.page.get_by_role("slider", name="Morph").bounding_box()
    assert 0 < slider["y"] < curve["y"] < curve["y"] + curve["height"] < player["y"] + 20
    from_, to = (
        app.page.get_by_role("combobox", name=name).first.bounding_box() for name in ("From", "To")
    )
    assert abs(from_["y"] - to["y"]) < 2 and from_["x"] + from_["width"] < to["x"]


def test_the_names_of_near_ends_keep_apart_on_the_small_map(app):
    app.open("/morph?from=airy&to=thin")
    names = app.page.locator(".whereabouts .end-name")
    expect(names).to_have_count(2)
    # without the ground's colour around them
    box = "(text) => { const {x, y, width, height} = text.getBBox(); return {x, y, width, height} }"
    a, b = (name.evaluate(box) for name in names.all())
    beside = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
    assert beside or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]


def test_a_setting_from_a_file_is_an_end_and_a_bad_file_is_refused(app, download_to, tmp_path):
    app.open("/morph?from=bright&to=warm&at=25&strength=0.5&route=parameters")
    expect(own(app)).to_be_visible()
    path = download_to(app, "Download as JSON")
    app.button("To: schools, file").click()
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    choose = app.page.locator("input[type=file]").last
    choose.set_input_files(bad)
    expect(app.page.get_by_text("bad.json is JSON of no kind")).to_be_visible()
    choose.set_input_files(path)
    expect(
        heading(app, re.compile(r"^Bright → bright → warm, 25 %.*\(file\), 25 %"))
    ).to_be_visible()
    expect(app.page.get_by_text("bad.json is JSON of no kind")).to_have_count(0)


def test_the_setting_is_downloaded_as_json(app, download_to):
    app.open("/morph?from=bright&to=warm&at=25&strength=0.5&route=parameters")
    expect(own(app)).to_be_visible()
    path = download_to(app, "Download as JSON")
    content = json.loads(path.read_text("utf-8"))
    assert path.suffix == ".json"
    assert (content["format"], content["version"]) == ("neural-eq", 1)
    found = tuple(content["semantic"][k] for k in ("term_a", "term_b", "t", "strength", "route"))
    assert found == ("bright", "warm", 0.25, 0.5, "parameters")
    bands = content["parameters"]["bands"]
    assert [band["type"] for band in bands] == ["low_shelf", *["peak_dip"] * 3, "high_shelf"]
    shown = field(app, "Low Shelf gain in dB").input_value()
    assert float(shown) == pytest.approx(bands[0]["gain_db"], abs=0.051)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_screen_shows_it_all_and_a_finger_drags(new_tab, address, scheme):
    app = new_tab(address, color_scheme=scheme, has_touch=True)
    app.page.set_viewport_size({"width": 390, "height": 844})
    app.open("/morph")
    expect(own(app)).to_be_visible()
    wide = app.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    for name in ("Peak 1 Q", "High Shelf frequency in Hz"):
        box = field(app, name).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert node(app, "Peak 1").evaluate("e => getComputedStyle(e).touchAction") == "none"
    # one finger holds the band, the other one moves away from it: half as sharp
    q = field(app, "Peak 1 Q")
    before = float(q.input_value())
    node(app, "Peak 1").scroll_into_view_if_needed()
    box = node(app, "Peak 1").locator(".dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = app.page.context.new_cdp_session(app.page)
    for kind, fingers in (
        ("touchStart", [(x, y)]), ("touchStart", [(x, y), (x, y + 40)]),
        ("touchMove", [(x, y), (x, y + 60)]), ("touchMove", [(x, y), (x, y + 80)]),
        ("touchEnd", []),
    ):  # fmt: skip
        points = [{"x": a, "y": b, "id": n} for n, (a, b) in enumerate(fingers)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(q).to_have_value(f"{before / 2:.2f}")
    expect(app.page.get_by_text("Edited: Peak 1.")).to_be_visible()
