"""Time what a person feels of the app, in a real browser: ``app_speed.py``.

From ``streamlit run`` to a drawn map in a browser that runs already but has nothing of the app in
its cache (beside a bare Streamlit page with as many points, in turns: what of it is ours), the
server's memory until a model is needed, reruns after a widget (also while a
training runs), and page switches; each from the event to the picture. On the built-in set, as a
newcomer finds it: a table of one's own needs the model for its first map. Last, the frames of a
map of many settings while it is dragged, on settings drawn at random.
"""

import argparse
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from benchmarks import unsteered  # noqa: E402
from neural_eq.eq.params import MAXIMUM, MINIMUM  # noqa: E402
from tests.browser import driver  # noqa: E402

SWITCHES = ("Morph", "Audio", "Train", "Compare", "Presets", "Explore")
N_MANY = 20_000
DRAWN = """document.addEventListener('DOMContentLoaded', () => {
  const watch = new MutationObserver(() => {
    if (!document.querySelector('.st-key-map :is([data-drawn], .scatterlayer .point)')) return;
    watch.disconnect();
    // the first frame that shows them is over when the second begins
    requestAnimationFrame(() => requestAnimationFrame(() => {
      window.drawn = (performance.timeOrigin + performance.now()) / 1000;
    }));
  });
  watch.observe(document.documentElement, {subtree: true, childList: true,
                                           attributeFilter: ['data-drawn']});
});"""
BARE = """import numpy as np
import plotly.graph_objects as go
import streamlit as st

x, y = np.random.default_rng(0).normal(size=(2, 1089))
st.title("Points")
st.plotly_chart(go.Figure(go.Scatter(x=x, y=y, mode="markers")), key="map")
"""
SWITCHING = """title => {
  // the browser times itself, from the click to the frame after all is there
  window.switched = null;
  let began = 0, shown = 0;
  document.addEventListener('click', () => { began = performance.now(); },
                            {capture: true, once: true});
  const watch = new MutationObserver(() => {
    if (!began || document.querySelector('h1')?.textContent.trim() !== title) return;
    shown ||= performance.now();
    const app = document.querySelector('[data-testid=stApp]');
    const isDrawn = title !== 'Explore'
      || document.querySelector('.st-key-map [data-drawn]');
    if (!isDrawn || app.getAttribute('data-test-script-state') !== 'notRunning') return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => {
      window.switched = [shown - began, performance.now() - began].map(ms => ms / 1000);
    }));
  });
  watch.observe(document, {subtree: true, childList: true, characterData: true,
                           attributeFilter: ['data-test-script-state', 'data-drawn']});
}"""
DONE = """() => document.querySelector('[data-testid=stApp]')
  ?.getAttribute('data-test-script-state') === 'notRunning'"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=40, help="slider moves")
    parser.add_argument("--starts", type=int, default=10, help="of the server")
    parser.add_argument("--switches", type=int, default=8, help="to each page")
    options = parser.parse_args()
    rows: list[tuple[str, list[float]]] = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = driver.launch(playwright)
        app = driver.copied_app(Path(folder) / "app")
        path = driver.browser_path(playwright)
        bare = Path(folder) / "bare"
        bare.mkdir()
        (bare / "app.py").write_text(BARE)
        ours, peers = _starts(str(path), Path(folder), (app, bare), options)
        rows.append(("start to a drawn map", ours))
        rows.append(("the same of a bare page", peers))
        with driver.server(Path(folder) / "runs", data=None, root=app) as address:
            page = _tab(browser, address)
            page.locator(".st-key-map [data-drawn]").wait_for()
            _idle(page)
            print(f"server before a model is needed: {driver.server_memory_mb():.0f} MB resident")
            switched: dict[str, list[tuple[float, float]]] = {title: [] for title in SWITCHES}
            for _ in range(1 + options.switches):
                for title in SWITCHES:
                    switched[title].append(_switch(page, title))
            for title in switched:
                del switched[title][0]  # the first visit loads what a page needs
            every = [took for visits in switched.values() for took in visits]
            rows.append(("page switch, to its title", [shown for shown, _ in every]))
            rows.append(("page switch, all drawn", [idle for _, idle in every]))
            rows += [
                (f"- to {title}", [idle for _, idle in visits])
                for title, visits in switched.items()
            ]
            page.goto(f"{address}/morph")
            _idle(page)
            rows.append(("Morph, slider to idle", _moves(page, "Morph", options)))
            trainer = _tab(browser, f"{address}/train")
            _idle(trainer)
            field = trainer.get_by_role("spinbutton", name="Epochs")
            field.fill("10000")
            field.press("Tab")
            _idle(trainer)
            trainer.get_by_role("button", name="Start training").click()
            trainer.get_by_text("Epoch").filter(has_text="left").first.wait_for()
            trainer.close()  # its charts, drawn by the processor here, are not what is asked
            rows.append(("Morph, slider to idle while training", _moves(page, "Morph", options)))
        rows.append((f"{N_MANY:,} points dragged, frame to frame", _drag(browser, Path(folder))))
        browser.close()
    print("| | median | 95th percentile | n |\n|---|--:|--:|--:|")
    for name, seconds in rows:
        high = sorted(seconds)[min(len(seconds) - 1, round(0.95 * len(seconds)))]
        print(f"| {name} | {statistics.median(seconds):.3f} s | {high:.3f} s | {len(seconds)} |")


def _starts(
    path: str, folder: Path, apps: tuple[Path, ...], options: argparse.Namespace
) -> list[list[float]]:
    """Start each server again and again, in turns, at addresses that the browser has not seen."""
    took: list[list[float]] = [[] for _ in apps]
    with unsteered.browser(path) as place:
        for number in range(options.starts + 1):
            for app, seconds in zip(apps, took, strict=True):
                tab = unsteered.new_tab(place)
                started = time.time()
                runs = folder / f"runs_{app.name}_{number}"
                with driver.server(runs, data=None, root=app) as address:
                    tab.open(address, script=DRAWN)
                    seconds.append(tab.wait_for("window.drawn") - started)
                tab.close()
    return [seconds[1:] for seconds in took]  # the first one reads all files from the disk


def _drag(browser: Browser, folder: Path) -> list[float]:
    """Drag a map of many settings about; return the seconds of each frame."""
    params = np.random.default_rng(0).uniform(MINIMUM, MAXIMUM, (N_MANY, len(MINIMUM)))
    table = folder / "many.csv"
    with table.open("w", encoding="utf-8") as file:
        for i, setting in enumerate(params):
            cells = [i, ("warm", "bright")[i % 2], i % 300, 2, 2, *setting, *[""] * 7]
            file.write(",".join(map(str, cells)) + "\n")
    with driver.server(folder / "many", data=table) as address:
        page = _tab(browser, address)
        page.get_by_role("radio", name="PCA").click(timeout=120_000)
        page.locator(".st-key-map [data-drawn]").wait_for(timeout=120_000)
        page.wait_for_timeout(3000)
        box = page.locator(".st-key-map .stage").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.evaluate(
            """() => {
            const frames = window.frames_ms = [];
            let before = performance.now();
            const count = (now) => {
              frames.push(now - before);
              before = now;
              requestAnimationFrame(count);
            };
            requestAnimationFrame(count);
            }"""
        )
        for i in range(120):
            page.mouse.move(x + 90 * math.sin(i / 9), y + 50 * math.sin(i / 7))
            page.wait_for_timeout(16)
        frames_ms = page.evaluate("window.frames_ms.slice(5)")
        page.mouse.up()
        page.close()
    return [frame_ms / 1000 for frame_ms in frames_ms]


def _tab(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(30_000)
    page.goto(address)
    return page


def _idle(page: Page) -> None:
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_function(DONE)
    page.wait_for_timeout(1000)


def _moves(page: Page, name: str, options: argparse.Namespace) -> list[float]:
    """Move a slider by the keyboard, each time until the script has run."""
    _idle(page)
    slider = page.get_by_role("slider", name=name).first
    slider.focus()
    # the browser times itself, so that the driver's own way is not in it; a training's parts are
    # drawn by runs of their own, so the heading must have followed the slider
    page.evaluate(
        """() => {
        window.runs = [];
        if (window.isTimed) return;
        window.isTimed = true;
        let began = 0, before = '';
        const heading = () => document.querySelector('h3')?.textContent;
        document.addEventListener('keydown', () => {
          began = performance.now();
          before = heading();
        }, true);
        new MutationObserver(() => {
          const app = document.querySelector('[data-testid=stApp]');
          const state = app?.getAttribute('data-test-script-state');
          if (state === 'notRunning' && began && heading() !== before) {
            window.runs.push((performance.now() - began) / 1000);
            began = 0;
          }
        }).observe(document, {subtree: true, childList: true, characterData: true,
                              attributeFilter: ['data-test-script-state']});
        }"""
    )
    for number in range(options.repeats):
        slider.press("ArrowRight" if number % 2 else "ArrowLeft")
        page.wait_for_function(f"() => window.runs.length > {number}")
        page.wait_for_timeout(200)  # presses that follow at once are taken together
    return page.evaluate("() => window.runs")


def _switch(page: Page, title: str) -> tuple[float, float]:
    """Click a page's link; return the seconds until its title is there, and until all is drawn."""
    page.evaluate(SWITCHING, title)
    page.get_by_role("navigation").get_by_role("link", name=title).click()
    page.wait_for_function("() => window.switched")
    page.wait_for_timeout(300)
    return tuple(page.evaluate("() => window.switched"))


if __name__ == "__main__":
    main()
