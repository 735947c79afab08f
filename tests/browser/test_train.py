"""Training, as a person does it in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


CHART = """key => [...document.querySelectorAll(`.st-key-${key} *`)]
    .map(e => e.shadowRoot?.querySelector(".run-chart")?.chart).find(Boolean)"""


def points_in(app, key: str) -> int:
    return app.page.evaluate(f"key => ({CHART})(key)?.count() ?? 0", key)


def wait_for_more_points(app, key: str, n: int) -> None:
    app.page.wait_for_function(f"([key, n]) => ({CHART})(key)?.count() > n", arg=[key, n])


def start_training(app, epochs: int) -> None:
    field = app.page.get_by_role("spinbutton", name="Epochs", exact=True)
    field.fill(str(epochs))
    field.press("Tab")
    app.button("Start training").click()


def x_range(app, key: str) -> list[float]:
    return app.page.evaluate(f"key => ({CHART})(key).range().x", key)


def chart_of(app, key: str):
    return app.page.locator(f".st-key-{key} .run-chart")


def drag(app, key: str) -> None:
    """Draw a box over the middle of a chart, as slowly as a hand does."""
    box = chart_of(app, key).locator(".field canvas").bounding_box()
    across, down = box["width"], box["height"]
    app.page.mouse.move(box["x"] + 0.3 * across, box["y"] + 0.5 * down)
    app.page.mouse.down()
    for step in range(10):
        app.page.mouse.move(box["x"] + (0.3 + 0.03 * step) * across, box["y"] + 0.5 * down)
        app.page.wait_for_timeout(80)
    app.page.mouse.up()


def test_a_training_is_watched_left_refreshed_paused_taken_up_stopped_and_used(
    new_tab, training_address
):
    app = new_tab(training_address)
    app.open("/train")
    expect(app.model_in_use()).to_contain_text("built-in model")
    start_training(app, 10_000)
    expect(app.page.get_by_text(re.compile(r"Epoch [1-9]\d* of 10000"))).to_be_visible()
    for key in ("train_held_out", "train_losses"):
        wait_for_more_points(app, key, 2)
    before = points_in(app, "train_losses")
    wait_for_more_points(app, "train_losses", before)
    expect(chart_of(app, "train_losses").get_by_text("Contrastive")).to_be_visible()
    expect(chart_of(app, "train_losses").get_by_text("Reconstruction")).to_be_visible()
    expect(app.page.get_by_test_id("stMetricValue").first).to_contain_text("dB")
    expect(app.page.get_by_test_id("stMetricValue")).to_have_count(6)
    expect(chart_of(app, "train_latent").get_by_text("warm", exact=True)).to_be_visible()

    # a zoom that is drawn by hand holds while the curve grows under it
    chart = chart_of(app, "train_held_out")
    chart.evaluate("chart => { chart.isTheSame = true; }")
    drag(app, "train_held_out")
    zoomed = x_range(app, "train_held_out")
    assert 1000 < zoomed[0] < zoomed[1] < 7000
    for _ in range(3):
        wait_for_more_points(app, "train_held_out", points_in(app, "train_held_out") + 2)
    assert x_range(app, "train_held_out") == zoomed
    chart.get_by_role("button", name="Zoom out").click()
    assert x_range(app, "train_held_out") != zoomed
    chart.locator(".field canvas").dblclick()
    assert x_range(app, "train_held_out") == [0, 10_000]
    drag(app, "train_held_out")
    zoomed = x_range(app, "train_held_out")
    assert chart.evaluate("chart => chart.isTheSame")

    # the pointer reads a point that stays
    box = chart_of(app, "train_losses").locator(".field canvas").bounding_box()
    app.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    expect(chart_of(app, "train_losses").get_by_text(re.compile(r"^epoch \d+"))).to_be_visible()

    app.go("Morph")
    expect(app.page.get_by_text(re.compile(r"Training: epoch \d+ of 10000"))).to_be_visible()
    app.go("Train")
    expect(chart).to_be_visible()
    before = points_in(app, "train_losses")
    wait_for_more_points(app, "train_losses", before)
    assert x_range(app, "train_held_out") == zoomed

    app.page.reload()
    app.drawn()
    wait_for_more_points(app, "train_losses", before)
    app.button("Pause").click()
    expect(app.page.get_by_text(re.compile(r"Paused: \d+ of 10000 epochs"))).to_be_visible()
    expect(app.model_in_use()).to_contain_text("built-in model")
    app.button("Go on from epoch").click()
    expect(app.page.get_by_text(re.compile(r"Epoch \d+ of 10000, .* left"))).to_be_visible()
    app.button("Stop and keep").click()
    expect(app.page.get_by_text(re.compile(r"Stopped: \d+ of 10000 epochs"))).to_be_visible()
    expect(app.model_in_use()).to_contain_text(re.compile(r"run .*, stopped"))
    expect(app.page.get_by_text("Its model is in use.")).to_be_visible()

    name = app.model_name()
    app.go("Morph")
    expect(app.equaliser()).to_be_visible()
    app.page.reload()
    app.drawn()
    expect(app.model_in_use()).to_contain_text(name)


def test_a_training_to_its_end_seen_from_two_tabs(new_tab, training_address):
    app, other = new_tab(training_address), new_tab(training_address).open("/train")
    expect(other.page.get_by_role("heading", name="No run yet")).to_be_visible()
    app.open("/train")
    app.button("Quick look").click()
    expect(app.page.get_by_text("filled in, with Epochs 20")).to_be_visible()
    app.button("Start training").click()
    # the second tab finds the run by itself, and its end too
    expect(other.page.get_by_role("heading", name=re.compile("^Run "))).to_be_visible()
    for tab in (app, other):
        expect(tab.page.get_by_text("Finished: 20 of 20 epochs")).to_be_visible()
        expect(tab.page.get_by_text("Converged: ")).to_be_visible()
    expect(app.model_in_use()).to_contain_text("20 epochs")

    # the other person's model stays what it was; the run is there to be chosen
    expect(other.model_in_use()).to_contain_text("built-in model")
    other.button("Use this model").click()
    expect(other.model_in_use()).to_contain_text("20 epochs")

    # its latent can be scrubbed by the keyboard and played
    caption = app.page.get_by_text(re.compile(r"After epoch \d+: "))
    expect(caption).to_contain_text("After epoch 20")
    expect(caption).to_contain_text(
        re.compile(r"\(\d+ of other words, which training leaves out\)")
    )
    slider = app.page.get_by_role("slider", name="Epoch of the picture")
    slider.focus()
    slider.press("Home")
    expect(caption).to_contain_text("After epoch 1:")
    app.button("Replay").click()
    expect(app.button("Stop").first).to_be_visible()
    expect(caption).to_contain_text("After epoch 20")
    expect(app.button("Replay")).to_be_visible()


def test_runs_are_chosen_named_compared_deleted_and_brought_back(
    new_tab, training_address, download_to
):
    app = new_tab(training_address)
    app.open("/train")
    for epochs in (3, 4):
        start_training(app, epochs)
        expect(app.page.get_by_text(f"Finished: {epochs} of {epochs} epochs")).to_be_visible()
    table = app.page.get_by_test_id("stDataFrame")
    table.click(position={"x": 15, "y": 55})  # its boxes are painted, not elements
    name = app.page.get_by_role("textbox", name="Name")
    name.fill("Four epochs")
    name.press("Enter")
    expect(app.page.get_by_role("heading", name="Run Four epochs")).to_be_visible()
    path = download_to(app, "Download checkpoint")
    assert path.name == "neural_eq_Four_epochs.pt"
    table.click(position={"x": 15, "y": 90})
    expect(app.button("Delete 2 runs")).to_be_visible()
    expect(app.chart("runs_overlay").get_by_text("Four epochs").first).to_be_visible()
    app.button("Delete 2 runs").click()
    expect(app.page.get_by_text("Deleted 2 runs")).to_be_visible()
    expect(app.page.get_by_role("heading", name="No run yet")).to_be_visible()
    app.page.get_by_role("button", name="Bring back 2 runs").click()
    expect(app.page.get_by_role("heading", name="Run Four epochs")).to_be_visible()
    app.page.locator("[data-testid=stFileUploader] input[type=file]").last.set_input_files(path)
    expect(app.page.get_by_text("Uploaded: 4 of 4 epochs")).to_be_visible()
