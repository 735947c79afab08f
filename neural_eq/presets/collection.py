"""The library: presets as files of one folder, which any number of tabs and programs share.

The folder is the truth. Each preset is a file of Neural EQ's own format, written whole or not at
all, under a name that is made here: no text of a user ever becomes a path. Files that a user puts
there are listed as well; what is deleted stays in the trash for a week.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from neural_eq.errors import NeuralEqError, PresetError
from neural_eq.presets import preset_files
from neural_eq.presets.labels import clean_name, clean_tags, copy_name
from neural_eq.presets.preset import Preset
from neural_eq.presets.preset_files import SUFFIX

TRASH_FOLDER = ".trash"

_changing = threading.RLock()
"""Of all libraries of this process: a change reads a file, then writes it."""

_Signature = tuple[int, int, int]


@dataclass(frozen=True)
class Kept:
    """A preset of the library.

    Attributes:
        preset_id: The name of its file, without the ending.
        preset: What it holds.
        added_s: When it came, in seconds since 1970.
    """

    preset_id: str
    preset: Preset
    added_s: float


@dataclass(frozen=True)
class Contents:
    """What the folder holds at one moment.

    Attributes:
        kept: Newest first.
        damaged: One sentence for each file that is no preset.
    """

    kept: tuple[Kept, ...]
    damaged: tuple[str, ...]

    def chosen(self, preset_ids: Iterable[str]) -> list[Kept]:
        """Return those of some ids that are there, in the order of the ids."""
        by_id = {kept.preset_id: kept for kept in self.kept}
        return [by_id[one] for one in preset_ids if one in by_id]


class Library:
    """The presets of one folder; every method may be called from any thread.

    Args:
        folder: Where they are; made when the first one comes.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder).absolute()
        self._known: dict[str, tuple[_Signature, Kept | str]] = {}

    def contents(self) -> Contents:
        """Return all presets as they are now; a file that has not changed is not read again."""
        damaged, known = [], {}
        try:
            entries = [entry for entry in os.scandir(self.folder) if _is_listed(entry)]
        except FileNotFoundError:
            entries = []
        except OSError as error:
            entries = []
            damaged.append(f"{self.folder} cannot be read: {error.strerror or error}.")
        for entry in entries:
            found = self._seen(entry)
            if found is not None:
                known[entry.name] = found
        self._known = known
        kept = [found for _, found in known.values() if isinstance(found, Kept)]
        kept.sort(key=lambda one: (one.added_s, one.preset_id), reverse=True)
        damaged += sorted(found for _, found in known.values() if isinstance(found, str))
        return Contents(tuple(kept), tuple(damaged))

    def _seen(self, entry: os.DirEntry[str]) -> tuple[_Signature, Kept | str] | None:
        """Return what a file is; None if it has gone meanwhile."""
        try:
            status = entry.stat()
            signature = (status.st_mtime_ns, status.st_size, status.st_ino)
            earlier = self._known.get(entry.name)
            if earlier is not None and earlier[0] == signature:
                return earlier
            preset = preset_files.read(Path(entry.path))
        except FileNotFoundError:
            return None
        except NeuralEqError as error:
            return signature, str(error)
        except OSError as error:
            return (0, 0, 0), f"{entry.name} cannot be read: {error.strerror or error}."
        preset_id = entry.name.removesuffix(SUFFIX)
        came_s = preset_files.added_s(preset_id, status.st_mtime)
        return signature, Kept(preset_id, preset, came_s)

    def add(self, presets: Sequence[Preset]) -> list[str]:
        """Keep presets, all or none, and return their ids; the first one counts as the newest.

        Raises:
            OutputError: If the folder cannot be written.
        """
        made: list[Path] = []
        ids = []
        now_us = time.time_ns() // 1000
        try:
            preset_files.make_folder(self.folder)
            for place, preset in enumerate(presets):
                ids.append(preset_files.new_id(now_us + len(presets) - place))
                path = preset_files.path_of(self.folder, ids[-1])
                preset_files.write(path, preset)
                made.append(path)
        except BaseException:
            for path in made:
                path.unlink(missing_ok=True)
            raise
        return ids

    def change(
        self, preset_id: str, *, name: str | None = None, tags: Iterable[str] | None = None,
        is_starred: bool | None = None,
    ) -> None:  # fmt: skip
        """Rename, tag or star a preset; what is None stays.

        Raises:
            PresetError: If it is not there, or a name or tag is none that can be kept.
            OutputError: If it cannot be written.
        """
        with _changing:
            preset = self._present(preset_id)
            if name is not None:
                preset = replace(preset, name=clean_name(name))
            if tags is not None:
                preset = replace(preset, tags=clean_tags(tags))
            if is_starred is not None:
                preset = replace(preset, is_starred=is_starred)
            preset_files.write(preset_files.path_of(self.folder, preset_id), preset)

    def duplicate(self, preset_ids: Iterable[str]) -> list[str]:
        """Keep presets once more, under names that tell them apart, and return the new ids.

        Raises:
            PresetError: If one is not there.
            OutputError: If the folder cannot be written; then none is made.
        """
        taken = {kept.preset.name for kept in self.contents().kept}
        copies = []
        for preset_id in preset_ids:
            preset = self._present(preset_id)
            copies.append(replace(preset, name=copy_name(preset.name, taken)))
            taken.add(copies[-1].name)
        return self.add(copies)

    def delete(self, preset_ids: Sequence[str]) -> None:
        """Move presets to the trash, all or none.

        Raises:
            PresetError: If one is not there.
            OutputError: If one cannot be moved.
        """
        with _changing:
            for preset_id in preset_ids:
                self._check(preset_id)
            trash = self.folder / TRASH_FOLDER
            preset_files.make_folder(trash)
            preset_files.move(preset_ids, source=self.folder, target=trash)
            preset_files.keep_from_now(trash, preset_ids)

    def restore(self, preset_ids: Sequence[str]) -> None:
        """Bring presets back from the trash, all or none.

        Raises:
            PresetError: If one is no longer there, or its place is taken.
            OutputError: If one cannot be moved.
        """
        with _changing:
            trash = self.folder / TRASH_FOLDER
            for preset_id in preset_ids:
                if not _is_file(trash, preset_id):
                    raise PresetError(f"The preset {preset_id!r} is not in the trash any more.")
                if _is_file(self.folder, preset_id):
                    raise PresetError(
                        f"A file {preset_id}{SUFFIX} is in {self.folder} again; rename it, then"
                        " undo."
                    )
            preset_files.move(preset_ids, source=trash, target=self.folder)

    def _present(self, preset_id: str) -> Preset:
        self._check(preset_id)
        try:
            return preset_files.read(preset_files.path_of(self.folder, preset_id))
        except OSError as error:
            raise PresetError(
                f"The preset {preset_id!r} cannot be read: {error.strerror or error}."
            ) from error

    def _check(self, preset_id: str) -> None:
        if not _is_file(self.folder, preset_id):
            raise PresetError(
                "The preset is not there any more; it was deleted in another tab or by another"
                " program."
            )


def _is_listed(entry: os.DirEntry[str]) -> bool:
    return (
        entry.name.endswith(SUFFIX)
        and preset_files.is_id(entry.name.removesuffix(SUFFIX))
        and entry.is_file()
    )


def _is_file(folder: Path, preset_id: str) -> bool:
    return preset_files.is_id(preset_id) and preset_files.path_of(folder, preset_id).is_file()
