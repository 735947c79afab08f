"""Take a picture of every page: ``python tests/browser/screenshots.py FOLDER``.

Each in light and dark, wide (1440) and narrow (390), on the built-in set, with a training done.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.browser import driver  # noqa: E402

PAGES = {
    "explore": "/",
    "morph": "/morph?at=40",
    "audio": "/audio?at=100",
    "train": "/train",
    "compare": "/compare",
    "presets": "/presets",
}
WIDTHS = (1440, 390)
SCHEMES = ("light", "dark")
DRAWN = ".map-chart .points, .eq-editor .own, .run-chart canvas, .curve-chart .curve"
MAX_HEIGHT = 4000


def take_all(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        root = driver.copied_app(Path(temporary) / "app")
        browser = driver.launch(playwright)
        with driver.server(Path(temporary) / "runs", data=None, root=root) as address:
            _train(browser.new_page(), address)
            for scheme in SCHEMES:
                for width in WIDTHS:
                    page = browser.new_page(
                        viewport={"width": width, "height": 900}, color_scheme=scheme
                    )
                    for name, path in PAGES.items():
                        take(
                            driver.App(page, address), path, folder / f"{name}-{width}-{scheme}.png"
                        )
                    page.close()


def _train(page, address: str) -> None:
    app = driver.App(page, address).open("/train")
    app.page.get_by_role("spinbutton", name="Epochs").fill("40")
    app.page.keyboard.press("Tab")
    app.button("Start training").click()
    expect(page.get_by_text(re.compile("Finished: 40 of 40"))).to_be_visible(timeout=300_000)
    page.close()


def take(app: driver.App, path: str, to: Path) -> None:
    """Open a page, wait until it is drawn, and take it whole."""
    app.open(path)
    page = app.page
    picture = page.locator(DRAWN).first
    expect(picture).to_be_visible(timeout=driver.EXPECT_MS)
    height = page.evaluate(
        "document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight"
    )
    page.set_viewport_size(
        {"width": page.viewport_size["width"], "height": min(height, MAX_HEIGHT)}
    )
    page.wait_for_timeout(800)  # charts settle after a change of size; nothing says when
    page.screenshot(path=to)
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 900})
    print(to)


if __name__ == "__main__":
    take_all(Path(sys.argv[1]))
