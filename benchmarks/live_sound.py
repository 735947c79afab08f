"""Time what the hand and the ear feel of the live sound, in a real browser: ``live_sound.py``.

From an input event to changed samples (until the audio thread has made their block, by its clock
of whole milliseconds), the event's handler, frames drawn while the slider moves with the spectrum
on, and how soon a long file plays.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from tests.browser import driver  # noqa: E402
from tests.browser.driver import server_memory_mb  # noqa: E402

SLIDER = """[...document.querySelectorAll('*')]
  .map(e => e.shadowRoot?.querySelector('.morph-slider'))
  .filter(Boolean).map(e => e.querySelector('input')).find(e => e.max === '100')"""

EVENTS = f"""async (n) => {{
  const {{engine}} = __neuralEqDock1, slider = {SLIDER}, rows = [];
  for (let i = 0; i < n; i++) {{
    await new Promise((done) => setTimeout(done, 60 + 40 * Math.random()));
    const before = engine.nValues;
    const told = new Promise((done) => {{
      const port = engine.voice.node.port, listen = ({{data}}) => {{
        if (data.type !== 'status' || data.nValues <= before) return;
        port.removeEventListener('message', listen);
        done(data.madeAt);
      }};
      port.addEventListener('message', listen);
    }});
    const began = performance.now(), at = Date.now();
    // never where it stands, since nothing would be told of that
    slider.value = 10 + (slider.value - 10 + 5 + 70 * Math.random()) % 80;
    slider.dispatchEvent(new Event('input', {{bubbles: true, composed: true}}));
    const handled = performance.now();
    rows.push([(await told) - at, handled - began]);
  }}
  return rows;
}}"""

FRAMES = f"""async (n) => {{
  const slider = {SLIDER}, times = [];
  for (let i = 0; i < n; i++) {{
    slider.value = 50 + 40 * Math.sin(i / 10);
    slider.dispatchEvent(new Event('input', {{bubbles: true, composed: true}}));
    times.push(await new Promise(requestAnimationFrame));
  }}
  return times;
}}"""

IS_LONG = "(frames) => __neuralEqDock1.engine?.sound?.n_frames > frames"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=200, help="input events")
    parser.add_argument("--minutes", type=float, default=10, help="length of the long file")
    options = parser.parse_args()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = driver.launch(playwright)
        app = driver.copied_app(Path(folder) / "app")
        with driver.server(Path(folder) / "runs", data=None, root=app) as address:
            _measure_events(browser, address, options.repeats)
            _measure_long_file(browser, address, Path(folder) / "long.wav", options.minutes)
        browser.close()


def _measure_events(browser: Browser, address: str, n: int) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    app = driver.App(page, address).open("/morph").play()
    rows = np.array(page.evaluate(EVENTS, n))
    _print("input event to changed samples", rows[:, 0])
    _print("the event's handler", rows[:, 1])
    _print("from frame to frame, slider moving, spectrum on", np.diff(page.evaluate(FRAMES, n)))
    app.page.close()


def _measure_long_file(browser: Browser, address: str, path: Path, minutes: float) -> None:
    rate = 44100
    noise = np.random.default_rng(0).uniform(-0.2, 0.2, (rate, 2))
    with soundfile.SoundFile(path, "w", rate, 2, "PCM_16") as file:
        for _ in range(round(60 * minutes)):
            file.write(noise)
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(60_000)
    app = driver.App(page, address).open("/audio")
    page.get_by_role("combobox", name="Sound", exact=True).click()
    page.get_by_role("option", name="Files of your own").click()
    app.drawn()
    before_mb = server_memory_mb()
    began = time.perf_counter()
    page.locator("input[type=file][multiple]").set_input_files(path)
    page.wait_for_function(IS_LONG, arg=30 * rate)  # until then Play would start the clip before it
    page.get_by_role("region", name="Player").get_by_role("button", name="Play").click()
    app.plays()
    uploaded = time.perf_counter() - began
    clips = page.get_by_role("combobox", name="Sound that plays")
    clips.select_option(label="Drums")
    app.drawn()
    began = time.perf_counter()
    clips.select_option(label=path.name)
    page.wait_for_function(IS_LONG, arg=30 * rate)
    app.plays()
    chosen = time.perf_counter() - began
    size_mb = path.stat().st_size / 1e6
    print(f"a file of {size_mb:.0f} MB plays {chosen:.2f} s after it was chosen in the player,"
          f" {uploaded:.2f} s after it was given to the page (its upload included);"
          f" the server grew by {server_memory_mb() - before_mb:.0f} MB")  # fmt: skip


def _print(name: str, times_ms: np.ndarray) -> None:
    found = sorted(times_ms.tolist())
    high = found[min(len(found) - 1, round(0.95 * len(found)))]
    print(f"{name}: median {statistics.median(found):.1f} ms, 95th percentile {high:.1f} ms")


if __name__ == "__main__":
    main()
