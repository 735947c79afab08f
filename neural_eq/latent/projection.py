"""Pictures of the latent space in two dimensions: UMAP, t-SNE and PCA.

UMAP and t-SNE take seconds, compile code and hold 300 MB; so the app runs this module as a
process of its own: ``python -m neural_eq.latent.projection IN.npz OUT.npz``.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from neural_eq.errors import NeuralEqError, OutputError, ParameterError

METHODS = ("UMAP", "t-SNE", "PCA")
BOUNDS = {"n_neighbors": (2, 200), "min_dist": (0.0, 0.99), "perplexity": (2, 200)}


@dataclass(frozen=True)
class ProjectionConfig:
    """How to lay the points out.

    Attributes:
        method: One of :data:`METHODS`.
        n_neighbors: UMAP: how many neighbours a point keeps near, 2 to 200.
        min_dist: UMAP: how tightly points may be packed, 0 to 0.99.
        perplexity: t-SNE: roughly how many neighbours a point keeps near, 2 to 200.
        seed: Equal seeds lay equal points out equally.
    """

    method: str = "UMAP"
    n_neighbors: int = 15
    min_dist: float = 0.1
    perplexity: float = 30.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ParameterError(f"method is {self.method!r}; it must be {' or '.join(METHODS)}.")
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ParameterError(f"{name} is {value:g}; it must lie within {low} to {high}.")

    def key(self) -> str:
        """Name what matters to this method, for caches and file names."""
        if self.method == "UMAP":
            return f"umap-{self.n_neighbors}-{self.min_dist:g}-{self.seed}"
        if self.method == "t-SNE":
            return f"tsne-{self.perplexity:g}-{self.seed}"
        return "pca"


def project(
    latent: np.ndarray,
    config: ProjectionConfig,
    on_stage: Callable[[str], None] | None = None,
) -> np.ndarray:
    """Lay points out in the plane.

    Args:
        latent: Shape ``(n, latent_dim)``, finite; neighbourhoods larger than ``n`` allows
            are made smaller.
        config: Method and parameters.
        on_stage: Called with what begins, in words.

    Returns:
        Shape ``(n, 2)``, centred, the larger standard deviation 1. For fewer than five
        points always PCA's.

    Raises:
        ParameterError: If the latent has another shape or holds NaN or infinity.
    """
    latent = np.asarray(latent, dtype=np.float64)
    if latent.ndim != 2 or not np.isfinite(latent).all():
        raise ParameterError("The latent must be a table of finite numbers, one row a setting.")
    if not len(latent):
        return np.zeros((0, 2))
    say = on_stage or (lambda stage: None)
    if config.method == "PCA" or len(latent) < 5:
        points = _pca(latent)
    elif config.method == "t-SNE":
        points = _tsne(latent, config, say)
    else:
        points = _umap(latent, config, say)
    points = points - points.mean(axis=0)
    spread = points.std(axis=0).max()
    return points / spread if spread > 0 else points


def _pca(latent: np.ndarray) -> np.ndarray:
    centred = latent - latent.mean(axis=0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(vt[np.arange(len(vt)), np.abs(vt).argmax(axis=1)])  # a mirror image otherwise
    points = (u * s * signs)[:, :2]
    return np.pad(points, ((0, 0), (0, 2 - points.shape[1])))


def _tsne(latent: np.ndarray, config: ProjectionConfig, say: Callable[[str], None]) -> np.ndarray:
    say("loading t-SNE")
    from sklearn.manifold import TSNE

    say(f"laying out {len(latent):,} points")
    perplexity = min(config.perplexity, (len(latent) - 1) / 3)
    start = _pca(latent)
    start = start / max(start[:, 0].std(), 1e-12) * 1e-4  # as small as t-SNE's own PCA start
    model = TSNE(perplexity=perplexity, init=start.astype(np.float32), random_state=config.seed)
    return model.fit_transform(latent.astype(np.float32))


def _umap(latent: np.ndarray, config: ProjectionConfig, say: Callable[[str], None]) -> np.ndarray:
    say("loading UMAP")
    import umap

    say(f"compiling and laying out {len(latent):,} points")
    n_neighbors = min(config.n_neighbors, len(latent) - 1)
    start = _pca(latent)
    start = 10 * start / max(np.abs(start).max(), 1e-12)
    model = umap.UMAP(
        n_neighbors=n_neighbors,
        min_dist=config.min_dist,
        init=start.astype(np.float32),  # spectral starts fail on points in separate islands
        random_state=config.seed,
        n_jobs=1,  # what a seed enforces anyway, with a warning
    )
    return model.fit_transform(latent.astype(np.float32))


def write_points(path: Path, points: np.ndarray) -> None:
    """Write points to a temporary file and rename it.

    Raises:
        OutputError: If it cannot be written.
    """
    temporary = path.with_name(f"{path.stem}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            np.savez_compressed(file, points=points.astype(np.float32))
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise OutputError(f"The map cannot be written to {path}: {error.strerror}.") from error


def read_points(path: Path, *, n: int) -> np.ndarray | None:
    """Read points that :func:`write_points` wrote; None if the file is not ``n`` such points."""
    try:
        # opened here, since np.load leaves a damaged file open
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            points = content["points"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    return points if points.shape == (n, 2) and np.isfinite(points).all() else None


def write_request(path: Path, latent: np.ndarray, config: ProjectionConfig) -> None:
    """Write what the process of this module reads."""
    np.savez(path, latent=latent, config=np.array(json.dumps(asdict(config))))


def main(arguments: list[str]) -> int:
    """Read a request, print a line at each stage, write the points."""
    request, answer = map(Path, arguments)
    with np.load(request, allow_pickle=False) as content:
        latent, config = content["latent"], json.loads(str(content["config"]))

    def say(stage: str) -> None:
        print(stage, flush=True)

    try:
        write_points(answer, project(latent, ProjectionConfig(**config), say))
    except NeuralEqError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
