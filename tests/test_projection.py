"""Projections: properties of the maps, never their coordinates."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neural_eq.errors import ParameterError
from neural_eq.latent import projection
from neural_eq.latent.projection import DIMENSIONS, LATENT, METHODS, ProjectionConfig, project

ROOT = Path(__file__).parents[1]
QUICK = ("PCA", "t-SNE")
LAID_OUT = ("UMAP", "t-SNE", "PCA")


def blobs(n_each: int = 40, dim: int = 8) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    centres = generator.normal(size=(3, dim)) * 8
    points = np.concatenate([c + generator.normal(size=(n_each, dim)) for c in centres])
    return points, np.repeat(np.arange(3), n_each)


def neighbours_agree(points: np.ndarray, labels: np.ndarray) -> float:
    """Share of points whose nearest five carry the same label."""
    distance = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    nearest = np.argsort(distance, axis=1)[:, 1:6]
    return float((labels[nearest] == labels[:, None]).mean())


@pytest.mark.parametrize("method", [*QUICK, pytest.param("UMAP", marks=pytest.mark.slow)])
@pytest.mark.parametrize("n_dims", DIMENSIONS)
def test_groups_that_lie_apart_stay_apart(method, n_dims):
    latent, labels = blobs()
    points = project(latent, ProjectionConfig(method, n_dims))
    assert points.shape == (120, n_dims)
    assert neighbours_agree(points, labels) > 0.9
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-4)
    assert points.std(axis=0).max() == pytest.approx(1)


@pytest.mark.slow
def test_umap_keeps_neighbourhoods():
    from sklearn.manifold import trustworthiness

    latent, _ = blobs(60, 16)
    points = project(latent, ProjectionConfig("UMAP"))
    assert trustworthiness(latent, points, n_neighbors=10) > 0.8


@pytest.mark.parametrize("method", QUICK)
def test_a_seed_repeats(method):
    latent, _ = blobs()
    config = ProjectionConfig(method, seed=7)
    np.testing.assert_array_equal(project(latent, config), project(latent, config))


def test_pca_of_a_plane_is_that_plane():
    generator = np.random.default_rng(0)
    flat = generator.normal(size=(50, 2)) * [3, 1]
    turned = flat @ np.linalg.qr(generator.normal(size=(5, 5)))[0][:2]
    points = project(turned, ProjectionConfig("PCA"))

    def distances(x):
        return np.sqrt(((x[:, None] - x[None]) ** 2).sum(axis=2))

    ratio = distances(points)[np.triu_indices(50, 1)] / distances(flat)[np.triu_indices(50, 1)]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_pca_never_shows_the_mirror_image(seed):
    """Each axis points where its largest loading does, whatever the solver's signs."""
    latent = np.random.default_rng(seed).normal(size=(40, 3)) * [5, 2, 0.1]
    points = project(latent, ProjectionConfig("PCA"))
    for axis in (0, 1):
        assert np.corrcoef(points[:, axis], latent[:, axis])[0, 1] > 0.8


@pytest.mark.parametrize("method", LAID_OUT)
@pytest.mark.parametrize("n_dims", DIMENSIONS)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_hardly_any_points_are_still_drawn(method, n_dims, n):
    latent = np.random.default_rng(0).normal(size=(n, 3))
    points = project(latent, ProjectionConfig(method, n_dims))
    assert points.shape == (n, n_dims)
    assert np.isfinite(points).all()


@pytest.mark.parametrize("method", QUICK)
@pytest.mark.parametrize("latent", [np.zeros((12, 3)), np.arange(12.0)[:, None]])
def test_points_all_alike_or_on_a_line_are_still_drawn(method, latent):
    assert np.isfinite(project(latent, ProjectionConfig(method))).all()


@pytest.mark.parametrize("latent", [np.full((9, 3), np.nan), np.full((9, 3), np.inf), np.zeros(9)])
def test_what_is_no_table_of_numbers_is_refused(latent):
    with pytest.raises(ParameterError, match="finite"):
        project(latent, ProjectionConfig("PCA"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "LSD"},
        {"n_dims": 4},
        {"n_neighbors": 1},
        {"n_neighbors": 1000},
        {"min_dist": -0.1},
        {"min_dist": 1.0},
        {"perplexity": 0},
        {"perplexity": float("nan")},
    ],
)
def test_parameters_out_of_bounds_are_refused(wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        ProjectionConfig(**wrong)


def test_keys_tell_apart_what_matters_and_only_that():
    key = ProjectionConfig("UMAP").key()
    assert ProjectionConfig("UMAP", n_neighbors=16).key() != key
    assert ProjectionConfig("UMAP", min_dist=0.2).key() != key
    assert ProjectionConfig("UMAP", perplexity=50).key() == key
    configs = [ProjectionConfig(method, n_dims) for method in METHODS for n_dims in DIMENSIONS]
    assert len({config.key() for config in configs}) == len(configs)


@pytest.mark.parametrize("n_dims", DIMENSIONS)
def test_a_small_latent_is_shown_as_it_is(n_dims):
    latent = np.random.default_rng(0).normal(size=(9, n_dims)) * 7 + 3
    np.testing.assert_array_equal(project(latent, ProjectionConfig(LATENT, n_dims)), latent)


def test_a_latent_of_other_dimensions_is_not_shown_itself():
    with pytest.raises(ParameterError, match="32 dimensions; .* in 2. Choose UMAP"):
        project(np.zeros((9, 32)), ProjectionConfig(LATENT, 2))


def test_importing_it_imports_nothing_heavy():
    script = (
        "import sys, neural_eq.latent.projection, neural_eq.latent.mapping;"
        "assert not {'torch', 'umap', 'sklearn', 'numba'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_the_bounds_hold_the_defaults():
    config = ProjectionConfig()
    for name, (low, high) in projection.BOUNDS.items():
        assert low <= getattr(config, name) <= high
