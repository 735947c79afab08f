"""The library as a list: searched, sorted, and as the columns of a table; no streamlit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neural_eq.presets.collection import Kept
from neural_eq.ui.presets.facts import Facts

N_WORDS = 3
"""Nearest words that are told, and found by a search."""

N_SHOWN = 2
"""Those of them that a row has room for."""


@dataclass(frozen=True)
class Row:
    """A preset of the library with what there is to tell of it.

    Attributes:
        kept: The preset.
        facts: What its curve says.
        nearest: The model's words, nearest first, and how far in dB.
    """

    kept: Kept
    facts: Facts
    nearest: Sequence[tuple[str, float]]


def found(rows: Sequence[Row], search: str) -> list[Row]:
    """Keep the rows in which every word of a search occurs, in whatever place."""
    wanted = search.casefold().split()
    return [row for row in rows if all(word in _text(row) for word in wanted)]


def _text(row: Row) -> str:
    preset = row.kept.preset
    told: list[Any] = [preset.name, preset.author, preset.details, *preset.tags, row.facts.does]
    told += [word for word, _ in row.nearest[:N_WORDS]]
    told += [value for value in preset.meaning.values() if isinstance(value, str)]
    return "\n".join(told).casefold()


NEAREST = "Most like the EQ in use"

SORTS: Mapping[str, Callable[[Row], Any] | None] = {
    "Newest first": lambda row: (-row.kept.added_s, _reversed(row.kept.preset_id)),
    "Name": lambda row: row.kept.preset.name.casefold(),
    "Starred first": lambda row: (not row.kept.preset.is_starred, -row.kept.added_s),
    "Nearest word": lambda row: row.nearest[0],
    NEAREST: None,
}
"""What each order goes by; :data:`NEAREST` goes by a curve, which it is told."""


def _reversed(text: str) -> tuple[int, ...]:
    return tuple(-ord(c) for c in text)


def in_order(rows: Sequence[Row], order: str, *, curve_db: np.ndarray) -> list[Row]:
    """Sort rows by one of :data:`SORTS`; ``curve_db`` is the curve of the EQ in use."""
    key = SORTS.get(order)
    if order == NEAREST or key is None:
        return sorted(rows, key=lambda row: float(((row.facts.curve_db - curve_db) ** 2).mean()))
    return sorted(rows, key=key)


def columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Return the table's columns, a row a preset."""
    told: dict[str, list[Any]] = {
        name: []
        for name in ("Curve", "Name", "★", "Tags", "Nearest words", "What it does", "Added")
    }
    for row in rows:
        preset = row.kept.preset
        values = {
            "Curve": row.facts.thumbnail,
            "Name": preset.name,
            "★": "★" if preset.is_starred else "",
            "Tags": list(preset.tags),
            "Nearest words": words(row.nearest[:N_SHOWN]),
            "What it does": row.facts.does,
            "Added": time.strftime("%Y-%m-%d %H:%M", time.localtime(row.kept.added_s)),
        }
        for name, value in values.items():
            told[name].append(value)
    return told


def words(nearest: Sequence[tuple[str, float]]) -> str:
    """Write the nearest words: "warm 1.2 dB, deep 2.0 dB"."""
    return ", ".join(f"{word} {away_db:.1f} dB" for word, away_db in nearest[:N_WORDS])
