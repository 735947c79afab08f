"""The trainings of one folder: start, pause, stop, go on, queue; and snapshots to read."""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from neural_eq.data.safe_db import Dataset, select
from neural_eq.errors import NeuralEqError, RunError
from neural_eq.files import written_whole
from neural_eq.jobs import run_folder, settings_file, shelf, views
from neural_eq.jobs.history import Follower
from neural_eq.jobs.keeper import Keeper
from neural_eq.jobs.run_folder import Run
from neural_eq.model.config import TrainConfig

POLL_S = 0.05


class TrainingJobs:
    """The runs that a folder holds, and the process that trains them one at a time.

    The folder is the truth: any number of these, in any number of processes, see and steer the
    same runs. Every method may be called from any thread.

    Args:
        folder: Where runs live; made when the first one starts.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder).absolute()
        self._lock = threading.RLock()
        self._known: dict[str, tuple[tuple[tuple[int, int, int], ...], Run]] = {}
        self._followers: dict[str, Follower] = {}
        self._keeper = Keeper(self.folder, lambda: queue_of(self.runs()))

    # -- what a person asks for

    def start(self, dataset: Dataset, config: TrainConfig, *, name: str = "") -> str:
        """Queue a training and return its run's id; it begins when those before it have ended.

        Raises:
            DataError: If the data leaves nothing to train on.
            OutputError: If the run's folder cannot be made.
        """
        chosen = select(dataset, min_examples=config.min_examples, keep_junk=config.keep_junk)
        run_id = shelf.make_folder(self.folder)
        now = time.localtime()
        run = Run(
            run_id=run_id,
            state="queued",
            started=time.strftime("%Y-%m-%dT%H:%M:%S", now),
            config=config,
            data=chosen.describe(),
            queued_s=time.time(),
        )
        try:
            settings_file.write(self.folder / run_id / run_folder.DATA_FILE, dataset)
            if name:
                run_folder.write_name(self.folder, run_id, name)
            with run_folder.changing(self.folder):
                run_folder.write(self.folder, run)
        except NeuralEqError:
            shutil.rmtree(self.folder / run_id, ignore_errors=True)
            raise
        self.tend()
        return run_id

    def pause(self, run_id: str) -> None:
        """Ask a run to end after its present epoch, to go on later."""
        self._ask(run_id, run_folder.PAUSE)

    def stop(self, run_id: str) -> None:
        """Ask a run to end after its present epoch and keep what it learned.

        A paused one is called stopped; one that waits leaves the queue.
        """
        self._ask(run_id, run_folder.STOP)

    def resume(self, run_id: str) -> None:
        """Queue a run that ended before its time, to go on from its last checkpoint.

        Raises:
            RunError: If it cannot go on.
            OutputError: If its folder cannot be written.
        """
        with run_folder.changing(self.folder):
            run = self._present(run_id)
            if not run.is_resumable:
                raise RunError(f"The run {run.title} is {run.state} and cannot go on.")
            self._keeper.last_words.pop(run_id, None)
            run_folder.write(
                self.folder, replace(run, state="queued", queued_s=time.time(), error="")
            )  # fmt: skip
        self.tend()

    def rename(self, run_id: str, name: str) -> None:
        """Give a run a name; an empty one gives it its date again.

        Raises:
            RunError: If it is not there.
            OutputError: If its folder cannot be written.
        """
        self._present(run_id)
        run_folder.write_name(self.folder, run_id, name)

    def delete(self, run_ids: list[str]) -> None:
        """Move runs to the trash, all or none.

        Raises:
            RunError: If one is not there or training.
            OutputError: If the folder cannot be written.
        """
        with run_folder.changing(self.folder):
            for run_id in run_ids:
                run = self._present(run_id)
                if run.state in run_folder.LIVE_STATES:
                    raise RunError(f"The run {run.title} is training; stop it, then delete it.")
            shelf.to_trash(self.folder, run_ids)

    def restore(self, run_ids: list[str]) -> None:
        """Bring runs back from the trash.

        Raises:
            RunError: If one is no longer there.
        """
        with run_folder.changing(self.folder):
            shelf.from_trash(self.folder, run_ids)

    def take_in(self, content: bytes, *, name: str) -> str:
        """Keep a model file as a run, and return its id; this imports torch.

        Raises:
            CheckpointError: If the file is no model.
            OutputError: If it cannot be kept.
        """
        return shelf.take_in(self.folder, content, name=name)

    # -- what there is to see

    def run(self, run_id: str) -> Run | None:
        """Return one run as it stands."""
        return self._seen(run_id, worker_lives=self._keeper.worker_lives())

    def runs(self) -> list[Run]:
        """Return all runs, newest first."""
        try:
            names = [entry.name for entry in os.scandir(self.folder) if entry.is_dir()]
        except OSError:
            return []
        lives = self._keeper.worker_lives()
        found = [run for name in names if (run := self._seen(name, worker_lives=lives))]
        return sorted(found, key=lambda run: (run.started, run.run_id), reverse=True)

    def live(self) -> Run | None:
        """Return the run that is training, or else the one that is about to."""
        runs = self.runs()
        training = next((run for run in runs if run.state in run_folder.LIVE_STATES), None)
        return training or next(iter(queue_of(runs)), None)

    def history(self, run_id: str) -> list[dict[str, Any]]:
        """Return one dictionary an epoch: the fields of ``EpochReport``."""
        if run_folder.read(self.folder, run_id) is None:
            return []
        with self._lock:
            path = self.folder / run_id / run_folder.HISTORY_FILE
            return self._followers.setdefault(run_id, Follower(path)).rows()

    def view_epochs(self, run_id: str) -> list[int]:
        """The epochs after which a run's latent was pictured."""
        return views.epochs(self.folder / run_id / run_folder.VIEWS_FOLDER)

    def view(self, run_id: str, epoch: int) -> np.ndarray | None:
        """Return one picture, shape ``(n, 2)``."""
        return views.read(self.folder / run_id / run_folder.VIEWS_FOLDER, epoch)

    def view_rows(self, run_id: str) -> views.ViewRows | None:
        """Return what the points of a run's pictures are."""
        return views.read_rows(self.folder / run_id / run_folder.VIEWS_FOLDER)

    def wait(self, run_id: str, *, timeout_s: float) -> Run | None:
        """Wait until a run has ended, and return it as it stands then, or at the time-out."""
        ends = time.monotonic() + timeout_s
        while (run := self.run(run_id)) is not None and run.is_live and time.monotonic() < ends:
            time.sleep(POLL_S)
        return run

    # -- the process that trains

    def tend(self) -> None:
        """Start the process that trains if runs are queued and none is at work."""
        self._keeper.tend()

    def close(self, *, timeout_s: float = 10.0) -> None:
        """Let the process that trains end with a checkpoint, and wait for its end."""
        self._keeper.close(timeout_s=timeout_s)

    def _ask(self, run_id: str, what: str) -> None:
        with run_folder.changing(self.folder):
            run = self._present(run_id)
            if run.state == "queued":
                # it has nothing under way: out of the queue, to be taken up any time
                run_folder.write(self.folder, replace(run, state="paused"))
            elif run.state == "paused" and run.is_usable and what == run_folder.STOP:
                run_folder.write(self.folder, replace(run, state="stopped"))
            elif run.is_live:
                with written_whole(self.folder / run_id / run_folder.ASK_FILE) as file:
                    file.write(what.encode())

    def _present(self, run_id: str) -> Run:
        run = self.run(run_id)
        if run is None:
            raise RunError(f"The run {run_id!r} is not there any more.")
        return run

    def _seen(self, run_id: str, *, worker_lives: bool) -> Run | None:
        """Read a run, again only where a file of its folder has changed."""
        own = self.folder / run_id
        stamps = tuple(
            _stamp(own / name)
            for name in (run_folder.RUN_FILE, run_folder.NAME_FILE, run_folder.MODEL_FILE)
        )
        known = self._known.get(run_id)
        run = known[1] if known and known[0] == stamps else run_folder.read(self.folder, run_id)
        if run is None:
            return None
        self._known[run_id] = (stamps, run)
        if run.state == "running":
            asked_to = run_folder.asked(self.folder, run_id)
            rows = self.history(run_id)
            run = replace(run, epochs_done=int(rows[-1]["epoch"]) if rows else run.epochs_done)
            run = run_folder.as_seen(run, worker_lives=worker_lives, asked_to=asked_to)
            said = self._keeper.last_words.get(run_id)
            if run.state == "interrupted" and said:
                run = replace(run, state="failed", error=said)
        return run


def queue_of(runs: list[Run]) -> list[Run]:
    """Those that wait for their turn, the next one first."""
    waiting = [run for run in runs if run.state == "queued"]
    return sorted(waiting, key=lambda run: (run.queued_s, run.run_id))


def _stamp(path: Path) -> tuple[int, int, int]:
    """Tell a file from what stood at its path before, even within one tick of the clock."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return (0, 0, 0)
    return (status.st_mtime_ns, status.st_ino, status.st_size)
