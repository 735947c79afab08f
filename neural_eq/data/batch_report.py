"""The report of a batch: what became of every file, and which results are up to date."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neural_eq import __version__
from neural_eq.data.file_rendering import Treatment
from neural_eq.errors import DataError
from neural_eq.files import written_whole

MADE, UP_TO_DATE, FAILED, WAITING = "made", "up to date", "failed", "waiting"
"""What a file can be; one that waits was not begun before the end, or was under way at it."""

FORMAT, VERSION = "neural-eq-batch", 1


@dataclass(frozen=True)
class Stamp:
    """A file's size and the time of its last change: the same, and it is the same file."""

    size_bytes: int
    changed_ns: int

    @staticmethod
    def of(path: Path) -> Stamp:
        """Look at a file.

        Raises:
            OSError: If it is not there.
        """
        status = path.stat()
        return Stamp(status.st_size, status.st_mtime_ns)

    @staticmethod
    def found(path: Path) -> Stamp | None:
        """Look at a file that may not be there."""
        try:
            return Stamp.of(path)
        except OSError:
            return None


@dataclass(frozen=True)
class Entry:
    """What became of one source.

    Attributes:
        state: ``MADE``, ``UP_TO_DATE``, ``FAILED`` or ``WAITING``.
        output: Path of the result within its folder; empty if it got no name.
        treatment: Which setting it was made with, as :func:`treatment_id` names it.
        error: One sentence if it failed.
        notes: Sentences of its making.
        source: The source as it was when it was read.
        result: The result as it was when it was written.
    """

    state: str
    output: str = ""
    treatment: str = ""
    error: str = ""
    notes: tuple[str, ...] = ()
    source: Stamp | None = None
    result: Stamp | None = None

    def vouches(self, treatment: str, source: Stamp | None, target: Path) -> bool:
        """Whether the file at ``target`` is what this source comes to with that treatment."""
        return (
            self.state in (MADE, UP_TO_DATE)
            and self.treatment == treatment
            and source is not None
            and self.source == source
            and self.result is not None
            and Stamp.found(target) == self.result
        )


@dataclass
class Report:
    """What became of a batch.

    Attributes:
        files: By source, its path within its folder.
        left_aside: Files that are no sound, by ending.
        left_over: Results of earlier runs that no source has any more; they are kept.
        duration_s: From the start to the end; 0 while it goes on.
    """

    files: dict[str, Entry] = field(default_factory=dict)
    left_aside: dict[str, int] = field(default_factory=dict)
    left_over: list[str] = field(default_factory=list)
    duration_s: float = 0.0
    _started: float = field(default_factory=time.monotonic)

    def ended(self) -> None:
        """Note the time."""
        self.duration_s = time.monotonic() - self._started

    def count(self, state: str) -> int:
        """How many files are in a state."""
        return sum(entry.state == state for entry in self.files.values())

    def output_of(self) -> dict[str, str]:
        """The result's name by the source's."""
        return {name: entry.output for name, entry in self.files.items() if entry.output}

    def outputs(self) -> set[str]:
        """Names that a result of ours has or may have, from before it is made."""
        return {*self.output_of().values(), *self.left_over}

    def to_dict(self) -> dict[str, Any]:
        """What the report's file holds."""
        counts = Counter(entry.state for entry in self.files.values())
        return {
            "format": FORMAT,
            "version": VERSION,
            "duration_s": round(self.duration_s, 3),
            "counts": {state: counts[state] for state in (MADE, UP_TO_DATE, FAILED, WAITING)},
            "left_aside": self.left_aside,
            "left_over": self.left_over,
            "files": {name: dataclasses.asdict(entry) for name, entry in self.files.items()},
        }

    def write(self, path: Path) -> None:
        """Keep it.

        Raises:
            OutputError: If it cannot be written; an earlier one stays as it was.
        """
        with written_whole(path) as file:
            file.write(json.dumps(self.to_dict(), indent=1).encode())
        with suppress(OSError):  # what it says stands in the report as well
            _journal(path).unlink(missing_ok=True)

    def note(self, path: Path, name: str) -> None:
        """Add a line on one file to the journal beside a report that is not written yet."""
        line = json.dumps([name, dataclasses.asdict(self.files[name])])
        with suppress(OSError), _journal(path).open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def read_report(path: Path) -> Report:
    """Read the report of an earlier run; an empty one if there was none.

    Raises:
        DataError: If the file is there and is no report, or one of a newer program.
    """
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != FORMAT or content["version"] > VERSION:
            raise ValueError
        files = {str(name): _entry(values) for name, values in content["files"].items()}
        files |= _noted(path)
        return Report(files=files, left_over=[str(name) for name in content["left_over"]])
    except FileNotFoundError:
        return Report()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{path} is no report that this program can read; move it, or name another folder for"
            " the results."
        ) from error


def _journal(path: Path) -> Path:
    return path.with_name(f".{path.stem}.journal")


def _noted(path: Path) -> dict[str, Entry]:
    """Read the journal that a process left which was killed; its last line may be cut."""
    found: dict[str, Entry] = {}
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        for line in _journal(path).read_bytes().splitlines():
            name, values = json.loads(line)
            found[str(name)] = _entry(values)
    return found


def _entry(values: dict[str, Any]) -> Entry:
    return Entry(
        state=str(values["state"]),
        output=str(values["output"]),
        treatment=str(values["treatment"]),
        error=str(values["error"]),
        notes=tuple(str(note) for note in values["notes"]),
        source=Stamp(**values["source"]) if values["source"] else None,
        result=Stamp(**values["result"]) if values["result"] else None,
    )


def treatment_id(treatment: Treatment) -> str:
    """Name a treatment so that no two that sound or are written otherwise share the name."""
    content = dataclasses.asdict(treatment) | {
        "params": treatment.params.tolist(),
        "program": __version__,
    }
    content.pop("label")
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
