"""Maps: measured as others measure them, kept whole, made by a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neural_eq.errors import OutputError
from neural_eq.latent import map_quality
from neural_eq.latent.map_quality import measure
from neural_eq.latent.mapping import LatentMap, make_map, read_map, write_map, write_request
from neural_eq.latent.projection import ProjectionConfig

ROOT = Path(__file__).parents[1]


def points_of(n: int, dim: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dim))


@pytest.mark.parametrize("n", [30, 200])
@pytest.mark.parametrize("block_bytes", [map_quality._BLOCK_BYTES, 4000])
def test_both_measures_are_scikit_learns(n, block_bytes, monkeypatch):
    from sklearn.manifold import trustworthiness

    monkeypatch.setattr(map_quality, "_BLOCK_BYTES", block_bytes)
    latent = points_of(n, 8)
    points = latent[:, :2] + 0.3 * points_of(n, 2, seed=1)
    quality = measure(latent, points)
    assert quality.trustworthiness == pytest.approx(trustworthiness(latent, points, n_neighbors=10))
    assert quality.continuity == pytest.approx(trustworthiness(points, latent, n_neighbors=10))


def test_neighbours_are_the_nearest_in_the_latent_and_not_on_the_map():
    latent = np.arange(40.0)[:, None] ** 1.1
    quality = measure(latent, points_of(40, 2))
    assert quality.neighbors.shape == (40, 10)
    assert quality.neighbors[0].tolist() == list(range(1, 11))
    assert set(quality.neighbors[20]) == {*range(15, 20), *range(21, 26)}


def test_a_map_that_is_the_latent_is_perfect():
    latent = points_of(150, 2)
    quality = measure(latent, latent)
    assert (quality.trustworthiness, quality.continuity) == (1.0, 1.0)
    assert not quality.displaced.any()


def test_the_points_that_were_moved_away_are_the_displaced_ones():
    latent = points_of(400, 2)
    moved = [5, 77, 200]
    points = latent.copy()
    points[moved] += 50
    quality = measure(latent, points)
    assert np.flatnonzero(quality.displaced).tolist() == moved


@pytest.mark.parametrize("n", [0, 1, 2, 3, 11, 21])
def test_few_points_are_measured_as_far_as_can_be(n):
    quality = measure(points_of(n, 4), points_of(n, 2, seed=1))
    assert quality.neighbors.shape == (n, max(min(10, n - 1), 0))
    assert quality.displacement.shape == (n,)
    assert (quality.trustworthiness is None) == (n < 3)
    assert not quality.displaced.any()


def test_a_map_survives_its_file(tmp_path):
    made = make_map(points_of(50, 5), ProjectionConfig("PCA", 3))
    path = tmp_path / "maps" / "a.npz"
    write_map(path, made)
    back = read_map(path, n=50)
    np.testing.assert_allclose(back.points, made.points, atol=1e-6)
    np.testing.assert_array_equal(back.quality.neighbors, made.quality.neighbors)
    np.testing.assert_array_equal(back.quality.displaced, made.quality.displaced)
    assert back.quality.trustworthiness == made.quality.trustworthiness
    assert [p.name for p in (tmp_path / "maps").iterdir()] == ["a.npz"]


def test_a_map_too_small_to_judge_survives_its_file(tmp_path):
    write_map(tmp_path / "a.npz", make_map(points_of(2, 5), ProjectionConfig("PCA")))
    assert read_map(tmp_path / "a.npz", n=2).quality.continuity is None


@pytest.mark.parametrize("damage", [b"", b"no zip", b"PK\x03\x04 broken"])
def test_a_damaged_file_is_no_map(tmp_path, damage):
    path = tmp_path / "a.npz"
    path.write_bytes(damage)
    assert read_map(path, n=9) is None


def test_a_truncated_or_foreign_file_is_no_map(tmp_path):
    path = tmp_path / "a.npz"
    made = make_map(points_of(300, 4), ProjectionConfig("PCA"))
    write_map(path, made)
    assert read_map(path, n=299) is None
    path.write_bytes(path.read_bytes()[:-40])
    assert read_map(path, n=300) is None
    np.savez(path, points=np.array([{"a": 1}], dtype=object))
    assert read_map(path, n=1) is None
    wild = LatentMap(made.points, measure(made.points, made.points))
    wild.quality.neighbors[0, 0] = 300
    write_map(path, wild)
    assert read_map(path, n=300) is None
    assert read_map(tmp_path / "absent.npz", n=1) is None


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_map(tmp_path / "file" / "a.npz", make_map(points_of(5, 3), ProjectionConfig("PCA")))


def run_process(tmp_path, latent, config) -> subprocess.CompletedProcess:
    write_request(tmp_path / "in.npz", latent, config)
    read_end, write_end = os.pipe()  # held open, as a server that lives does
    try:
        return subprocess.run(
            command_of(tmp_path), cwd=ROOT, stdin=read_end,
            capture_output=True, text=True, env={**os.environ, "PYTHONWARNINGS": "error"},
        )  # fmt: skip
    finally:
        os.close(read_end)
        os.close(write_end)


def command_of(tmp_path) -> list[str]:
    files = [str(tmp_path / name) for name in ("in.npz", "out.npz")]
    return [sys.executable, "-m", "neural_eq.latent.mapping", *files]


def test_the_process_ends_with_the_server_that_began_it(tmp_path):
    write_request(tmp_path / "in.npz", points_of(3000, 8), ProjectionConfig("UMAP"))
    process = subprocess.Popen(command_of(tmp_path), cwd=ROOT, stdin=subprocess.PIPE)
    process.stdin.close()
    assert process.wait(60) == 3
    assert not (tmp_path / "out.npz").exists()


def test_the_process_says_its_stages_and_writes_the_map(tmp_path):
    latent = points_of(120, 6)
    ended = run_process(tmp_path, latent, ProjectionConfig("PCA"))
    assert ended.stdout.splitlines() == ["measuring which neighbours it keeps"]
    made = make_map(latent, ProjectionConfig("PCA"))
    np.testing.assert_allclose(read_map(tmp_path / "out.npz", n=120).points, made.points, atol=1e-5)


def test_the_process_says_in_one_sentence_what_is_wrong(tmp_path):
    ended = run_process(tmp_path, np.full((9, 2), np.nan), ProjectionConfig("PCA"))
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "finite" in ended.stderr
