"""Keeps the process that trains: starts it when runs wait, hears it out, closes it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from neural_eq.errors import NeuralEqError
from neural_eq.jobs import lock, run_folder
from neural_eq.jobs.run_folder import Run

ROOT = Path(__file__).parents[2]

_log = logging.getLogger(__name__)


class Keeper:
    """At most one process that trains, for a folder whose other keepers may have theirs.

    Args:
        folder: Of all runs.
        queue: Returns the runs that wait, the next one first.

    Attributes:
        last_words: By run, why it ended, where its process could not write that to its folder.
    """

    def __init__(self, folder: Path, queue: Callable[[], list[Run]]):
        self.folder = folder
        self.last_words: dict[str, str] = {}
        self.process: subprocess.Popen[str] | None = None
        self._queue = queue
        self._lock = threading.RLock()
        self._closed = False

    def worker_lives(self) -> bool:
        """Whether any process trains in this folder, whoever started it."""
        return lock.is_held(self.folder / run_folder.WORKER_LOCK)

    def tend(self) -> None:
        """Start a process if runs are queued and none is at work."""
        with self._lock:
            if self._closed or (self.process is not None and self.process.poll() is None):
                return
            if not self._queue() or self.worker_lives():
                return
            self.process = subprocess.Popen(
                [sys.executable, "-m", "neural_eq.jobs.worker", str(self.folder)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,  # Ctrl-C in the server's terminal is not for it
            )
            threading.Thread(
                target=self._attend, args=(self.process,), name="training", daemon=True
            ).start()

    def close(self, *, timeout_s: float) -> None:
        """Let the process end with a checkpoint, wait for its end, and start none again.

        A server that merely ends does the same without waiting: the pipe closes with it.
        """
        with self._lock:
            self._closed = True
            process = self.process
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout_s)

    def _attend(self, process: subprocess.Popen[str]) -> None:
        """Hear a process out, and start the next if it left runs in the queue."""
        queued = _places(self._queue())
        assert process.stdout is not None and process.stdin is not None
        with process.stdin, process.stdout:
            for line in process.stdout:
                try:
                    said = json.loads(line)
                    self.last_words[str(said["run_id"])] = str(said["error"])
                except (ValueError, KeyError, TypeError):
                    _log.warning("a training's process said: %s", line.strip())
            code = process.wait()
        if code != 0:
            _log.error("a training's process ended with %s", code)
            if queued and queued <= _places(self._queue()):
                self._give_up(queued)
        self.tend()

    def _give_up(self, places: set[tuple[str, float]]) -> None:
        """Mark runs as failed that no process could even begin: trying on would never end."""
        try:
            with run_folder.changing(self.folder):
                for run_id, _ in places:
                    run = run_folder.read(self.folder, run_id)
                    if run is not None and run.state == "queued" and _places([run]) <= places:
                        error = "its process could not start; the log has it."
                        run_folder.write(self.folder, replace(run, state="failed", error=error))
        except NeuralEqError:
            _log.exception("the queue could not be emptied")
            self._closed = True


def _places(runs: list[Run]) -> set[tuple[str, float]]:
    """Runs with the time at which they were queued: one that was begun, and queued anew when its
    process had died, waits in another place."""
    return {(run.run_id, run.queued_s) for run in runs}
