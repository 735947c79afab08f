"""What a file of a model may hold: checked as plain values, before any of it is used."""

from __future__ import annotations

import io
import math
import pickletools
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from neural_eq.errors import DataError
from neural_eq.model.config import TrainConfig, options

MAX_SIZE_BYTES = 128 * 2**20
"""Four times the widest network with its training state; also of its entries, unpacked."""

MAX_PLAIN_BYTES = 8 * 2**20
"""Of all that is no array: words, configuration, history."""

MAX_WORDS = 10_000
MAX_CHARACTERS = 200
"""Of a word."""

MAX_NAME = 1000
"""Of characters: no file's name is as long."""

MAX_SETTINGS = 10**9
MAX_WEIGHT = 1e4
"""Of a weight or a centre, whichever its sign; no training that did not diverge comes near."""

_MAX_TEXT = 10 * MAX_NAME
_MAX_ENTRIES = MAX_WORDS + 1000
_ENTRY_MARK = b"PK\x01\x02"
_MEASURED = (
    "epoch", "reconstruction_loss", "contrastive_loss", "total_loss", "learning_rate",
    "contrastive_weight", "elapsed_s",
)  # fmt: skip
_MAYBE_MEASURED = ("held_out_loss", "held_out_curve_db")
"""``None`` where nothing is held out."""

_MAX_FIELDS = 30


def open_zip(content: bytes) -> zipfile.ZipFile:
    """Open a zip whose list of entries is no longer than a model's.

    Raises:
        ValueError: If it is.
        zipfile.BadZipFile: If it is none.
    """
    if len(content) > MAX_SIZE_BYTES or content.count(_ENTRY_MARK) > _MAX_ENTRIES:
        raise ValueError("larger than any model")
    return zipfile.ZipFile(io.BytesIO(content))


def check_sizes(archive: zipfile.ZipFile) -> None:
    """Add up what the entries of a model come to, and look how long their texts are.

    torch searches a text that it refuses in a time that grows with its square.

    Raises:
        ValueError: If that is more than a model has.
    """
    entries = archive.infolist()
    plain_bytes = sum(e.file_size for e in entries if e.filename.endswith(".pkl"))
    if sum(e.file_size for e in entries) > MAX_SIZE_BYTES or plain_bytes > MAX_PLAIN_BYTES:
        raise ValueError("larger than any model when unpacked")
    for entry in entries:
        if entry.filename.endswith(".pkl"):
            for _, value, _ in pickletools.genops(archive.read(entry)):  # nothing is run or made
                if isinstance(value, str | bytes) and len(value) > _MAX_TEXT:
                    raise ValueError("a text longer than any of a model")


def check_word(word: Any, n: Any) -> None:
    """Check a word and its number of settings.

    Raises:
        ValueError: If they are none.
    """
    is_word = isinstance(word, str) and word == word.strip().lower() and "\n" not in word
    if not is_word or not 0 < len(word) <= MAX_CHARACTERS:
        raise ValueError(
            f"a word must be in small letters and have 1 to {MAX_CHARACTERS} characters."
        )
    if type(n) is not int or not 1 <= n <= MAX_SETTINGS:
        raise ValueError("the settings of a word must be counted from 1.")


def check_number_of_words(n_words: int) -> None:
    """Check that there are words, and not too many.

    Raises:
        ValueError: If there is none, or one too many.
    """
    if not 1 <= n_words <= MAX_WORDS:
        raise ValueError(f"it holds {n_words:,} words; a model has 1 to {MAX_WORDS:,}.")


def check_trainable(words: Sequence[str], *, origin: str) -> None:
    """Check that the words of a table can be kept in a model.

    Raises:
        DataError: If there are too many, or one is too long.
    """
    if len(words) > MAX_WORDS:
        raise DataError(
            f"{origin} has {len(words):,} words with settings enough; a model holds"
            f" {MAX_WORDS:,}. Raise min_examples."
        )
    longest = max(map(len, words), default=0)
    if longest > MAX_CHARACTERS:
        raise DataError(
            f"{origin} has a word of {longest:,} characters; a model holds words of up to"
            f" {MAX_CHARACTERS}. Shorten it."
        )


def is_small(values: np.ndarray) -> bool:
    """Whether all weights or places are numbers that a network can work with."""
    return bool((np.abs(values) <= MAX_WEIGHT).all())  # not so where one is no number


def history_of(rows: Any) -> list[dict[str, Any]]:
    """Return a copy of a history, one dictionary an epoch.

    Raises:
        ValueError: If it is none, or longer than any training.
    """
    most = int(options(TrainConfig)["epochs"].maximum or 0)
    if not isinstance(rows, Sequence) or len(rows) > most:
        raise ValueError(f"its history is no list of up to {most:,} epochs.")
    if not all(isinstance(row, Mapping) and _is_epoch(row) for row in rows):
        raise ValueError("its history is not one of epochs.")
    return [dict(row) for row in rows]


def _is_epoch(row: Mapping[Any, Any]) -> bool:
    has_names = len(row) <= _MAX_FIELDS and all(isinstance(name, str) for name in row)
    return has_names and row.keys() >= {*_MEASURED} and _are_numbers(
        value for name, value in row.items() if name not in _MAYBE_MEASURED or value is not None
    )  # fmt: skip


def _are_numbers(values: Iterable[Any]) -> bool:
    return all(type(value) in (int, float) and math.isfinite(value) for value in values)


def text_of(value: Any, *, what: str) -> str:
    """Return a name.

    Raises:
        ValueError: If it is none, or too long.
    """
    if not isinstance(value, str) or len(value) > MAX_NAME:
        raise ValueError(f"{what} must be a text of up to {MAX_NAME:,} characters.")
    return value
