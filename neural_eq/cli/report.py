"""``report``: each word as the model learned it, and how well; the guide's test script."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import numpy as np

from neural_eq.cli.judging import (
    davies_bouldin_verdict,
    held_out_curve_db,
    open_judged,
    print_figures,
    print_held_out,
    scope_text,
    silhouette_verdict,
)
from neural_eq.cli.output import plural, print_json
from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import format_bands
from neural_eq.eq.response import curve_error_db
from neural_eq.latent.terms import word_point
from neural_eq.model.checkpoint import TrainedModel
from neural_eq.model.evaluation import evaluate, frequency_ranges
from neural_eq.presets.earlier import setting_values


def report(args: Namespace) -> int:
    """Show words, frequency ranges, clusters and curve errors."""
    model, name, dataset, reference = open_judged(args)
    figures = evaluate(model, dataset, reference)
    reconstructed = model.reconstruct(dataset.params)
    words = {word: _errors_of(word, dataset, reconstructed) for word in model.terms}
    settings = {word: word_point(model, word).params for word in model.terms}
    ranges = frequency_ranges(dataset.params, reconstructed)
    if args.json:
        print_json(
            {
                "model": name,
                "data": dataset.origin,
                "scope": figures["scope"],
                "terms": [
                    {
                        "term": word,
                        "n": model.terms[word].n,
                        **errors,
                        **setting_values(settings[word]),
                        "scope_of_setting": "in-sample",
                    }
                    for word, errors in words.items()
                ],
                "frequency_ranges": ranges,
                "figures": figures,
                "silhouette_verdict": silhouette_verdict(figures["silhouette"]),
                "davies_bouldin_verdict": davies_bouldin_verdict(figures["davies_bouldin"]),
                "held_out_curve_rmse_db_mean": held_out_curve_db(model),
            }
        )
        return 0
    scope = scope_text(figures)
    print("\nWords: the middle of each word's training settings (in-sample)")
    for word, errors in words.items():
        _print_word(model, word, settings[word], errors, scope=scope.split(":")[0])
    print(f"\nFrequency ranges of the reconstructions ({scope})")
    for number, band in enumerate(ranges, start=1):
        print(
            f"  Band {number} ({band['name']}): {band['low_hz']:,.0f} to {band['high_hz']:,.0f} Hz"
            f" (the settings: {band['data_low_hz']:,.0f} to {band['data_high_hz']:,.0f} Hz)"
        )
    print(f"\nHow well ({scope})")
    print_figures(figures)
    print_held_out(model)
    return 0


def _print_word(
    model: TrainedModel, word: str, params: np.ndarray, errors: dict[str, Any], *, scope: str
) -> None:
    print(f"\n{word}, {plural(model.terms[word].n, 'setting')}")
    for line in format_bands(params):
        print(f"  {line}")
    if errors["n_judged"]:
        print(
            f"  Curve error {errors['curve_rmse_db_mean']:.4f} dB RMSE,"
            f" mean of {plural(errors['n_judged'], 'setting')} ({scope})"
        )


def _errors_of(word: str, dataset: Dataset, reconstructed: np.ndarray) -> dict[str, Any]:
    """How well a word's settings in the data come back, in dB of curve."""
    rows = dataset.terms == word
    mean_db = None
    if rows.any():
        mean_db = float(curve_error_db(dataset.params[rows], reconstructed[rows])[0].mean())
    return {"n_judged": int(rows.sum()), "curve_rmse_db_mean": mean_db}
