"""One file through the EQ, in the memory of a block: measured first, then written."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neural_eq.data.audio_encoding import planned
from neural_eq.data.audio_file import AudioFile, read_blocks
from neural_eq.data.audio_io import write_blocks
from neural_eq.data.listening import loudness_table
from neural_eq.eq.cascade import side_by_side
from neural_eq.eq.gliding import Journey
from neural_eq.eq.metering import Meter
from neural_eq.eq.render import Equaliser, Level, level_after_eq
from neural_eq.errors import OutputError

_MEASURING_SHARE = 0.6
"""Of the time of a file: the EQ and the meters take longer than the EQ and the writing."""

Progress = Callable[[float, str], None]
"""Hears how much is done, 0 to 1, and of what; what it raises ends the work."""


@dataclass(frozen=True)
class Treatment:
    """What is done to a file, and how the result is written.

    Attributes:
        params: One setting, in dB, Hz and Q, shape ``(13,)``; or those of a journey that goes
            evenly over the file, shape ``(n, 13)``.
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

    def equaliser(self, source: AudioFile, level_db: np.ndarray) -> Equaliser | Journey:
        """Make what filters a file from its beginning.

        Args:
            level_db: Gain along a journey, of :meth:`levels_db`.
        """
        rate, n_channels = source.sample_rate, source.n_channels
        if self.params.ndim == 1:
            return Equaliser(self.params, rate, n_channels)
        return Journey(
            self.params, level_db, sample_rate=rate, n_channels=n_channels,
            n_frames=source.n_frames,
        )  # fmt: skip

    def levels_db(self, source: AudioFile) -> np.ndarray:
        """Gain that keeps a journey as loud as the source all the way; none for one setting."""
        if self.params.ndim == 1:
            return np.zeros(0)
        if not self.level_match:
            return np.zeros(len(self.params))
        table = loudness_table(source)
        return np.array([table.matching_gain_db(setting) for setting in self.params])

    def file_name(self, source: AudioFile) -> str:
        """Return what the result of a file is called."""
        kept = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in source.name)
        return f"{Path(kept).stem or 'sound'}_{self.label}{self.suffix}"


@dataclass(frozen=True)
class FileReport:
    """What was done to one file.

    Attributes:
        level: What the level was changed by.
        loudness_before_lufs: Of the source; minus infinity for silence.
        loudness_after_lufs: Of the result; None where the level was not matched.
        true_peak_before_dbtp: Of the source.
        along_db: Lowest and highest gain along a journey; None for one setting.
        format: libsndfile's name of the result's container.
        subtype: The same of its encoding.
        notes: Sentences for the user.
    """

    level: Level
    loudness_before_lufs: float
    loudness_after_lufs: float | None
    true_peak_before_dbtp: float
    along_db: tuple[float, float] | None
    format: str
    subtype: str
    notes: tuple[str, ...]


def render_file(
    source: AudioFile,
    output: Path,
    treatment: Treatment,
    *,
    on_progress: Progress = lambda share, what: None,
) -> FileReport:
    """Equalise a whole file: measured in a first pass, written in a second.

    The result is what :func:`~neural_eq.eq.render.apply_eq` makes of the whole.

    Args:
        source: A file of any length.
        output: Ends in the treatment's suffix; an earlier file there is replaced.
        treatment: What to do.
        on_progress: Hears of every block.

    Raises:
        AudioError: If the source cannot be read, or the format cannot hold it.
        OutputError: If the result cannot be written.
    """
    planned(source, suffix=output.suffix, subtype=treatment.subtype)  # what cannot be, fails now
    level_db = treatment.levels_db(source)
    measured = _measured(source, treatment, level_db, on_progress)
    level = measured.level
    equaliser = treatment.equaliser(source, level_db)
    gain = 10 ** (level.gain_db / 20)

    def blocks() -> Iterator[np.ndarray]:
        done = 0
        for block in read_blocks(source):
            filtered = equaliser.process(block)
            if level.gain_db:
                filtered *= gain
            yield filtered
            done += len(block)
            share = _MEASURING_SHARE + (1 - _MEASURING_SHARE) * done / source.n_frames
            on_progress(min(share, 1.0), f"Writing {output.name}")

    try:
        written = write_blocks(output, source, blocks(), subtype=treatment.subtype)
    except OutputError as error:
        raise no_room(output.name, error) from error
    return dataclasses.replace(
        measured, format=written.format, subtype=written.subtype,
        notes=(*equaliser.notes, *level.notes, *written.notes),
    )  # fmt: skip


def _measured(
    source: AudioFile, treatment: Treatment, level_db: np.ndarray, on_progress: Progress
) -> FileReport:
    """Measure a file before and after the EQ, and decide on its level; nothing is written yet."""
    equaliser = treatment.equaliser(source, level_db)
    is_matched_whole = treatment.level_match and not len(level_db)
    before, after = (Meter(source.sample_rate, source.n_channels) for _ in range(2))
    for block in read_blocks(source):

        def measure(side: int, block: np.ndarray = block) -> None:
            if side:
                before.add(block)
            elif not equaliser.is_flat:
                after.add(equaliser.process(block))

        side_by_side(measure, 2)
        share = min(before.n_frames / source.n_frames, 1.0)
        on_progress(_MEASURING_SHARE * share, f"Measuring {source.name}")
    before_lufs, before_dbtp = before.loudness_lufs, before.true_peak_dbtp
    after_lufs: float | None = None
    if equaliser.is_flat:
        level = Level(0.0, 0.0, before_dbtp, ("The EQ is flat: the audio is unchanged.",))
        after_lufs = before_lufs
    else:
        level = level_after_eq(
            before_lufs if is_matched_whole else None,
            after.loudness_lufs,
            after.true_peak_dbtp,
            clip_guard=treatment.clip_guard,
        )
        after_lufs = after.loudness_lufs + level.gain_db
    if not treatment.level_match:
        after_lufs = None
    along_db = (float(level_db.min()), float(level_db.max())) if len(level_db) else None
    return FileReport(level, before_lufs, after_lufs, before_dbtp, along_db, "", "", ())


def no_room(name: str, error: OutputError) -> OutputError:
    """Name the file by its own name, since the folder is none of the user's."""
    cause = error.__cause__
    if not isinstance(cause, OSError):
        return error
    return OutputError(
        f"{name} cannot be written: {cause.strerror or cause}. Free some space on the disk, or"
        " render fewer files at once."
    )
