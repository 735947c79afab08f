"""``evaluate``: reconstructions, words, draws and morphs of a model, in figures."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

import numpy as np

from neural_eq.cli.judging import open_judged, print_figures, print_held_out, scope_text
from neural_eq.cli.output import note, plural, print_json
from neural_eq.data.safe_db import Dataset
from neural_eq.latent.report import (
    ABOVE_HZ,
    draws_report,
    format_report,
    morph_report,
    word_report,
)
from neural_eq.latent.terms import describe_word
from neural_eq.model.checkpoint import TrainedModel
from neural_eq.model.comparison import TARGETS
from neural_eq.model.evaluation import evaluate as judge
from neural_eq.model.validation import cross_validate


def evaluate(args: Namespace) -> int:
    """Judge a model on every valid row of a table, its words and the ways between them."""
    model, name, dataset, reference = open_judged(args)
    report: dict[str, Any] = judge(model, dataset, reference)
    if not args.brief:
        report |= _words_draws_morphs(model, dataset, as_json=args.json)
    if args.cross_validate:
        report["cross_validated"] = _cross_validated(model, dataset, args)
    if args.json:
        print_json({**report, "model": name, "data": dataset.origin})
        return 0
    print(f"\nHow well ({scope_text(report)})")
    print_figures(report)
    print_held_out(model)
    if not args.brief:
        print_words(report["words"])
        _print_draws(report["draws"])
        if report["morphs"]:
            print(f"\n{chr(10).join(format_report(report['morphs']))}")
    if args.cross_validate:
        _print_cross_validated(report["cross_validated"])
    return 0


def _words_draws_morphs(model: TrainedModel, dataset: Dataset, *, as_json: bool) -> dict[str, Any]:
    """What the model's words are in the data, draws from them, and the morphs between them."""
    words = [word for word in model.terms if (dataset.terms == word).any()]
    n_pairs = len(model.terms) * (len(model.terms) - 1) // 2
    note(
        f"Measuring words, draws and {plural(n_pairs, 'morph')} on three routes …", as_json=as_json
    )
    known = dataset.rows(np.isin(dataset.terms, words))
    return {
        "words": [word_report(describe_word(model, dataset, word)) for word in words],
        "draws": draws_report(model, known) if words else None,
        "morphs": morph_report(model, dataset) if n_pairs else None,
    }


def _cross_validated(model: TrainedModel, dataset: Dataset, args: Namespace) -> dict[str, Any]:
    """Train anew as the model was trained, fold by fold, and judge on what was left out."""

    def on_fold(done: int, total: int) -> None:
        print(f"Trained and judged {done} of {total}.", file=sys.stderr)

    return cross_validate(
        dataset,
        model.config,
        n_folds=args.folds,
        seeds=tuple(range(args.seeds)),
        by=args.by,
        on_fold=on_fold,
    )


def print_words(words: list[dict[str, Any]]) -> None:
    """Print who used each word and what for: its schools, and what lies above 10 kHz."""
    print("\nWords, as the data use them")
    for word in words:
        by = plural(word["n_submitters"], "person").replace("persons", "people")
        print(f"  {word['term']}: {plural(word['n'], 'setting')} by {by}")
        if len(word["schools"]) > 1:
            for number, school in enumerate(word["schools"], start=1):
                print(f"    {word['term']}:{number} {school['name']}, {school['share']:.0%}")
        share, holder = (word[f"high_shelf_raised_above_{what}"] for what in ("share", "school"))
        if share:
            held = f", mostly its school “{holder}”" if holder and len(word["schools"]) > 1 else ""
            print(f"    raise the high shelf above {ABOVE_HZ / 1000:g} kHz: {share:.1%}{held}")


def _print_draws(draws: Mapping[str, Any] | None) -> None:
    if draws is None:
        return
    off = [f"{word} {db:.2f} dB" for word, db in draws["mean_curve_off_db"].items()]
    print(
        f"\nDraws: {draws['n']:,} over all words; 1st and 99th percentile of frequency"
        f" {draws['freq_p1_off_octaves']:+.2f} and {draws['freq_p99_off_octaves']:+.2f} octaves"
        " from the data's" + (f"; mean curves off by {', '.join(off)}" if off else "")
    )


def _print_cross_validated(result: Mapping[str, Any]) -> None:
    print(
        f"\nCross-validated: {result['n_folds']} folds by {result['by']},"
        f" {plural(len(result['seeds']), 'seed')}, each judged on settings that it never saw"
    )
    for target in TARGETS:
        figure = result["figures"][target.figure]
        if figure is None:
            print(f"  {target.label}: not defined here")
            continue
        met = "met" if target.is_met({target.figure: figure["mean"]}) else "missed"
        sign = "at most" if target.is_maximum else "at least"
        unit = f" {target.unit}" if target.unit == "dB" else ""
        print(
            f"  {target.label}: {figure['mean']:.4f} ± {figure['std']:.4f}{unit}"
            f" (target: {sign} {target.bound:g}; {met})"
        )
