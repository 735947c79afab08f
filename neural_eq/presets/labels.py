"""What people call presets: as it is kept, and as the name of a file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from neural_eq.errors import PresetError
from neural_eq.presets.preset import MAX_NAME, MAX_TAG, MAX_TAGS, one_line

MAX_STEM = 80
"""Characters of a name that a file's name keeps."""

_KEPT = " -_+,()'%=."
_LOOSE_POINT = re.compile(r"(?<!\d)\.|\.(?!\d)")
_TAKEN_BY_WINDOWS = {"con", "prn", "aux", "nul"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in "0123456789"
}


def clean_name(text: str) -> str:
    """Return a name on one line, of at most :data:`MAX_NAME` characters.

    Raises:
        PresetError: If nothing is left.
    """
    name = one_line(text)
    if not name:
        raise PresetError("A preset needs a name; give it one character or more.")
    return name


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags as they are kept: on one line, each once whatever its case.

    Raises:
        PresetError: If there are more than :data:`MAX_TAGS`, or one is too long.
    """
    found: dict[str, str] = {}
    for tag in tags:
        cleaned = one_line(tag)
        if len(cleaned) > MAX_TAG:
            raise PresetError(
                f"The tag {cleaned[:MAX_TAG]!r}… has {len(cleaned)} characters; a tag has at most"
                f" {MAX_TAG}."
            )
        if cleaned:
            found.setdefault(cleaned.casefold(), cleaned)
    if len(found) > MAX_TAGS:
        raise PresetError(f"There are {len(found)} tags; a preset has at most {MAX_TAGS}.")
    return tuple(found.values())


def copy_name(name: str, taken: Collection[str]) -> str:
    """Name a copy so that none of the names taken is its."""
    stem = name[: MAX_NAME - 10]
    made, number = f"{stem} copy", 2
    while made in taken:
        made, number = f"{stem} copy {number}", number + 1
    return made


def file_stem(name: str) -> str:
    """Return a file's name for a preset's, without an ending.

    Letters and digits of any script stay, and what no system minds; of points only those within
    a number, so that nothing of it can lead out of a folder.
    """
    text = unicodedata.normalize("NFC", name).replace("→", "to").replace(":", " -")
    kept = "".join(c if c.isalnum() or c in _KEPT else " " for c in text)
    stem = " ".join(_LOOSE_POINT.sub(" ", kept).split())
    if len(stem) > MAX_STEM:
        cut = stem[: MAX_STEM + 1]
        stem = cut.rpartition(" ")[0] or cut[:MAX_STEM]  # between words where there are any
    stem = stem.strip(" .,")
    if not any(c.isalnum() for c in stem):
        return "preset"
    return f"{stem} preset" if stem.casefold() in _TAKEN_BY_WINDOWS else stem


def file_names(names: Sequence[str], *, suffix: str) -> list[str]:
    """Return one file name for each name; where two would be one, the later gets a number."""
    taken: set[str] = set()
    found = []
    for name in names:
        stem = made = file_stem(name)
        number = 2
        while made.casefold() in taken:
            made, number = f"{stem} {number}", number + 1
        taken.add(made.casefold())
        found.append(f"{made}{suffix}")
    return found
