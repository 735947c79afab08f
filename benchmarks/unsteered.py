"""A browser tab that nobody steers, for timing what a person waits for.

A driver such as playwright listens to all that a page asks for and notes the place in the script
that asked; in the middle of the chart library that place alone takes half a second to find.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tests.browser import driver

START_S = 30


class Tab:
    """One tab: it is told where to go and what to run, and nothing in it is listened to."""

    def __init__(self, address: str):
        self._socket = connect(address, max_size=None, proxy=None)
        self._n = 0

    def tell(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command of Chromium's own protocol and return its answer."""
        self._n += 1
        self._socket.send(json.dumps({"id": self._n, "method": method, "params": params}))
        while (said := json.loads(self._socket.recv(timeout=START_S))).get("id") != self._n:
            pass
        return said["result"]

    def open(self, address: str, *, script: str) -> None:
        """Go to an address; the script runs before the page's own."""
        self.tell("Page.enable")
        self.tell("Page.addScriptToEvaluateOnNewDocument", source=script)
        self.tell("Page.navigate", url=address)

    def wait_for(self, expression: str) -> Any:
        """Ask until an expression is true there, and return what it is."""
        ends = time.monotonic() + START_S
        while time.monotonic() < ends:
            found = self.tell("Runtime.evaluate", expression=expression, returnByValue=True)
            if found["result"].get("value"):
                return found["result"]["value"]
            time.sleep(0.05)
        raise AssertionError(f"{expression} did not become true in {START_S} s")

    def close(self) -> None:
        self.tell("Page.close")
        self._socket.close()


@contextlib.contextmanager
def browser(path: str) -> Iterator[str]:
    """Run a browser of its own, with nothing in its cache, and yield where it takes new tabs."""
    # its processes write there until the last of them is gone
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [path, *driver.BROWSER_ARGUMENTS, "--headless=new", "--remote-debugging-port=0",
             "--window-size=1440,900", f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            said = Path(profile) / "DevToolsActivePort"
            ends = time.monotonic() + START_S
            while not (said.exists() and said.read_text().count("\n")):
                assert time.monotonic() < ends, f"the browser did not start in {START_S} s"
                time.sleep(0.1)
            yield f"http://127.0.0.1:{said.read_text().split()[0]}"
        finally:
            process.terminate()
            process.wait()


def new_tab(place: str) -> Tab:
    """Open an empty tab in a :func:`browser`."""
    request = urllib.request.Request(f"{place}/json/new?about:blank", method="PUT")
    with urllib.request.urlopen(request, timeout=START_S) as answer:
        return Tab(json.load(answer)["webSocketDebuggerUrl"])
