"""Trainings in the background of a process: start, stop, and snapshots to read.

A run is a folder: ``run.json`` (configuration, state), ``history.jsonl`` (one line an epoch)
and ``model.pt``, each written whole or not at all, so that a run outlives the process.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from neural_eq.data.safe_db import Dataset, select
from neural_eq.errors import NeuralEqError, OutputError
from neural_eq.model import config as configs
from neural_eq.model.config import TrainConfig

LIVE_STATES = ("running", "stopping")
DONE_STATES = ("finished", "stopped")
"""The states of a run; besides these, ``"failed"`` and ``"interrupted"`` by the process's end."""

MODEL_FILE, RUN_FILE, HISTORY_FILE = "model.pt", "run.json", "history.jsonl"

CLOSE_S = 10.0
"""How long the end of a process waits for the epoch that is going on."""

_log = logging.getLogger(__name__)


class BusyError(NeuralEqError):
    """A training is already running."""


@dataclass(frozen=True)
class Run:
    """A run as it stands at one moment.

    Attributes:
        run_id: The name of its folder.
        state: One of :data:`LIVE_STATES`, :data:`DONE_STATES`, ``"failed"``, ``"interrupted"``.
        started: Local date and time, ``2026-11-23T12:43:32``.
        config: How it trains.
        data: What it trains on, in words.
        epochs_done: Epochs behind it.
        error: One sentence if it failed.
        model_path: Its model, if one has been written.
    """

    run_id: str
    state: str
    started: str
    config: TrainConfig
    data: str
    epochs_done: int = 0
    error: str = ""
    model_path: Path | None = None

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES

    @property
    def is_usable(self) -> bool:
        """Whether it has a model and works on it no more."""
        return self.model_path is not None and not self.is_live

    def describe(self) -> str:
        """Name it for a list: when, how long, how large."""
        month_day, clock = self.started[5:10], self.started[11:16]
        text = f"{month_day} {clock}, {self.epochs_done} epochs, {self.config.model.latent_dim}-D"
        return text if self.state == "finished" else f"{text}, {self.state}"


@dataclass
class _Job:
    """A run of this process: its last snapshot, its history, and how to end it."""

    run: Run
    history: list[dict[str, Any]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


class TrainingJobs:
    """The trainings of one process, one at a time, and the runs that its folder holds.

    Every method may be called from any thread.

    Args:
        folder: Where runs live; made when the first one starts.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self._lock = threading.RLock()
        self._jobs: dict[str, _Job] = {}
        self._from_disk: dict[str, tuple[int, Run]] = {}
        # a thread that is in the midst of PyTorch when the process ends would abort it
        atexit.register(self.close)

    def start(self, dataset: Dataset, config: TrainConfig) -> str:
        """Start a training and return its run's id at once.

        Raises:
            BusyError: If one is running.
            DataError: If the data leaves nothing to train on.
            OutputError: If the run's folder cannot be made.
        """
        chosen = select(dataset, min_examples=config.min_examples, keep_junk=config.keep_junk)
        with self._lock:
            live = self.live()
            if live is not None:
                raise BusyError(
                    f"A training is running ({live.describe()}); wait for it or stop it first."
                )
            run_id = self._make_folder()
            started = time.strftime("%Y-%m-%dT%H:%M:%S")
            job = _Job(Run(run_id, "running", started, config, chosen.describe()))
            self._write(job)
            self._jobs[run_id] = job
            job.thread = threading.Thread(
                target=self._train, args=(job, dataset), name=f"training {run_id}", daemon=True
            )
            job.thread.start()
        return run_id

    def stop(self, run_id: str) -> None:
        """Ask a run to end after its present epoch and keep what it learned."""
        with self._lock:
            job = self._jobs.get(run_id)
            if job is not None and job.run.is_live:
                job.stop.set()
                job.run = replace(job.run, state="stopping")

    def close(self, *, timeout_s: float = CLOSE_S) -> None:
        """Stop what is going on and wait for its end, so that it is kept."""
        live = self.live()
        if live is not None:
            self.stop(live.run_id)
            self.wait(live.run_id, timeout_s=timeout_s)

    def wait(self, run_id: str, *, timeout_s: float) -> Run | None:
        """Wait until a run of this process has ended, and return it."""
        thread = self._jobs[run_id].thread
        if thread is not None:
            thread.join(timeout_s)
        return self.run(run_id)

    def live(self) -> Run | None:
        """Return the run that is going on in this process."""
        with self._lock:
            return next((job.run for job in self._jobs.values() if job.run.is_live), None)

    def run(self, run_id: str) -> Run | None:
        """Return one run, of this process or of an earlier one."""
        with self._lock:
            job = self._jobs.get(run_id)
            return job.run if job is not None else self._read(run_id)

    def runs(self) -> list[Run]:
        """Return all runs, newest first."""
        try:
            names = [entry.name for entry in os.scandir(self.folder) if entry.is_dir()]
        except OSError:
            names = []
        found = [self.run(name) for name in {*names, *self._jobs}]
        return sorted((r for r in found if r), key=lambda r: (r.started, r.run_id), reverse=True)

    def history(self, run_id: str) -> list[dict[str, Any]]:
        """Return one dictionary an epoch: the fields of ``EpochReport``."""
        with self._lock:
            job = self._jobs.get(run_id)
            if job is not None:
                return list(job.history)
        if self._read(run_id) is None:
            return []
        rows = []
        try:
            for line in (self.folder / run_id / HISTORY_FILE).read_text("utf-8").splitlines():
                rows.append(json.loads(line))
        except (OSError, ValueError):
            pass  # the last line may be half written: a process that ends does not say so
        return rows

    def _make_folder(self) -> str:
        stamp = time.strftime("%Y%m%d-%H%M%S")
        for number in range(1, 1000):
            run_id = stamp if number == 1 else f"{stamp}-{number}"
            try:
                (self.folder / run_id).mkdir(parents=True)
                return run_id
            except FileExistsError:
                continue
            except OSError as error:
                raise OutputError(
                    f"A run cannot be kept in {self.folder}: {error.strerror}."
                ) from error
        raise OutputError(f"A run cannot be kept in {self.folder}: too many start at once.")

    def _train(self, job: _Job, dataset: Dataset) -> None:
        folder = self.folder / job.run.run_id
        try:
            from neural_eq.model import checkpoint
            from neural_eq.model.training import EpochReport, train

            def on_epoch(report: EpochReport) -> None:
                row = asdict(report)
                with self._lock:
                    job.history.append(row)
                    job.run = replace(job.run, epochs_done=report.epoch)
                _guarded(lambda: _append(folder / HISTORY_FILE, json.dumps(row)), folder)

            def on_checkpoint(model: checkpoint.TrainedModel) -> None:
                checkpoint.save(model, folder / MODEL_FILE)
                with self._lock:
                    job.run = replace(job.run, model_path=folder / MODEL_FILE)
                    self._write(job)

            train(
                dataset, job.run.config, on_epoch, job.stop.is_set, on_checkpoint=on_checkpoint
            )
            cut_short = job.run.epochs_done < job.run.config.epochs
            ended = replace(job.run, state="stopped" if cut_short else "finished")
        except NeuralEqError as error:
            ended = replace(job.run, state="failed", error=str(error))
        except Exception:
            _log.exception("training %s failed", job.run.run_id)
            ended = replace(
                job.run, state="failed", error="The training hit a fault of ours; the log has it."
            )
        with self._lock:
            job.run = ended
            try:
                self._write(job)
            except OutputError:
                _log.exception("the end of training %s could not be written", job.run.run_id)

    def _write(self, job: _Job) -> None:
        """Write ``run.json`` beside itself and rename it."""
        run = job.run
        content = {
            "state": run.state,
            "started": run.started,
            "config": configs.to_dict(run.config),
            "data": run.data,
            "epochs_done": run.epochs_done,
            "error": run.error,
        }
        path = self.folder / run.run_id / RUN_FILE
        _guarded(lambda: _replace(path, json.dumps(content, indent=1)), path.parent)

    def _read(self, run_id: str) -> Run | None:
        """Read a run that this process has not made; None if there is none or it is damaged."""
        folder = self.folder / run_id
        if run_id in ("", ".", "..") or Path(run_id).name != run_id:
            return None  # an id comes from an address, too, and must not leave the folder
        try:
            changed = (folder / RUN_FILE).stat().st_mtime_ns
            known = self._from_disk.get(run_id)
            if known is not None and known[0] == changed:
                return known[1]
            content = json.loads((folder / RUN_FILE).read_text("utf-8"))
            state = str(content["state"])
            model = folder / MODEL_FILE
            run = Run(
                run_id=run_id,
                state="interrupted" if state in LIVE_STATES else state,
                started=str(content["started"]),
                config=configs.from_dict(content["config"]),
                data=str(content["data"]),
                epochs_done=int(content["epochs_done"]),
                error=str(content["error"]),
                model_path=model if model.is_file() else None,
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, NeuralEqError):
            return None
        self._from_disk[run_id] = (changed, run)
        return run


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def _replace(path: Path, text: str) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def _guarded(write: Callable[[], None], folder: Path) -> None:
    try:
        write()
    except OSError as error:
        raise OutputError(f"The run cannot be kept in {folder}: {error.strerror}.") from error
