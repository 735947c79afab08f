"""Morphs are even, stay between their ends, and begin and end where they should."""

import itertools
import time

import numpy as np
import pytest
import torch

from neural_eq.data.demo import built_in_dataset
from neural_eq.eq.params import FIXED_BOUNDS, check_params
from neural_eq.eq.response import curve_error_db, log_frequencies, response_db
from neural_eq.eq.response_torch import response_db_torch
from neural_eq.errors import DataError, ParameterError
from neural_eq.latent.morphing import ROUTES, blend, distance_to_settings, morph
from neural_eq.latent.report import format_report, measure_pairs, morph_report
from neural_eq.latent.routes import by_gain, decoder_with_slopes, overshoot_db, solve_chain
from neural_eq.latent.slopes import HIGH_NORM, LOW_NORM, curves_and_slopes
from neural_eq.latent.terms import describe_word, school_point, setting_point, word_point
from neural_eq.model.config import ModelConfig, TrainConfig
from neural_eq.model.training import train

EPOCHS = 8


def trained(dataset, **rest):
    return train(dataset, TrainConfig(epochs=EPOCHS, save_every=0, device="cpu", **rest))


@pytest.fixture(scope="module")
def dataset():
    return built_in_dataset()


@pytest.fixture(scope="module")
def model(dataset):
    return trained(dataset)


@pytest.fixture(scope="module")
def report(model, dataset):
    return morph_report(model, dataset)


@pytest.fixture(scope="module")
def table(safe_db):
    return safe_db


@pytest.fixture(scope="module")
def table_model(table):
    return trained(table)


def settings(model, dataset, n, seed):
    """Pairs of settings that people made, of any word."""
    rows = np.random.default_rng(seed).choice(len(dataset), size=(n, 2), replace=False)
    return [tuple(setting_point(model, dataset.params[row]) for row in pair) for pair in rows]


def random_norm(n, seed):
    share = np.random.default_rng(seed).random((n, 13))
    return LOW_NORM + share * (HIGH_NORM - LOW_NORM)


def check_figures(report):
    assert set(report["routes"]) == set(ROUTES)
    for figures in report["routes"].values():
        assert figures["step_ratio_max"] <= 1.2
    assert report["routes"]["curve"]["overshoot_db_max"] <= 0.3
    # equal ways differ by the decoder's rounding, some thousandths of a dB
    assert report["latent_beyond_parameters_db"] <= 0.01


def test_morphs_between_words_are_even_and_stay_between_their_ends(report):
    check_figures(report)


def test_morphs_between_words_of_safe_db_are_too(table_model, table):
    check_figures(morph_report(table_model, table))


def test_a_report_names_the_worst_pairs(report, model):
    words = len(model.terms)
    assert len(report["pairs"]) == len(ROUTES) * words * (words - 1) // 2
    for route, figures in report["routes"].items():
        worst = max(
            (p for p in report["pairs"] if p["route"] == route), key=lambda p: p["overshoot_db"]
        )
        assert figures["worst_pairs"][0].startswith(f"{worst['start']} to {worst['end']}: ")
    text = "\n".join(format_report(report))
    assert report["routes"]["parameters"]["worst_pairs"][0] in text


@pytest.mark.parametrize("route", ROUTES)
def test_a_path_is_playable_and_ends_at_its_points(model, route):
    start, end = word_point(model, "warm"), word_point(model, "bright")
    path = morph(model, start, end, route=route, n_points=51)
    assert (path.start, path.end, path.route) == (start, end, route)
    assert path.params.shape == (51, 13) and path.curves_db.shape == (51, 128)
    check_params(path.params)
    np.testing.assert_allclose(path.params[0], start.params, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(path.params[-1], end.params, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(path.setting(0.5), path.params[25])
    np.testing.assert_allclose(path.curves_db, response_db(path.params, log_frequencies(128)))


@pytest.mark.parametrize("route", ROUTES)
def test_the_way_back_and_the_way_nowhere(model, route):
    start, end = word_point(model, "warm"), word_point(model, "bright")
    there, back = (morph(model, *ends, route=route) for ends in ((start, end), (end, start)))
    # the model decodes in float32
    assert np.abs(there.curves_db[::-1] - back.curves_db).max() < 0.3
    still = morph(model, start, start, route=route)
    assert np.ptp(still.curves_db, axis=0).max() < 1e-3


def test_the_curve_route_follows_the_mixture_of_both_curves(model):
    start, end = word_point(model, "warm"), word_point(model, "bright")
    path = morph(model, start, end, route="curve")
    share = path.at[:, None]
    straight_db = (1 - share) * path.curves_db[0] + share * path.curves_db[-1]
    off_db = np.sqrt(((path.curves_db - straight_db) ** 2).mean(axis=1))
    plain = morph(model, start, end, route="parameters")
    plain_db = np.sqrt(((plain.curves_db - straight_db) ** 2).mean(axis=1))
    assert off_db.max() < 0.5 and off_db.mean() < plain_db.mean()


def test_a_band_that_moves_is_silent_on_its_way(model):
    """What the curve route is for: a narrow peak at one place becomes one at another."""
    ends = np.tile(setting_point(model, word_point(model, "warm").params).params, (2, 1))
    ends[:, [0, 2, 5, 8, 11]] = 0
    ends[0, 5:8], ends[1, 5:8] = (9, 300, 3), (9, 3000, 3)
    start, end = (setting_point(model, params) for params in ends)
    plain, curve = (morph(model, start, end, route=route) for route in ("parameters", "curve"))
    assert overshoot_db(plain.curves_db).max() > 6
    assert overshoot_db(curve.curves_db).max() < 0.3


def test_schools_and_settings_morph_too(model, dataset):
    word = describe_word(model, dataset, "warm")
    ends = [school_point(word, index) for index in range(len(word.schools))]
    pairs = [*itertools.combinations(ends, 2), *settings(model, dataset, 5, seed=3)]
    figures = measure_pairs(model, dataset, pairs)
    assert max(f.step_ratio for f in figures) <= 1.2
    by_route = {r: np.array([f.overshoot_db for f in figures if f.route == r]) for r in ROUTES}
    assert by_route["curve"].max() < 0.6 and np.mean(by_route["curve"] <= 0.3) >= 0.9
    assert by_route["latent"].mean() < by_route["parameters"].mean()


def test_the_curve_route_stays_between_settings_that_people_made(table_model, table):
    pairs = settings(table_model, table, 12, seed=0)
    figures = measure_pairs(table_model, table, pairs, routes=("curve",))
    overshoots = np.array([f.overshoot_db for f in figures])
    assert np.mean(overshoots <= 0.3) >= 0.9 and overshoots.max() < 0.6
    assert max(f.step_ratio for f in figures) <= 1.2


@pytest.mark.parametrize("latent_dim", [2, 16])
@pytest.mark.parametrize("bounds", ["fixed", "data"])
def test_other_models_morph_too(dataset, latent_dim, bounds):
    layout = ModelConfig(latent_dim=latent_dim)
    config = TrainConfig(epochs=3, save_every=0, bounds=bounds, device="cpu", model=layout)
    other = train(dataset, config)
    path = morph(other, word_point(other, "warm"), word_point(other, "bright"), route="latent")
    steps = np.sqrt((np.diff(path.curves_db, axis=0) ** 2).mean(axis=1))
    assert steps.max() <= 1.2 * steps.mean()
    decode = decoder_with_slopes(other)
    latent = other.encode(dataset.params[:5])
    norm, slopes = decode(latent)
    playable = FIXED_BOUNDS.denormalize(np.clip(norm, LOW_NORM, HIGH_NORM))
    assert curve_error_db(playable, other.decode(latent))[1].max() < 0.01
    nudge = 1e-2 * np.random.default_rng(0).normal(size=latent.shape)
    change = decode(latent + nudge)[0] - decode(latent - nudge)[0]
    predicted = 2 * (slopes @ nudge[:, :, None])[:, :, 0]
    np.testing.assert_allclose(change, predicted, atol=0.02 * np.abs(predicted).max() + 1e-4)


@pytest.mark.parametrize("route", ROUTES)
def test_a_blend_of_one_is_that_one(model, route):
    points = [word_point(model, word) for word in ("warm", "bright", "airy")]
    for index, point in enumerate(points):
        weights = [7.0 * (i == index) for i in range(3)]
        params = blend(model, points, weights, route=route)
        np.testing.assert_allclose(params, point.params, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("route", ROUTES)
def test_a_blend_lies_between_its_points(model, route):
    points = [word_point(model, word) for word in ("warm", "bright", "airy")]
    curves_db = response_db(np.stack([p.params for p in points]), log_frequencies())
    for weights in ([1, 1, 1], [0.2, 0.5, 0.3]):
        params = blend(model, points, weights, route=route)
        check_params(params)
        share = np.array(weights) / sum(weights)
        off_db = response_db(params, log_frequencies()) - share @ curves_db
        assert np.sqrt((off_db**2).mean()) < (0.5 if route == "curve" else 1.5)


def test_a_blend_of_parameters_is_their_weighted_mean(model):
    points = [word_point(model, word) for word in ("warm", "bright", "airy")]
    norm = FIXED_BOUNDS.normalize(np.stack([p.params for p in points]))
    expected = FIXED_BOUNDS.denormalize(np.array([0.2, 0.5, 0.3]) @ norm)
    np.testing.assert_allclose(blend(model, points, [2, 5, 3], route="parameters"), expected)


def test_distance_to_settings_is_to_the_nearest(model, dataset):
    path = morph(model, word_point(model, "warm"), word_point(model, "bright"), n_points=5)
    distances = distance_to_settings(path, dataset)
    every = response_db(dataset.params, log_frequencies(128))
    expected = [np.sqrt(((every - c) ** 2).mean(axis=1)).min() for c in path.curves_db]
    np.testing.assert_allclose(distances, expected)
    start, end = (setting_point(model, dataset.params[row]) for row in (0, 1))
    ends = distance_to_settings(morph(model, start, end, route="parameters"), dataset)[[0, -1]]
    np.testing.assert_allclose(ends, 0, atol=1e-9)
    with pytest.raises(DataError, match="no setting"):
        distance_to_settings(path, dataset.rows(np.zeros(len(dataset), dtype=bool)))


def test_bad_requests_are_named(model):
    start, end = word_point(model, "warm"), word_point(model, "bright")
    with pytest.raises(ParameterError, match="'latent' or|latent or parameters or curve"):
        morph(model, start, end, route="scenic")
    with pytest.raises(ParameterError, match="n_points is 1"):
        morph(model, start, end, n_points=1)
    with pytest.raises(ParameterError, match="at is 1.1"):
        morph(model, start, end).setting(1.1)
    for weights in ([1], [1, -1], [0, 0], [1, np.nan]):
        with pytest.raises(ParameterError, match="weight"):
            blend(model, [start, end], weights)


def test_a_morph_takes_no_time_to_speak_of(model):
    """Ten times what it takes on an idle machine: the test guards against another order."""
    start, end = word_point(model, "warm"), word_point(model, "bright")
    for route, limit_s in (("latent", 0.5), ("parameters", 0.5), ("curve", 3.0)):
        morph(model, start, end, route=route)
        began = time.perf_counter()
        morph(model, start, end, route=route)
        assert time.perf_counter() - began < limit_s


def test_slopes_are_those_of_the_curve():
    norm, freq_hz = random_norm(40, 0), log_frequencies(64)
    curves_db, slopes = curves_and_slopes(norm, freq_hz)
    np.testing.assert_allclose(
        curves_db, response_db(FIXED_BOUNDS.denormalize(norm), freq_hz), atol=1e-9
    )
    params = torch.from_numpy(FIXED_BOUNDS.denormalize(norm)).requires_grad_()
    chosen = response_db_torch(params, torch.from_numpy(freq_hz))
    step = 1e-6 * (FIXED_BOUNDS.denormalize(norm + 1e-3) - FIXED_BOUNDS.denormalize(norm - 1e-3))
    for column in (0, 17, 40, 63):
        (gradient,) = torch.autograd.grad(chosen[:, column].sum(), params, retain_graph=True)
        per_norm = gradient.numpy() * step / 2e-9
        np.testing.assert_allclose(slopes[:, column], per_norm, rtol=1e-4, atol=1e-6)


def test_a_chain_of_blocks_is_solved_as_one_matrix():
    generator = np.random.default_rng(0)
    root = generator.normal(size=(12, 12))
    whole = root @ root.T + 12 * np.eye(12)
    for i, j in itertools.product(range(4), repeat=2):
        if abs(i - j) > 1:
            whole[3 * i : 3 * i + 3, 3 * j : 3 * j + 3] = 0
    blocks = whole.reshape(4, 3, 4, 3).transpose(0, 2, 1, 3)
    right = generator.normal(size=(4, 3))
    found = solve_chain(
        np.stack([blocks[i, i] for i in range(4)]),
        np.stack([blocks[i, i + 1] for i in range(3)]),
        right,
    )
    np.testing.assert_allclose(found.ravel(), np.linalg.solve(whole, right.ravel()))


def test_a_silent_band_takes_the_place_of_the_one_that_plays():
    ends = random_norm(2, 1)
    ends[:, 2] = 0.5, 0.9  # peak 1 plays at the second end alone
    norm = by_gain(ends, 0.1)
    np.testing.assert_allclose(norm[[3, 4]], ends[1, [3, 4]], atol=0.03)
    assert norm[2] == pytest.approx(0.54)
    ends[:, 2] = 0.5
    np.testing.assert_allclose(by_gain(ends, 0.5)[[3, 4]], ends[:, [3, 4]].mean(axis=0))
