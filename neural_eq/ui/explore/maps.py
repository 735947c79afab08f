"""Maps of the latent space: the saved ones at once, others by a process of their own."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from neural_eq.errors import NeuralEqError, OutputError
from neural_eq.latent.mapping import LatentMap, from_arrays, read_map, write_map, write_request
from neural_eq.latent.projection import ProjectionConfig

ROOT = Path(__file__).parents[3]
SAVED_PATH = ROOT / "assets" / "built_in_maps.npz"
SAVED_KEY_LENGTH = 16
SAVED_PER_MAP = ("points", "displacement", "judged")

TIMEOUT_S = 900.0
MAX_KEPT = 16

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MapState:
    """How far a map is.

    Attributes:
        made: The map; None until it is there.
        stage: What is being done.
        elapsed_s: For how long.
        error: One sentence if it failed.
        note: One sentence if it is there but not all went well.
    """

    made: LatentMap | None = None
    stage: str = ""
    elapsed_s: float = 0.0
    error: str = ""
    note: str = ""


@dataclass
class _Work:
    latent: np.ndarray
    config: ProjectionConfig
    path: Path
    stage: str = "waiting for another map"
    started: float = field(default_factory=time.monotonic)
    made: LatentMap | None = None
    error: str = ""


class MapError(Exception):
    """A map's process failed; the text is fit for the screen."""


class MapMaker:
    """Makes maps one after another, keeps them in memory and in a folder.

    A map's process compiles for seconds while holding its interpreter, and keeps hundreds of
    megabytes, which the server must not.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self._lock = threading.Lock()
        self._kept: dict[str, LatentMap] = {}
        self._notes: dict[str, str] = {}
        self._work: dict[str, _Work] = {}
        self._turn = threading.Lock()

    def find(self, key: str, *, n: int) -> MapState | None:
        """Return a map of ``n`` points if it has been made before."""
        with self._lock:
            made = self._kept.get(key)
        if made is None:
            made = read_map(self._path(key), n=n)
            if made is None:
                return None
            self._keep(key, made)
        return MapState(made, note=self._notes.get(key, ""))

    def request(self, key: str, latent: np.ndarray, config: ProjectionConfig) -> MapState:
        """Return the map or how far it is; begin it at the first call.

        A map that failed is begun again by :meth:`forget` and another request.
        """
        found = self.find(key, n=len(latent))
        if found is not None:
            return found
        with self._lock:
            work = self._work.get(key)
            if work is None:
                work = self._work[key] = _Work(latent, config, self._path(key))
                # a daemon, so that the server need not wait for a map when it ends
                threading.Thread(
                    target=self._work_on, args=(key, work), name=f"map {config.key()}", daemon=True
                ).start()
        if work.error:
            return MapState(error=f"The {config.method} map failed: {work.error}")
        if work.made is None:
            return MapState(stage=work.stage, elapsed_s=time.monotonic() - work.started)
        self._keep(key, work.made)
        self.forget(key)
        return MapState(work.made, note=self._notes.get(key, ""))

    def forget(self, key: str) -> None:
        """Drop a finished or failed attempt."""
        with self._lock:
            self._work.pop(key, None)

    def _keep(self, key: str, made: LatentMap) -> None:
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > MAX_KEPT:
                oldest = next(iter(self._kept))
                self._kept.pop(oldest)
                self._notes.pop(oldest, None)

    def _path(self, key: str) -> Path:
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.npz"

    def _work_on(self, key: str, work: _Work) -> None:
        """Make one map, after those that were asked for before it."""
        try:
            with self._turn:
                made = self._make(work)
            try:
                write_map(work.path, made)
            except OutputError as error:  # it is still good to show
                self._notes[key] = f"This map could not be kept, and will be made again: {error}"
            work.made = made
        except (MapError, NeuralEqError) as error:
            work.error = str(error)
        except Exception:
            _log.exception("the map %s failed", work.config.key())
            work.error = "a fault of ours; the log has it."

    def _make(self, work: _Work) -> LatentMap:
        work.started = time.monotonic()
        work.stage = "starting"
        with tempfile.TemporaryDirectory(prefix="neural-eq-map-") as temporary:
            request, answer = Path(temporary) / "in.npz", Path(temporary) / "out.npz"
            write_request(request, work.latent, work.config)
            module = "neural_eq.latent.mapping"
            process = subprocess.Popen(
                [sys.executable, "-m", module, str(request), str(answer)],
                cwd=ROOT, stdin=subprocess.PIPE,  # which closes with the server, and ends it
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
            watch = threading.Timer(TIMEOUT_S, process.kill)
            watch.daemon = True
            watch.start()
            said = []
            assert process.stdout is not None
            assert process.stdin is not None
            with process.stdin, process.stdout:
                for line in process.stdout:
                    said.append(line.strip())
                    if not line.startswith((" ", "Traceback")):
                        work.stage = line.strip()
            code = process.wait()
            watch.cancel()
            made = read_map(answer, n=len(work.latent))
        if code != 0 or made is None:
            _log.error("a map's process ended with %s: %s", code, "\n".join(said[-20:]))
            raise MapError(said[-1] if said else f"its process ended with {code}.")
        return made


def saved_map(model_key: str, config: ProjectionConfig, *, n: int) -> LatentMap | None:
    """Return a built-in model's map of the built-in set, if it was made for this very model."""
    prefix = f"{model_key[:SAVED_KEY_LENGTH]}/"
    names = {name: f"{prefix}{config.key()}/{name}" for name in SAVED_PER_MAP}
    names["neighbors"] = f"{prefix}neighbors"
    try:
        # opened here, since np.load leaves a damaged file open
        with SAVED_PATH.open("rb") as file, np.load(file, allow_pickle=False) as content:
            return from_arrays({name: content[entry] for name, entry in names.items()}, n=n)
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def saved_words(model_key: str) -> tuple[str, ...]:
    """Return the words that a built-in model knows; empty for another model."""
    try:
        with SAVED_PATH.open("rb") as file, np.load(file, allow_pickle=False) as content:
            return tuple(content[f"{model_key[:SAVED_KEY_LENGTH]}/words"].tolist())
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return ()
