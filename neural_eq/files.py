"""Files are written whole or not at all, and hold nothing that a program would run."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from neural_eq.errors import OutputError

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def cell(text: str) -> str:
    """Keep a spreadsheet from running what people typed as a formula; for a cell of a CSV."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``path`` that takes its place when the block ends well.

    Args:
        path: An earlier file there stays as it was until then, and for good if the block fails.

    Raises:
        OutputError: If the file cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
            _sync_folder(path.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error


def _sync_folder(folder: Path) -> None:
    """Write down a name that a folder was given, where a system can: a power cut would lose it."""
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


class ScratchFolder:
    """An empty folder that goes, with what is in it, when this object does.

    Attributes:
        path: Where it is.

    Raises:
        OutputError: If it cannot be made.
    """

    def __init__(self) -> None:
        try:
            self.path = Path(tempfile.mkdtemp(prefix="neural-eq-"))
        except OSError as error:
            raise OutputError(
                f"No folder for temporary files can be made: {error.strerror or error}. Free some"
                " space on the disk."
            ) from error
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
