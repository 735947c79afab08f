"""The shelf that runs stand on: new folders, the trash, and models that come as files."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from neural_eq.errors import OutputError, RunError
from neural_eq.jobs import history, run_folder
from neural_eq.jobs.run_folder import Run

TRASH_FOLDER = ".trash"
TRASH_DAYS = 7
"""How long the trash keeps a run; what is older goes when the next one comes."""


def make_folder(folder: Path) -> str:
    """Make a folder for a run and return its id, which says when.

    Raises:
        OutputError: If it cannot be made.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for number in range(1, 1000):
        run_id = stamp if number == 1 else f"{stamp}-{number}"
        if (folder / TRASH_FOLDER / run_id).exists():
            continue  # it may come back
        try:
            (folder / run_id).mkdir(parents=True)
            return run_id
        except FileExistsError:
            if not folder.is_dir():
                raise OutputError(
                    f"A run cannot be kept in {folder}: a file stands where the folder would."
                ) from None
        except OSError as error:
            raise OutputError(f"A run cannot be kept in {folder}: {error.strerror}.") from error
    raise OutputError(f"A run cannot be kept in {folder}: too many start at once.")


def to_trash(folder: Path, run_ids: list[str]) -> None:
    """Move runs out of sight; each can come back for a week.

    Raises:
        OutputError: If one cannot be moved; then none is.
    """
    trash = folder / TRASH_FOLDER
    _move(run_ids, folder, trash)
    for entry in trash.iterdir():
        if time.time() - entry.stat().st_mtime > TRASH_DAYS * 86400:
            shutil.rmtree(entry, ignore_errors=True)


def from_trash(folder: Path, run_ids: list[str]) -> None:
    """Bring runs back.

    Raises:
        RunError: If one is no longer in the trash.
        OutputError: If one cannot be moved; then none is.
    """
    for run_id in run_ids:
        if not (folder / TRASH_FOLDER / run_id).is_dir():
            raise RunError(f"The run {run_id!r} is not in the trash any more.")
    _move(run_ids, folder / TRASH_FOLDER, folder)


def _move(run_ids: list[str], source: Path, target: Path) -> None:
    moved = []
    try:
        target.mkdir(exist_ok=True)
        for run_id in run_ids:
            (source / run_id).rename(target / run_id)
            moved.append(run_id)
            (target / run_id).touch()  # the trash counts from now
    except OSError as error:
        for run_id in moved:
            (target / run_id).rename(source / run_id)
        raise OutputError(f"The runs stay where they are: {error.strerror or error}.") from error


def take_in(folder: Path, content: bytes, *, name: str) -> str:
    """Keep a model file as a run of its own.

    Raises:
        CheckpointError: If it is no model.
        OutputError: If it cannot be kept.
    """
    from neural_eq.model import checkpoint

    model = checkpoint.loads(content, name=name)
    run_id = make_folder(folder)
    done = len(model.history)
    run = Run(
        run_id=run_id,
        state="finished" if done >= model.config.epochs else "stopped",
        started=time.strftime("%Y-%m-%dT%H:%M:%S"),
        config=model.config,
        data=model.data_origin,
        epochs_done=done,
        checkpoint_epoch=done,
        uploaded=True,
    )
    try:
        checkpoint.save(model, folder / run_id / run_folder.MODEL_FILE)
        history.write(folder / run_id / run_folder.HISTORY_FILE, model.history)
        run_folder.write_name(folder, run_id, Path(name).stem)
        with run_folder.changing(folder):
            run_folder.write(folder, run)
    except BaseException:
        shutil.rmtree(folder / run_id, ignore_errors=True)
        raise
    return run_id
