"""``terms`` and ``morph``: the words a model knows, and the settings between two of them."""

from __future__ import annotations

from argparse import Namespace

from neural_eq.cli.inputs import open_for, open_model, open_table
from neural_eq.cli.output import plural, print_json
from neural_eq.cli.setting import DEFAULT_ROUTE, chosen_setting, print_setting
from neural_eq.eq.params import format_bands
from neural_eq.latent.terms import describe_word, word_point
from neural_eq.presets.earlier import setting_values


def terms(args: Namespace) -> int:
    """List a model's words, most settings first, with the schools that the data show."""
    from neural_eq.cli.evaluating import print_words  # with torch, which morph does without
    from neural_eq.latent.report import word_report

    model, name = open_model(args.model, as_json=args.json)
    dataset = open_table(args.data, as_json=args.json)
    points = {word: word_point(model, word) for word in model.terms}
    reports = {
        word: word_report(describe_word(model, dataset, word))
        for word in points
        if (dataset.terms == word).any()
    }
    if args.json:
        words = [
            {
                "term": word,
                "n": model.terms[word].n,
                **setting_values(point.params),
                "in_data": reports.get(word),
            }
            for word, point in points.items()
        ]
        print_json(
            {
                "model": name,
                "trained_on": model.data_origin,
                "augmentation": model.augmentation,
                "data": dataset.origin,
                "terms": words,
            }
        )
        return 0
    for word, point in points.items():
        print(f"\n{word}, learned from {plural(model.terms[word].n, 'setting')}")
        for line in format_bands(point.params):
            print(f"  {line}")
    print_words(list(reports.values()))
    return 0


def morph(args: Namespace) -> int:
    """Print one setting on the way from a word to another."""
    model, name = open_for((args.start, args.end), args.model, as_json=args.json)
    route = args.route or DEFAULT_ROUTE
    params, n_stopped = chosen_setting(
        model,
        start=args.start,
        end=args.end,
        at=args.at,
        strength=args.strength,
        route=route,
        open_data=lambda: open_table(args.data, as_json=args.json),
    )
    start, end = (word.strip().lower() for word in (args.start, args.end))
    if args.json:
        values = {
            "from": start, "to": end, "at": args.at, "route": route,
            "strength": args.strength, "gains_stopped_at_limit": n_stopped,
            **setting_values(params), "model": name, "trained_on": model.data_origin,
            "augmentation": model.augmentation,
        }  # fmt: skip
        print_json(values)
        return 0
    print(f"{start} to {end} at {args.at:g}, strength {args.strength:g}, {route} route:")
    print_setting(params, n_stopped)
    return 0
