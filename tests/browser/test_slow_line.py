"""What is under way when a page changes: parts that draw themselves anew, over a slow line."""

import pytest
from playwright.sync_api import expect

from tests.browser import driver

LATE_MS = 2500
"""Longer than the training line waits for its next look, here at most a second."""

HOLD_BACK = """window.late_ms = window.nSent = 0;
window.WebSocket = class extends WebSocket {
  addEventListener(kind, hear, ...rest) {
    const late = (event) => setTimeout(() => hear.call(this, event), window.late_ms);
    super.addEventListener(kind, kind === "message" ? late : hear, ...rest);
  }
  send(data) { window.nSent += 1; super.send(data); }
};
const every = window.setInterval;
window.setInterval = (call, ms, ...rest) => every(call, Math.min(ms, 1000), ...rest);"""


@pytest.fixture
def slowed(new_tab):
    """A tab that can be made to hear late of what the server does."""

    def open_tab(address: str, path: str) -> driver.App:
        app = new_tab(address)
        app.page.add_init_script(HOLD_BACK)
        return app.open(path)

    return open_tab


def train(app, *, epochs: int) -> None:
    app.go("Train")
    field = app.page.get_by_role("spinbutton", name="Epochs")
    field.fill(str(epochs))
    field.press("Tab")
    app.drawn()
    app.button("Start training").click()


def line(app):
    return app.page.get_by_text("Training: epoch")


def test_a_page_that_a_press_leads_to_stays_while_a_model_trains(slowed, training_address):
    app = slowed(training_address, "/?found_words=bright")
    train(app, epochs=400)
    app.go("Explore")
    expect(line(app)).to_be_visible()
    expect(app.button("Morph from here")).to_be_visible()
    app.page.evaluate("ms => { window.late_ms = ms; window.nSent = 0 }", LATE_MS)
    app.button("Morph from here").click()
    # the press, and a look at the training in the name of the page that is left
    app.page.wait_for_function("window.nSent >= 2", timeout=LATE_MS)
    expect(app.title()).to_have_text("Morph")
    app.page.wait_for_timeout(2 * LATE_MS)
    expect(line(app)).to_be_visible()  # else no look was under way
    assert app.title().all_inner_texts() == ["Morph"], "the page was cleared away"


def test_the_end_of_a_training_leaves_a_page_that_raises(slowed, faulty_address):
    app = slowed(faulty_address, "/compare")
    train(app, epochs=60)
    app.go("Compare")
    expect(app.page.get_by_text("RuntimeError")).to_be_visible()
    expect(line(app)).to_be_visible()
    app.page.evaluate("ms => { window.late_ms = ms }", LATE_MS)
    expect(line(app)).to_have_count(0)
    app.page.wait_for_timeout(2 * LATE_MS)
    expect(app.title()).to_have_text("Compare")
