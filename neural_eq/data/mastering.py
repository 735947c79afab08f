"""Whole files through the EQ, in the memory of a block: one file, or several as a zip."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neural_eq.data.audio_file import AudioFile, read_blocks
from neural_eq.data.audio_io import write_blocks
from neural_eq.eq.metering import Meter
from neural_eq.eq.render import Equaliser, Level, level_after_eq
from neural_eq.errors import AudioError, OutputError
from neural_eq.files import written_whole

_MEASURING_SHARE = 0.6
"""Of the time of a file: the EQ and the meters take longer than the EQ and the writing."""

Progress = Callable[[float, str], None]
"""Hears how much is done, 0 to 1, and of what; what it raises ends the work."""


@dataclass(frozen=True)
class Treatment:
    """What is done to a file, and how the result is written.

    Attributes:
        params: One setting, in dB, Hz and Q, shape ``(13,)``.
        label: What to add to the names of files.
        level_match: As in :func:`~neural_eq.eq.render.apply_eq`.
        clip_guard: The same.
        suffix: ``".wav"`` or another of :data:`~neural_eq.data.audio_io.FORMATS`.
        subtype: Encoding by libsndfile's name; None for the source's own depth.
    """

    params: np.ndarray
    label: str
    level_match: bool = True
    clip_guard: bool = True
    suffix: str = ".wav"
    subtype: str | None = None

    def file_name(self, source: AudioFile) -> str:
        """Return what the result of a file is called."""
        kept = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in source.name)
        return f"{Path(kept).stem or 'sound'}_{self.label}{self.suffix}"


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
    """Equalise a whole file: measured in a first pass, written in a second.

    The result is what :func:`~neural_eq.eq.render.apply_eq` makes of the whole.

    Args:
        source: A file of any length.
        output: Ends in the treatment's suffix; an earlier file there is replaced.
        treatment: What to do.
        on_progress: Hears of every block.

    Returns:
        Sentences for the user.

    Raises:
        AudioError: If the source cannot be read, or the format cannot hold it.
        OutputError: If the result cannot be written.
    """
    level = _level(source, treatment, on_progress)
    equaliser = Equaliser(treatment.params, source.sample_rate, source.n_channels)
    gain = 10 ** (level.gain_db / 20)

    def blocks() -> Iterator[np.ndarray]:
        done = 0
        for block in read_blocks(source):
            yield equaliser.process(block) * gain if level.gain_db else equaliser.process(block)
            done += len(block)
            share = _MEASURING_SHARE + (1 - _MEASURING_SHARE) * done / source.n_frames
            on_progress(min(share, 1.0), f"Writing {output.name}")

    try:
        written = write_blocks(output, source, blocks(), subtype=treatment.subtype)
    except OutputError as error:
        raise _no_room(output.name, error) from error
    return (*equaliser.notes, *level.notes, *written.notes)


def _level(source: AudioFile, treatment: Treatment, on_progress: Progress) -> Level:
    """Measure a file before and after the EQ, and decide on its level."""
    equaliser = Equaliser(treatment.params, source.sample_rate, source.n_channels)
    if equaliser.is_flat:
        return Level(0.0, 0.0, math.nan, ("The EQ is flat: the audio is unchanged.",))
    before, after = (Meter(source.sample_rate, source.n_channels) for _ in range(2))
    for block in read_blocks(source):
        if treatment.level_match:
            before.add(block)
        after.add(equaliser.process(block))
        share = min(after.n_frames / source.n_frames, 1.0)
        on_progress(_MEASURING_SHARE * share, f"Measuring {source.name}")
    return level_after_eq(
        before.loudness_lufs if treatment.level_match else None,
        after.loudness_lufs,
        after.true_peak_dbtp,
        clip_guard=treatment.clip_guard,
    )


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

                name = _free_name(treatment.file_name(source), taken)
                path = folder / name
                try:
                    said = master(source, path, treatment, on_progress=of_all)
                    archive.write(path, name)  # as it is: audio hardly shrinks
                except AudioError as error:
                    failed.append(f"Left out: {error}")
                else:
                    taken.add(name)
                    notes += [f"{source.name}: {note}" for note in said]
                finally:
                    path.unlink(missing_ok=True)
                done_s += source.duration_s
            if not taken:
                raise AudioError(" ".join(failed))
    except OutputError as error:
        raise _no_room(zip_path.name, error) from error
    return Mastered(zip_path, zip_path.name, (*failed, *notes), len(taken), len(failed))


def _free_name(name: str, taken: set[str]) -> str:
    """Return the name, or the first with a number that no file of the zip has."""
    path, number, free = Path(name), 2, name
    while free in taken:
        free = f"{path.stem}_{number}{path.suffix}"
        number += 1
    return free


def _no_room(name: str, error: OutputError) -> OutputError:
    """Name the file by its own name, since the folder is none of the user's."""
    cause = error.__cause__
    if not isinstance(cause, OSError):
        return error
    return OutputError(
        f"{name} cannot be written: {cause.strerror or cause}. Free some space on the disk, or"
        " render fewer files at once."
    )
