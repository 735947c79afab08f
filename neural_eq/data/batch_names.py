"""Which files of a folder are sound, and what their results are called."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from neural_eq.data.audio_encoding import FORMATS
from neural_eq.errors import AudioError

REPORT_NAME = "neural-eq-batch.json"
"""The report's, in the folder of results."""

READABLE = {
    *FORMATS,
    *(".wave", ".oga", ".opus", ".aifc", ".au", ".snd", ".caf", ".w64", ".rf64", ".bwf"),
}
"""Endings of the files that are taken for sound."""

DEFAULT_SUFFIX = ".wav"
_RESERVED = {"con", "prn", "aux", "nul", *(f"{k}{n}" for k in ("com", "lpt") for n in range(1, 10))}
_MAX_STEM_BYTES = 180  # most systems end at 255, and a file is longer while it is written


@dataclass
class Found:
    """What a folder holds.

    Attributes:
        names: Paths of sound files within it, with slashes, in order.
        left_aside: How many other files there are, by ending, and folders that are links.
        unreadable: Folders that cannot be read, and why.
    """

    names: list[str] = field(default_factory=list)
    left_aside: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)


def find_sounds(folder: Path, *, leave_out: Path) -> Found:
    """Search a folder and those in it.

    Hidden files, ``leave_out`` and the results of other batches are none of it.
    """
    found, others = Found(), Counter[str]()

    def refused(error: OSError) -> None:
        name = os.path.relpath(error.filename, folder)
        found.unreadable[name] = f"{name} cannot be read: {error.strerror or error}."

    for at, folders, files in os.walk(folder, onerror=refused):
        links = [name for name in folders if os.path.islink(os.path.join(at, name))]
        others["linked folder"] += len(links)
        results = [name for name in folders if Path(at, name, REPORT_NAME).exists()]
        others["folder of results"] += len([n for n in results if Path(at, n) != leave_out])
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in (*links, *results)
            and Path(at, name) != leave_out
        )
        for name in files:
            if name.startswith("."):
                continue
            suffix = os.path.splitext(name)[1].lower()
            if not os.path.isfile(os.path.join(at, name)):  # a pipe would be waited for
                others["no ordinary file"] += 1
            elif suffix in READABLE:
                found.names.append(Path(at, name).relative_to(folder).as_posix())
            else:
                others[suffix or "without an ending"] += 1
    found.names.sort()
    found.left_aside = {ending: n for ending, n in sorted(others.items()) if n}
    return found


def check_suffix(suffix: str | None) -> None:
    """Make sure that files of a kind can be written; None is each file's own.

    Raises:
        AudioError: If they cannot.
    """
    if suffix is not None and suffix not in FORMATS:
        kinds = ", ".join(known[1:] for known in FORMATS)
        raise AudioError(f"kind is {suffix[1:]!r}; it must be one of {kinds}.")


def output_names(
    sources: Sequence[str], *, suffix: str | None, earlier: Mapping[str, str]
) -> dict[str, str]:
    """Name the result of each source, no two alike on any system.

    A source keeps its place and name. Of several that would share one, the first whose ending is
    the result's has it, and the others carry their own ending too: ``a_flac.wav``.

    Args:
        sources: Paths with slashes.
        suffix: Of every result; None for the source's own, where it can be written.
        earlier: Names that results have by now, which they keep as long as the ending is right.

    Raises:
        AudioError: If the suffix is none that can be written.
    """
    check_suffix(suffix)
    wanted = {name: _safe(PurePosixPath(name), suffix) for name in sources}
    taken = {_folded(REPORT_NAME)}
    names: dict[str, str] = {}
    for name in sources:
        kept = earlier.get(name, "")
        if kept.endswith(wanted[name].suffix) and _folded(kept) not in taken:
            names[name] = kept
            taken.add(_folded(kept))
    rest = [name for name in sources if name not in names]
    for name in sorted(rest, key=lambda n: (not n.lower().endswith(wanted[n].suffix), n)):
        path, ending = wanted[name], PurePosixPath(name).suffix[1:].lower()
        stem, number = path.stem, 1
        while _folded(str(path)) in taken:
            count = f"_{number}" if number > 1 else ""
            path, number = path.with_name(f"{stem}_{ending}{count}{path.suffix}"), number + 1
        names[name] = str(path)
        taken.add(_folded(str(path)))
    return {name: names[name] for name in sources}


def _folded(name: str) -> str:
    """What systems that mind neither case nor the form of an accent take a name for."""
    return unicodedata.normalize("NFC", name).casefold()


def _safe(path: PurePosixPath, suffix: str | None) -> PurePosixPath:
    own = path.suffix.lower()
    ending = suffix or (own if own in FORMATS else DEFAULT_SUFFIX)
    *folders, stem = [_safe_part(part) for part in (*path.parts[:-1], path.stem)]
    return PurePosixPath(*folders, stem + ending)


def _safe_part(part: str) -> str:
    """One folder's or file's name that every system takes."""
    kept = "".join(c if c.isprintable() and c not in '\\:*?"<>|' else "_" for c in part)
    kept = kept.encode()[:_MAX_STEM_BYTES].decode(errors="ignore").rstrip(". ")
    return f"_{kept}" if not kept or kept.split(".")[0].lower() in _RESERVED else kept
