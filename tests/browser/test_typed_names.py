"""Whatever people type or call their files stands on every page as text, and does nothing."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from neural_eq.data.safe_db import read_csv
from neural_eq.eq.params import DEFAULT, MAXIMUM, MINIMUM
from neural_eq.jobs import TrainingJobs
from neural_eq.model import checkpoint
from neural_eq.model.config import ModelConfig, TrainConfig
from neural_eq.model.training import train
from neural_eq.presets.collection import Library
from neural_eq.presets.preset import Preset, write_preset
from tests.browser import driver

pytestmark = pytest.mark.browser

NAMES = (
    "<img src=x onerror=__pwned=1> zq1q",
    "**zq2q** _b_ `c` ~~d~~",
    ":red[zq3q] $x^2$ :material/home: :smile: <-",
    "[zq4q](javascript:__pwned=1)",
    "![zq5q](http://elsewhere.invalid/p.png)",
    '<b>zq6q</b><a href="http://e.invalid">a</a>',
)
"""Words, in lower case as a table's become; each has a mark of its own in its midst."""

FILE = "<img src=x onerror=__pwned=1> _zq7q_ **b**"
RUN = "<b>zq8q</b> **b** www.e.invalid a@e.invalid"
FOLK = "<img src=x onerror=__pwned=1> *zq9q* $a$"
ALL = (*NAMES, FILE, RUN, FOLK)
PAGES = ("Morph", "Audio", "Train", "Compare", "Presets", "Explore")

# Each mark that a page shows, with the text of the block that it stands in, in shadow roots too
SHOWN = r"""() => {
  const found = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) walk(element.shadowRoot);
      if (['SCRIPT', 'STYLE'].includes(element.tagName)) continue;
      for (const node of element.childNodes) {
        const mark = node.nodeType === Node.TEXT_NODE && /zq\dq/i.exec(node.data);
        if (!mark) continue;
        let block = element;
        while (block.parentElement && block.parentElement.tagName !== 'svg'
               && (block instanceof SVGTSpanElement
                   || getComputedStyle(block).display.startsWith('inline')))
          block = block.parentElement;
        found.push([mark[0].toLowerCase(), block.textContent]);
      }
    }
  };
  walk(document);
  return found;
}"""

MADE = r"""() => {
  const found = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) walk(element.shadowRoot);
      const own = element.getAttribute('src') ?? element.getAttribute('href') ?? '';
      if (/^x$|invalid|javascript:/.test(own) || element.hasAttribute('onerror')
          || element.classList.contains('katex'))
        found.push(element.outerHTML.slice(0, 200));
    }
  };
  walk(document);
  return found;
}"""


def flat(text: str) -> str:
    """Text as it is seen: without what has no width."""
    return re.sub(r"\s+", " ", text.replace("\u2060", "")).casefold()


def typed_table() -> str:
    generator = np.random.default_rng(0)
    text = io.StringIO()
    writer = csv.writer(text)
    for number in range(12 * len(NAMES)):
        params = DEFAULT + (generator.random(13) - 0.5) * 0.2 * (MAXIMUM - MINIMUM)
        params = np.clip(params, MINIMUM, MAXIMUM)
        params[2 * (number % len(NAMES))] += 2
        cells = [number, NAMES[number % len(NAMES)], f"s{number % 4}", 2, 2]
        cells += np.clip(params, MINIMUM, MAXIMUM).tolist()
        writer.writerow([*cells, FOLK, FOLK, *[""] * 5])
    return text.getvalue()


@pytest.fixture(scope="module")
def own_server(browser, tmp_path_factory):
    """A server with a run and a preset of such names, which learned such words."""
    folder = tmp_path_factory.mktemp("typed")
    dataset = read_csv(typed_table().encode(), origin=f"{FILE}.csv")
    config = TrainConfig(epochs=3, device="cpu", model=ModelConfig(8, 8))
    jobs = TrainingJobs(folder / "runs")
    ended = jobs.wait(jobs.start(dataset, config, name=RUN), timeout_s=120)
    jobs.close()
    assert ended is not None and ended.is_usable, ended
    Library(folder / "presets").add([Preset(FILE, dataset.params[0], tags=(RUN[:20],))])
    checkpoint.save(train(dataset, config, on_epoch=lambda report: None), folder / "model.pt")
    with driver.server(folder / "runs", data=None) as address:
        yield address, (folder / "model.pt").read_bytes()


class Reader:
    """Looks at a page, and remembers which names it has seen."""

    def __init__(self, app: driver.App):
        self.app, self.seen = app, set[str]()

    def look(self) -> None:
        self.app.drawn()
        expect(self.app.page.get_by_test_id("stException")).to_have_count(0)
        for mark, text in self.app.page.evaluate(SHOWN):
            name = next(name for name in ALL if mark in name)
            shown = flat(text)
            is_cut = shown.endswith("…") and flat(name).startswith(shown[:-1])  # in a legend
            assert flat(name) in shown or is_cut, f"{name!r} is shown as {text[:300]!r}"
            self.seen.add(name)
        assert self.app.page.evaluate(MADE) == []
        assert self.app.page.evaluate("() => typeof window.__pwned") == "undefined"


def upload(app: driver.App, place, name: str, content: bytes) -> None:
    place.locator("input[type=file]").last.set_input_files(
        {"name": name, "mimeType": "", "buffer": content}
    )


def test_no_name_is_more_than_text_on_any_page(new_tab, own_server):
    address, model = own_server
    app = new_tab(address).open(f"/morph?from={NAMES[0]}&route=%3Cimg%20src%3Dx%3E&at=%3Cb%3E")
    reader = Reader(app)
    reader.look()

    app.data_in_use().click()
    panel = app.page.get_by_test_id("stPopoverBody")
    upload(app, panel, f"{FILE}.csv", typed_table().encode())
    expect(app.data_in_use()).to_contain_text(f"{FILE}.csv, 72 settings, 6 words")
    reader.look()  # with the panel open
    upload(app, panel, f"{FILE}.csv", b"\0")
    expect(app.page.get_by_text("is not a text table").first).to_be_visible()
    reader.look()
    upload(app, panel, f"{FILE}.csv", typed_table().encode())
    expect(app.page.get_by_text("is not a text table")).to_have_count(0)
    expect(app.data_in_use()).to_contain_text(f"{FILE}.csv, 72 settings, 6 words")
    app.page.keyboard.press("Escape")
    app.model_in_use().click()
    upload(app, app.page.get_by_test_id("stPopoverBody"), f"{FILE}.pt", b"no model")
    expect(app.page.get_by_text("is damaged or not").first).to_be_visible()
    reader.look()
    upload(app, app.page.get_by_test_id("stPopoverBody"), f"{FILE}.pt", model)
    expect(app.model_in_use()).to_contain_text(FILE)
    app.page.keyboard.press("Escape")
    reader.look()

    app.go("Explore").page.get_by_role("radio", name="PCA").click()
    expect(app.page.get_by_text("Neighbours true")).to_be_visible()
    reader.look()
    box = app.page.get_by_role("combobox", name="Find words")
    box.click()
    app.page.get_by_role("option").filter(has_text="zq2q").click()
    app.page.keyboard.press("Escape")
    expect(app.page.get_by_role("heading", name="zq2q")).to_be_visible()
    reader.look()
    box = app.page.get_by_role("combobox", name="Setting", exact=True)
    box.click()
    app.page.get_by_role("option").first.click()
    expect(app.page.get_by_text("By submitter")).to_be_visible()
    reader.look()

    app.go("Audio")
    app.page.get_by_role("combobox", name="Sound", exact=True).click()
    app.page.get_by_role("option", name="Files of your own").click()
    app.drawn()
    wav = io.BytesIO()
    soundfile.write(wav, np.zeros((4800, 1)) + 0.1, 48000, format="WAV")
    for content in (b"no sound", wav.getvalue()):
        app.drawn()
        app.page.locator("input[type=file][multiple]").set_input_files(
            {"name": f"{FILE}.wav", "mimeType": "", "buffer": content}
        )
        said = "damaged or not an audio file" if content == b"no sound" else "1 channel at 48"
        expect(app.page.get_by_text(said).first).to_be_visible()
        reader.look()
    app.page.get_by_text("A word", exact=True).click()
    reader.look()

    app.go("Presets")
    app.page.get_by_role("radio", name=re.compile("^Open a file")).click()
    app.drawn()
    preset = write_preset(Preset(FILE, DEFAULT)).encode()
    main = app.page.get_by_test_id("stMain")
    upload(app, main, f"{FILE}.json", preset)
    expect(app.page.get_by_text("read as ")).to_be_visible()
    reader.look()
    app.button("Use as EQ").click()
    for page in PAGES:
        app.go(page)
        reader.look()
    assert reader.seen == set(ALL)
