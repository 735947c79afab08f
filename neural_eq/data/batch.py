"""A folder of sound files through the EQ: what is due, and the making of it, one file at a time.

Run again, it makes only what is missing or out of date. It may be killed at any moment: a result
takes its name whole, a line in a journal vouches for it until the report does, and what neither
vouches for is made again.
"""

from __future__ import annotations

import dataclasses
import errno
import glob
import logging
import os
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from neural_eq.data.audio_file import open_audio
from neural_eq.data.batch_names import REPORT_NAME, Found, find_sounds, output_names
from neural_eq.data.batch_report import (
    FAILED,
    MADE,
    UP_TO_DATE,
    WAITING,
    Entry,
    Report,
    Stamp,
    read_report,
    treatment_id,
)
from neural_eq.data.file_rendering import Treatment, render_file
from neural_eq.errors import NeuralEqError, OutputError, ParameterError

_HOPELESS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What is wrong with the disk and not with a file: no other file will fare better."""

_SAVE_EVERY_S, _SAVE_SHARE = 1.0, 0.05
"""The report is saved at most this often, and for at most this share of the time."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """One file to make.

    Attributes:
        name: The source's path within its folder, with slashes.
        source: Where it lies, absolute.
        output: Where the result goes, absolute.
        treatment: What to do.
        size_bytes: Of the source, to share out the time.
    """

    name: str
    source: Path
    output: Path
    treatment: Treatment
    size_bytes: int


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    Attributes:
        error: One sentence if it failed, else empty.
        notes: Sentences for the user.
        source: The source's stamp before it was read; None if it failed.
        output: The result's stamp; None if it failed.
        is_hopeless: Whether it failed for a reason that no other file will escape.
    """

    error: str = ""
    notes: tuple[str, ...] = ()
    source: Stamp | None = None
    output: Stamp | None = None
    is_hopeless: bool = False


Crew = Callable[[Sequence[Task]], Generator[tuple[Task, Outcome], None, None]]
"""Has every task done by :func:`make`, and yields each as soon as it is, in any order."""

Progress = Callable[[int, int, str], None]
"""Hears, after each file, how many bytes of sources are done and due, and the file's name."""


def make(task: Task) -> Outcome:
    """Make one file; whatever happens is in the outcome, so that no file stops another."""
    try:
        before = Stamp.of(task.source)
        source = open_audio(task.source, name=task.name)
        task.output.parent.mkdir(parents=True, exist_ok=True)
        notes = render_file(source, task.output, task.treatment).notes
        return Outcome(notes=notes, source=before, output=Stamp.of(task.output))
    except (NeuralEqError, OSError) as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, OSError):
            cause = cause.__cause__
        is_hopeless = cause is not None and cause.errno in _HOPELESS
        is_ours = isinstance(error, NeuralEqError)
        why = str(error) if is_ours else f"{getattr(error, 'strerror', error)}."
        if not why.startswith(task.name):
            why = f"{task.name}: {why}"
        return Outcome(error=why, is_hopeless=is_hopeless)
    except MemoryError:
        return Outcome(error=f"{task.name} needs more memory than there is; use fewer workers.")
    except Exception as error:
        _log.exception("%s failed", task.source)
        return Outcome(
            error=f"{task.name} met a fault of ours ({type(error).__name__}); the log has it."
        )


def ready() -> bool:
    """Be found, imported and run: all that a worker elsewhere must be able to do."""
    return True


def check_folders(folder: Path, output: Path) -> None:
    """Make sure, before anything is written, that there is a folder and that it is another.

    Raises:
        ParameterError: If not.
    """
    if not folder.is_dir():
        raise ParameterError(f"{folder} is no folder; --batch takes a folder of sound files.")
    if folder.resolve() == output.resolve():
        raise ParameterError(f"OUT is {output}, where the sources lie; name another folder.")


def render_folder(
    folder: Path,
    output: Path,
    treatment: Treatment,
    crew: Crew,
    *,
    suffix: str | None = None,
    again: bool = False,
    on_progress: Progress = lambda done, due, name: None,
) -> Report:
    """Equalise every sound file of a folder into another, and keep a report there.

    Args:
        folder: Searched with the folders in it.
        output: Where results go, in the same folders; made if it is not there.
        treatment: What to do; its ``label`` and ``suffix`` are not used.
        crew: Who does it.
        suffix: The kind of file to write; None for the source's own, where it can be written.
        again: Whether to make anew what is up to date.
        on_progress: Called after each file.

    Returns:
        The report, as it also lies in ``output``.

    Raises:
        ParameterError: If ``folder`` is no folder, is ``output``, or holds no sound.
        OutputError: If the report cannot be written.
    """
    check_folders(folder, output)
    folder, output = folder.resolve(), output.resolve()
    found = find_sounds(folder, leave_out=output)
    if not found.names and not found.unreadable:
        raise ParameterError(f"{folder} holds no sound file that can be read here.")
    _make_folder(output)
    report, tasks = _plan(folder, output, treatment, found, suffix=suffix, again=again)
    saver = _Saver(report, output / REPORT_NAME)
    saver.save()
    done, due = 0, sum(task.size_bytes for task in tasks)
    try:
        with closing(crew(tasks)) as outcomes:
            for task, outcome in outcomes:
                report.files[task.name] = _entry(report.files[task.name], task, outcome)
                report.note(saver.path, task.name)
                done += task.size_bytes
                on_progress(done, due, task.name)
                saver.save_if_due()
                if outcome.is_hopeless:
                    break
    finally:
        report.ended()
        saver.save()
    return report


def _plan(
    folder: Path, output: Path, treatment: Treatment, found: Found, *, suffix: str | None,
    again: bool,
) -> tuple[Report, list[Task]]:  # fmt: skip
    """Decide of every source whether it is due; name all results before the first is made."""
    earlier = read_report(output / REPORT_NAME)
    ours = earlier.outputs()
    names = output_names(found.names, suffix=suffix, earlier=earlier.output_of())
    report = Report(left_aside=found.left_aside)
    for name, error in found.unreadable.items():
        report.files[name] = Entry(FAILED, error=error)
    tasks = []
    for name, output_name in names.items():
        target = output / output_name
        own = dataclasses.replace(treatment, suffix=target.suffix)
        wanted = treatment_id(own)
        entry = earlier.files.get(name)
        source = Stamp.found(folder / name)
        is_kept = entry is not None and entry.output == output_name and not again
        if entry is not None and is_kept and entry.vouches(wanted, source, target):
            report.files[name] = dataclasses.replace(entry, state=UP_TO_DATE)
            continue
        if output_name not in ours and os.path.lexists(target):
            error = (
                f"{output_name} is there and was not made by --batch; move it, or name another"
                " folder."
            )
            report.files[name] = Entry(FAILED, error=error)
            continue
        report.files[name] = Entry(WAITING, output=output_name, treatment=wanted)
        size_bytes = source.size_bytes if source else 0
        tasks.append(Task(name, folder / name, target, own, size_bytes))
    for name in ours:
        _sweep(output / name)
    report.left_over = sorted(n for n in ours - report.outputs() if (output / n).exists())
    tasks.sort(key=lambda task: -task.size_bytes)  # the longest first: none is left for the end
    return report, tasks


def _entry(planned: Entry, task: Task, outcome: Outcome) -> Entry:
    if outcome.error:
        # an earlier result stays, and stays ours; what was never made gives its name back
        kept = planned.output if task.output.exists() else ""
        return dataclasses.replace(planned, state=FAILED, output=kept, error=outcome.error)
    return dataclasses.replace(
        planned, state=MADE, notes=outcome.notes, source=outcome.source, result=outcome.output
    )


def _make_folder(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{output} cannot be made: {error.strerror or error}.") from error


def _sweep(target: Path) -> None:
    """Remove what a process that was killed left half written beside a result of ours."""
    for part in target.parent.glob(f".{glob.escape(target.name)}.????????.part"):
        part.unlink(missing_ok=True)


class _Saver:
    """Saves a report now and then: seldom enough that a long one costs no time."""

    def __init__(self, report: Report, path: Path):
        self.report, self.path = report, path
        self._saved = self._took = 0.0

    def save(self) -> None:
        started = time.monotonic()
        self.report.write(self.path)
        self._saved = time.monotonic()
        self._took = self._saved - started

    def save_if_due(self) -> None:
        if time.monotonic() - self._saved > max(_SAVE_EVERY_S, self._took / _SAVE_SHARE):
            self.save()
