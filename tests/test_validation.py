"""Cross-validation: nothing that is judged was ever seen."""

import numpy as np
import pytest

from neural_eq.data.safe_db import Dataset
from neural_eq.errors import DataError
from neural_eq.model.config import TrainConfig
from neural_eq.model.validation import cross_validate, folds

QUICK = TrainConfig(epochs=2, device="cpu")


@pytest.mark.parametrize("by", ["term", "submitter"])
def test_each_setting_is_unseen_once(built_in: Dataset, by: str) -> None:
    unseen_times = np.zeros(len(built_in), dtype=int)
    for seen, unseen in folds(built_in, n_folds=5, seed=0, by=by):
        assert not (seen & unseen).any() and (seen | unseen).all()
        unseen_times += unseen
        assert 0.15 < unseen.mean() < 0.25
    assert (unseen_times == 1).all()


def test_by_submitter_no_person_is_on_both_sides(built_in: Dataset) -> None:
    for seen, unseen in folds(built_in, n_folds=4, seed=1, by="submitter"):
        assert not set(built_in.submitters[seen]) & set(built_in.submitters[unseen])


def test_by_term_each_word_is_shared_out_evenly(built_in: Dataset) -> None:
    for word, n in built_in.term_counts().items():
        held = [
            (built_in.terms[unseen] == word).sum()
            for _, unseen in folds(built_in, n_folds=5, seed=0)
        ]
        assert max(held) - min(held) <= 1 and sum(held) == n


def test_too_many_folds_are_refused(built_in: Dataset) -> None:
    few = built_in.rows(np.arange(len(built_in)) < 3)
    with pytest.raises(DataError, match="too small for 5 folds"):
        next(folds(few, n_folds=5, seed=0))


def test_cross_validation_reports_mean_and_spread(built_in: Dataset) -> None:
    done: list[tuple[int, int]] = []
    result = cross_validate(
        built_in, QUICK, n_folds=2, seeds=(0, 1), on_fold=lambda i, n: done.append((i, n))
    )
    assert result["scope"] == "cross-validated" and done == [(1, 4), (2, 4), (3, 4), (4, 4)]
    figure = result["figures"]["curve_rmse_db_mean"]
    assert figure["mean"] > 0 and figure["std"] > 0
