"""What a word is: its cloud, its schools, its strength; and settings drawn from it."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neural_eq.data.demo import built_in_dataset
from neural_eq.data.safe_db import select
from neural_eq.eq.params import (
    BANDS,
    DEFAULT,
    FREQ_COLUMNS,
    GAIN_COLUMNS,
    MAXIMUM,
    MINIMUM,
    check_params,
)
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.errors import ParameterError, TermError
from neural_eq.latent.drawing import sample
from neural_eq.latent.report import word_report
from neural_eq.latent.terms import (
    describe_word,
    flat,
    school_point,
    setting_point,
    stopped_gains,
    with_strength,
    word_point,
)
from neural_eq.model.config import ModelConfig, TrainConfig
from neural_eq.model.training import train

SHELF = BANDS[-1]


@pytest.fixture(scope="module")
def dataset():
    return built_in_dataset()


@pytest.fixture(scope="module")
def model(dataset):
    return train(dataset, TrainConfig(epochs=6, save_every=0, device="cpu"))


@pytest.fixture(scope="module")
def table(safe_db):
    return safe_db


@pytest.fixture(scope="module")
def table_model(table):
    return train(table, TrainConfig(epochs=6, save_every=0, device="cpu"))


def test_a_word_counts_its_settings_and_people(model, dataset):
    rows = dataset.terms == "warm"
    word = describe_word(model, dataset, " Warm ")
    assert (word.term, word.n) == ("warm", rows.sum())
    assert word.n_submitters == len(set(dataset.submitters[rows].tolist()))
    np.testing.assert_array_equal(word.params, dataset.params[rows])
    np.testing.assert_array_equal(word.centre.params, word_point(model, "warm").params)
    assert sum(school.n for school in word.schools) == word.n
    assert sum(school.share for school in word.schools) == pytest.approx(1)


def test_a_tenth_of_the_curves_lies_above_the_band_and_a_tenth_below(model, dataset):
    word = describe_word(model, dataset, "bright")
    curves_db = response_db(word.params, word.freq_hz)
    low, middle, high = word.band_db
    assert word.band_db.shape == (3, 256)
    assert (low <= middle).all() and (middle <= high).all()
    np.testing.assert_allclose((curves_db > high).mean(axis=0), 0.1, atol=0.01)
    np.testing.assert_allclose((curves_db < low).mean(axis=0), 0.1, atol=0.01)
    np.testing.assert_allclose(word.mean_db, curves_db.mean(axis=0))


def test_schools_follow_one_another_by_share_and_have_names_of_their_own(model, dataset):
    word = describe_word(model, dataset, "warm")
    assert len(word.schools) > 1
    shares = [school.share for school in word.schools]
    assert shares == sorted(shares, reverse=True) and min(shares) >= 0.1
    assert len({school.name for school in word.schools}) == len(word.schools)
    np.testing.assert_array_equal(sum(school.rows.astype(int) for school in word.schools), 1)
    for index, school in enumerate(word.schools):
        point = school_point(word, index)
        assert point.label == f"warm: {school.name}"
        check_params(point.params)
        own = response_db(word.params[school.rows], word.freq_hz).mean(axis=0)
        np.testing.assert_allclose(school.mean_db, own)
        # where the school's morph goes is nearer to its own mean than to any other school's
        centre_db = response_db(point.params, word.freq_hz)
        away = [np.mean((centre_db - other.mean_db) ** 2) for other in word.schools]
        assert np.argmin(away) == index


def test_a_word_of_few_settings_is_one_school(model, dataset):
    word = describe_word(model, dataset, "airy")
    assert [school.share for school in word.schools] == [1.0]
    np.testing.assert_array_equal(word.schools[0].mean_db, word.mean_db)


def test_a_word_that_the_model_does_not_know_has_a_centre_all_the_same(model, dataset):
    rows = np.flatnonzero(dataset.terms == "warm")[:3]
    terms = dataset.terms.copy()
    terms[rows] = "woolly"
    word = describe_word(model, dataclasses.replace(dataset, terms=terms), "woolly")
    assert (word.n, len(word.schools), word.centre.label) == (3, 1, "woolly")
    np.testing.assert_allclose(word.centre.latent, model.encode(word.params).mean(axis=0))


def test_a_word_that_nobody_used_is_named(model, dataset):
    with pytest.raises(TermError, match="no setting of 'purple'"):
        describe_word(model, dataset, "purple")
    with pytest.raises(TermError, match="no setting of 'purple'"):
        sample(model, dataset, "purple", 5, 0)


def test_a_school_that_is_not_there_is_named(model, dataset):
    word = describe_word(model, dataset, "airy")
    for index in (-1, 1):
        with pytest.raises(ParameterError, match=f"school is {index}"):
            school_point(word, index)


def test_share_above_a_frequency_counts_raised_high_shelves(model, dataset):
    word = describe_word(model, dataset, "bright")
    raised = word.params[:, SHELF.gain] > 0
    above = raised & (word.params[:, SHELF.freq] > 10000)
    assert word.share_above(10000) == pytest.approx(above.mean())
    assert word.share_above(20000) == 0
    assert word.share_above(0) == pytest.approx(raised.mean())
    school = word.school_above(0)
    held = [(school.rows & raised).sum() for school in word.schools]
    assert (school is None) == (2 * max(held) <= raised.sum())
    assert word.school_above(20000) is None


def test_a_word_is_written_as_json(model, dataset):
    word = describe_word(model, dataset, "bright")
    values = json.loads(json.dumps(word_report(word)))
    assert (values["term"], values["n"]) == ("bright", word.n)
    assert [s["name"] for s in values["schools"]] == [s.name for s in word.schools]
    assert values["high_shelf_raised_above_share"] == word.share_above(10000)


def test_bright_rarely_means_a_shelf_above_10_khz(table_model, table):
    bright = describe_word(table_model, table, "bright")
    assert bright.share_above(10000) == pytest.approx(14 / 504, abs=0.01)
    assert bright.share_above(0) == pytest.approx(360 / 504, abs=0.05)


def test_strength_scales_what_is_heard(model):
    warm = word_point(model, "warm").params
    gains = list(GAIN_COLUMNS)
    freq_hz = log_frequencies()
    np.testing.assert_array_equal(response_db(with_strength(warm, 0), freq_hz), 0)
    np.testing.assert_array_equal(with_strength(warm, 1), warm)
    np.testing.assert_allclose(
        response_db(with_strength(warm, -1), freq_hz), -response_db(warm, freq_hz), atol=1e-9
    )
    twice = with_strength(warm, 2)
    np.testing.assert_allclose(twice[gains], np.clip(2 * warm[gains], -12, 12))
    others = [c for c in range(13) if c not in gains]
    np.testing.assert_array_equal(twice[others], warm[others])
    np.testing.assert_array_equal(response_db(flat(), freq_hz), 0)


def test_gains_that_a_strength_drives_into_the_limit_are_counted():
    params = flat()
    params[list(GAIN_COLUMNS)] = [12, -7, 6, 5, 0]
    assert [stopped_gains(params, s) for s in (0, 1, 1.5, 2, -1)] == [0, 0, 1, 2, 0]
    assert with_strength(params, 2)[list(GAIN_COLUMNS)].tolist() == [12, -12, 12, 10, 0]


@given(st.floats(-1, 2), st.integers(0, 2**32 - 1))
def test_strength_stays_within_bounds(strength, seed):
    rows = np.random.default_rng(seed).uniform(MINIMUM, MAXIMUM, size=(20, 13))
    check_params(with_strength(rows, strength))


@pytest.mark.parametrize("strength", [-1.01, 2.01, np.nan])
def test_strength_out_of_range_is_named(strength):
    with pytest.raises(ParameterError, match="it must lie within -1 to 2"):
        with_strength(flat(), strength)


def test_a_setting_out_of_bounds_is_no_point(model):
    params = flat()
    params[0] = 13
    with pytest.raises(ParameterError, match="low_shelf_gain_db is 13 dB"):
        setting_point(model, params)


def draws_of(model, dataset, n=10000, seed=0):
    """Draw from all words in the proportion in which they were used."""
    counts = dataset.term_counts()
    parts = {
        word: sample(model, dataset, word, round(n * count / len(dataset)), seed)
        for word, count in counts.items()
    }
    return np.concatenate(list(parts.values())), parts


def third_octaves_apart(params, others, percentile):
    freq_hz, theirs = (np.percentile(p[:, FREQ_COLUMNS], percentile) for p in (params, others))
    return abs(3 * np.log2(freq_hz / theirs))


def mean_curve_difference_db(params, others):
    freq_hz = log_frequencies()
    means = [response_db(rows, freq_hz).mean(axis=0) for rows in (params, others)]
    return np.abs(means[0] - means[1]).max()


def check_draws(model, chosen):
    draws, by_word = draws_of(model, chosen)
    check_params(draws)
    assert third_octaves_apart(draws, chosen.params, 1) < 1
    assert third_octaves_apart(draws, chosen.params, 99) < 1
    for word in ("warm", "bright"):
        own = chosen.params[chosen.terms == word]
        assert mean_curve_difference_db(by_word[word], own) < 0.5
        spread = [response_db(p, log_frequencies()).std(axis=0) for p in (by_word[word], own)]
        np.testing.assert_allclose(spread[0] / spread[1], 1, atol=0.2)
    taken = {row.tobytes() for row in chosen.params}
    assert not any(row.tobytes() in taken for row in draws)
    assert len(np.unique(draws, axis=0)) == len(draws)


def test_draws_are_as_people_set_them_and_nobodys(model, dataset):
    check_draws(model, select(dataset, min_examples=5))


def test_draws_are_as_people_set_them_and_nobodys_on_safe_db(table_model, table):
    check_draws(table_model, select(table, min_examples=5))


def test_draws_are_no_further_from_unseen_settings_than_the_seen_ones_are(table_model, table):
    chosen = select(table, min_examples=5)
    held_out = np.random.default_rng(0).random(len(chosen)) < 0.5
    seen, unseen = chosen.rows(~held_out), chosen.rows(held_out)
    draws, by_word = draws_of(table_model, seen)
    for percentile in (1, 99):
        between = third_octaves_apart(seen.params, unseen.params, percentile)
        assert third_octaves_apart(draws, unseen.params, percentile) < between + 1
    for word in ("warm", "bright"):
        own, others = (part.params[part.terms == word] for part in (seen, unseen))
        between_db = mean_curve_difference_db(own, others)
        assert mean_curve_difference_db(by_word[word], others) < between_db + 0.5


def test_draws_repeat_with_a_seed_and_come_from_a_school_alone(model, dataset):
    first, again, other = (sample(model, dataset, "warm", 50, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    word = describe_word(model, dataset, "warm")
    for index, school in enumerate(word.schools):
        draws = sample(model, dataset, "warm", 500, 0, rows=school.rows)
        mean_db = response_db(draws, word.freq_hz).mean(axis=0)
        away = [np.mean((mean_db - other.mean_db) ** 2) for other in word.schools]
        assert np.argmin(away) == index


def test_settings_that_leave_no_choice_are_drawn_from_all_the_same(model, dataset):
    params = dataset.params.copy()
    rows = np.flatnonzero(dataset.terms == "airy")
    params[rows] = DEFAULT
    params[rows[:3], 0] = MAXIMUM[0]
    odd = dataclasses.replace(dataset, params=params)
    for n in (0, 1, 40):
        draws = sample(model, odd, "airy", n, 0)
        assert draws.shape == (n, 13)
        check_params(draws)
        taken = {row.tobytes() for row in params}
        assert not any(row.tobytes() in taken for row in draws)


@pytest.mark.parametrize("n", [-1, 1_000_001])
def test_a_number_of_draws_out_of_range_is_named(model, dataset, n):
    with pytest.raises(ParameterError, match="it must lie within 0 to 1,000,000"):
        sample(model, dataset, "warm", n, 0)


def test_a_small_latent_tells_words_too(dataset):
    config = TrainConfig(epochs=2, save_every=0, device="cpu", model=ModelConfig(latent_dim=2))
    word = describe_word(train(dataset, config), dataset, "warm")
    assert word.schools[0].centre.latent.shape == (2,)
