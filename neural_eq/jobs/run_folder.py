"""One run as its folder tells it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neural_eq.errors import NeuralEqError, OutputError, RunError
from neural_eq.files import written_whole
from neural_eq.jobs import lock
from neural_eq.model import config as configs
from neural_eq.model.config import TrainConfig

RUN_FILE, NAME_FILE, DATA_FILE = "run.json", "name.txt", "data.npz"
HISTORY_FILE, MODEL_FILE, ASK_FILE, VIEWS_FOLDER = "history.jsonl", "model.pt", "ask", "views"
CHANGE_LOCK, WORKER_LOCK = ".change.lock", ".worker.lock"
"""In the folder of all runs: held for a moment by who changes a state, and by who trains."""

LIVE_STATES = ("running", "pausing", "stopping")
WAITING_STATES = ("queued",)
DONE_STATES = ("finished", "stopped")
RESUMABLE_STATES = ("paused", "interrupted", "failed", "stopped")
"""``"interrupted"``: its process ended before its time, by the server's end or by itself."""

PAUSE, STOP = "pause", "stop"
MAX_NAME_CHARS = 60
CHANGE_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Separation:
    """How far the two commonest words lie apart in a trained latent.

    Attributes:
        words: The two.
        silhouette: -1 to 1: how much nearer a setting is to its own word than to the other.
        unseen: Whether it was measured on held-out settings.
    """

    words: tuple[str, str]
    silhouette: float
    unseen: bool


@dataclass(frozen=True)
class Run:
    """A run as it stands at one moment.

    Attributes:
        run_id: The name of its folder.
        state: One of :data:`LIVE_STATES`, :data:`WAITING_STATES`, :data:`DONE_STATES` or
            :data:`RESUMABLE_STATES`.
        started: Local date and time, ``2026-11-23T12:43:32``.
        config: How it trains.
        data: What it trains on, in words.
        name: What the user calls it; empty if nothing.
        queued_s: When it joined the queue, in seconds since 1970.
        epochs_done: Epochs behind it.
        checkpoint_epoch: Epochs that its checkpoint has behind it; 0 without one.
        error: One sentence if it failed.
        diverged: Whether it failed because the loss left all bounds.
        uploaded: Whether it came as a model file and was trained elsewhere.
        separation: How far its words came apart; None until it has ended.
        model_path: Its checkpoint, if one has been written.
        has_data: Whether its settings are kept, so that it can go on.
    """

    run_id: str
    state: str
    started: str
    config: TrainConfig
    data: str
    name: str = ""
    queued_s: float = 0.0
    epochs_done: int = 0
    checkpoint_epoch: int = 0
    error: str = ""
    diverged: bool = False
    uploaded: bool = False
    separation: Separation | None = None
    model_path: Path | None = None
    has_data: bool = False

    @property
    def is_live(self) -> bool:
        """Whether a process works on it or is about to."""
        return self.state in LIVE_STATES or self.state in WAITING_STATES

    @property
    def is_usable(self) -> bool:
        """Whether it has a model and works on it no more."""
        return self.model_path is not None and not self.is_live

    @property
    def is_resumable(self) -> bool:
        """Whether it can go on from its last checkpoint, or from the start without one."""
        # a run that left all bounds would do so again: the same seed, the same steps
        return self.state in RESUMABLE_STATES and self.has_data and not self.diverged

    @property
    def title(self) -> str:
        """Its name, or else the date and time of its start."""
        return self.name or f"{self.started[5:10]} {self.started[11:19]}"

    @property
    def augmentation(self) -> str:
        """What was changed in its training data, for the screen; empty if nothing was."""
        octaves = self.config.frequency_shift
        return f"augmented: frequencies shifted up by 0 to {octaves:g} octaves" if octaves else ""

    def describe(self) -> str:
        """Name it for a list: when, how long, how large, and what is particular."""
        parts = [self.title, f"{self.epochs_done} epochs", f"{self.config.model.latent_dim}-D"]
        if self.augmentation:
            parts.append(f"augmented by {self.config.frequency_shift:g} octaves")
        if self.state != "finished":
            parts.append(self.state)
        return ", ".join(parts)


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Hold every other process and thread off the states of all runs in ``folder``.

    Raises:
        OutputError: If the folder cannot be written.
        RunError: If another holds it too long.
    """
    path = folder / CHANGE_LOCK
    try:
        with lock.held(path, patience_s=CHANGE_PATIENCE_S) as got:
            if not got:
                raise RunError(f"{folder} is busy; try again in a moment.")
            yield
    except OSError as error:
        raise OutputError(
            f"A run cannot be kept in {folder}: {error.strerror or error}."
        ) from error


def write(folder: Path, run: Run) -> None:
    """Write what a run is into its folder, whole or not at all.

    Raises:
        OutputError: If it cannot be written.
    """
    separation = run.separation
    content = {
        "state": run.state,
        "started": run.started,
        "config": configs.to_dict(run.config),
        "data": run.data,
        "queued_s": run.queued_s,
        "epochs_done": run.epochs_done,
        "checkpoint_epoch": run.checkpoint_epoch,
        "error": run.error,
        "diverged": run.diverged,
        "uploaded": run.uploaded,
        "separation": separation and [*separation.words, separation.silhouette, separation.unseen],
    }
    with written_whole(folder / run.run_id / RUN_FILE) as file:
        file.write(json.dumps(content, indent=1).encode())


def read(folder: Path, run_id: str) -> Run | None:
    """Read a run; None if there is none or it is damaged.

    Its state is as written: whether a process still works on it is another question.
    """
    if run_id in ("", ".", "..") or run_id.startswith(".") or Path(run_id).name != run_id:
        return None  # an id comes from an address, too, and must not leave the folder
    own = folder / run_id
    try:
        content = json.loads((own / RUN_FILE).read_text("utf-8"))
        model = own / MODEL_FILE
        has_model = model.is_file()
        epochs_done = int(content["epochs_done"])
        return Run(
            run_id=run_id,
            state=str(content["state"]),
            started=str(content["started"]),
            config=configs.from_dict(content["config"]),
            data=str(content["data"]),
            name=_read_name(own),
            queued_s=float(content.get("queued_s", 0.0)),
            epochs_done=epochs_done,
            checkpoint_epoch=int(content.get("checkpoint_epoch", epochs_done * has_model)),
            error=str(content["error"]),
            diverged=bool(content.get("diverged", False)),
            uploaded=bool(content.get("uploaded", False)),
            separation=_separation(content.get("separation")),
            model_path=model if has_model else None,
            has_data=(own / DATA_FILE).is_file(),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, NeuralEqError):
        return None


def _separation(content: Any) -> Separation | None:
    if not content:
        return None
    first, second, silhouette, unseen = content
    return Separation((str(first), str(second)), float(silhouette), bool(unseen))


def _read_name(folder: Path) -> str:
    try:
        return clean_name((folder / NAME_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return ""


def write_name(folder: Path, run_id: str, name: str) -> None:
    """Give a run a name.

    Raises:
        OutputError: If it cannot be written.
    """
    with written_whole(folder / run_id / NAME_FILE) as file:
        file.write(clean_name(name).encode())


def clean_name(text: str) -> str:
    """One line without control characters, of at most :data:`MAX_NAME_CHARS`."""
    printable = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join(printable.split())[:MAX_NAME_CHARS].strip()


def asked(folder: Path, run_id: str) -> str:
    """What a run's process is asked to do: :data:`PAUSE`, :data:`STOP` or nothing."""
    try:
        text = (folder / run_id / ASK_FILE).read_text("utf-8")
    except (OSError, ValueError):
        return ""
    return text if text in (PAUSE, STOP) else ""


def as_seen(run: Run, *, worker_lives: bool, asked_to: str) -> Run:
    """Tell a run's state by who works on it, not only by what was last written."""
    if run.state != "running":
        return run
    if not worker_lives:
        return replace(run, state="interrupted")
    return replace(run, state={PAUSE: "pausing", STOP: "stopping"}.get(asked_to, "running"))
