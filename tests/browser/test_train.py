"""Training, as a person does it in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


# plotly draws fewer points than it has where they would share a pixel, so its data are counted
POINTS = """selector => {
    const chart = document.querySelector(selector + " .js-plotly-plot");
    return chart && chart.querySelector("path.js-line") ? chart.data[0].x.length : 0;
}"""


def points_in(app, key: str) -> int:
    return app.page.evaluate(POINTS, f".st-key-{key}")


def wait_for_more_points(app, key: str, n: int) -> None:
    app.page.wait_for_function(
        f"([selector, n]) => ({POINTS})(selector) > n", arg=[f".st-key-{key}", n]
    )


def start_training(app, epochs: int) -> None:
    field = app.page.get_by_role("spinbutton", name="Epochs")
    field.fill(str(epochs))
    field.press("Tab")
    app.button("Start training").click()


def test_a_training_is_watched_left_refreshed_stopped_and_used(new_tab, training_address):
    app = new_tab(training_address)
    app.open("/train")
    expect(app.model_in_use()).to_contain_text("built-in model")
    start_training(app, 10_000)
    expect(app.page.get_by_text(re.compile(r"Epoch [1-9]\d* of 10000"))).to_be_visible()
    for key in ("train_held_out", "train_losses"):
        wait_for_more_points(app, key, 2)
    before = points_in(app, "train_losses")
    wait_for_more_points(app, "train_losses", before)
    expect(app.chart("train_losses").get_by_text("Contrastive").first).to_be_visible()
    expect(app.chart("train_losses").get_by_text("Reconstruction").first).to_be_visible()
    expect(app.page.get_by_test_id("stMetricValue")).to_contain_text("dB")
    expect(app.button("Start training")).to_be_disabled()

    app.go("Morph")
    expect(app.page.get_by_text(re.compile(r"Training: epoch \d+ of 10000"))).to_be_visible()
    app.go("Train")
    before = points_in(app, "train_losses")
    wait_for_more_points(app, "train_losses", before)

    app.page.reload()
    app.drawn()
    wait_for_more_points(app, "train_losses", before)
    app.button("Stop and keep").click()
    expect(app.page.get_by_text(re.compile(r"Stopped: \d+ of 10000 epochs"))).to_be_visible()
    expect(app.model_in_use()).to_contain_text(re.compile(r"run .*, stopped"))
    expect(app.page.get_by_text("Its model is in use.")).to_be_visible()

    name = app.model_name()
    app.go("Morph")
    expect(app.chart("morph_curves")).to_be_visible()
    app.page.reload()
    app.drawn()
    expect(app.model_in_use()).to_contain_text(name)


def test_a_training_to_its_end(new_tab, training_address):
    app, other = new_tab(training_address), new_tab(training_address).open("/morph")
    app.open("/train")
    start_training(app, 3)
    expect(app.page.get_by_text("Finished: 3 of 3 epochs")).to_be_visible()
    expect(app.model_in_use()).to_contain_text("3 epochs")
    expect(app.button("Start training")).to_be_enabled()

    # the other person's model stays what it was; the run is there to be chosen
    other.go("Explore")
    expect(other.model_in_use()).to_contain_text("built-in model")
    other.model_in_use().click()
    other.page.get_by_role("combobox", name="Model in use").click()
    other.page.get_by_role("option", name=re.compile("3 epochs")).first.click()
    expect(other.model_in_use()).to_contain_text("3 epochs")
