"""A server whose process notes every socket that it binds and every address that it connects to."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
START_S = 60

# Python imports it first in every process that has its folder on the path, so a worker's is seen
HOOK = """
import sys

def note(event, args, _noted={noted!r}, _write=open):
    if event in ("socket.bind", "socket.connect"):
        place = args[1]
        if isinstance(place, tuple):
            line = event + " " + str(place[0])
        else:
            return  # a socket of this machine's own kind
    elif event == "socket.getaddrinfo":
        line = event + " " + str(args[0])
    else:
        return
    with _write(_noted, "a") as file:
        file.write(line + "\\\\n")

sys.addaudithook(note)
"""


@dataclass
class Watched:
    """A running server.

    Attributes:
        port: Where it listens.
        noted: The file of what its processes did with sockets.
        log: The file of what it said.
    """

    port: int
    noted: Path
    log: Path

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def events(self) -> set[tuple[str, str]]:
        """What was done with sockets: pairs such as ``("socket.bind", "127.0.0.1")``."""
        lines = self.noted.read_text("utf-8").splitlines()
        return {(event, place) for event, _, place in (line.partition(" ") for line in lines)}

    def answer(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, dict[str, str]]:
        """Ask it as any program could; return the status and the headers."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            answer.read()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}
        finally:
            connection.close()


@contextlib.contextmanager
def watched(folder: Path, *arguments: str) -> Iterator[Watched]:
    """Run ``streamlit run app.py`` as a user does, with no option but its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    noted, log = folder / "sockets.txt", folder / "server.log"
    noted.touch()
    hooks = folder / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(HOOK.format(noted=str(noted)).replace("\\\\n", "\\n"))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NEURAL_EQ_")}
    environment |= {"NEURAL_EQ_RUNS": str(folder / "runs"), "PYTHONPATH": str(hooks)}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    with log.open("w") as said:
        process = subprocess.Popen(
            [*command, *arguments], cwd=ROOT, env=environment, stdout=said, stderr=said
        )
        server = Watched(port, noted, log)
        try:
            _wait_until_healthy(server, process)
            yield server
        finally:
            process.kill()
            process.wait()


def _wait_until_healthy(server: Watched, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + START_S
    while time.monotonic() < ends and process.poll() is None:
        with contextlib.suppress(OSError):
            if server.answer("GET", "/_stcore/health")[0] == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"the server did not start:\n{server.log.read_text()}")
