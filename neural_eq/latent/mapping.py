"""A map of a latent space: its points and how far to trust them, from a process of its own.

The app runs ``python -m neural_eq.latent.mapping IN.npz OUT.npz``; a line is printed as each
stage begins.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neural_eq.errors import NeuralEqError, OutputError
from neural_eq.files import written_whole
from neural_eq.latent.map_quality import MapQuality, measure
from neural_eq.latent.projection import ProjectionConfig, project


@dataclass(frozen=True)
class LatentMap:
    """Settings laid out in two or three dimensions.

    Attributes:
        points: Shape ``(n, n_dims)``.
        quality: Which neighbours the layout keeps.
    """

    points: np.ndarray
    quality: MapQuality


def make_map(
    latent: np.ndarray,
    config: ProjectionConfig,
    on_stage: Callable[[str], None] | None = None,
) -> LatentMap:
    """Lay points out as :func:`project` does, and measure the result.

    Raises:
        ParameterError: As :func:`project`.
    """
    points = project(latent, config, on_stage)
    if on_stage is not None:
        on_stage("measuring which neighbours it keeps")
    return LatentMap(points, measure(latent, points))


def to_arrays(made: LatentMap) -> dict[str, np.ndarray]:
    """Write a map as named arrays."""
    quality = made.quality
    judged = (quality.trustworthiness, quality.continuity)
    return {
        "points": made.points.astype(np.float32),
        "neighbors": quality.neighbors.astype(np.int32),
        "displacement": quality.displacement.astype(np.float32),
        "judged": np.array([np.nan if v is None else v for v in judged]),
    }


def from_arrays(arrays: Mapping[str, np.ndarray], *, n: int) -> LatentMap:
    """Invert :func:`to_arrays`.

    Raises:
        ValueError: If it is not a map of ``n`` points.
    """
    points, neighbors = arrays["points"], arrays["neighbors"].astype(np.int64)
    displacement, judged = arrays["displacement"], arrays["judged"]
    is_whole = (
        points.ndim == 2 and points.shape[0] == n and points.shape[1] in (2, 3)
        and neighbors.ndim == 2 and len(neighbors) == n and displacement.shape == (n,)
        and judged.shape == (2,) and np.isfinite(points).all() and np.isfinite(displacement).all()
        and (neighbors.size == 0 or 0 <= neighbors.min() <= neighbors.max() < n)
    )  # fmt: skip
    if not is_whole:
        raise ValueError(f"not a map of {n} points")
    trustworthiness, continuity = (None if np.isnan(v) else float(v) for v in judged)
    quality = MapQuality(neighbors, displacement, trustworthiness, continuity)
    return LatentMap(points.astype(np.float64), quality)


def write_map(path: Path, made: LatentMap) -> None:
    """Write a map to a temporary file and rename it.

    Raises:
        OutputError: If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error
    with written_whole(path) as file:
        arrays: dict[str, Any] = {**to_arrays(made)}
        np.savez_compressed(file, **arrays)


def read_map(path: Path, *, n: int) -> LatentMap | None:
    """Read what :func:`write_map` wrote; None if the file is no map of ``n`` points."""
    try:
        # opened here, since np.load leaves a damaged file open
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            return from_arrays(content, n=n)
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error):
        return None


def write_request(path: Path, latent: np.ndarray, config: ProjectionConfig) -> None:
    """Write what the process of this module reads.

    Raises:
        OutputError: If it cannot be written.
    """
    try:
        np.savez(path, latent=latent, config=np.array(json.dumps(asdict(config))))
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error


def main(arguments: list[str]) -> int:
    """Read a request, print a line at each stage, write the map."""
    request, answer = map(Path, arguments)
    with np.load(request, allow_pickle=False) as content:
        latent, fields = content["latent"], json.loads(str(content["config"]))

    def say(stage: str) -> None:
        print(stage, flush=True)

    try:
        write_map(answer, make_map(latent, ProjectionConfig(**fields), say))
    except NeuralEqError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _end_with_the_server() -> None:
    """End this process when the one that began it does: its pipe closes."""

    def wait() -> None:
        sys.stdin.read()
        os._exit(3)

    threading.Thread(target=wait, name="the server's end", daemon=True).start()


if __name__ == "__main__":
    _end_with_the_server()
    sys.exit(main(sys.argv[1:]))
