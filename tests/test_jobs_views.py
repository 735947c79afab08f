"""How a latent is pictured over a run: few views, each following from the one before."""

from __future__ import annotations

import numpy as np
import pytest

from neural_eq.jobs.views import (
    MAX_POINTS,
    MAX_VIEWS,
    ViewWriter,
    epochs,
    epochs_of,
    lay_out,
    reach,
    read,
    read_rows,
)
from neural_eq.model.config import TrainConfig


@pytest.mark.parametrize("n_epochs", [1, 2, 20, 60, 150, 10000])
def test_views_are_few_and_hold_the_first_and_last_epoch(n_epochs):
    chosen = epochs_of(n_epochs)
    assert (chosen[0], chosen[-1]) == (1, n_epochs)
    assert len(chosen) <= min(n_epochs, MAX_VIEWS)
    assert np.all(np.diff(chosen) > 0)
    gaps = np.diff(chosen)
    assert len(gaps) < 3 or gaps[0] <= gaps[-1]


def test_two_dimensions_stay_as_they_are_and_one_becomes_a_line():
    places = np.random.default_rng(0).normal(size=(20, 2))
    np.testing.assert_array_equal(lay_out(places, None), places)
    line = lay_out(places[:, :1], None)
    np.testing.assert_array_equal(line, np.column_stack([places[:, 0], np.zeros(20)]))


def test_a_view_keeps_the_two_widest_axes():
    generator = np.random.default_rng(0)
    places = generator.normal(size=(200, 6)) * [0.1, 5, 0.1, 2, 0.1, 0.1]
    laid = lay_out(places, None)
    np.testing.assert_allclose(np.sort(laid.std(axis=0)), [2, 5], rtol=0.15)


def test_a_view_is_turned_onto_the_one_before_it():
    generator = np.random.default_rng(0)
    places = generator.normal(size=(200, 6)) * [3, 2, 0.1, 0.1, 0.1, 0.1]
    first = lay_out(places, None)
    flipped = places * [-1, 1, 1, 1, 1, 1] + generator.normal(scale=0.01, size=places.shape)
    mirrored = lay_out(flipped[:, ::-1] * [1, 1, 1, 1, 1, -1], first)
    assert np.abs(mirrored - first).max() < 0.2


def test_a_large_table_is_sampled_and_says_so(built_in, tmp_path):
    many = built_in.rows(np.arange(2000) % len(built_in))
    writer = ViewWriter(tmp_path / "views", many, TrainConfig(), done=0)
    writer.take(1, lambda params: params)
    rows = read_rows(tmp_path / "views")
    assert (len(rows.terms), rows.n_settings) == (MAX_POINTS, 2000)
    assert read(tmp_path / "views", 1).shape == (MAX_POINTS, 2)


def test_views_of_a_lost_past_are_removed_and_the_rest_followed(built_in, tmp_path):
    folder = tmp_path / "views"
    writer = ViewWriter(folder, built_in, TrainConfig(epochs=6), done=0)
    for epoch in range(1, 7):
        writer.take(epoch, lambda params: params)
    assert epochs(folder) == [1, 2, 3, 4, 5, 6]
    again = ViewWriter(folder, built_in, TrainConfig(epochs=6), done=4)
    assert epochs(folder) == [1, 2, 3, 4]
    again.take(5, lambda params: params)
    np.testing.assert_allclose(read(folder, 5), read(folder, 4), atol=0.02)


def test_a_damaged_view_is_none(tmp_path):
    (tmp_path / "3.npy").write_bytes(b"damaged")
    np.save(tmp_path / "4.npy", np.zeros(3))
    (tmp_path / "rows.json").write_text("[]")
    assert read(tmp_path, 3) is None and read(tmp_path, 4) is None and read(tmp_path, 5) is None
    assert read_rows(tmp_path) is None
    assert epochs(tmp_path / "nowhere") == []


def test_the_axes_reach_as_far_as_the_widest_view():
    views = [np.full((10, 2), 1.0), np.full((10, 2), -3.0)]
    assert reach(views) == pytest.approx(3.24)
    assert reach([]) == reach([np.zeros((4, 2))]) == 1.0
