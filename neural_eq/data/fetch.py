"""One file from one address: verified, resumed, and never waited for too long."""

from __future__ import annotations

import hashlib
import os
import queue
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from neural_eq.errors import DownloadError, OutputError

OnProgress = Callable[[int, int], None]
ShouldStop = Callable[[], bool]

_MAX_REDIRECTIONS = 5
_MAX_TRIES = 3  # of one address, as long as each brought something
_READ_BYTES = 1 << 14
_LOOK_EVERY_S = 0.1


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class AddressError(Exception):
    """Why one address did not give the file, as the rest of a sentence about it."""


class Fetch:
    """One download: its partial file outlives the address that began it."""

    def __init__(
        self,
        to: Path,
        size_bytes: int,
        sha256: str,
        timeout_s: float,
        on_progress: OnProgress | None,
        should_stop: ShouldStop | None,
    ):
        self.to = to
        self.part = to.with_name(to.name + ".part")
        self.size_bytes = size_bytes
        self.sha256 = sha256
        self.timeout_s = timeout_s
        self.on_progress = on_progress
        self.should_stop = should_stop
        self.ends_at = 0.0
        self.opener = urllib.request.build_opener(_FewRedirects)
        with _writing(to):
            to.parent.mkdir(parents=True, exist_ok=True)

    def from_address(self, address: str, *, ends_at: float) -> None:
        """Fetch what is missing; try again while an address that breaks off brings something."""
        self.ends_at = ends_at
        for tries_left in reversed(range(_MAX_TRIES)):
            had = self._n_here()
            try:
                self._append(address, had)
                self._finish()
                return
            except WrongContentError:
                with _writing(self.part):
                    self.part.unlink(missing_ok=True)
                # a wrong part from earlier must not speak against this address
                if not had or not tries_left:
                    raise
            except AddressError:
                if not tries_left or self._n_here() <= had:
                    raise

    def _n_here(self) -> int:
        """Bytes to go on from; a part that is longer than the file is none."""
        with _writing(self.part):
            if not self.part.exists():
                return 0
            n_here = self.part.stat().st_size
            if n_here > self.size_bytes:
                self.part.unlink()
                return 0
            return n_here

    def _append(self, address: str, had: int) -> None:
        if had == self.size_bytes:
            return
        answer = _Answer(self._request(address, had), self)
        try:
            response = answer.next()
            start = self._start_of(response, had)
            announced = response.headers.get("Content-Length")
            missing = self.size_bytes - start
            if announced is not None and announced != str(missing):
                raise AddressError(f"answered with {announced} bytes where {missing:,} are due")
            with _writing(self.part):
                file = self.part.open("r+b" if start else "wb")
            with file:
                file.seek(start)
                done = self._copy(answer, file, start)
            if done < self.size_bytes:
                why = f"broke off after {done:,} of {self.size_bytes:,} bytes"
                # without a length, the end of the answer is the end of a wrong file
                raise AddressError(why) if announced is not None else WrongContentError(why)
        finally:
            answer.is_left.set()

    def _start_of(self, response: Any, had: int) -> int:
        """Where the answer belongs in the file: at what was asked for, or at 0."""
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise AddressError("answered with a compressed file")
        if response.status == 200:
            return 0
        found = re.match(r"bytes (\d+)-\d+/(\d+|\*)$", response.headers.get("Content-Range", ""))
        if response.status != 206 or not found or int(found[1]) != had:
            raise AddressError("answered with another part than was asked for")
        if found[2] not in ("*", str(self.size_bytes)):
            raise AddressError(f"has {found[2]} bytes and not {self.size_bytes:,}")
        return had

    def _request(self, address: str, had: int) -> urllib.request.Request:
        headers = {"User-Agent": "neural-eq", "Accept-Encoding": "identity"}
        if had:
            headers["Range"] = f"bytes={had}-"
        return urllib.request.Request(address, headers=headers)

    def _copy(self, answer: _Answer, file: Any, done: int) -> int:
        """Copy until the file is whole or the answer ends; never read more than is due."""
        while done < self.size_bytes:
            block = answer.next()[: self.size_bytes - done]
            if not block:
                break
            with _writing(self.part):
                file.write(block)
            done += len(block)
            if self.on_progress is not None:
                self.on_progress(done, self.size_bytes)
        with _writing(self.part):
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        return done

    def check_time(self) -> None:
        """Raise if there is no more time, or someone asks to stop."""
        if self.should_stop is not None and self.should_stop():
            raise DownloadError(
                "The download was stopped; what is here is kept, and the next one goes on from it."
            )
        if time.monotonic() > self.ends_at:
            raise AddressError("was too slow")

    def _finish(self) -> None:
        with _writing(self.to):
            if sha256_of(self.part) != self.sha256:
                raise WrongContentError("gave a file that is not the published one (SHA-256)")
            os.replace(self.part, self.to)


class _Answer:
    """What an address answers, fetched by a thread that can be left.

    Looking up a name has no time-out, nor has a header or a chunk's length that drips.
    """

    def __init__(self, request: urllib.request.Request, fetch: Fetch):
        self.is_left = threading.Event()
        self._fetch = fetch
        self._parts: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(request,), daemon=True).start()

    def next(self) -> Any:
        """Wait for the response, then for block after block; the last one is empty.

        Raises:
            AddressError: If there is none, or it takes too long.
            DownloadError: If someone asks to stop.
        """
        while True:
            self._fetch.check_time()
            try:
                part = self._parts.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                continue
            break
        if isinstance(part, urllib.error.HTTPError):
            part.close()
            raise AddressError(f"answered {part.code} {part.reason}".strip())
        if isinstance(part, Exception):
            raise AddressError(_why(part)) from part
        return part

    def _read(self, request: urllib.request.Request) -> None:
        fetch = self._fetch
        try:
            with fetch.opener.open(request, timeout=fetch.timeout_s) as response:
                self._parts.put(response)
                n_left = fetch.size_bytes
                while n_left > 0 and not self.is_left.is_set():
                    block = response.read1(min(_READ_BYTES, n_left))
                    self._parts.put(block)
                    if not block:
                        break
                    n_left -= len(block)
        except Exception as error:  # handed to the thread that waits
            self._parts.put(error)


class WrongContentError(AddressError):
    """What came, or what it was added to, is not the file: the part must go."""


class _FewRedirects(urllib.request.HTTPRedirectHandler):
    max_redirections = _MAX_REDIRECTIONS
    max_repeats = 2

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if urlsplit(newurl).scheme not in ("http", "https"):
            raise urllib.error.URLError("redirected to another kind of address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _writing:
    """Turn trouble with the disk into an OutputError, and leave the network's alone."""

    def __init__(self, path: Path):
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, OSError):
            raise OutputError(
                f"{self.path} cannot be written: {error.strerror or error}."
            ) from error


def _why(error: Exception) -> str:
    """Say what went wrong on the way to an address."""
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return "did not answer in time"
    if isinstance(reason, ConnectionRefusedError):
        return "refused the connection"
    if isinstance(reason, OSError):
        return f"could not be reached ({reason.strerror or reason})"
    return f"could not be reached ({reason})"
