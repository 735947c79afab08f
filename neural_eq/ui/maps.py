"""Maps of the latent space: the saved ones at once, others by a process of their own."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from neural_eq.errors import OutputError
from neural_eq.latent.projection import (
    ProjectionConfig,
    project,
    read_points,
    write_points,
    write_request,
)

ROOT = Path(__file__).parents[2]
SAVED_PATH = ROOT / "assets" / "built_in_maps.npz"
TIMEOUT_S = 900.0
MAX_KEPT = 32

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MapState:
    """How far a map is.

    Attributes:
        points: Shape ``(n, 2)``; None until they are there.
        stage: What is being done.
        elapsed_s: For how long.
        error: One sentence if it failed.
    """

    points: np.ndarray | None = None
    stage: str = ""
    elapsed_s: float = 0.0
    error: str = ""


@dataclass
class _Work:
    latent: np.ndarray
    config: ProjectionConfig
    path: Path
    stage: str = "waiting"
    started: float = field(default_factory=time.monotonic)
    points: np.ndarray | None = None
    error: str = ""


class MapError(Exception):
    """A map's process failed; the text is fit for the screen."""


class MapMaker:
    """Makes maps one after another, keeps them in memory and in a folder.

    UMAP and t-SNE run in a process of their own: they compile for seconds while holding the
    interpreter, and keep hundreds of megabytes that the server must not.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self._lock = threading.Lock()
        self._kept: dict[str, np.ndarray] = {}
        self._work: dict[str, _Work] = {}
        self._turn = threading.Lock()

    def find(self, key: str, *, n: int) -> np.ndarray | None:
        """Return a map of ``n`` points if it has been made before."""
        with self._lock:
            points = self._kept.get(key)
        if points is None:
            points = read_points(self._path(key), n=n)
            if points is not None:
                self._keep(key, points)
        return points

    def request(self, key: str, latent: np.ndarray, config: ProjectionConfig) -> MapState:
        """Return the map or how far it is; begin it at the first call.

        A map that failed is begun again by :meth:`forget` and another request.
        """
        points = self.find(key, n=len(latent))
        if points is not None:
            return MapState(points)
        if config.method == "PCA":
            points = project(latent, config)
            self._keep(key, points)
            return MapState(points)
        with self._lock:
            work = self._work.get(key)
            if work is None:
                work = self._work[key] = _Work(latent, config, self._path(key))
                # a daemon, so that the server need not wait for a map when it ends
                threading.Thread(
                    target=self._work_on, args=(work,), name=f"map {config.key()}", daemon=True
                ).start()
        if work.error:
            return MapState(error=f"The {config.method} map failed: {work.error}")
        if work.points is None:
            return MapState(stage=work.stage, elapsed_s=time.monotonic() - work.started)
        self._keep(key, work.points)
        self.forget(key)
        return MapState(work.points)

    def forget(self, key: str) -> None:
        """Drop a finished or failed attempt."""
        with self._lock:
            self._work.pop(key, None)

    def _keep(self, key: str, points: np.ndarray) -> None:
        with self._lock:
            self._kept[key] = points
            while len(self._kept) > MAX_KEPT:
                self._kept.pop(next(iter(self._kept)))

    def _path(self, key: str) -> Path:
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.npz"

    def _work_on(self, work: _Work) -> None:
        """Make one map, after those that were asked for before it."""
        try:
            with self._turn:
                work.points = self._make(work)
        except MapError as error:
            work.error = str(error)
        except Exception:
            _log.exception("the map %s failed", work.config.key())
            work.error = "a fault of ours; the log has it."

    def _make(self, work: _Work) -> np.ndarray:
        work.started = time.monotonic()
        work.stage = "starting"
        with tempfile.TemporaryDirectory(prefix="neural-eq-map-") as temporary:
            request, answer = Path(temporary) / "in.npz", Path(temporary) / "out.npz"
            write_request(request, work.latent, work.config)
            command = [
                sys.executable,
                "-m",
                "neural_eq.latent.projection",
                str(request),
                str(answer),
            ]
            process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            watch = threading.Timer(TIMEOUT_S, process.kill)
            watch.daemon = True
            watch.start()
            said = []
            assert process.stdout is not None
            with process.stdout:
                for line in process.stdout:
                    said.append(line.strip())
                    if not line.startswith((" ", "Traceback")):
                        work.stage = line.strip()
            code = process.wait()
            watch.cancel()
            points = read_points(answer, n=len(work.latent))
            if code != 0 or points is None:
                _log.error("a map's process ended with %s: %s", code, "\n".join(said[-20:]))
                raise MapError(said[-1] if said else f"its process ended with {code}.")
        try:
            write_points(work.path, points)
        except OutputError as error:
            _log.warning("%s", error)  # it is still good to show
        return points


def saved_map(model_key: str, config: ProjectionConfig, *, n: int) -> np.ndarray | None:
    """Return the built-in model's map of the built-in set, if it was made for this very model."""
    try:
        with np.load(SAVED_PATH, allow_pickle=False) as content:
            if str(content["model"]) != model_key:
                return None
            points = content[config.key()]
    except (OSError, KeyError, ValueError):
        return None
    return points if points.shape == (n, 2) else None
