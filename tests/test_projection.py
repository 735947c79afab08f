"""Projections: properties of the maps, never their coordinates."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neural_eq.errors import OutputError, ParameterError
from neural_eq.latent import projection
from neural_eq.latent.projection import (
    METHODS,
    ProjectionConfig,
    project,
    read_points,
    write_points,
    write_request,
)

ROOT = Path(__file__).parents[1]
QUICK = ("PCA", "t-SNE")


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
def test_groups_that_lie_apart_stay_apart(method):
    latent, labels = blobs()
    points = project(latent, ProjectionConfig(method))
    assert points.shape == (120, 2)
    assert neighbours_agree(points, labels) > 0.98
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


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_hardly_any_points_are_still_drawn(method, n):
    points = project(np.random.default_rng(0).normal(size=(n, 3)), ProjectionConfig(method))
    assert points.shape == (n, 2)
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
    assert len({ProjectionConfig(method).key() for method in METHODS}) == len(METHODS)


def test_points_survive_their_file(tmp_path):
    points = np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32)
    write_points(tmp_path / "maps" / "a.npz", points)
    np.testing.assert_array_equal(read_points(tmp_path / "maps" / "a.npz", n=9), points)
    assert [p.name for p in (tmp_path / "maps").iterdir()] == ["a.npz"]


@pytest.mark.parametrize("damage", [b"", b"no zip", b"PK\x03\x04 broken"])
def test_a_damaged_file_of_points_is_none(tmp_path, damage):
    path = tmp_path / "a.npz"
    path.write_bytes(damage)
    assert read_points(path, n=9) is None


def test_a_truncated_or_foreign_file_of_points_is_none(tmp_path):
    path = tmp_path / "a.npz"
    write_points(path, np.zeros((500, 2)))
    assert read_points(path, n=499) is None
    path.write_bytes(path.read_bytes()[:-40])
    assert read_points(path, n=500) is None
    np.savez(path, points=np.array([{"a": 1}], dtype=object))
    assert read_points(path, n=1) is None
    assert read_points(tmp_path / "absent.npz", n=1) is None


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_points(tmp_path / "file" / "a.npz", np.zeros((1, 2)))


def test_the_process_says_its_stages_and_writes_the_points(tmp_path):
    latent, _ = blobs()
    write_request(tmp_path / "in.npz", latent, ProjectionConfig("t-SNE"))
    command = [sys.executable, "-m", "neural_eq.latent.projection"]
    ended = subprocess.run(
        [*command, str(tmp_path / "in.npz"), str(tmp_path / "out.npz")],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ended.stdout.splitlines() == ["loading t-SNE", "laying out 120 points"]
    np.testing.assert_allclose(
        read_points(tmp_path / "out.npz", n=120),
        project(latent, ProjectionConfig("t-SNE")),
        atol=1e-5,
    )


def test_the_process_says_in_one_sentence_what_is_wrong(tmp_path):
    write_request(tmp_path / "in.npz", np.full((9, 2), np.nan), ProjectionConfig("PCA"))
    command = [sys.executable, "-m", "neural_eq.latent.projection"]
    ended = subprocess.run(
        [*command, str(tmp_path / "in.npz"), str(tmp_path / "out.npz")],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONWARNINGS": "error"},
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "finite" in ended.stderr


def test_importing_it_imports_nothing_heavy():
    script = (
        "import sys, neural_eq.latent.projection;"
        "assert not {'torch', 'umap', 'sklearn', 'numba'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_the_saved_maps_are_those_of_the_built_in_model_and_set():
    """If this fails, run ``python assets/make_projection.py``."""
    import hashlib

    from neural_eq.data.demo import built_in_dataset
    from neural_eq.data.safe_db import select

    rows = select(built_in_dataset(), min_examples=1)
    model = hashlib.sha256((ROOT / "assets" / "neural_eq_32.pt").read_bytes()).hexdigest()
    with np.load(ROOT / "assets" / "built_in_maps.npz", allow_pickle=False) as content:
        assert str(content["model"]) == model
        for method in METHODS:
            points = content[ProjectionConfig(method).key()]
            assert points.shape == (len(rows), 2)
            pair = np.isin(rows.terms, ["warm", "bright"])
            assert neighbours_agree(points[pair], rows.terms[pair]) > 0.7, method


def test_the_bounds_hold_the_defaults():
    config = ProjectionConfig()
    for name, (low, high) in projection.BOUNDS.items():
        assert low <= getattr(config, name) <= high
