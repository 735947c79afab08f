"""Curves with a spread: the numbers of the settings that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from neural_eq.ui.cached import N_FREQS
from neural_eq.ui.explore.curves import rms_db, spread_of


def test_a_spread_is_the_mean_and_what_eight_of_ten_keep_within():
    curves_db = np.tile(np.arange(101.0)[:, None], (1, N_FREQS))
    spread = spread_of(curves_db)
    np.testing.assert_allclose(spread.mean_db, 50)
    np.testing.assert_allclose(spread.low_db, 10)
    np.testing.assert_allclose(spread.high_db, 90)


def test_the_distance_of_curves_is_rms_in_db():
    curves_db = np.array([[0.0, 0.0], [3.0, 4.0]])
    np.testing.assert_allclose(rms_db(curves_db, np.zeros(2)), [0, np.sqrt(12.5)])


@pytest.mark.parametrize("n", [1, 2])
def test_a_setting_or_two_have_a_spread(n):
    assert np.isfinite(spread_of(np.ones((n, N_FREQS))).high_db).all()
