"""Training: it learns, repeats, resumes, stops, and says what it cannot do."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.response import curve_error_db
from neural_eq.errors import CheckpointError, DataError, ParameterError
from neural_eq.model import evaluation
from neural_eq.model.checkpoint import TrainedModel
from neural_eq.model.config import ModelConfig, TrainConfig
from neural_eq.model.run import split
from neural_eq.model.schedule import one_cycle
from neural_eq.model.training import EpochReport, train

SHORT = TrainConfig(epochs=4, device="cpu")


def same_weights(a: TrainedModel, b: TrainedModel) -> bool:
    one, two = a.module.state_dict(), b.module.state_dict()
    return all(torch.equal(one[name], two[name]) for name in one)


def test_a_seed_repeats_bit_for_bit_and_another_differs(built_in: Dataset) -> None:
    first, second = train(built_in, SHORT), train(built_in, SHORT)
    assert same_weights(first, second)
    for field in ("reconstruction_loss", "contrastive_loss", "held_out_curve_db"):
        assert [row[field] for row in first.history] == [row[field] for row in second.history]
    assert not same_weights(first, train(built_in, replace(SHORT, seed=1)))


def test_training_leaves_torch_as_it_was(built_in: Dataset) -> None:
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    train(built_in, replace(SHORT, epochs=1))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("latent_dim", [2, 32])
def test_stop_and_resume_equals_an_unbroken_run(built_in: Dataset, latent_dim: int) -> None:
    config = replace(SHORT, model=ModelConfig(latent_dim=latent_dim))
    whole = train(built_in, config)
    half = train(built_in, config, None, iter([False, True]).__next__)
    assert len(half.history) == 2
    resumed = train(built_in, config, resume_from=half)
    assert same_weights(whole, resumed)
    assert len(resumed.history) == 4


def test_a_resumed_run_refuses_other_data_and_another_config(built_in: Dataset) -> None:
    half = train(built_in, replace(SHORT, epochs=1))
    fewer = built_in.rows(np.arange(len(built_in)) > 0)
    with pytest.raises(DataError, match="not the data that this run began with"):
        train(fewer, SHORT, resume_from=half)
    with pytest.raises(ParameterError, match="keeps its configuration"):
        train(built_in, replace(SHORT, batch_size=32), resume_from=half)


@pytest.mark.parametrize("damage", [None, {}, {"state": {}}, {"state": {0: {"step": "x"}}}])
def test_a_damaged_training_state_is_said(built_in: Dataset, damage: object) -> None:
    half = train(built_in, replace(SHORT, epochs=1))
    assert half.resume_state is not None
    half.resume_state["optimizer"] = damage
    with pytest.raises(CheckpointError, match="training state is damaged"):
        train(built_in, SHORT, resume_from=half)


def test_reports_and_checkpoints_come_when_promised(built_in: Dataset) -> None:
    reports: list[EpochReport] = []
    saved: list[TrainedModel] = []
    config = replace(SHORT, epochs=5, save_every=2)
    model = train(built_in, config, reports.append, on_checkpoint=saved.append)
    assert [r.epoch for r in reports] == [1, 2, 3, 4, 5]
    assert [len(m.history) for m in saved] == [2, 4, 5]
    assert same_weights(saved[-1], model) and not same_weights(saved[0], model)
    assert [round(r.contrastive_weight, 6) for r in reports] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert reports[-1].time_left_s == 0


def test_nothing_held_out_reports_nothing_held_out(built_in: Dataset) -> None:
    model = train(built_in, replace(SHORT, epochs=1, held_out_share=0.0))
    assert model.history[0]["held_out_curve_db"] is None


def test_split_is_stratified_and_disjoint_in_share(built_in: Dataset) -> None:
    held_out = split(built_in, share=0.2, seed=3).numpy()
    for word, n in built_in.term_counts().items():
        assert held_out[built_in.terms == word].sum() == round(0.2 * n)


def test_one_cycle_climbs_then_falls_to_nothing() -> None:
    positions = np.linspace(0, 1, 101)
    rates = np.array([one_cycle(p) for p in positions])
    assert rates.argmax() == 10
    assert rates[0] < 0.05 * rates.max() and rates[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("field", "value"),
    [("epochs", 0), ("learning_rate", float("nan")), ("batch_size", 1), ("bounds", "v2")],
)
def test_config_names_what_is_out_of_bounds(field: str, value: object) -> None:
    with pytest.raises(ParameterError, match=f"{field} is"):
        TrainConfig(**{field: value})  # type: ignore[arg-type]


def test_latent_dim_zero_is_refused() -> None:
    with pytest.raises(ParameterError, match="latent_dim is 0; it must lie within 1 to 256"):
        ModelConfig(latent_dim=0)


def test_one_word_is_too_few(built_in: Dataset) -> None:
    warm = built_in.rows(built_in.terms == "warm")
    with pytest.raises(DataError, match="one word, 'warm'"):
        train(warm, SHORT)


def test_no_word_with_enough_settings(built_in: Dataset) -> None:
    with pytest.raises(DataError, match="min_examples is 5000"):
        train(built_in, replace(SHORT, min_examples=5000))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA card")
def test_cuda_without_a_card_is_refused(built_in: Dataset) -> None:
    with pytest.raises(ParameterError, match="no CUDA card"):
        train(built_in, replace(SHORT, device="cuda"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")
def test_cuda_trains_and_comes_back_to_the_cpu(built_in: Dataset) -> None:
    model = train(built_in, replace(SHORT, device="cuda"))
    assert next(model.module.parameters()).device.type == "cpu"


@pytest.mark.slow
def test_a_default_run_is_exact_and_apart_on_unseen_settings(safe_db: Dataset) -> None:
    """The promise of the default run, on a fifth of SAFE-DB that it never saw."""
    unseen = split(safe_db, share=0.2, seed=11).numpy()
    model = train(safe_db.rows(~unseen), TrainConfig(device="cpu"))
    figures = evaluation.evaluate(model, safe_db.rows(unseen), safe_db.rows(~unseen))
    assert figures["curve_rmse_db_mean"] <= 0.10
    assert figures["curve_rmse_db_p95"] <= 0.30
    assert figures["curve_max_db_p95"] <= 1.0
    assert figures["silhouette_warm_bright"] >= 0.60
    assert figures["davies_bouldin_warm_bright"] <= 0.60
    # 0.91 is the mean over many splits (benchmarks/quality.py); one split may lie below it
    assert figures["knn5_accuracy_warm_bright"] >= 0.87
    params = safe_db.params[unseen]
    high = params[:, 12] > 10000
    assert high.any() and (model.reconstruct(params)[high, 12] > 10000).all()


@pytest.mark.slow
@pytest.mark.parametrize(("latent_dim", "bound_db"), [(2, 2.5), (3, 1.65)])
def test_small_maps_follow_the_curve(built_in: Dataset, latent_dim: int, bound_db: float) -> None:
    unseen = split(built_in, share=0.2, seed=5).numpy()
    config = TrainConfig(device="cpu", model=ModelConfig(latent_dim=latent_dim))
    model = train(built_in.rows(~unseen), config)
    params = built_in.params[unseen]
    assert curve_error_db(params, model.reconstruct(params))[0].mean() <= bound_db
