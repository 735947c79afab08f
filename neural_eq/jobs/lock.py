"""Locks between processes: the system drops them when their holder dies, however it dies."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes], *, shared: bool) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # it knows no shared lock

    def _drop(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _take(file: IO[bytes], *, shared: bool) -> None:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)

    def _drop(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)


RETRY_S = 0.01


@contextmanager
def held(path: Path, *, patience_s: float) -> Iterator[bool]:
    """Hold a lock while the block runs, among threads as among processes.

    Args:
        path: Its file, made if it is not there.
        patience_s: How long to try.

    Yields:
        Whether it was got.

    Raises:
        OSError: If the file cannot be made.
    """
    ends = time.monotonic() + patience_s
    with path.open("ab") as file:
        while not (got := _tried(file, shared=False)) and time.monotonic() < ends:
            time.sleep(RETRY_S)
        try:
            yield got
        finally:
            if got:
                _drop(file)


def is_held(path: Path) -> bool:
    """Whether any process holds a lock now."""
    try:
        with path.open("rb") as file:
            if not _tried(file, shared=True):
                return True
            _drop(file)
    except OSError:
        pass  # no file, no holder
    return False


def _tried(file: IO[bytes], *, shared: bool) -> bool:
    try:
        _take(file, shared=shared)
    except OSError:
        return False
    return True
