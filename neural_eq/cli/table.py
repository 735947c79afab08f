"""``data info`` and ``data download``: which table is in use, and the published one."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from tqdm import tqdm

from neural_eq.cli.inputs import open_table
from neural_eq.cli.output import plural, print_json, set_aside_lines
from neural_eq.data.safe_db import JUNK_TERMS, Dataset, select
from neural_eq.data.sources import SIZE_BYTES
from neural_eq.data.sources import download as fetch
from neural_eq.errors import DataError
from neural_eq.model.config import TrainConfig


def info(args: Namespace) -> int:
    """Say what is in a table, and what training would choose of it."""
    config = TrainConfig(min_examples=args.min_examples)  # judges the number
    dataset = open_table(args.data, as_json=args.json)
    counts = dataset.term_counts()
    junk = {word: n for word, n in counts.items() if word in JUNK_TERMS}
    without, with_junk = (
        _selection(dataset, min_examples=config.min_examples, keep_junk=keep)
        for keep in (False, True)
    )
    if args.json:
        print_json(
            {
                "origin": dataset.origin,
                "is_built_in": dataset.is_built_in,
                "n_settings": len(dataset),
                "n_words": len(counts),
                "set_aside": dict(dataset.set_aside),
                "min_examples": config.min_examples,
                "selected": without,
                "selected_with_junk_words": with_junk,
                "junk_words": junk,
            }
        )
        return 0
    for line in set_aside_lines(dataset.set_aside):
        print(line)
    print(f"Words with {plural(config.min_examples, 'setting')} or more (--min-examples):")
    for label, selection in (("without junk words", without), ("with junk words", with_junk)):
        words = selection["words"]
        n_settings, n_words = plural(selection["n_settings"], "setting"), plural(len(words), "word")
        print(f"  {label}: {n_settings}, {n_words}")
        if words:
            print(f"    {_listed(words)}")
    print(
        f"Junk words, which describe no sound (--keep-junk keeps them): {_listed(junk) or 'none'}"
    )
    return 0


def download(args: Namespace) -> int:
    """Fetch the published table to ``data/``, or see that it is there."""
    print("Fetching SAFE-DB's table …", flush=True)
    hidden = not sys.stdout.isatty()
    with tqdm(
        total=SIZE_BYTES, unit="B", unit_scale=True, file=sys.stdout, disable=hidden, leave=False
    ) as bar:
        path = fetch(on_progress=lambda done, total: bar.update(done - bar.n))
    print(f"SAFE-DB's table is verified and in {path}")
    return 0


def _selection(dataset: Dataset, *, min_examples: int, keep_junk: bool) -> dict[str, Any]:
    """What training would choose: settings and words; nothing where no word has enough."""
    try:
        chosen = select(dataset, min_examples=min_examples, keep_junk=keep_junk)
    except DataError:
        return {"n_settings": 0, "words": {}}
    return {"n_settings": len(chosen), "words": chosen.term_counts()}


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{word} {n}" for word, n in counts.items())
