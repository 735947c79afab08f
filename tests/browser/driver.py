"""The real server and a real browser, for the browser tests and for the screenshots."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, expect

ROOT = Path(__file__).parents[2]
SAFE_DB = ROOT.parent / "shared" / "safe-db" / "SAFEEqualiserUserData.csv"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
MAP = """[...document.querySelectorAll('.st-key-map *')]
    .map((e) => e.shadowRoot?.querySelector('.map-chart')?.map).find(Boolean)"""
START_S = 60
EXPECT_MS = 60_000

# A page that is opened by its address is first asked for the server at /page/_stcore/…, since the
# app might live under a folder of that name; Streamlit expects the 404 and asks at / next.
HARMLESS = re.compile(r"/(explore|morph|audio|train|compare|presets)/_stcore/(health|host-config)$")


def browser_path(playwright: Playwright) -> str | None:
    """Find a Chromium: on the PATH, else the one that playwright brought."""
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    own = playwright.chromium.executable_path
    return own if own and Path(own).exists() else None


def launch(playwright: Playwright, *arguments: str) -> Browser:
    return playwright.chromium.launch(
        executable_path=browser_path(playwright), args=[*BROWSER_ARGUMENTS, *arguments]
    )


def copied_app(folder: Path) -> Path:
    """Copy what the app consists of, so that the user's ``data/`` and ``runs/`` are not there."""
    for name in ("neural_eq", "pages", "assets", ".streamlit"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "app.py", folder)
    return folder


@contextlib.contextmanager
def server(
    runs: Path, *, data: Path | None, root: Path = ROOT, may_fault: bool = False
) -> Iterator[str]:
    """Run ``streamlit run app.py`` on a free port and yield its address.

    Args:
        runs: Where it keeps trainings and maps.
        data: The table in use; None for what the app finds without being told.
        root: Where ``app.py`` is.
        may_fault: Whether a page may raise what nobody named.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NEURAL_EQ_")}
    environment["NEURAL_EQ_RUNS"] = str(runs)
    if data is not None:
        environment["NEURAL_EQ_DATA"] = str(data)
    log = (runs.parent / f"{runs.name}.log").open("w+", encoding="utf-8")
    process = subprocess.Popen(
        [
            sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}",
            "--server.address=127.0.0.1", "--server.headless=true",
        ],
        cwd=root, env=environment, stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(address, process, log)
        yield address
        process.poll()
        log.seek(0)
        said = log.read()
        assert process.returncode is None, f"the server ended by itself:\n{said}"
        # a tab that closes while its socket opens makes uvicorn log a fault of its own, which has
        # come through what passes all requests on
        said = said.replace("/neural_eq/ui/server.py", "server.py")
        ours = ("Uncaught app execution", "/neural_eq/", "/pages/")
        is_faulty = any(part in said for part in ours)
        assert is_faulty == may_fault, f"the server logged a fault:\n{said}"
    finally:
        process.kill()  # with tabs open it would wait for them
        process.wait()
        log.close()


def server_memory_mb() -> float:
    """The resident memory of the server that this process started last."""
    listed = subprocess.run(
        ["ps", "-o", "rss=,args=", "--ppid", str(os.getpid())],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    sizes = [int(line.split()[0]) for line in listed.splitlines() if "streamlit run app.py" in line]
    return sizes[-1] / 1024


def _wait_until_healthy(address: str, process: subprocess.Popen, log) -> None:
    ends = time.monotonic() + START_S
    while time.monotonic() < ends:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return
        except (OSError, urllib.error.URLError):
            time.sleep(0.05)  # a refused connection answers at once
    log.seek(0)
    raise AssertionError(f"the server did not start:\n{log.read()}")


class App:
    """One browser tab on the app, with every complaint of its console kept."""

    def __init__(self, page: Page, address: str):
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        if message.type == "error" and not HARMLESS.search(where):
            self.complaints.append(f"console: {message.text} ({where})")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"asked the net for {request.url}")

    def open(self, path: str = "/") -> App:
        """Load a page by its address and wait until it is drawn."""
        self.page.goto(self.address + path)
        return self.drawn()

    def go(self, title: str) -> App:
        """Change to a page by its link."""
        self.page.get_by_role("navigation").get_by_role("link", name=title).click()
        expect(self.title()).to_have_text(title, timeout=EXPECT_MS)
        return self.drawn()

    def drawn(self) -> App:
        """Wait until the server has nothing more to send."""
        expect(self.title()).to_be_visible(timeout=EXPECT_MS)
        expect(self.page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning", timeout=EXPECT_MS
        )
        return self

    def title(self):
        return self.page.get_by_role("heading", level=1)

    def button(self, name: str):
        return self.page.get_by_role("button", name=name)

    def model_name(self) -> str:
        return self.model_in_use().get_by_role("paragraph").inner_text()

    def model_in_use(self):
        return self.page.get_by_role("button", name="Model:")

    def data_in_use(self):
        return self.page.get_by_role("button", name="Data:")

    def map(self):
        """The map of Explore."""
        return self.page.locator(".st-key-map .map-chart")

    def map_seen(self) -> dict:
        """How the map looks: its view, its marks, where its points are on the screen."""
        return self.page.wait_for_function(f"() => ({MAP})?.seen()").json_value()

    def chart(self, key: str):
        """A plotly chart by its key."""
        return self.page.locator(f".st-key-{key} .js-plotly-plot")

    def equaliser(self):
        """The picture of the morph with its bands."""
        return self.page.get_by_role("group", name="EQ curve with its five bands")

    def curve_db(self, key: str, number: int) -> list[float]:
        """What one line of a chart of curves shows, point by point."""
        return self.page.wait_for_function(
            """([key, n]) => [...document.querySelectorAll(`.st-key-${key} *`)]
              .map(e => e.shadowRoot?.querySelector('.curve-chart')?.chart?.lines().at(n)?.db)
              .find(Boolean)""",
            arg=[key, number],
        ).json_value()

    def setting(self, key: str) -> list[float]:
        """The 13 parameters that a picture of an EQ shows."""
        return self.page.wait_for_function(
            """key => [...document.querySelectorAll(`.st-key-${key} *`)]
              .map(e => e.shadowRoot?.querySelector('.eq-editor')?.editor?.setting())
              .find(Boolean)""",
            arg=key,
        ).json_value()

    def line(self, key: str, number: int = -1):
        """The path of one line of a chart of curves."""
        return self.curves(key).locator("path.curve").nth(number)

    def curves(self, key: str):
        """A chart of curves by its key."""
        return self.page.locator(f".st-key-{key} .curve-chart")

    def play(self) -> App:
        """Press Play in the player at the foot, and wait until the sound runs."""
        self.page.wait_for_function("() => globalThis.__neuralEqDock1?.engine")
        self.page.get_by_role("region", name="Player").get_by_role(
            "button", name="Play", exact=True
        ).click()
        return self.plays()

    def plays(self) -> App:
        """Wait until the sound is seen to go on."""
        frame = self.engine("status.frame")
        self.page.wait_for_function(
            "frame => { const {status} = __neuralEqDock1.engine;"
            " return status.isPlaying && status.frame !== frame; }",
            arg=frame,
        )
        return self

    def hears(self, label: str) -> None:
        """Wait until the player says that this is heard, or would be."""
        heard = self.page.get_by_role("region", name="Player").locator(".heard")
        expect(heard).to_have_text(re.compile(f"^(Heard|Ready): {re.escape(label)}$"))

    def engine(self, what: str):
        """Ask the engine of this tab."""
        return self.page.evaluate(f"() => __neuralEqDock1.engine.{what}")
