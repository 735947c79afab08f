"""A run's history: one line an epoch, appended by its process and followed by its readers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neural_eq.errors import OutputError
from neural_eq.files import written_whole


def append(path: Path, row: Mapping[str, Any]) -> None:
    """Add one epoch.

    Raises:
        OutputError: If it cannot be written.
    """
    try:
        with path.open("ab") as file:
            file.write(json.dumps(row).encode() + b"\n")
    except OSError as error:
        raise OutputError(
            f"The history of the run cannot be kept in {path.parent}:"
            f" {error.strerror or error}; its last checkpoint stands."
        ) from error


def write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace the history by these epochs, whole or not at all.

    Raises:
        OutputError: If it cannot be written.
    """
    with written_whole(path) as file:
        file.writelines(json.dumps(row).encode() + b"\n" for row in rows)


@dataclass
class Follower:
    """Reads a history again and again, each time only what is new."""

    path: Path
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _read_bytes: int = 0
    _file_id: int = 0

    def rows(self) -> list[dict[str, Any]]:
        """Return one dictionary an epoch: the fields of ``EpochReport``.

        A line that is not whole yet, or damaged, ends them.
        """
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_ino != self._file_id or status.st_size < self._read_bytes:
                    self._rows, self._read_bytes, self._file_id = [], 0, status.st_ino
                file.seek(self._read_bytes)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        break
                    self._rows.append(row)
                    self._read_bytes += len(line)
        except FileNotFoundError:
            self._rows, self._read_bytes = [], 0
        except (OSError, ValueError):
            pass
        return list(self._rows)


def trained_s(rows: Sequence[Mapping[str, Any]]) -> float:
    """Seconds of training behind a run, over all the processes that took it up."""
    total, before = 0.0, 0.0
    for row in rows:
        elapsed = row["elapsed_s"]
        if elapsed < before:
            total += before
        before = elapsed
    return total + before
