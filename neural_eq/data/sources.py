"""Where the table of settings comes from: a file, the environment, a download, or built in."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from neural_eq.data.demo import built_in_dataset
from neural_eq.data.fetch import AddressError, Fetch, OnProgress, ShouldStop, sha256_of
from neural_eq.data.safe_db import Dataset, read_csv
from neural_eq.errors import DataError, DownloadError

ENVIRONMENT_NAME = "NEURAL_EQ_DATA"
FILE_NAME = "SAFEEqualiserUserData.csv"
PROJECT_PATH = Path(__file__).parents[2]
DATA_PATH = PROJECT_PATH / "data" / FILE_NAME
"""Where a download goes and a table is looked for; git ignores the folder."""

ADDRESSES = (
    "https://web.archive.org/web/20200122215408id_/"
    "http://dmtlab.bcu.ac.uk/SAFE/data/SAFEEqualiserUserData.csv",
    "https://raw.githubusercontent.com/notadev111/semantic-eq/"
    "6d9a645795d04df76d47cc4b09aad1a05a9c5000/research/data/SAFEEqualiserUserData.csv",
)
"""The archived original, then a mirror; the original hosts are gone."""

SIZE_BYTES = 479_130
SHA256 = "cc43858680115070ffdfa41a1158fca1344db2e0096ba73fe68990e90a284af1"

TIMEOUT_S = 15.0
DEADLINE_S = 120.0


def open_dataset(source: Path | bytes | None = None, *, name: str | None = None) -> Dataset:
    """Open the table in use: the given one, else ``NEURAL_EQ_DATA``, else ``data/``, else built-in.

    ``origin`` says which it is: "SAFE-DB" for the published file, known by its SHA-256, a
    file's own name for any other, and the built-in set's own words.

    Args:
        source: A file, or the content of an upload.
        name: What an upload is called.

    Raises:
        DataError: If the table that was asked for cannot be read; no other takes its place.
    """
    if isinstance(source, bytes):
        is_published = len(source) == SIZE_BYTES and hashlib.sha256(source).hexdigest() == SHA256
        return read_csv(source, origin="SAFE-DB" if is_published else name)
    if source is not None:
        return _open_file(Path(source).expanduser())
    named = os.environ.get(ENVIRONMENT_NAME, "").strip()
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise DataError(
                f"{ENVIRONMENT_NAME} is {named}, and no file is there; set it to a table in"
                " SAFE-DB's layout, or unset it."
            )
        return _open_file(path)
    if DATA_PATH.is_file():
        return _open_file(DATA_PATH)
    return built_in_dataset()


def _open_file(path: Path) -> Dataset:
    return read_csv(path, origin="SAFE-DB" if _is(path, SIZE_BYTES, SHA256) else None)


def _is(path: Path, size_bytes: int, sha256: str) -> bool:
    try:
        return path.stat().st_size == size_bytes and sha256_of(path) == sha256
    except OSError:
        return False


def download(
    to: Path = DATA_PATH,
    *,
    addresses: Sequence[str] = ADDRESSES,
    size_bytes: int = SIZE_BYTES,
    sha256: str = SHA256,
    timeout_s: float = TIMEOUT_S,
    deadline_s: float = DEADLINE_S,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
) -> Path:
    """Fetch the published table, or finish an earlier try, and verify it.

    The file grows beside ``to`` as ``….part`` and takes its name only when size and SHA-256 are
    the published ones. What broke off is kept, to go on from; what is wrong is deleted. The
    published table holds its submitters' network addresses: it stays where it is put, and
    reading it keeps none of them.

    Args:
        to: Where the file goes; its folder is made.
        addresses: Tried in order, HTTP or HTTPS.
        timeout_s: For a connection and for each silence while reading.
        deadline_s: For everything together; a server that drips does not hold us longer. Each
            address gets an equal share of what is left.
        on_progress: Called with the bytes that are here and the bytes there will be.
        should_stop: Asked between reads; True ends with a DownloadError and keeps the part.

    Returns:
        ``to``.

    Raises:
        DownloadError: If no address gave the published file, or it was stopped.
        OutputError: If the file cannot be written.
    """
    to = Path(to)
    if _is(to, size_bytes, sha256):
        return to
    if not _running.acquire(blocking=False):
        raise DownloadError("SAFE-DB's table is being fetched already; wait for that download.")
    try:
        fetch = Fetch(to, size_bytes, sha256, timeout_s, on_progress, should_stop)
        ends_at = time.monotonic() + deadline_s
        failures = []
        for index, address in enumerate(addresses):
            now = time.monotonic()
            share_s = (ends_at - now) / (len(addresses) - index)
            try:
                fetch.from_address(address, ends_at=now + share_s)
                return to
            except AddressError as error:
                failures.append(f"{urlsplit(address).netloc} {error}")
        raise DownloadError(
            f"SAFE-DB's table could not be fetched: {'; '.join(failures)}. The built-in set keeps"
            f" working; to use the real table, put {FILE_NAME} into {to.parent} by hand."
        )
    finally:
        _running.release()


_running = threading.Lock()  # two downloads would write into one part
