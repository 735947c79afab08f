"""Presets as files of a folder: named by us, read within bounds, moved all or none."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from neural_eq.errors import OutputError, PresetError
from neural_eq.files import written_whole
from neural_eq.presets.preset import MAX_BYTES, Preset, read_preset, write_preset

SUFFIX = ".json"
TRASH_DAYS = 7
"""How long the trash keeps a preset; what is older goes when the next one comes."""

_STAMP = re.compile(r"(\d{8}-\d{6})-\d{6}-[0-9a-f]{4}")


def new_id(at_us: int) -> str:
    """Make an id that says when; ids of one moment differ by chance.

    Args:
        at_us: In microseconds since 1970.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(at_us // 1_000_000))
    return f"{stamp}-{at_us % 1_000_000:06d}-{secrets.token_hex(2)}"


def added_s(preset_id: str, mtime_s: float) -> float:
    """Return when a file came, in seconds since 1970: its id says so if it was made here."""
    made = _STAMP.fullmatch(preset_id)
    if made is None:
        return mtime_s
    try:
        return time.mktime(time.strptime(made[1], "%Y%m%d-%H%M%S"))
    except (ValueError, OverflowError):
        return mtime_s


def is_id(text: str) -> bool:
    """Whether a text can name a file within a folder, and not lead out of it."""
    return not text.startswith(".") and not re.search(r"[/\\:\0]", text) and bool(text)


def path_of(folder: Path, preset_id: str) -> Path:
    """Return where a preset is."""
    return folder / f"{preset_id}{SUFFIX}"


def read(path: Path) -> Preset:
    """Read a preset's file, at most as much of it as a preset has.

    Raises:
        NeuralEqError: If it is none.
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise PresetError(f"{path.name} has more than {MAX_BYTES:,} bytes: it is no preset.")
    return read_preset(content, name=path.name)


def write(path: Path, preset: Preset) -> None:
    """Write a preset's file whole.

    Raises:
        OutputError: If it cannot be written.
    """
    content = write_preset(preset).encode()
    try:
        with written_whole(path) as file:
            file.write(content)
    except OutputError as error:
        raise OutputError(f"The preset cannot be kept: {error}") from error


def make_folder(folder: Path) -> None:
    """Make a folder where there is none.

    Raises:
        OutputError: If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        is_file = isinstance(error, FileExistsError | NotADirectoryError)
        why = "a file stands where the folder would be" if is_file else error.strerror
        raise OutputError(f"Presets cannot be kept in {folder}: {why}.") from error


def move(preset_ids: Sequence[str], *, source: Path, target: Path) -> None:
    """Move presets from folder to folder.

    Raises:
        OutputError: If one cannot be moved; then none is.
    """
    moved = []
    try:
        for preset_id in preset_ids:
            path_of(source, preset_id).replace(path_of(target, preset_id))
            moved.append(preset_id)
    except OSError as error:
        for preset_id in moved:
            path_of(target, preset_id).replace(path_of(source, preset_id))
        raise OutputError(f"The presets stay where they are: {error.strerror or error}.") from error


def keep_from_now(trash: Path, preset_ids: Sequence[str]) -> None:
    """Let presets stay in the trash for :data:`TRASH_DAYS` from now; what is older goes."""
    try:
        for preset_id in preset_ids:
            path_of(trash, preset_id).touch()
        for path in trash.iterdir():
            if time.time() - path.stat().st_mtime > TRASH_DAYS * 86400:
                path.unlink()
    except OSError:
        return  # another program tidied up as well, or may; the next one goes on
