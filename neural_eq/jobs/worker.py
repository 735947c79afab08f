"""The process that trains: ``python -m neural_eq.jobs.worker RUNS_FOLDER``.

It takes the queued runs of a folder one after another and ends when there is none left. Who
started it holds the other end of its standard input: when that closes, the server is gone, and
the run ends with a checkpoint. What cannot be written to the run's folder goes to standard output,
a JSON object a line.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from neural_eq.errors import DivergedError, NeuralEqError, OutputError
from neural_eq.jobs import history, lock, run_folder, settings_file
from neural_eq.jobs.run_folder import Run

if TYPE_CHECKING:
    from neural_eq.model.checkpoint import TrainedModel
    from neural_eq.model.training import EpochReport

LOCK_PATIENCE_S = 1.0
NICENESS = 10

_log = logging.getLogger(__name__)


def work(folder: Path, is_alone: Callable[[], bool]) -> None:
    """Train what is queued in a folder, unless another process is at it.

    Args:
        folder: Of all runs.
        is_alone: Whether the server is gone.
    """
    with lock.held(folder / run_folder.WORKER_LOCK, patience_s=LOCK_PATIENCE_S) as got:
        if not got:
            return
        _mark_interrupted(folder)
        while not is_alone():
            run = _take_next(folder)
            if run is None:
                return
            train_run(folder, run, is_alone)


def _all(folder: Path) -> list[Run]:
    found = (run_folder.read(folder, entry.name) for entry in folder.iterdir() if entry.is_dir())
    return [run for run in found if run is not None]


def _mark_interrupted(folder: Path) -> None:
    """Say of runs whose process died what they are, before another run goes on in their name."""
    with run_folder.changing(folder):
        for run in _all(folder):
            if run.state == "running":
                done = len(history.Follower(folder / run.run_id / run_folder.HISTORY_FILE).rows())
                run_folder.write(folder, replace(run, state="interrupted", epochs_done=done))


def _take_next(folder: Path) -> Run | None:
    with run_folder.changing(folder):
        queued = [run for run in _all(folder) if run.state == "queued"]
        if not queued:
            return None
        run = replace(min(queued, key=lambda r: (r.queued_s, r.run_id)), state="running", error="")
        (folder / run.run_id / run_folder.ASK_FILE).unlink(missing_ok=True)
        run_folder.write(folder, run)
    return run


def train_run(folder: Path, run: Run, is_alone: Callable[[], bool]) -> None:
    """Train one run from its last checkpoint, if it has one, and write how it ended."""
    progress = run
    try:
        from neural_eq.jobs.separation import separation
        from neural_eq.jobs.views import ViewWriter
        from neural_eq.model import checkpoint, training

        own = folder / run.run_id
        dataset = settings_file.read(own / run_folder.DATA_FILE)
        model_path = own / run_folder.MODEL_FILE
        resumed = checkpoint.load(model_path) if model_path.is_file() else None
        past = resumed.history if resumed else []
        rows_path = own / run_folder.HISTORY_FILE
        if len(history.Follower(rows_path).rows()) != len(past):
            history.write(rows_path, past)  # what came after the checkpoint comes again
        views = ViewWriter(own / run_folder.VIEWS_FOLDER, dataset, run.config, done=len(past))
        progress = replace(run, epochs_done=len(past))

        def on_epoch(report: EpochReport) -> None:
            nonlocal progress
            history.append(rows_path, asdict(report))
            progress = replace(progress, epochs_done=report.epoch)

        def on_checkpoint(model: TrainedModel) -> None:
            nonlocal progress
            checkpoint.save(model, model_path)
            progress = replace(progress, checkpoint_epoch=len(model.history))
            with run_folder.changing(folder):
                run_folder.write(folder, progress)

        model = training.train(
            dataset,
            run.config,
            on_epoch,
            lambda: is_alone() or bool(run_folder.asked(folder, run.run_id)),
            on_checkpoint=on_checkpoint,
            on_view=views.take,
            resume_from=resumed,
        )
        state = _state(folder, progress, is_alone())
        ended = replace(progress, state=state, separation=separation(model, dataset))
    except NeuralEqError as error:
        diverged = isinstance(error, DivergedError)
        ended = replace(progress, state="failed", error=str(error), diverged=diverged)
    except Exception:
        _log.exception("training %s failed", run.run_id)
        error_text = "it hit a fault of ours; the log has it."
        ended = replace(progress, state="failed", error=error_text)
    _write_end(folder, ended)


def _state(folder: Path, run: Run, is_alone: bool) -> str:
    if run.epochs_done >= run.config.epochs:
        return "finished"
    asked = run_folder.asked(folder, run.run_id)
    if asked:
        return "paused" if asked == run_folder.PAUSE else "stopped"
    assert is_alone, "a training ends early only when asked, or when the server is gone"
    return "interrupted"


def _write_end(folder: Path, run: Run) -> None:
    try:
        with run_folder.changing(folder):
            run_folder.write(folder, run)
            (folder / run.run_id / run_folder.ASK_FILE).unlink(missing_ok=True)
    except (OutputError, OSError) as error:
        _log.error("the end of training %s could not be written: %s", run.run_id, error)
        last_words = {"run_id": run.run_id, "error": run.error or str(error)}
        with contextlib.suppress(OSError):
            print(json.dumps(last_words), flush=True)


def _watch(server: threading.Event) -> None:
    """Wait for the end of standard input, past Python's own buffer, whose lock an exit needs."""
    with contextlib.suppress(OSError):
        while os.read(0, 64):
            pass
    server.set()


def main(folder: Path) -> None:
    """Work until the queue is empty or the server gone."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to answer
    _step_back()
    gone = threading.Event()
    threading.Thread(target=_watch, args=(gone,), daemon=True, name="server").start()
    work(folder, gone.is_set)


def _step_back() -> None:
    """Let a page that someone waits for go before a training that nobody waits for.

    Niceness alone leaves the page to wait where both want the same core: every twentieth answer
    took 0.4 s, and 0.3 s where the training takes only what others leave.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):  # no Linux, or a container that forbids it
        if hasattr(os, "nice"):
            os.nice(NICENESS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
