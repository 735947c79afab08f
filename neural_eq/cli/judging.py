"""``reconstruct``, and what the commands that judge a model share."""

from __future__ import annotations

import csv
import io
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from neural_eq.cli.inputs import open_model, open_table, tables_in_reach
from neural_eq.cli.output import (
    check_output,
    note,
    plural,
    set_aside_lines,
)
from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import NAMES
from neural_eq.files import cell, written_whole
from neural_eq.model.checkpoint import TrainedModel
from neural_eq.presets.earlier import rounded

SCOPES = {
    "in-sample": "in-sample: the table of the training run, with what it held out",
    "external": "held out: another table than the training run's, but for rows that both hold",
}
SILHOUETTE_VERDICTS = ((0.5, "well apart"), (0.25, "apart"), (0.0, "overlapping"), (-1.0, "mixed"))
DAVIES_BOULDIN_VERDICTS = ((1.0, "well apart"), (2.0, "apart"), (4.0, "overlapping"))


def reconstruct(args: Namespace) -> int:
    """Write every valid row of a table as the model gives it back, with its latent."""
    check_output(args.output, option="--output", inputs=(*tables_in_reach(args.data), args.model))
    model, _ = open_model(args.model)
    dataset = open_table(args.data)
    latent = model.encode(dataset.params)
    content = io.StringIO(newline="")
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(["id", "term", *NAMES, *(f"latent_{i}" for i in range(model.latent_dim))])
    rows = zip(dataset.setting_ids, dataset.terms, model.decode(latent), latent, strict=True)
    for setting_id, term, params, point in rows:
        writer.writerow([setting_id, cell(term), *rounded(params), *rounded(point)])
    with written_whole(args.output) as file:
        file.write(content.getvalue().encode())
    print(f"Wrote {plural(len(dataset), 'setting')} to {args.output}")
    for line in set_aside_lines(dataset.set_aside):
        print(line)
    return 0


def open_judged(args: Namespace) -> tuple[TrainedModel, str, Dataset, Dataset | None]:
    """Open what ``--model``, ``--data`` and ``--reference`` name, and say so.

    Returns:
        The model, what to call it, the table and the reference, if any.
    """
    model, name = open_model(args.model, as_json=args.json)
    dataset = open_table(args.data, as_json=args.json)
    for line in set_aside_lines(dataset.set_aside):
        note(line, as_json=args.json)
    reference = open_table(args.reference, as_json=args.json) if args.reference else None
    return model, name, dataset, reference


def scope_text(figures: Mapping[str, Any]) -> str:
    """Whether figures are in-sample or held out, and what that means."""
    return SCOPES.get(figures["scope"], figures["scope"])


def held_out_curve_db(model: TrainedModel) -> float | None:
    """Mean curve RMSE in dB on what the training run held out; None if it held out nothing."""
    return model.history[-1].get("held_out_curve_db") if model.history else None


def silhouette_verdict(value: float | None) -> str:
    """-1 to 1, higher is better: how much nearer a setting is to its word than to the next."""
    if value is None:
        return "not defined here"
    return next(verdict for bound, verdict in SILHOUETTE_VERDICTS if value >= bound)


def davies_bouldin_verdict(value: float | None) -> str:
    """0 and up, lower is better: the width of words against the distance between them."""
    if value is None:
        return "not defined here"
    return next((verdict for bound, verdict in DAVIES_BOULDIN_VERDICTS if value < bound), "mixed")


def print_figures(figures: Mapping[str, Any]) -> None:
    """Print what ``model.evaluation.evaluate`` found, a line a figure."""
    print(f"  Settings: {figures['n_settings']:,}")
    print(
        f"  Frequencies of the reconstructions: {figures['freq_hz_min']:,.0f} to"
        f" {figures['freq_hz_max']:,.0f} Hz; 1st to 99th percentile"
        f" {figures['freq_hz_p1']:,.0f} to {figures['freq_hz_p99']:,.0f} Hz"
    )
    print(
        f"  Within 1/12 octave, where the band has gain:"
        f" {_share(figures['freq_within_twelfth_octave'])}; high shelves above 10 kHz kept above:"
        f" {_share(figures['high_shelves_kept_above_10_khz'])}"
    )
    for label, key in (("all words", ""), ("warm and bright", "_warm_bright")):
        silhouette, spread = figures[f"silhouette{key}"], figures[f"davies_bouldin{key}"]
        print(f"  Silhouette, {label}: {_number(silhouette)} ({silhouette_verdict(silhouette)})")
        print(f"  Davies-Bouldin, {label}: {_number(spread)} ({davies_bouldin_verdict(spread)})")
    accuracy = figures["knn5_accuracy_warm_bright"]
    print(f"  Five neighbours tell warm from bright: {_number(accuracy)} of the settings")
    print(f"  Reconstruction error, normalised: {figures['reconstruction_mse']:.2e} mean square")
    print(
        f"  Curve error, dB RMSE: mean {figures['curve_rmse_db_mean']:.4f},"
        f" median {figures['curve_rmse_db_median']:.4f},"
        f" 95th percentile {figures['curve_rmse_db_p95']:.4f}"
    )
    print(
        f"  Largest error of a curve, dB: median {figures['curve_max_db_p50']:.4f},"
        f" 95th percentile {figures['curve_max_db_p95']:.4f}"
    )


def print_held_out(model: TrainedModel) -> None:
    """Print the training run's own curve error on what it held out."""
    error_db = held_out_curve_db(model)
    if error_db is None:
        print("The training run held nothing out, so it has no curve error on unseen settings.")
    else:
        print(
            f"Held out: curve error {error_db:.4f} dB RMSE, mean over the"
            f" {model.config.held_out_share:.0%} of settings that the training run never saw."
        )


def _share(value: float | None) -> str:
    return "none there" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
