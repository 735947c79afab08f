"""What a run's numbers say: on histories made for each case, and on real trainings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neural_eq.jobs import Run
from neural_eq.jobs.run_folder import Separation
from neural_eq.jobs.separation import separation, silhouette
from neural_eq.jobs.verdicts import remedied, verdicts
from neural_eq.model.config import ModelConfig, TrainConfig
from neural_eq.model.training import train

APART = Separation(("warm", "bright"), 0.7, True)


def made(errors_db, *, losses=None, total=0.15, config=None, **rest):
    """A run that ended, and its history, from its curve errors and reconstruction losses."""
    config = config or TrainConfig(epochs=len(errors_db))
    losses = losses or [0.01] * len(errors_db)
    history = [
        {"epoch": i, "held_out_curve_db": e, "reconstruction_loss": r, "total_loss": total,
         "contrastive_weight": 0.3}
        for i, (e, r) in enumerate(zip(errors_db, losses, strict=True), start=1)
    ]  # fmt: skip
    run = Run("id", "finished", "2026-01-01T00:00:00", config, "", separation=APART)
    return replace(run, epochs_done=len(history), **rest), history


def kinds(found):
    return [verdict.kind for verdict in found]


def test_a_good_run_has_converged_and_needs_no_remedy():
    (verdict,) = verdicts(*made([0.3] * 10 + [0.01] * 10))
    assert verdict.is_good and not verdict.remedy
    assert "0.15" in verdict.text and "0.2" in verdict.text


def test_a_run_cut_short_has_not_converged_however_low_its_loss():
    run, history = made([0.01] * 20, total=0.05)
    assert verdicts(replace(run, config=TrainConfig(epochs=21), state="stopped"), history) == []
    assert kinds(verdicts(run, history)) == ["converged"]


@pytest.mark.parametrize("n_epochs, said", [(1, []), (11, []), (12, ["converged"])])
def test_a_run_too_short_for_a_trend_has_not_converged(n_epochs, said):
    assert kinds(verdicts(*made([0.01] * n_epochs, total=0.05))) == said


def test_a_loss_at_the_guides_bound_has_not_converged():
    assert verdicts(*made([0.01] * 20, total=0.2)) == []


def test_a_level_error_plateaued_and_the_remedy_is_epochs_or_room():
    flat = [3.0] * 5 + [2.0] * 25
    (verdict, _) = verdicts(*made(flat))
    assert (verdict.kind, verdict.remedy) == ("plateaued", {"epochs": 60})
    small = TrainConfig(epochs=30, model=ModelConfig(latent_dim=2))
    (verdict, _) = verdicts(*made(flat, config=small))
    assert verdict.remedy == {"latent_dim": 32}


def test_an_error_that_still_falls_wants_more_epochs():
    falling = (4.0 * 0.9 ** np.arange(18)).tolist()
    found = verdicts(*made(falling))
    assert kinds(found) == ["improving", "converged"]
    assert found[0].remedy == {"epochs": 36}


@pytest.mark.parametrize("errors_db", [[2.0] * 5, [0.4] * 30, [None] * 30])
def test_too_few_epochs_an_inaudible_error_and_none_say_nothing_of_a_trend(errors_db):
    found = kinds(verdicts(*made(errors_db)))
    assert found == (["converged"] if len(errors_db) > 5 else [])


def test_a_jumping_loss_wants_a_lower_rate_even_while_it_trains():
    run, history = made([2.0] * 20, losses=[0.02, 0.02, 1.4] + [0.2] * 17)
    for state in ("running", "finished"):
        (verdict,) = verdicts(replace(run, state=state), history)
        assert verdict.kind == "unstable"
        assert "epoch 3" in verdict.text and "70 times" in verdict.text
        assert verdict.remedy == {"learning_rate": 0.0001}


def test_a_total_that_jumps_is_unstable_unless_its_weight_did():
    run, history = made([1.0] * 20)
    history[4]["total_loss"] = 30.0
    (verdict,) = verdicts(run, history)
    assert verdict.kind == "unstable" and "30" in verdict.text
    history[3]["contrastive_weight"] = 0.01
    assert "unstable" not in kinds(verdicts(run, history))


def test_a_run_that_left_all_bounds_wants_a_lower_rate():
    run, history = made([1.0] * 3, config=TrainConfig(learning_rate=0.05))
    (verdict,) = verdicts(replace(run, state="failed", diverged=True), history)
    assert verdict.remedy == {"learning_rate": 0.005}
    assert not replace(run, state="failed", diverged=True, has_data=True).is_resumable


@pytest.mark.parametrize(
    ("config", "remedy"),
    [
        (TrainConfig(epochs=20), {"contrastive_end": 0.7}),
        (TrainConfig(epochs=20, contrastive_end=0.7), {"batch_size": 128}),
        (TrainConfig(epochs=20, contrastive_end=0.7, batch_size=128), {}),
    ],
)
def test_words_that_overlap_want_more_weight_then_larger_batches(config, remedy):
    mixed = Separation(("warm", "bright"), 0.3, False)
    run, history = made([0.01] * 20, config=config)
    verdict = verdicts(replace(run, separation=mixed), history)[0]
    assert (verdict.kind, dict(verdict.remedy)) == ("mixed", remedy)
    assert "in-sample" in verdict.text


def test_a_remedy_keeps_all_the_rest_of_a_configuration():
    config = TrainConfig(epochs=7, model=ModelConfig(latent_dim=5))
    values = remedied(config, {"epochs": 14})
    assert (values["epochs"], values["latent_dim"], values["seed"]) == (14, 5, 0)
    model = ModelConfig(**{name: values.pop(name) for name in ("latent_dim", "hidden_dim")})
    assert TrainConfig(model=model, **values) == replace(config, epochs=14)


def test_the_silhouette_is_scikit_learns():
    from sklearn.metrics import silhouette_score

    generator = np.random.default_rng(3)
    is_first = generator.random(90) < 0.3
    places = generator.normal(size=(90, 5)) + is_first[:, None]
    expected = silhouette_score(places, is_first)
    assert silhouette(places, is_first) == pytest.approx(expected, abs=1e-9)
    assert silhouette(np.zeros((4, 2)), np.array([True, True, False, False])) == 0.0


def test_real_trainings_get_the_verdicts_they_deserve(built_in):
    good = TrainConfig(epochs=20, device="cpu")
    wild = replace(good, learning_rate=0.1)
    unpulled = replace(good, contrastive_start=0.0, contrastive_end=0.0)
    said = {}
    for name, config in (("good", good), ("wild", wild), ("unpulled", unpulled)):
        with np.errstate(over="ignore"):
            model = train(built_in, config)
        run, _ = made([1.0], config=config, separation=separation(model, built_in))
        said[name] = kinds(verdicts(replace(run, epochs_done=20), model.history))
    assert said == {"good": ["converged"], "wild": ["unstable"], "unpulled": ["mixed", "converged"]}
