"""Pictures of the latent space in two or three dimensions: UMAP, t-SNE, PCA, or the latent itself.

UMAP and t-SNE take seconds, compile code and hold 300 MB; so the app has them made by
``mapping.py``, a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neural_eq.errors import ParameterError

LATENT = "Latent"
METHODS = ("UMAP", "t-SNE", "PCA", LATENT)
PLAIN_METHODS = ("PCA", LATENT)
"""Those that take no time."""

BOUNDS = {"n_neighbors": (2, 200), "min_dist": (0.0, 0.99), "perplexity": (2, 200)}
DIMENSIONS = (2, 3)


@dataclass(frozen=True)
class ProjectionConfig:
    """How to lay the points out.

    Attributes:
        method: One of :data:`METHODS`; the last is for a latent of as many dimensions.
        n_dims: 2 or 3.
        n_neighbors: UMAP: how many neighbours a point keeps near, 2 to 200.
        min_dist: UMAP: how tightly points may be packed, 0 to 0.99.
        perplexity: t-SNE: roughly how many neighbours a point keeps near, 2 to 200.
        seed: Equal seeds lay equal points out equally.
    """

    method: str = "UMAP"
    n_dims: int = 2
    n_neighbors: int = 15
    min_dist: float = 0.1
    perplexity: float = 30.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ParameterError(f"method is {self.method!r}; it must be {' or '.join(METHODS)}.")
        if self.n_dims not in DIMENSIONS:
            raise ParameterError(f"n_dims is {self.n_dims}; it must be 2 or 3.")
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ParameterError(f"{name} is {value:g}; it must lie within {low} to {high}.")

    def key(self) -> str:
        """Name what matters to this method, for caches and file names."""
        if self.method == "UMAP":
            return f"umap-{self.n_dims}-{self.n_neighbors}-{self.min_dist:g}-{self.seed}"
        if self.method == "t-SNE":
            return f"tsne-{self.n_dims}-{self.perplexity:g}-{self.seed}"
        return f"{self.method.lower()}-{self.n_dims}"


def project(
    latent: np.ndarray,
    config: ProjectionConfig,
    on_stage: Callable[[str], None] | None = None,
) -> np.ndarray:
    """Lay points out in the plane or in space.

    Args:
        latent: Shape ``(n, latent_dim)``, finite; neighbourhoods larger than ``n`` allows
            are made smaller.
        config: Method and parameters.
        on_stage: Called with what begins, in words.

    Returns:
        Shape ``(n, n_dims)``. The latent itself is as it is; the others are centred, the
        largest standard deviation 1. For fewer than five points they are always PCA's.

    Raises:
        ParameterError: If the latent has another shape, holds NaN or infinity, or is asked for
            itself while it has other dimensions than the picture.
    """
    latent = np.asarray(latent, dtype=np.float64)
    if latent.ndim != 2 or not np.isfinite(latent).all():
        raise ParameterError("The latent must be a table of finite numbers, one row a setting.")
    if config.method == LATENT:
        if latent.shape[1] != config.n_dims:
            raise ParameterError(
                f"The latent has {latent.shape[1]} dimensions; it cannot be shown itself in"
                f" {config.n_dims}. Choose UMAP, t-SNE or PCA."
            )
        return latent
    if not len(latent):
        return np.zeros((0, config.n_dims))
    say = on_stage or (lambda stage: None)
    if config.method == "PCA" or len(latent) < 5:
        points = _pca(latent, config.n_dims)
    elif config.method == "t-SNE":
        points = _tsne(latent, config, say)
    else:
        points = _umap(latent, config, say)
    points = points - points.mean(axis=0)
    spread = points.std(axis=0).max()
    return points / spread if spread > 0 else points


def _pca(latent: np.ndarray, n_dims: int) -> np.ndarray:
    centred = latent - latent.mean(axis=0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(vt[np.arange(len(vt)), np.abs(vt).argmax(axis=1)])  # a mirror image otherwise
    points = (u * s * signs)[:, :n_dims]
    return np.pad(points, ((0, 0), (0, n_dims - points.shape[1])))


def _tsne(latent: np.ndarray, config: ProjectionConfig, say: Callable[[str], None]) -> np.ndarray:
    say("loading t-SNE")
    from sklearn.manifold import TSNE

    say(f"laying out {len(latent):,} points")
    perplexity = min(config.perplexity, (len(latent) - 1) / 3)
    start = _pca(latent, config.n_dims)
    start = start / max(start[:, 0].std(), 1e-12) * 1e-4  # as small as t-SNE's own PCA start
    model = TSNE(
        config.n_dims,
        perplexity=perplexity,
        init=start.astype(np.float32),
        random_state=config.seed,
    )
    return model.fit_transform(latent.astype(np.float32))


def _umap(latent: np.ndarray, config: ProjectionConfig, say: Callable[[str], None]) -> np.ndarray:
    say("loading UMAP")
    import umap

    say(f"compiling and laying out {len(latent):,} points")
    n_neighbors = min(config.n_neighbors, len(latent) - 1)
    start = _pca(latent, config.n_dims)
    start = 10 * start / max(np.abs(start).max(), 1e-12)
    model = umap.UMAP(
        n_components=config.n_dims,
        n_neighbors=n_neighbors,
        min_dist=config.min_dist,
        init=start.astype(np.float32),  # spectral starts fail on points in separate islands
        random_state=config.seed,
        n_jobs=1,  # what a seed enforces anyway, with a warning
    )
    return model.fit_transform(latent.astype(np.float32))
