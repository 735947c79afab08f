"""The blind test: its arithmetic, its course, and that loudness gives nothing away."""

import csv
import io

import numpy as np
import pytest
from scipy.stats import binomtest

from neural_eq.eq import abx
from neural_eq.eq.loudness import integrated_loudness_lufs
from neural_eq.eq.render import CEILING_DBTP
from neural_eq.eq.true_peak import true_peak_dbtp
from neural_eq.errors import ParameterError


def answered(n_right, n_trials):
    test = abx.begin("bypass", "EQ", n_trials=n_trials)
    for number in range(n_trials):
        test = test.answered(test.current_is_a == (number < n_right))
    return test


@pytest.mark.parametrize("n_trials", [5, 12, 16, 50])
def test_the_p_value_is_the_binomial_tests(n_trials):
    for n_right in range(n_trials + 1):
        test = answered(n_right, n_trials)
        assert test.n_right == n_right
        expected = binomtest(n_right, n_trials, 0.5, alternative="greater").pvalue
        assert test.p_value == pytest.approx(expected, rel=1e-9)


def test_a_test_takes_each_answer_once():
    test = abx.begin("a", "b", n_trials=5)
    assert (test.n_answered, test.n_right, test.p_value, test.is_done) == (0, 0, 1.0, False)
    for _ in range(5):
        test = test.answered(True)
    assert test.is_done
    assert test.answered(True) is test
    assert test.n_right == sum(test.x_is_a)


def test_a_coin_decides_what_x_is():
    tosses = np.array([abx.begin("a", "b", n_trials=50).x_is_a for _ in range(200)])
    assert abs(tosses.mean() - 0.5) < 0.03
    assert abs(np.corrcoef(tosses[:, :-1].ravel(), tosses[:, 1:].ravel())[0, 1]) < 0.05
    assert len({tuple(row) for row in tosses}) == 200


def test_a_test_may_end_early_with_the_answers_it_has():
    test = abx.begin("a", "b", n_trials=10).answered(True).answered(False).stopped()
    assert test.is_done and test.n_trials == 2


@pytest.mark.parametrize("n_trials", [4, 51])
def test_too_few_and_too_many_trials_are_refused(n_trials):
    with pytest.raises(ParameterError, match=f"n_trials is {n_trials}; it must lie within 5 to 50"):
        abx.begin("a", "b", n_trials=n_trials)


@pytest.mark.parametrize(
    ("n_right", "n_trials", "start", "end"),
    [
        (12, 12, "You hear a difference.", "12 or more of 12 right less than 0.1 % of the time."),
        (10, 12, "You hear a difference.", "10 or more of 12 right 1.9 % of the time."),
        (9, 12, "No difference shown.", "With 12 trials, 10 right would have shown one."),
        (6, 12, "No difference shown.", "With 12 trials, 10 right would have shown one."),
    ],
)
def test_the_verdict_says_what_the_answers_show(n_right, n_trials, start, end):
    text = abx.verdict(answered(n_right, n_trials))
    assert text.startswith(start) and text.endswith(end)


def test_too_few_answers_are_no_verdict():
    few = abx.AbxTest("a", "b", (True,) * 3, (True,) * 3)
    assert abx.verdict(few).startswith("Too few answers to tell: even 3 of 3 could be luck.")
    assert abx.needed_right(5) == 5


def test_the_csv_has_every_answer_and_no_formula():
    test = abx.AbxTest("=cmd()", "warm, 2x", (True, False, True), (True, True))
    rows = list(csv.DictReader(io.StringIO(abx.answers_csv(test, sound="+song.wav"))))
    assert [(r["trial"], r["x_was"], r["answer"], r["right"]) for r in rows] == [
        ("1", "A", "A", "1"),
        ("2", "B", "A", "0"),
    ]
    assert (rows[0]["a"], rows[0]["b"], rows[0]["sound"]) == ("'=cmd()", "warm, 2x", "'+song.wav")


def test_versions_are_equally_loud_and_do_not_clip():
    noise = np.random.default_rng(0).standard_normal((48000, 2)) * 0.2
    pieces = abx.equally_loud([noise, 3 * noise, 8 * noise[:, ::-1]], 48000)
    lufs = [integrated_loudness_lufs(piece, 48000) for piece in pieces]
    assert lufs == pytest.approx([lufs[0]] * 3, abs=1e-6)
    assert max(true_peak_dbtp(piece, 48000) for piece in pieces) <= CEILING_DBTP + 1e-6
    quiet = abx.equally_loud([noise / 10, noise / 20], 48000)
    np.testing.assert_array_equal(quiet[1], noise / 20)


def test_silence_stays_silent():
    silent = np.zeros((4800, 1))
    np.testing.assert_array_equal(abx.equally_loud([silent, silent], 48000)[0], silent)
