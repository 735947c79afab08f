"""Whole files through the EQ, in the memory of a block: one file, or several as a zip."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neural_eq.data.audio_file import AudioFile
from neural_eq.data.file_rendering import Progress, Treatment, no_room, render_file
from neural_eq.errors import AudioError, OutputError
from neural_eq.files import written_whole


@dataclass(frozen=True)
class Mastered:
    """What became of the sources.

    Attributes:
        path: The result: a file of audio, or a zip of several.
        file_name: What to call it.
        notes: Sentences for the user, each beginning with the file that it is about.
        n_made: Files made.
        n_failed: Files left out; the notes say why.
    """

    path: Path
    file_name: str
    notes: tuple[str, ...]
    n_made: int
    n_failed: int


def master(
    source: AudioFile,
    output: Path,
    treatment: Treatment,
    *,
    on_progress: Progress = lambda share, what: None,
) -> tuple[str, ...]:
    """Do as :func:`render_file`; returns the sentences for the user."""
    return render_file(source, output, treatment, on_progress=on_progress).notes


def master_all(
    sources: Sequence[AudioFile],
    folder: Path,
    treatment: Treatment,
    *,
    on_progress: Progress = lambda share, what: None,
) -> Mastered:
    """Equalise files into a folder; several become one zip, each as soon as it is made.

    A file that cannot be used is left out of a zip, and the notes say so.

    Args:
        sources: One or more.
        folder: An empty one; it holds the zip and one result at a time.
        treatment: What to do to each.
        on_progress: Hears of every block, with the share of all files.

    Raises:
        AudioError: If the only file, or every file, cannot be used.
        OutputError: If a result cannot be written.
    """
    total_s = sum(source.duration_s for source in sources)
    if len(sources) == 1:
        path = folder / treatment.file_name(sources[0])
        said = master(sources[0], path, treatment, on_progress=on_progress)
        return Mastered(path, path.name, said, 1, 0)
    zip_path = folder / f"{len(sources)}_sounds_{treatment.label}.zip"
    notes: list[str] = []
    failed: list[str] = []
    taken, done_s = set[str](), 0.0
    try:
        with written_whole(zip_path) as opened, zipfile.ZipFile(opened, "w") as archive:
            for number, source in enumerate(sources, start=1):

                def of_all(share: float, what: str, *, n=number, s=source, done=done_s) -> None:
                    on_progress(
                        (done + share * s.duration_s) / total_s, f"{what} ({n} of {len(sources)})"
                    )

                name = _free_name(treatment.file_name(source), source.name, taken)
                path = folder / name
                try:
                    said = master(source, path, treatment, on_progress=of_all)
                    archive.write(path, name)  # as it is: audio hardly shrinks
                except AudioError as error:
                    failed.append(f"Left out: {error}")
                else:
                    taken.add(name.casefold())
                    notes += [f"{source.name}: {note}" for note in said]
                finally:
                    path.unlink(missing_ok=True)
                done_s += source.duration_s
            if not taken:
                raise AudioError(" ".join(failed))
    except OutputError as error:
        raise no_room(zip_path.name, error) from error
    return Mastered(zip_path, zip_path.name, (*failed, *notes), len(taken), len(failed))


def _free_name(name: str, source: str, taken: set[str]) -> str:
    """Return the name, or one with the source's own ending, or a number, that no file has yet."""
    path, own, number, free = Path(name), Path(source).suffix.lower(), 2, name
    if free.casefold() in taken and own != path.suffix:
        free = f"{path.stem}_{own[1:]}{path.suffix}"
    while free.casefold() in taken:
        free = f"{path.stem}_{number}{path.suffix}"
        number += 1
    return free
