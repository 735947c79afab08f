"""``compare``: the reference's V2 and V3, our model and PCA, side by side on one split."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

import numpy as np

from neural_eq.cli.inputs import open_table
from neural_eq.cli.output import note, plural, print_json, set_aside_lines
from neural_eq.eq.params import BANDS, format_bands
from neural_eq.model.comparison import compare as train_and_judge
from neural_eq.model.config import ModelConfig, TrainConfig

FIGURES = (
    ("curve_rmse_db_mean", "curve error, mean, dB", "{:.3f}"),
    ("curve_rmse_db_median", "curve error, median, dB", "{:.3f}"),
    ("curve_rmse_db_p95", "curve error, 95th percentile, dB", "{:.3f}"),
    ("curve_max_db_p95", "worst point, 95th percentile, dB", "{:.3f}"),
    ("silhouette_warm_bright", "silhouette, warm/bright", "{:.3f}"),
    ("davies_bouldin_warm_bright", "Davies-Bouldin, warm/bright", "{:.3f}"),
    ("knn5_accuracy_warm_bright", "5-NN, warm/bright", "{:.3f}"),
    ("freq_hz_min", "lowest frequency, Hz", "{:,.0f}"),
    ("freq_hz_max", "highest frequency, Hz", "{:,.0f}"),
    ("freq_within_twelfth_octave", "frequencies within 1/12 octave", "{:.3f}"),
    ("high_shelves_kept_above_10_khz", "high shelves kept above 10 kHz", "{:.3f}"),
    ("training_s", "training, seconds", "{:.1f}"),
)


def compare(args: Namespace) -> int:
    """Train all of them on the same settings and judge them on the same others."""
    config = TrainConfig(
        epochs=args.epochs,
        min_examples=args.min_examples,
        keep_junk=args.keep_junk,
        seed=args.seed,
        device="cpu",
        model=ModelConfig(latent_dim=args.latent_dim),
    )
    dataset = open_table(args.data, as_json=args.json)
    for line in set_aside_lines(dataset.set_aside):
        note(line, as_json=args.json)
    table = train_and_judge(
        dataset,
        config,
        seed=args.seed,
        on_model=lambda name: print(f"Training: {name} …", file=sys.stderr),
    )
    if args.json:
        about = {"data": dataset.origin, "scope": "external", "epochs": args.epochs}
        print_json({**about, "latent_dim": args.latent_dim, "seed": args.seed, "models": table})
        return 0
    print(
        f"\nOn a fifth of the settings that none of them saw; {plural(args.epochs, 'epoch')},"
        f" {plural(args.latent_dim, 'latent dimension')}, seed {args.seed}\n"
    )
    _print_table([label for _, label, _ in FIGURES], table, _figure_rows(table))
    print("\nFrequency ranges of the reconstructions, Hz\n")
    _print_table([band.name for band in BANDS], table, _range_rows(table), data=_data_row(table))
    for word in ("warm", "bright"):
        for name, figures in table.items():
            if word in figures["centres"]:
                print(f"\n{word}, {name}")
                for line in format_bands(np.array(figures["centres"][word])):
                    print(f"  {line}")
    return 0


def _figure_rows(table: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    return {
        name: [
            "–" if figures[key] is None else form.format(figures[key]) for key, _, form in FIGURES
        ]
        for name, figures in table.items()
    }


def _range_rows(table: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    return {
        name: [f"{r['low_hz']:,.0f}–{r['high_hz']:,.0f}" for r in figures["frequency_ranges"]]
        for name, figures in table.items()
    }


def _data_row(table: dict[str, dict[str, Any]]) -> list[str]:
    ranges = next(iter(table.values()))["frequency_ranges"]
    return [f"{r['data_low_hz']:,.0f}–{r['data_high_hz']:,.0f}" for r in ranges]


def _print_table(
    labels: list[str],
    table: dict[str, Any],
    rows: dict[str, list[str]],
    *,
    data: list[str] | None = None,
) -> None:
    """Print a Markdown table, models across, figures down."""
    columns = ([data] if data else []) + [rows[name] for name in table]
    names = (["the settings"] if data else []) + list(table)
    print("| | " + " | ".join(names) + " |\n|" + "---|" * (len(names) + 1))
    for i, label in enumerate(labels):
        print(f"| {label} | " + " | ".join(column[i] for column in columns) + " |")
