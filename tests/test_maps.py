"""The maps at hand, and those that are made in the background."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import numpy as np
import pytest

from neural_eq.data.safe_db import select
from neural_eq.latent.projection import LATENT, ProjectionConfig
from neural_eq.ui.explore import maps
from neural_eq.ui.explore.maps import MapMaker, saved_map, saved_words

ROOT = Path(__file__).parents[1]
AT_HAND = [
    (32, "UMAP", 2), (32, "UMAP", 3), (32, "t-SNE", 2), (32, "t-SNE", 3), (32, "PCA", 2),
    (32, "PCA", 3), (3, "UMAP", 2), (3, LATENT, 3), (2, "UMAP", 2), (2, LATENT, 2),
]  # fmt: skip


def model_key(latent_dim: int) -> str:
    return hashlib.sha256((ROOT / "assets" / f"neural_eq_{latent_dim}.pt").read_bytes()).hexdigest()


@pytest.mark.parametrize(("latent_dim", "method", "n_dims"), AT_HAND)
def test_the_saved_maps_are_those_of_the_built_in_models_and_set(
    built_in, latent_dim, method, n_dims
):
    """If this fails, run ``python assets/make_projection.py``."""
    rows = select(built_in, min_examples=1)
    made = saved_map(model_key(latent_dim), ProjectionConfig(method, n_dims), n=len(rows))
    assert made is not None
    assert made.points.shape == (len(rows), n_dims)
    assert made.quality.trustworthiness > 0.9
    assert made.quality.displaced.mean() < 0.2
    pair = np.isin(rows.terms, ["warm", "bright"])
    same = rows.terms[made.quality.neighbors[pair]] == rows.terms[pair][:, None]
    assert same.mean() > 0.7


def test_a_map_of_another_model_or_set_is_not_taken():
    config = ProjectionConfig("PCA")
    assert saved_map("0" * 64, config, n=1089) is None
    assert saved_map(model_key(32), config, n=5) is None
    assert saved_map(model_key(32), ProjectionConfig("UMAP", n_neighbors=7), n=1089) is None


def test_the_saved_words_are_the_models():
    from neural_eq.model import checkpoint

    model = checkpoint.load(ROOT / "assets" / "neural_eq_3.pt")
    assert saved_words(model_key(3)) == tuple(model.terms)
    assert saved_words("0" * 64) == ()


def test_the_saved_maps_stay_small():
    assert maps.SAVED_PATH.stat().st_size < 200_000


def waited(maker: MapMaker, key: str, latent: np.ndarray, config: ProjectionConfig):
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        state = maker.request(key, latent, config)
        if state.made is not None or state.error:
            return state
        time.sleep(0.05)
    raise AssertionError("the map was not made")


def test_a_map_is_made_once_and_found_by_the_next_server(tmp_path):
    latent = np.random.default_rng(0).normal(size=(60, 4))
    maker = MapMaker(tmp_path / "maps")
    assert maker.find("a", n=60) is None
    assert maker.request("a", latent, ProjectionConfig("PCA")).made is None
    state = waited(maker, "a", latent, ProjectionConfig("PCA"))
    assert state.made.points.shape == (60, 2)
    assert not state.note
    later = MapMaker(tmp_path / "maps")
    np.testing.assert_allclose(later.find("a", n=60).made.points, state.made.points, atol=1e-6)
    assert later.find("b", n=60) is None


def test_a_map_that_fails_says_why_and_can_be_tried_again(tmp_path):
    maker = MapMaker(tmp_path)
    broken, whole = np.full((9, 2), np.nan), np.random.default_rng(0).normal(size=(9, 2))
    state = waited(maker, "a", broken, ProjectionConfig("PCA"))
    assert state.error.startswith("The PCA map failed: The latent must be a table of finite")
    assert maker.request("a", whole, ProjectionConfig("PCA")).error, "it is not tried by itself"
    maker.forget("a")
    assert waited(maker, "a", whole, ProjectionConfig("PCA")).made is not None


def test_a_map_that_cannot_be_kept_is_shown_and_said(tmp_path):
    (tmp_path / "file").write_text("")
    maker = MapMaker(tmp_path / "file" / "maps")
    latent = np.random.default_rng(0).normal(size=(9, 2))
    state = waited(maker, "a", latent, ProjectionConfig("PCA"))
    assert state.made is not None
    assert "could not be kept" in state.note
