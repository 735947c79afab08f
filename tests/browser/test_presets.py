"""Presets in a real browser: taken home in every format, opened again, kept, compared, undone."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import TimeoutError as PageTimeoutError
from playwright.sync_api import expect

from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.presets.collection import Library
from neural_eq.presets.formats import FORMATS
from neural_eq.presets.opening import open_preset
from neural_eq.presets.preset import Preset, write_preset
from tests.browser import driver
from tests.browser.test_accessibility import findings

pytestmark = pytest.mark.browser

PARAMS = np.array([3.0, 120, -2.5, 400, 0.8, 1.5, 1000, 1.2, 4.0, 3000, 2.0, -1.0, 8000])
FREQ_HZ = log_frequencies(128)
EVIL = "<img src=x onerror=alert(1)>"
PRESETS = [
    Preset("Warm glow", PARAMS, tags=("bus",)),
    Preset(EVIL, PARAMS[[0, 1, 5, 3, 4, 2, 6, 7, 8, 9, 10, 11, 12]]),
    Preset("Third", PARAMS, is_starred=True),
]
ROW, HEADER = 44, 37


@pytest.fixture(scope="module")
def own_server(browser, tmp_path_factory):
    """A server whose library no other test sees: its address, and the library's folder."""
    folder = tmp_path_factory.mktemp("presets_app")
    with driver.server(folder / "runs", data=None) as address:
        yield address, folder / "presets"


@pytest.fixture
def app(new_tab, own_server):
    address, folder = own_server
    for path in folder.glob("*.json"):
        path.unlink()
    return new_tab(address)


@pytest.fixture
def filled(app, own_server):
    """A tab on a library of three presets."""
    Library(own_server[1]).add(PRESETS)
    return app.open("/presets")


def view(app, name: str):
    app.page.get_by_role("radio", name=re.compile(f"^{name}")).click()
    return app.drawn()


IS_CURVE = """([place, freqsHz, wanted, withinDb, isFree]) => {
    const editor = [...document.querySelectorAll(`${place} *`)]
      .map(e => e.shadowRoot?.querySelector('.eq-editor')?.editor).find(Boolean);
    if (!editor) return false;
    const off = editor.response(editor.setting(), freqsHz).map((db, i) => db - wanted[i]);
    const level = isFree ? off.reduce((a, b) => a + b) / off.length : 0;
    return off.every((value) => Math.abs(value - level) < withinDb);
}"""
"""Whether a picture of an EQ shows a curve in dB, but for its level where that is free."""


def pick(app, label: str, option: str) -> None:
    app.page.get_by_role("combobox", name=label).last.click()
    app.page.get_by_role("option", name=option, exact=True).click()
    app.drawn()


def choose(app, *rows: int) -> None:
    """Tick rows of the list; its boxes are painted, not elements."""
    table = app.page.get_by_test_id("stDataFrame")
    for row in rows:
        table.click(position={"x": 15, "y": HEADER + ROW * row + ROW // 2})
        app.drawn()


def expect_listed(app, *names: str) -> None:
    """Read the list as assistive technology does: it is told what is painted once it is focused."""
    table = app.page.get_by_test_id("stDataFrame")
    table.locator("canvas").first.focus()
    expect(table.locator("canvas td[aria-colindex='2']")).to_have_text(list(names))


def upload(app, *files: tuple[str, bytes]) -> None:
    app.page.locator("[data-testid=stMain] input[type=file]").last.set_input_files(
        [{"name": name, "mimeType": "", "buffer": content} for name, content in files]
    )


def curve_db(params) -> np.ndarray:
    """At the frequencies of the page's charts."""
    return response_db(np.array(params), FREQ_HZ)


def test_every_format_goes_home_and_what_opens_again_is_the_same_curve(app, download_to):
    app.open("/presets?at=30")
    wanted_db = curve_db(app.setting("preset_current"))
    again = {}
    for format_ in FORMATS.values():
        if format_.id != next(iter(FORMATS)):
            pick(app, "Software", format_.label)
        expect(app.page.get_by_text(format_.use).first).to_be_visible()
        app.drawn()
        proof = app.page.get_by_text(re.compile(r"Worst deviation .*\sdB")).inner_text()
        promised_db = float(re.search(r"[\d.]+", proof)[0])
        assert promised_db < 0.02 or format_.limit
        path = download_to(app, "Download the file")
        assert path.name.endswith(format_.suffix) and path.name.startswith("warm to bright, 30 %")
        content = path.read_bytes()
        if format_.opens:
            worst_db = open_preset(content, name=path.name).worst_db
            again[f"{format_.id}{format_.suffix}"] = (content, promised_db + worst_db)
    view(app, "Open a file")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:  # which keeps their order
        for name, (content, _) in again.items():
            archive.writestr(name, content)
    upload(app, ("all.zip", packed.getvalue()))
    expect(app.page.get_by_text(f"Opened: {len(again)} presets")).to_be_visible()
    app.drawn()
    box = app.page.get_by_role("combobox", name="Opened: ")
    box.click()
    options = app.page.get_by_role("option").all_inner_texts()
    app.page.keyboard.press("Escape")
    assert len(options) == len(again)
    for option, (name, (_, off_db)) in zip(options, again.items(), strict=True):
        pick(app, "Opened: ", option)
        expect(app.page.get_by_text(re.compile("read as "))).to_be_visible()
        # what was fitted has no level
        shown = [".st-key-preset_opened", FREQ_HZ.tolist(), wanted_db.tolist()]
        try:
            app.page.wait_for_function(IS_CURVE, arg=[*shown, 0.01 + off_db, off_db > 0.001])
        except PageTimeoutError as error:
            raise AssertionError(f"{name} shows another curve") from error


def test_a_preset_is_saved_deleted_and_brought_back(app):
    app.open("/presets?at=80")
    expect(app.page.get_by_text("The library is empty")).to_be_visible()
    name = app.page.get_by_role("textbox", name="Name")
    name.fill("Bright bus")
    app.button("Save to library").click()
    expect(app.page.get_by_role("radio", name="Library (1)")).to_be_visible()
    expect(app.button("Duplicate")).to_be_visible()  # the new one is chosen
    expect_listed(app, "Bright bus")
    app.page.get_by_role("button", name="Delete", exact=True).click()
    expect(app.page.get_by_text("Deleted 1 preset;")).to_be_visible()
    expect(app.page.get_by_text("The library is empty")).to_be_visible()
    app.page.get_by_role("button", name="Undo", exact=True).click()
    expect(app.button("Duplicate")).to_be_visible()
    expect_listed(app, "Bright bus")


def test_two_of_the_list_are_compared_heard_used_and_morphed(filled):
    choose(filled, 0, 1)
    filled.button("Compare as A and B").click()
    lines = filled.curves("preset_pair")
    expect(lines.get_by_text(f"B: {EVIL}")).to_be_visible()  # as text
    first_db, second_db = (filled.curve_db("preset_pair", n) for n in (0, 1))
    assert not np.allclose(first_db, second_db)
    filled.play()
    filled.button("Hear both in the player").click()
    filled.hears("A: Warm glow")
    player = filled.page.get_by_role("region", name="Player")
    player.get_by_role("radio", name="Snapshot B").click()
    filled.hears(f"B: {EVIL}")
    player.get_by_role("radio", name="Live").click()
    filled.button("Use B").click()
    filled.drawn()
    filled.hears(f"{EVIL} (file)")  # what was put there once does not come again
    expect(filled.page.get_by_role("main").get_by_text(EVIL).first).to_be_visible()
    np.testing.assert_allclose(curve_db(filled.setting("preset_current")), second_db, atol=1e-3)
    filled.button("Morph A → B").click()
    expect(filled.title()).to_have_text("Morph")
    expect(filled.equaliser()).to_be_visible()
    assert filled.page.locator("img[src=x]").count() == 0


def test_the_list_is_searched_as_one_types_chosen_by_keys_and_renamed(filled):
    expect_listed(filled, "Warm glow", EVIL, "Third")
    search = filled.page.get_by_role("searchbox", name="Search")
    search.press_sequentially("thi")
    expect(filled.page.get_by_text("1 of 3 presets are listed.")).to_be_visible()
    filled.drawn()
    expect_listed(filled, "Third")
    filled.page.keyboard.press("Shift+Space")
    name = filled.page.get_by_role("textbox", name="Name of the preset")
    expect(name).to_have_value("Third")
    name.fill("Thirsty")
    name.press("Enter")
    filled.drawn()
    expect_listed(filled, "Thirsty")


def test_a_name_that_is_too_long_is_cut_and_that_is_said(filled, download_to):
    name = filled.page.get_by_role("textbox", name="Name")
    name.fill("n" * 300)  # and without Enter, since a press on Download takes the focus away
    said = "The name has 300 characters; its first 100 are kept."
    expect(filled.page.get_by_text(said)).to_be_visible()
    assert download_to(filled, "Download the file").name == "n" * 80 + ", neural-eq.json"
    filled.button("Save to library").click()
    renamed = filled.page.get_by_role("textbox", name="Name of the preset")
    expect(renamed).to_have_value("n" * 100)
    renamed.fill("../" + "m" * 298)
    renamed.press("Enter")
    expect(filled.page.get_by_text("The name has 301 characters")).to_be_visible()
    filled.drawn()
    expect(renamed).to_have_value("../" + "m" * 97)


def test_bad_files_are_one_sentence_each(app):
    app.open("/presets")
    view(app, "Open a file")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../evil.json", write_preset(PRESETS[0]))
    upload(
        app, ("half.json", write_preset(PRESETS[0]).encode()[:300]), ("deep.json", b"[" * 10**6),
        ("evil.zip", packed.getvalue()), ("noise.txt", bytes(range(256)) * 40),
    )  # fmt: skip
    errors = app.page.get_by_test_id("stAlertContentError")
    expect(errors).to_have_count(4)
    for error, name in zip(
        errors.all(), ("half.json", "deep.json", "evil.zip", "noise.txt"), strict=True
    ):
        expect(error).to_contain_text(re.compile(f"^{re.escape(name)}"))


def test_the_library_and_every_word_go_home_as_zips(filled, download_to):
    filled.button("Take home as a zip").click()
    names = zipfile.ZipFile(download_to(filled, "Download 3 presets")).namelist()
    assert names[0] == "README.txt" and len(names) == 4 and names[1].startswith("Warm glow")
    filled.page.keyboard.press("Escape")
    view(filled, "Every word")
    filled.button("Make the zip").click()
    expect(filled.page.get_by_text("Worst deviation of all")).to_be_visible()
    path: Path = download_to(filled, "Download the zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None and "README.txt" in archive.namelist()


@pytest.mark.parametrize("width", [1440, 390])
def test_no_view_has_a_serious_finding(new_tab, own_server, width):
    address, folder = own_server
    Library(folder).add(PRESETS)
    app = new_tab(address, color_scheme="dark" if width == 390 else "light")
    app.page.set_viewport_size({"width": width, "height": 1400})
    app.open("/presets")
    choose(app, 0, 1)
    app.button("Compare as A and B").click()
    app.drawn()
    assert findings(app.page) == []
    view(app, "Open a file")
    upload(app, ("one.json", write_preset(PRESETS[1]).encode()), ("bad.json", b"{"))
    expect(app.page.get_by_text("read as ")).to_be_visible()
    app.drawn()
    assert findings(app.page) == []
    view(app, "Every word")
    assert findings(app.page) == []
