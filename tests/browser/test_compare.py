"""Models side by side, in a real browser."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_models_are_compared_and_the_report_taken_home(app, download_to):
    app.open("/compare")
    table = app.page.get_by_role("table").first
    expect(table).to_contain_text("Curve error, mean")
    expect(table.get_by_role("columnheader")).to_have_count(4)
    app.page.get_by_role("button", name="Remove built-in, small: 2-D").click()
    expect(table.get_by_role("columnheader")).to_have_count(3)
    app.drawn()
    report = json.loads(download_to(app, "Report (JSON)").read_text("utf-8"))
    assert [m["name"] for m in report["models"]] == ["built-in model", "built-in, small: 3-D"]
    page = download_to(app, "Report (HTML)").read_text("utf-8")
    assert page.startswith("<!doctype html>") and "built-in, small: 3-D" in page
    bars = app.chart("compare_coverage").locator(".bars .point")
    expect(bars).to_have_count(3 * 5 + 2 * 5)  # and how far each model can reach
    for word in ("warm", "bright"):
        expect(app.line(f"compare_{word}", 1)).to_be_visible()
