"""Evaluation: its figures, against plain re-computation and cases with a known answer."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.model.checkpoint import TrainedModel
from neural_eq.model.config import TrainConfig
from neural_eq.model.evaluation import clusters, evaluate
from neural_eq.model.run import split
from neural_eq.model.training import train

KEYS = {
    "n_settings", "latent_dim", "reconstruction_mse", "curve_rmse_db_mean",
    "curve_rmse_db_median", "curve_rmse_db_p95", "curve_max_db_p50", "curve_max_db_p95",
    "freq_hz_min", "freq_hz_p1", "freq_hz_p99", "freq_hz_max", "silhouette", "davies_bouldin",
    "silhouette_warm_bright", "davies_bouldin_warm_bright", "knn5_accuracy_warm_bright",
}  # fmt: skip


@pytest.fixture(scope="module")
def model(built_in: Dataset) -> TrainedModel:
    return train(built_in, TrainConfig(epochs=5, device="cpu"))


def test_the_figures_are_what_they_say(model: TrainedModel, built_in: Dataset) -> None:
    figures = evaluate(model, built_in)
    assert set(figures) >= KEYS
    again = model.decode(model.encode(built_in.params))
    freq_hz = np.geomspace(20, 20000, 256)
    np.testing.assert_allclose(freq_hz, log_frequencies())
    difference = response_db(built_in.params, freq_hz) - response_db(again, freq_hz)
    rmse_db = np.sqrt((difference**2).mean(axis=1))
    assert figures["curve_rmse_db_mean"] == pytest.approx(rmse_db.mean())
    assert figures["curve_rmse_db_p95"] == pytest.approx(np.percentile(rmse_db, 95))
    assert figures["curve_max_db_p95"] == pytest.approx(
        np.percentile(np.abs(difference).max(axis=1), 95)
    )
    pair = np.isin(built_in.terms, ("warm", "bright"))
    assert figures["silhouette_warm_bright"] == pytest.approx(
        silhouette_score(model.encode(built_in.params[pair]), built_in.terms[pair].astype(str))
    )


def test_scope_tells_in_sample_from_external(model: TrainedModel, built_in: Dataset) -> None:
    assert evaluate(model, built_in)["scope"] == "in-sample"
    part = built_in.rows(split(built_in, share=0.3, seed=0).numpy())
    assert evaluate(model, part)["scope"] == "external"


def test_without_a_reference_no_setting_votes_for_itself(
    model: TrainedModel, built_in: Dataset
) -> None:
    rng = np.random.default_rng(0)
    pair = built_in.rows(np.isin(built_in.terms, ("warm", "bright")))
    shuffled = pair.rows(np.arange(len(pair)))
    shuffled.terms[:] = rng.permutation(shuffled.terms)
    for reference in (None, shuffled):
        accuracy = evaluate(model, shuffled, reference)["knn5_accuracy_warm_bright"]
        assert accuracy == pytest.approx(0.5, abs=0.08)


def test_what_the_data_cannot_give_is_none(model: TrainedModel, built_in: Dataset) -> None:
    one_word = built_in.rows(built_in.terms == "clear")
    figures = evaluate(model, one_word)
    assert figures["silhouette"] is None and figures["silhouette_warm_bright"] is None
    assert figures["knn5_accuracy_warm_bright"] is None


def test_clusters_far_apart_score_high() -> None:
    latent = np.concatenate([np.zeros((5, 2)), np.full((5, 2), 9.0)])
    latent += np.random.default_rng(0).normal(0, 0.01, latent.shape)
    terms = np.array(["warm"] * 5 + ["bright"] * 5, dtype=object)
    silhouette, davies_bouldin = clusters(latent, terms)
    assert silhouette is not None and silhouette > 0.99
    assert davies_bouldin is not None and davies_bouldin < 0.01
