"""How near settings are to those that people made, and where they stand on a map."""

from __future__ import annotations

import numpy as np
import pytest

from neural_eq.data.demo import built_in_dataset
from neural_eq.eq.response import curve_error_db
from neural_eq.errors import DataError
from neural_eq.latent.nearness import FAR_PERCENTILE, curves_of, nearest, place, settled


@pytest.fixture(scope="module")
def params():
    return built_in_dataset().params[:300]


def test_the_nearest_is_the_one_that_comparing_all_finds(params):
    others, asked = params[:250], params[250:]
    rows, distance_db = nearest(curves_of(asked), curves_of(others))
    for one, row, db in zip(asked, rows, distance_db, strict=True):
        every_db = curve_error_db(np.repeat(one[None], len(others), axis=0), others, n_freqs=128)[0]
        assert db == pytest.approx(every_db.min(), abs=1e-9)
        assert every_db[row] == pytest.approx(every_db.min(), abs=1e-9)


def test_a_setting_of_the_table_is_at_no_distance_unless_it_may_not_be_taken(params):
    curves_db = curves_of(params)
    itself = np.arange(len(params))
    rows, distance_db = nearest(curves_db, curves_db)
    np.testing.assert_allclose(distance_db, 0, atol=1e-9)
    rows, distance_db = nearest(curves_db, curves_db, not_rows=itself)
    assert (rows != itself).all()
    assert np.median(distance_db) > 0.1


def test_nine_of_ten_settings_have_another_nearer_than_far(params):
    among = settled(params)
    curves_db = curves_of(params)
    own_db = nearest(curves_db, curves_db, not_rows=np.arange(len(params)))[1]
    assert np.mean(own_db <= among.far_db) == pytest.approx(FAR_PERCENTILE / 100, abs=0.01)
    assert np.mean(own_db <= among.typical_db) == pytest.approx(0.5, abs=0.01)


def test_one_setting_alone_and_none_at_all(params):
    assert settled(params[:1]).far_db == 0
    with pytest.raises(DataError, match="no setting to measure"):
        settled(params[:0])


def test_a_latent_of_the_map_stands_where_it_stood():
    generator = np.random.default_rng(0)
    latents, points = generator.normal(size=(50, 8)), generator.normal(size=(50, 2))
    np.testing.assert_allclose(place(latents, latents, points), points, atol=1e-6)


def test_a_latent_halfway_between_two_stands_halfway():
    latents = np.array([[0.0, 0.0], [2.0, 0.0]])
    points = np.array([[10.0, 0.0], [20.0, 4.0]])
    np.testing.assert_allclose(place(np.array([[1.0, 5.0]]), latents, points), [[15.0, 2.0]])
