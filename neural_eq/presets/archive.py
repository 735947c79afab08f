"""Zips of presets: written whole, and read from strangers without trusting a word of them."""

from __future__ import annotations

import io
import re
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from neural_eq.errors import NeuralEqError, PresetError
from neural_eq.presets.formats import RATES, format_of, write_format
from neural_eq.presets.labels import file_names
from neural_eq.presets.opening import Opened, open_preset
from neural_eq.presets.preset import Preset

MAX_ZIP_BYTES = 64 << 20
MAX_INSIDE_BYTES = 64 << 20
"""Of all files of a zip together, unpacked."""

MAX_FILE_BYTES = 1 << 20
MAX_ENTRIES = 5000
MAX_OPENING_S = 20.0
"""What five bands have to be fitted to takes up to a second; a zip of much of it is divided."""

_ENTRY_MARK = b"PK\x01\x02"
"""Every entry of a zip's list begins so, however many its header claims."""

_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
_DRIVE = re.compile(r"[A-Za-z]:")
_MADE_BY_SYSTEMS = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError,
    NotImplementedError, OverflowError, KeyError, IndexError,
)  # fmt: skip
"""What :mod:`zipfile` raises at bytes that are no zip, or one of a kind it does not know."""

OnProgress = Callable[[int, int], None]
"""Called with how many are done, and how many there are."""


@dataclass(frozen=True)
class OpenedZip:
    """What a zip of presets holds.

    Attributes:
        opened: Its presets, in the order of the zip.
        left_out: One sentence for each file that is no preset.
        ended: A sentence where it took too long to open all; else empty.
    """

    opened: tuple[Opened, ...]
    left_out: tuple[str, ...]
    ended: str = ""


def is_zip(content: bytes) -> bool:
    """Whether a file says of itself that it is a zip."""
    return content.startswith(_ZIP_MARKS)


def open_zip(
    content: bytes,
    *,
    name: str,
    on_progress: OnProgress | None = None,
    most_s: float = MAX_OPENING_S,
) -> OpenedZip:
    """Open the presets of a zip, in whichever of the readable formats each is.

    What is not open after ``most_s`` seconds is left out, and that is said.

    Raises:
        PresetError: If the zip is damaged, unsafe or too large, or holds no preset.
    """
    files = read_zip(content, name=name)
    opened, left_out, ended = [], [], ""
    ends_s = time.monotonic() + most_s
    for done, (path, inside) in enumerate(files, start=1):
        try:
            opened.append(open_preset(inside, name=path.rpartition("/")[2] or path))
        except NeuralEqError as error:
            left_out.append(str(error))
        if on_progress is not None:
            on_progress(done, len(files))
        if done < len(files) and time.monotonic() > ends_s:
            ended = (
                f"{name} takes more than {most_s:g} s: the last {len(files) - done:,} of its"
                f" {len(files):,} files are not opened; put them into a zip of their own."
            )
            break
    if not opened:
        why = f" {left_out[0]} {ended}".rstrip() if left_out else ""
        raise PresetError(f"{name} holds no preset.{why}")
    return OpenedZip(tuple(opened), tuple(left_out), ended)


def read_zip(content: bytes, *, name: str) -> list[tuple[str, bytes]]:
    """Read the files of a zip, in its order, in memory alone.

    Returns:
        Path inside the zip and content of each; folders and what systems add are not files.

    Raises:
        PresetError: If any entry is unsafe or too large; then nothing of the zip is used.
    """
    if len(content) > MAX_ZIP_BYTES:
        raise PresetError(f"{name} has {_mb(len(content))}; a zip may have {_mb(MAX_ZIP_BYTES)}.")
    n_entries = content.count(_ENTRY_MARK)
    if n_entries > MAX_ENTRIES:
        raise PresetError(
            f"{name} holds {n_entries:,} entries; it may hold {MAX_ENTRIES:,}. Divide it into"
            " smaller zips."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not _is_by_the_way(entry)]
            for entry in entries:
                _check(entry, name)
            return _read_all(archive, entries, name)
    except _UNREADABLE as error:
        raise PresetError(
            f"{name} is not a zip that can be read: {str(error)[:100] or type(error).__name__}."
            " Pack it anew."
        ) from error


def _is_by_the_way(entry: zipfile.ZipInfo) -> bool:
    is_debris = entry.filename.startswith(_MADE_BY_SYSTEMS[0])
    return is_debris or entry.filename.rpartition("/")[2] in _MADE_BY_SYSTEMS[1:]


def _check(entry: zipfile.ZipInfo, name: str) -> None:
    """Refuse an entry that could lead anywhere but into this zip."""
    shown = ascii(entry.filename[:80])
    path = entry.filename.replace("\\", "/")
    if path.startswith("/") or _DRIVE.match(path) or ".." in path.split("/"):
        raise PresetError(
            f"{name} names a file outside itself, {shown}; such a zip may be meant to do harm and"
            " nothing of it is used."
        )
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise PresetError(
            f"{name} holds {shown}, which is a link or no file; nothing of the zip is used. Pack"
            " the files themselves."
        )
    if entry.flag_bits & 0x1:
        raise PresetError(f"{name} is locked by a password; unpack it and choose the files.")


def _read_all(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], name: str
) -> list[tuple[str, bytes]]:
    """Unpack bounded amounts, whatever the headers say of sizes."""
    found, left_bytes = [], MAX_INSIDE_BYTES
    for entry in entries:
        if entry.is_dir():
            continue
        limit = min(MAX_FILE_BYTES, left_bytes)
        with archive.open(entry) as file:
            content = file.read(limit + 1)
        shown = ascii(entry.filename[:80])
        if len(content) > limit:
            what = f"{shown} is" if limit == MAX_FILE_BYTES else "its files are together"
            bound = MAX_FILE_BYTES if limit == MAX_FILE_BYTES else MAX_INSIDE_BYTES
            raise PresetError(
                f"{name}: {what} larger than {_mb(bound)} when unpacked; nothing of the zip is"
                " used."
            )
        if is_zip(content):
            raise PresetError(
                f"{name} holds another zip, {shown}; nothing of it is used. Unpack it and choose"
                " the inner one."
            )
        left_bytes -= len(content)
        found.append((entry.filename, content))
    return found


def written(presets: Sequence[Preset], format_id: str) -> Iterator[tuple[str, bytes]]:
    """Yield a file's name and content for each preset in a format, no two names alike.

    Where the format is bound to a sample rate there is one file for each of ``RATES``.
    """
    format_ = format_of(format_id)
    stems = file_names([preset.name for preset in presets], suffix="")
    for stem, preset in zip(stems, presets, strict=True):
        if not format_.needs_rate:
            yield f"{stem}{format_.suffix}", write_format(preset, format_id)
            continue
        for rate in RATES:
            content = write_format(preset, format_id, sample_rate=rate)
            yield f"{stem}, {rate / 1000:g} kHz{format_.suffix}", content


def write_zip(file: BinaryIO, members: Iterable[tuple[str, bytes]]) -> int:
    """Write a zip of files by their names as they come, and return how many."""
    count = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for count, (name, content) in enumerate(members, start=1):  # noqa: B007
            archive.writestr(name, content)
    return count


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / (1 << 20):,.4g} MB"
