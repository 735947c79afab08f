"""Compute ``term_statistics.json`` from SAFE-DB's table: what the built-in set is drawn from.

    python assets/make_term_statistics.py path/to/SAFEEqualiserUserData.csv

No setting can be read back from the result. Every number in it is a share, a mean, a standard
deviation or a correlation, rounded, over at least ``MIN_GROUP`` settings of a large word. A small
word has its own means and shares, drawn towards those of all words, and no spread of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from neural_eq.data.demo import BAND_OF_PARAM, SAFE_BOUNDS, STATISTICS_PATH, draw_component  # noqa: E402
from neural_eq.data.safe_db import Dataset, read_csv  # noqa: E402
from neural_eq.eq.params import (  # noqa: E402
    DEFAULT,
    FREQ_COLUMNS,
    GAIN_COLUMNS,
    MAXIMUM,
    MINIMUM,
    N_BANDS,
    N_PARAMS,
)
from neural_eq.eq.response import log_frequencies, response_db  # noqa: E402

PUBLISHED_COUNTS = {
    "warm": 532, "bright": 504, "test": 181, "clear": 8, "thin": 7, "boomy": 7, "re27": 7,
    "vocals": 6, "airy": 6, "tinny": 5, "muddy": 5, "deep": 5, "brighter": 5, "full": 5,
}  # fmt: skip
"""Settings of each word with five or more in the whole published table of 1,700."""

N_COMPONENTS = {"warm": 8, "bright": 8, "test": 4}
"""Parts of the large words: finer than the schools in the literature (3 of warm, 4 of bright)."""

MIN_GROUP = 20
"""Fewest settings that may have statistics of their own."""

RIDGE = {"mean": 200.0, "std": 20.0}
"""What holds the calibration's shifts of a mean and factors of a spread back."""

MIN_VALUES = 8
"""Fewest values of one parameter, neither default nor limit, that may have their own mean."""

PRIOR_SETTINGS = 3.0
"""How many settings of all words are mixed into a small word's."""


class Group:
    """The settings of a word or of a part of it, split into defaults, limits and the rest."""

    def __init__(self, params: np.ndarray):
        self.n = len(params)
        self.norm = SAFE_BOUNDS.normalize(params)
        default = np.isclose(params, DEFAULT, rtol=1e-5, atol=1e-6)
        by_band = [default[:, b == BAND_OF_PARAM].all(axis=1) for b in range(N_BANDS)]
        self.touched = ~np.stack(by_band, axis=1)  # (n, n_bands)
        self.touched_param = self.touched[:, BAND_OF_PARAM]  # (n, 13)
        self.default = default & self.touched_param
        self.low = np.isclose(params, MINIMUM, rtol=1e-5, atol=1e-6) & ~default
        self.high = np.isclose(params, MAXIMUM, rtol=1e-5, atol=1e-6) & ~default
        self.rest = self.touched_param & ~self.default & ~self.low & ~self.high

    def share(self, mask: np.ndarray) -> np.ndarray:
        """Share of the touched settings of each parameter that a mask holds, shape ``(13,)``."""
        return mask.sum(axis=0) / np.maximum(self.touched_param.sum(axis=0), 1)

    def moments(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean and standard deviation of the rest, NaN where there is none, and the counts."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a parameter without any rest
            values = np.where(self.rest, self.norm, np.nan)
            return np.nanmean(values, axis=0), np.nanstd(values, axis=0), self.rest.sum(axis=0)

    def correlation(self) -> np.ndarray:
        """Correlation of each pair over the settings that touched both; 0 where they are few."""
        result = np.eye(N_PARAMS)
        moved = self.touched_param & ~self.default  # limits tell direction too
        for i in range(N_PARAMS):
            for j in range(i):
                both = moved[:, i] & moved[:, j]
                x, y = self.norm[both, i], self.norm[both, j]
                if both.sum() >= MIN_VALUES and x.std() > 0 and y.std() > 0:
                    # pulled towards 0, the more the fewer the pairs
                    weight = both.sum() / (both.sum() + PRIOR_SETTINGS)
                    result[i, j] = result[j, i] = weight * np.corrcoef(x, y)[0, 1]
        return result


def _rounded(values: np.ndarray, digits: int = 3) -> list[Any]:
    return np.round(values, digits).tolist()


def _patterns(groups: list[tuple[float, Group]]) -> dict[str, float]:
    """Share of each set of touched bands, written as five flags, in weighted groups."""
    shares: Counter[str] = Counter()
    for weight, group in groups:
        for row in group.touched:
            shares["".join(str(int(flag)) for flag in row)] += weight / group.n
    # a setting with no band touched is no setting: it would be the plug-in's start
    shares.pop("0" * N_BANDS, None)
    total = sum(shares.values())
    return {p: round(s / total, 4) for p, s in sorted(shares.items()) if round(s / total, 4) > 0}


def component_of(group: Group, *, share: float, whole: Group) -> dict[str, Any]:
    """Describe a part of a large word; where it has few values, as ``whole`` has them."""
    assert group.n >= MIN_GROUP
    mean, std, counts = group.moments()
    whole_mean, whole_std, _ = whole.moments()
    enough = counts >= MIN_VALUES
    return {
        "share": round(share, 4),
        "touched_bands": _patterns([(1.0, group)]),
        "at_default": _rounded(group.share(group.default)),
        "at_low": _rounded(group.share(group.low)),
        "at_high": _rounded(group.share(group.high)),
        "mean": _rounded(np.where(enough, mean, whole_mean)),
        "std": _rounded(np.where(enough, std, whole_std)),
        "correlation": _rounded(group.correlation()),
    }


def small_word(group: Group, *, everyone: Group) -> dict[str, Any]:
    """Describe a word with too few settings for a spread of its own."""
    weight = group.n / (group.n + PRIOR_SETTINGS)
    mean, _, counts = group.moments()
    all_mean, all_std, _ = everyone.moments()
    own = counts / (counts + PRIOR_SETTINGS) * (counts >= 3)

    def mixed(name: str) -> list[float]:
        mine, theirs = (g.share(getattr(g, name)) for g in (group, everyone))
        return _rounded(weight * mine + (1 - weight) * theirs, 2)

    return {
        "share": 1.0,
        "touched_bands": _patterns([(weight, group), (1 - weight, everyone)]),
        "at_default": mixed("default"),
        "at_low": mixed("low"),
        "at_high": mixed("high"),
        "mean": _rounded(own * np.nan_to_num(mean) + (1 - own) * all_mean, 2),
        "std": _rounded(0.75 * all_std, 2),
        "correlation": _rounded(everyone.correlation(), 2),
    }


def parts_of(params: np.ndarray, n_parts: int) -> np.ndarray:
    """Number the part of each setting, every part ``MIN_GROUP`` settings or more.

    The part with the widest spread of gains and frequencies is cut in two, across its main
    direction where the halves come out tightest, until there are enough.
    """
    features = SAFE_BOUNDS.normalize(params)[:, GAIN_COLUMNS + FREQ_COLUMNS]
    labels = np.zeros(len(params), dtype=int)
    while labels.max() + 1 < n_parts:
        spread = np.array([_scatter(features[labels == k]) for k in range(labels.max() + 1)])
        spread[np.bincount(labels) < 2 * MIN_GROUP] = 0
        if not spread.any():
            break
        rows = np.flatnonzero(labels == spread.argmax())
        centred = features[rows] - features[rows].mean(axis=0)
        rows = rows[np.argsort(centred @ np.linalg.svd(centred, full_matrices=False)[2][0])]
        cut = min(
            range(MIN_GROUP, len(rows) - MIN_GROUP + 1),
            key=lambda n, rows=rows: _scatter(features[rows[:n]]) + _scatter(features[rows[n:]]),
        )
        labels[rows[cut:]] = labels.max() + 1
    return labels


def _scatter(rows: np.ndarray) -> float:
    return float(((rows - rows.mean(axis=0)) ** 2).sum())


def calibrated(component: dict[str, Any], params: np.ndarray) -> dict[str, Any]:
    """Move a part until what is drawn has the mean curve and spread of the part itself.

    A Gaussian knows nothing of how gain, frequency and Q hang together beyond correlation. What
    that costs, at most about a decibel, small shifts of mean gains and frequencies and factors
    of the gains' spread give back (Gauss-Newton on the curves, held back by a ridge).
    """
    target = _curve_moments(params)
    component = {**component, "mean": list(component["mean"]), "std": list(component["std"])}
    moves = [("mean", c) for c in GAIN_COLUMNS + FREQ_COLUMNS] + [("std", c) for c in GAIN_COLUMNS]
    ridge = np.diag([RIDGE[name] for name, _ in moves])
    for _ in range(6):
        norm = np.concatenate(
            [draw_component(component, 100, np.random.default_rng(seed)) for seed in range(16)]
        )
        base = _curve_moments(SAFE_BOUNDS.denormalize(norm))
        slopes = []  # of the curves' moments, in dB for 1 of a normalised mean or of a factor
        for name, column in moves:
            value = norm[:, column]
            free = (value > 0) & (value < 1) & (value != SAFE_BOUNDS.normalize(DEFAULT)[column])
            step = 1.0 if name == "mean" else value - component["mean"][column]
            moved = norm.copy()
            moved[:, column] = np.where(free, value + 0.01 * step, value)
            slopes.append((_curve_moments(SAFE_BOUNDS.denormalize(moved)) - base) / 0.01)
        jacobian = np.stack(slopes, axis=1)  # (2 n_freqs, n_moves)
        steps = np.linalg.solve(jacobian.T @ jacobian + ridge, jacobian.T @ (target - base))
        for (name, column), step in zip(moves, steps, strict=True):
            old = component[name][column]
            step = step.clip(-0.03, 0.03) if name == "mean" else old * step.clip(-0.1, 0.1)
            low, high = (0.02, 0.98) if name == "mean" else (0.01, 0.35)
            component[name][column] = round(float(np.clip(old + step, low, high)), 3)
    return component


def _curve_moments(params: np.ndarray) -> np.ndarray:
    """Mean curve and, after it, standard deviation, in dB, shape ``(2 n_freqs,)``."""
    curves = response_db(params, log_frequencies(40))
    return np.concatenate([curves.mean(axis=0), curves.std(axis=0)])


def statistics_of(dataset: Dataset, counts: Mapping[str, int] = PUBLISHED_COUNTS) -> dict[str, Any]:
    """Compute the whole content of the file, or that of some words."""
    everyone = Group(dataset.params[np.isin(dataset.terms, list(PUBLISHED_COUNTS))])
    terms: dict[str, Any] = {}
    for word, count in counts.items():
        params = dataset.params[dataset.terms == word]
        whole = Group(params)
        if word in N_COMPONENTS:
            labels = parts_of(params, N_COMPONENTS[word])
            components = [
                calibrated(
                    component_of(
                        Group(params[labels == k]), share=(labels == k).mean(), whole=whole
                    ),
                    params[labels == k],
                )
                for k in range(labels.max() + 1)
            ]
        else:
            components = [small_word(whole, everyone=everyone)]
        terms[word] = {"count": count, "count_in_table": len(params), "components": components}
    return {
        "about": (
            "Statistics of SAFE-DB's equaliser settings, word by word, from which the built-in"
            " set is drawn; no setting is in it. Values are normalised: 0 and 1 are the"
            " plug-in's limits, gain linear, frequency and Q logarithmic. touched_bands: share"
            " of each set of bands that are not as the plug-in starts them; at_default, at_low,"
            " at_high: shares within the touched bands; mean, std, correlation: of the rest."
        ),
        "made_by": "assets/make_term_statistics.py",
        "computed_from": f"{len(dataset):,} of the 1,700 published settings; 'count' alone is of"
        " the whole published table",
        "terms": terms,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path, help="SAFEEqualiserUserData.csv")
    parser.add_argument("-o", "--output", type=Path, default=STATISTICS_PATH)
    arguments = parser.parse_args()
    content = statistics_of(read_csv(arguments.table))
    text = json.dumps(content, indent=1)
    arguments.output.write_text(_one_line_lists(text) + "\n", encoding="utf-8")
    print(f"{arguments.output}: {arguments.output.stat().st_size:,} bytes")


def _one_line_lists(text: str) -> str:
    """Keep each list of numbers on one line, so that the file can be read and compared."""
    import re

    return re.sub(r"\[[^][{}]*\]", lambda m: re.sub(r"\s+", " ", m.group()), text)


if __name__ == "__main__":
    main()
