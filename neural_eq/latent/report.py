"""Words, draws and morphs in figures: what people meant; even steps, nothing outside the ends."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import FREQ_COLUMNS
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.latent.drawing import sample
from neural_eq.latent.morphing import ROUTES, MorphPath, distance_to_settings, morph
from neural_eq.latent.routes import overshoot_db
from neural_eq.latent.terms import Point, Word, word_point
from neural_eq.model.checkpoint import TrainedModel
from neural_eq.model.evaluation import PAIR

N_WORST = 3

ABOVE_HZ = 10000.0
"""The frequency above which the guide hopes for bright's high shelf."""

_EVERY = 8  # of a word's 256 frequencies, one in so many goes into its report


@dataclass(frozen=True)
class MorphFigures:
    """One morph, measured at 101 points and 256 frequencies.

    Attributes:
        start: Label of the one end.
        end: Label of the other.
        route: One of ``ROUTES``.
        length_db: The way, as the sum of its steps, each an RMS of curve.
        step_ratio: Largest step by mean step; 1 is even. 1 where nothing moves.
        overshoot_db: Furthest that the curve leaves the interval between the path's two ends.
        overshoot_hz: Where in the spectrum.
        overshoot_at: Where on the slider, 0 to 1.
        nearest_mean_db: Mean over the points of the distance to the nearest human setting.
        nearest_max_db: The largest of those.
    """

    start: str
    end: str
    route: str
    length_db: float
    step_ratio: float
    overshoot_db: float
    overshoot_hz: float
    overshoot_at: float
    nearest_mean_db: float
    nearest_max_db: float


def word_report(word: Word) -> dict[str, Any]:
    """Say what a word is in plain values for JSON, the settings themselves left out."""
    holder = word.school_above(ABOVE_HZ)
    return {
        "term": word.term,
        "n": word.n,
        "n_submitters": word.n_submitters,
        "params": word.centre.params.tolist(),
        "spread_db": {
            "freq_hz": word.freq_hz[::_EVERY].tolist(),
            "p10": word.band_db[0, ::_EVERY].tolist(),
            "p50": word.band_db[1, ::_EVERY].tolist(),
            "p90": word.band_db[2, ::_EVERY].tolist(),
        },
        "high_shelf_raised_above_hz": ABOVE_HZ,
        "high_shelf_raised_above_share": word.share_above(ABOVE_HZ),
        "high_shelf_raised_above_school": holder.name if holder else None,
        "schools": [
            {
                "name": school.name,
                "n": school.n,
                "share": school.share,
                "n_submitters": school.n_submitters,
                "params": school.centre.params.tolist(),
            }
            for school in word.schools
        ],
    }


def draws_report(
    model: TrainedModel, dataset: Dataset, *, n: int = 10_000, seed: int = 0
) -> dict[str, Any]:
    """Compare settings drawn from all words with the settings that they are drawn from.

    Args:
        model: Says which settings sound alike.
        dataset: The settings, drawn from word by word in proportion.
        n: Draws over all words.
        seed: Equal seeds give equal draws.

    Returns:
        Plain values for JSON: how many; by how many octaves the 1st and 99th percentile of all
        frequencies lie off the data's; and for "warm" and "bright", where the data has them, the
        largest difference of mean curves in dB over 20 Hz to 20 kHz.
    """
    drawn = {}
    for word, count in dataset.term_counts().items():
        drawn[word] = sample(model, dataset, word, max(1, round(n * count / len(dataset))), seed)
    ours = np.concatenate(list(drawn.values()))[:, FREQ_COLUMNS]
    theirs = dataset.params[:, FREQ_COLUMNS]
    ours_hz, theirs_hz = np.percentile(ours, (1, 99)), np.percentile(theirs, (1, 99))
    off_octaves = np.log2(ours_hz / theirs_hz)
    return {
        "n": len(ours),
        "freq_hz_p1": float(ours_hz[0]),
        "freq_hz_p99": float(ours_hz[1]),
        "freq_p1_off_octaves": float(off_octaves[0]),
        "freq_p99_off_octaves": float(off_octaves[1]),
        "mean_curve_off_db": {
            word: _mean_curve_off_db(drawn[word], dataset.params[dataset.terms == word])
            for word in PAIR
            if word in drawn
        },
    }


def _mean_curve_off_db(params: np.ndarray, others: np.ndarray) -> float:
    freq_hz = log_frequencies()
    means_db = [response_db(p, freq_hz).mean(axis=0) for p in (params, others)]
    return float(np.abs(means_db[0] - means_db[1]).max())


def measure(path: MorphPath, dataset: Dataset) -> MorphFigures:
    """Measure one morph against the settings that people made."""
    freq_hz = log_frequencies()
    curves_db = response_db(path.params, freq_hz)
    steps = np.sqrt((np.diff(curves_db, axis=0) ** 2).mean(axis=1))
    outside_db = overshoot_db(curves_db)
    row, column = np.unravel_index(outside_db.argmax(), outside_db.shape)
    nearest = distance_to_settings(path, dataset)
    return MorphFigures(
        start=path.start.label,
        end=path.end.label,
        route=path.route,
        length_db=float(steps.sum()),
        step_ratio=float(steps.max() / steps.mean()) if steps.sum() > 0 else 1.0,
        overshoot_db=float(outside_db[row, column]),
        overshoot_hz=float(freq_hz[column]),
        overshoot_at=float(path.at[row]),
        nearest_mean_db=float(nearest.mean()),
        nearest_max_db=float(nearest.max()),
    )


def measure_pairs(
    model: TrainedModel,
    dataset: Dataset,
    pairs: Sequence[tuple[Point, Point]] | None = None,
    *,
    routes: Sequence[str] = ROUTES,
) -> list[MorphFigures]:
    """Measure pairs of points on every route, pair by pair; by default all pairs of words."""
    if pairs is None:
        pairs = list(itertools.combinations([word_point(model, word) for word in model.terms], 2))
    return [
        measure(morph(model, start, end, route=route), dataset)
        for start, end in pairs
        for route in routes
    ]


def morph_report(model: TrainedModel, dataset: Dataset) -> dict[str, Any]:
    """Measure all pairs of a model's words on every route.

    Returns:
        Plain values for JSON. ``routes``: for each route the largest step ratio, the largest
        and mean overshoot, distances to the nearest human setting, and its worst pairs;
        ``latent_beyond_parameters_db``: the most by which the latent route leaves the interval
        further than the parameter route on the same pair, below 0 where it never does;
        ``pairs``: every figure of every pair.
    """
    figures = measure_pairs(model, dataset)
    by_route = {route: [f for f in figures if f.route == route] for route in ROUTES}
    beyond = [
        latent.overshoot_db - parameters.overshoot_db
        for latent, parameters in zip(by_route["latent"], by_route["parameters"], strict=True)
    ]
    return {
        "n_words": len(model.terms),
        "data": dataset.origin,
        "routes": {route: _summary(rows) for route, rows in by_route.items() if rows},
        "latent_beyond_parameters_db": max(beyond, default=None),
        "pairs": [asdict(f) for f in figures],
    }


def _summary(rows: list[MorphFigures]) -> dict[str, Any]:
    worst = sorted(rows, key=lambda f: -f.overshoot_db)[:N_WORST]
    return {
        "step_ratio_max": max(f.step_ratio for f in rows),
        "overshoot_db_max": worst[0].overshoot_db,
        "overshoot_db_mean": float(np.mean([f.overshoot_db for f in rows])),
        "nearest_setting_db_mean": float(np.mean([f.nearest_mean_db for f in rows])),
        "nearest_setting_db_max": max(f.nearest_max_db for f in rows),
        "length_db_mean": float(np.mean([f.length_db for f in rows])),
        "worst_pairs": [
            f"{f.start} to {f.end}: {f.overshoot_db:.2f} dB outside, at {f.overshoot_hz:,.0f} Hz"
            f" and slider {f.overshoot_at:.2f}"
            for f in worst
        ],
    }


def format_report(report: dict[str, Any]) -> list[str]:
    """Write what :func:`morph_report` found in lines for a terminal."""
    lines = [f"Morphs between all pairs of {report['n_words']} words, against {report['data']}"]
    for route, figures in report["routes"].items():
        lines.append(
            f"{route}: largest step {figures['step_ratio_max']:.2f} times the mean;"
            f" outside the ends by {figures['overshoot_db_mean']:.2f} dB on average,"
            f" {figures['overshoot_db_max']:.2f} dB at worst; nearest human setting"
            f" {figures['nearest_setting_db_mean']:.2f} dB away on average,"
            f" {figures['nearest_setting_db_max']:.2f} dB at worst"
        )
        lines += [f"  {pair}" for pair in figures["worst_pairs"]]
    beyond = report["latent_beyond_parameters_db"]
    if beyond is not None:
        more = f"up to {beyond:.3f} dB further" if beyond > 0 else "on no pair further"
        lines.append(f"The latent route leaves the ends {more} than the parameter route.")
    return lines
