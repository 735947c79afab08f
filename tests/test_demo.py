import importlib.util
import json
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from neural_eq.data import demo
from neural_eq.data.demo import SAFE_BOUNDS, STATISTICS_PATH, built_in_dataset, draw
from neural_eq.data.safe_db import read_csv, select
from neural_eq.eq.params import DEFAULT, GAIN_COLUMNS, MAXIMUM, MINIMUM
from neural_eq.eq.response import log_frequencies, response_db

ROOT = Path(__file__).parents[1]
REAL_TABLE = ROOT.parent / "shared" / "safe-db" / "SAFEEqualiserUserData.csv"
needs_real_table = pytest.mark.skipif(
    not REAL_TABLE.exists(), reason="SAFE-DB's table is not on this machine"
)
STATISTICS = json.loads(STATISTICS_PATH.read_text(encoding="utf-8"))
FREQ_HZ = log_frequencies(256)
N_SEEDS = 8


@cache
def real():
    return read_csv(REAL_TABLE)


def curves(dataset, term):
    return response_db(dataset.params[dataset.terms == term], FREQ_HZ)


def test_it_has_as_many_words_and_settings_as_safe_db():
    dataset = built_in_dataset()
    assert select(dataset, min_examples=5, keep_junk=True).term_counts() == {
        "warm": 532, "bright": 504, "test": 181, "clear": 8, "boomy": 7, "re27": 7, "thin": 7,
        "airy": 6, "vocals": 6, "brighter": 5, "deep": 5, "full": 5, "muddy": 5, "tinny": 5,
    }  # fmt: skip
    assert len(dataset) == 1283
    chosen = select(dataset, min_examples=5)
    assert len(chosen) == 1283 - 181 - 7 - 6 and len(chosen.term_counts()) == 11


def test_it_says_that_it_is_built_in_and_holds_no_person():
    dataset = built_in_dataset()
    assert dataset.is_built_in
    assert "built-in" in dataset.describe()
    assert set(dataset.genres) == set(dataset.instruments) == {""}
    assert dataset.setting_ids.tolist() == list(range(1, 1284))
    # numbered by first appearance, as any table's
    first_seen = list(dict.fromkeys(dataset.submitters.tolist()))
    assert first_seen == list(range(1, len(first_seen) + 1))
    assert 100 < len(first_seen) <= 148


def test_it_repeats_and_a_seed_changes_it():
    assert built_in_dataset().fingerprint() == built_in_dataset().fingerprint()
    assert built_in_dataset(seed=1).fingerprint() != built_in_dataset().fingerprint()


def test_it_is_drawn_quickly():
    draw(STATISTICS, seed=0)
    times = []
    for seed in range(5):
        start = time.process_time()
        draw(STATISTICS, seed=seed)
        times.append(time.process_time() - start)
    assert min(times) < 0.1  # 0.04 on an idle core


@pytest.mark.parametrize("seed", [demo.SEED, 1, 2])
def test_every_setting_is_playable_and_no_start_of_the_plug_in(seed):
    params = draw(STATISTICS, seed=seed).params
    assert np.isfinite(params).all()
    assert (params >= MINIMUM).all() and (params <= MAXIMUM).all()
    # neither the default nor a limit, which are the same for everyone
    norm = SAFE_BOUNDS.normalize(params)
    is_free = (norm > 1e-6) & (norm < 1 - 1e-6) & ~np.isclose(params, DEFAULT)
    assert is_free.sum(axis=1).min() >= demo.MIN_FREE


def test_defaults_and_limits_are_met_exactly_and_as_often_as_by_people():
    params = built_in_dataset().params
    untouched = (params == DEFAULT).mean(axis=0)
    assert untouched[[4, 7, 10]].min() > 0.6 and untouched[[4, 7, 10]].max() < 0.75  # Q
    gains = list(GAIN_COLUMNS)
    assert untouched[gains].min() > 0.14 and untouched[gains].max() < 0.3
    assert 0.3 < (np.abs(params[:, gains]) == 12).any(axis=1).mean() < 0.5


def test_the_file_is_small_and_holds_no_word_but_those_and_no_setting():
    assert STATISTICS_PATH.stat().st_size < 200_000
    for term in STATISTICS["terms"].values():
        assert sum(c["share"] for c in term["components"]) == pytest.approx(1, abs=1e-3)
        for component in term["components"]:
            n_settings = component["share"] * term["count_in_table"]
            # a part of a large word, or a small word's means mixed with everyone's
            assert n_settings >= 19.9 or len(term["components"]) == 1
            for name in ("at_default", "at_low", "at_high", "mean", "std"):
                assert np.shape(component[name]) == (13,)
            assert np.shape(component["correlation"]) == (13, 13)


def test_small_words_have_no_spread_of_their_own():
    small = [t["components"][0] for t in STATISTICS["terms"].values() if t["count"] < 20]
    assert len(small) == 11
    for component in small:
        assert component["std"] == small[0]["std"]
        assert component["correlation"] == small[0]["correlation"]


@needs_real_table
@pytest.mark.parametrize("term", ["warm", "bright"])
def test_mean_curve_and_spread_are_the_real_ones_for_any_seed(term):
    expected = curves(real(), term)
    for seed in [demo.SEED, *range(N_SEEDS)]:
        drawn = curves(draw(STATISTICS, seed=seed), term)
        assert np.abs(drawn.mean(axis=0) - expected.mean(axis=0)).max() < 0.5, seed
        assert np.abs(drawn.std(axis=0) / expected.std(axis=0) - 1).max() < 0.2, seed


@pytest.mark.parametrize(
    ("term", "published_db"),
    [("warm", (1.3, 3.5, -0.3, -1.5, -2.5)), ("bright", (-2.4, -0.9, 2.5, 5.3, 4.4))],
)
def test_mean_curves_are_those_of_the_whole_published_table(term, published_db):
    dataset = built_in_dataset()
    freq_hz = np.array([60.0, 250, 1000, 4000, 12000])
    drawn = response_db(dataset.params[dataset.terms == term], freq_hz).mean(axis=0)
    np.testing.assert_allclose(drawn, published_db, atol=0.5)


@needs_real_table
def test_no_setting_is_a_persons():
    """The built-in set keeps further from every real setting than 1 of 200 on any scale."""
    from scipy.spatial import cKDTree

    tree = cKDTree(SAFE_BOUNDS.normalize(real().params))
    nearest = tree.query(SAFE_BOUNDS.normalize(built_in_dataset().params))[0]
    assert nearest.min() > 0.005
    assert (nearest < 0.02).mean() < 0.005  # among people's own settings it is a fifth
    assert tree.query(SAFE_BOUNDS.normalize(real().params))[0].max() < 1e-9  # the test can find


@needs_real_table
@pytest.mark.slow
def test_the_committed_script_makes_the_committed_file():
    path = ROOT / "assets" / "make_term_statistics.py"
    spec = importlib.util.spec_from_file_location("make_term_statistics", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    made = script.statistics_of(real(), {"test": 181, "clear": 8})
    for term in ("test", "clear"):
        expected = STATISTICS["terms"][term]
        assert made["terms"][term]["count"] == expected["count"]
        parts = zip(made["terms"][term]["components"], expected["components"], strict=True)
        for mine, theirs in parts:
            np.testing.assert_allclose(mine["mean"], theirs["mean"], atol=0.01)
            np.testing.assert_allclose(mine["std"], theirs["std"], atol=0.01)
            np.testing.assert_allclose(mine["at_low"], theirs["at_low"], atol=0.002)
            assert mine["touched_bands"] == theirs["touched_bands"]
