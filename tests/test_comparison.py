"""Models side by side: all judged on the same unseen settings, each by the same measures."""

import numpy as np
import pytest

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import BANDS, MAXIMUM, MINIMUM
from neural_eq.model.comparison import TARGETS, ParamsPca, compare, describe_coder
from neural_eq.model.config import TrainConfig

QUICK = TrainConfig(epochs=2, device="cpu")


def test_pca_with_every_component_loses_nothing(built_in: Dataset) -> None:
    coder = ParamsPca.fit(built_in.params, latent_dim=13)
    np.testing.assert_allclose(
        coder.decode(coder.encode(built_in.params)), built_in.params, rtol=1e-9, atol=1e-9
    )


def test_comparison_judges_all_on_the_same_unseen_settings(built_in: Dataset) -> None:
    named: list[str] = []
    table = compare(built_in, QUICK, on_model=named.append)
    assert named == list(table)
    assert list(table)[:3] == [
        "reference V2 (data bounds)",
        "reference V3 (fixed bounds)",
        "Neural EQ",
    ]
    assert len({figures["freq_hz_max_of_data"] for figures in table.values()}) == 1
    for figures in table.values():
        assert set(figures["centres"]) == {"warm", "bright"}
        assert all(np.shape(c) == (13,) for c in figures["centres"].values())
    warm = np.array(table["Neural EQ"]["centres"]["warm"])
    assert (warm >= MINIMUM).all() and (warm <= MAXIMUM).all()
    for figures in table.values():
        assert figures["training_s"] >= 0
        assert [band["name"] for band in figures["frequency_ranges"]] == [b.name for b in BANDS]


def test_a_coder_that_loses_nothing_meets_every_target_of_exactness(built_in: Dataset) -> None:
    exact = ParamsPca.fit(built_in.params, latent_dim=13)
    figures = describe_coder(exact, built_in, built_in, words=built_in.term_counts())
    met = {target.figure: target.is_met(figures) for target in TARGETS}
    assert met["curve_rmse_db_mean"] and met["curve_max_db_p95"]
    assert met["freq_within_twelfth_octave"] and met["high_shelves_kept_above_10_khz"]
    for band in figures["frequency_ranges"]:
        assert band["low_hz"] == pytest.approx(band["data_low_hz"])
        assert band["high_hz"] == pytest.approx(band["data_high_hz"])


def test_a_coder_of_two_numbers_meets_none_of_them(built_in: Dataset) -> None:
    coarse = ParamsPca.fit(built_in.params, latent_dim=2)
    figures = describe_coder(coarse, built_in, built_in, words=built_in.term_counts())
    missed = [t.figure for t in TARGETS if t.is_met(figures) is False]
    assert {"curve_rmse_db_mean", "curve_rmse_db_p95", "freq_within_twelfth_octave"} <= set(missed)
    assert TARGETS[0].is_met({"curve_rmse_db_mean": None}) is None
