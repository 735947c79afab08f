"""SAFE-DB's table of labelled equaliser settings, from a file to a Dataset."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from neural_eq.eq.params import MAXIMUM, MINIMUM, N_PARAMS, PARAMETERS, clamp
from neural_eq.errors import DataError

N_COLUMNS = 25
_ID, _TERM, _SUBMITTER, _FIRST_PARAM, _GENRE, _INSTRUMENT = 0, 1, 2, 5, 18, 19
_LAST_USED = _FIRST_PARAM + N_PARAMS - 1
MAX_SIZE_BYTES = 48 * 2**20
"""Seventy times the published table; a larger file is not one."""

MAX_ROWS = 150_000
_MAX_LINE = 1 << 17
"""In characters, as many as a cell may have."""

JUNK_TERMS = frozenset(
    {
        # typed to try the plug-in out, or left as it starts
        "test", "test1", "test2", "test3", "tester", "testing", "default", "flat", "none",
        "untitled", "asdf", "nothing", "setting", "preset", "time",
        # a sound source or a device, which says what was heard and not how it sounds
        "re27", "vocals", "vocal", "voice", "guitar", "guitars", "acoustic", "bass guitar", "drum",
        "drums", "drum 1", "piano", "kick", "snare", "chitarrini", "bastard", "jammy",
    }
)  # fmt: skip
"""Words in SAFE-DB that describe no sound; left out unless the user keeps them."""


@dataclass(frozen=True)
class Dataset:
    """Labelled settings, with no personal detail: a submitter is an opaque number.

    Attributes:
        setting_ids: The table's own IDs, shape ``(n,)``.
        params: In dB, Hz and Q, shape ``(n, 13)``, in SAFE's order and bounds.
        terms: The word of each setting, trimmed and lower-cased, shape ``(n,)``.
        submitters: Numbered from 1 by first appearance, shape ``(n,)``.
        genres: As typed, trimmed, often empty, shape ``(n,)``.
        instruments: The same.
        origin: What the user reads: "SAFE-DB", a file's name, or the built-in set.
        is_built_in: Whether the settings were drawn from statistics, not made by people.
        set_aside: How many rows are not here, by reason.
    """

    setting_ids: np.ndarray
    params: np.ndarray
    terms: np.ndarray
    submitters: np.ndarray
    genres: np.ndarray
    instruments: np.ndarray
    origin: str
    is_built_in: bool = False
    set_aside: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.params)

    def term_counts(self) -> dict[str, int]:
        """Settings by word, most first, then by the alphabet."""
        counts = Counter(self.terms.tolist())
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def fingerprint(self) -> str:
        """SHA-256 of the settings and their words: equal data, equal fingerprint."""
        digest = hashlib.sha256(np.ascontiguousarray(self.params, dtype="<f8").tobytes())
        digest.update("\n".join(self.terms.tolist()).encode())
        return digest.hexdigest()

    def rows(self, chosen: np.ndarray) -> Dataset:
        """Keep the rows that a mask or an index array, shape ``(n,)``, chooses."""
        names = ("setting_ids", "params", "terms", "submitters", "genres", "instruments")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})

    def describe(self) -> str:
        """One line for the screen: origin, settings and words."""
        n_terms = len(self.term_counts())
        return f"{self.origin}, {len(self):,} settings, {n_terms} word{'s' * (n_terms != 1)}"


def read_csv(source: Path | bytes, *, origin: str | None = None) -> Dataset:
    """Read every valid row of a table in SAFE-DB's layout, whatever its word.

    Rows that are too short, hold a missing or non-numeric parameter, or one outside SAFE's
    bounds, are counted in ``set_aside`` by reason.

    Args:
        source: A file, or its content.
        origin: What to call it; a file's own name otherwise.

    Raises:
        DataError: If the source cannot be read, is no such table, or holds no valid row.
    """
    if isinstance(source, bytes):
        content, name = source, origin or "uploaded table"
        _check_size(len(content), name=name)
    else:
        name = origin or source.name
        try:
            _check_size(source.stat().st_size, name=name)
            content = source.read_bytes()
        except OSError as error:
            raise DataError(f"{source} cannot be read: {error.strerror}.") from error
    if not content.strip():
        raise DataError(f"{name} is empty; give a table in SAFE-DB's layout.")
    if b"\0" in content:
        raise DataError(f"{name} is not a text table; give a CSV file in SAFE-DB's layout.")
    return _dataset_of(_rows_of(content, name=name), name=name)


def _check_width(widths: Counter[int], *, name: str) -> None:
    width = widths.most_common(1)[0][0]
    if width != N_COLUMNS:
        raise DataError(
            f"{name} has {width} column{'s' * (width != 1)}; SAFE-DB's equaliser table has"
            f" {N_COLUMNS}: ID, word, …, the 13 parameters in columns 6 to 18."
        )


def _check_size(size_bytes: int, *, name: str) -> None:
    if size_bytes > MAX_SIZE_BYTES:
        raise DataError(
            f"{name} has {size_bytes:,} bytes; a table of settings has at most {MAX_SIZE_BYTES:,}."
        )


def _rows_of(content: bytes, *, name: str) -> Iterator[list[str]]:
    """Yield the rows that are not empty, one at a time: cells take much more room than text."""
    widths: Counter[int] = Counter()
    # Words and places were typed in many alphabets; a stray byte must not cost the table.
    file = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", errors="replace", newline="")
    try:
        for row in csv.reader(_lines(file, name=name)):
            if not row:
                continue
            widths[len(row)] += 1
            if widths.total() > MAX_ROWS:
                _check_width(widths, name=name)
                raise DataError(
                    f"{name} has more than {MAX_ROWS:,} rows; give a table of fewer settings."
                )
            yield row
    except csv.Error as error:
        raise DataError(f"{name} is not a CSV table: {error}.") from error
    if not widths:
        raise DataError(f"{name} is empty; give a table in SAFE-DB's layout.")
    _check_width(widths, name=name)


def _lines(file: io.TextIOWrapper, *, name: str) -> Iterator[str]:
    while line := file.readline(_MAX_LINE):
        if len(line) == _MAX_LINE:
            raise DataError(
                f"{name} is not a CSV table: a line has {_MAX_LINE:,} or more characters."
            )
        yield line


def _dataset_of(rows: Iterable[list[str]], *, name: str) -> Dataset:
    set_aside: Counter[str] = Counter()
    submitters: dict[str, int] = {}
    kept: list[tuple[int, np.ndarray, str, int, str, str]] = []
    for number, row in enumerate(rows, start=1):
        params, reason = _params_of(row)
        term = " ".join(row[_TERM].split()).lower() if len(row) > _TERM else ""
        if params is None:
            set_aside[reason] += 1
        elif not term:
            set_aside["no word"] += 1
        else:
            typed_id = row[_ID].strip()
            setting_id = int(typed_id) if typed_id.isdecimal() and len(typed_id) < 19 else number
            # the key itself goes no further than this dictionary
            submitter = submitters.setdefault(row[_SUBMITTER].strip(), len(submitters) + 1)
            extra = [row[i].strip() if len(row) > i else "" for i in (_GENRE, _INSTRUMENT)]
            kept.append((setting_id, params, term, submitter, extra[0], extra[1]))
    if not kept:
        why = ", ".join(f"{count} with {reason}" for reason, count in set_aside.items())
        raise DataError(f"{name} has no valid setting: {why}.")
    ids, params_of, terms, submitted_by, genres, instruments = zip(*kept, strict=True)
    return Dataset(
        setting_ids=np.array(ids, dtype=np.int64),
        params=clamp(np.array(params_of)),
        terms=np.array(terms, dtype=object),
        submitters=np.array(submitted_by, dtype=np.int64),
        genres=np.array(genres, dtype=object),
        instruments=np.array(instruments, dtype=object),
        origin=name,
        set_aside=dict(set_aside),
    )


def _params_of(row: list[str]) -> tuple[np.ndarray | None, str]:
    """Return a row's 13 parameters, or None and the reason why it has none."""
    cells = row[_FIRST_PARAM : _LAST_USED + 1]
    if len(cells) < N_PARAMS:
        return None, "too few columns"
    if any(not cell.strip() for cell in cells):
        return None, "a missing number"
    try:
        params = np.array([float(cell) for cell in cells])
    except ValueError:
        return None, "a cell that is not a number"
    if not np.isfinite(params).all():
        return None, "a number that is not finite"
    # float32 tables hold 0.1 as 0.100000001: rounding is no fault
    slack = 1e-6 * np.abs(MAXIMUM)
    wrong = np.flatnonzero((params < MINIMUM - slack) | (params > MAXIMUM + slack))
    if wrong.size:
        return None, f"a {PARAMETERS[wrong[0]].kind} out of range"
    return params, ""


def select(dataset: Dataset, *, min_examples: int, keep_junk: bool = False) -> Dataset:
    """Keep the words with enough settings, and without the junk words unless kept.

    Args:
        min_examples: Settings that a word needs.
        keep_junk: Whether to keep :data:`JUNK_TERMS`.

    Returns:
        The chosen rows; ``set_aside`` counts the others by reason.

    Raises:
        DataError: If no word is left.
    """
    junk = np.array([term in JUNK_TERMS for term in dataset.terms]) & (not keep_junk)
    counts = dataset.term_counts()
    rare = ~junk & np.array([counts[term] < min_examples for term in dataset.terms])
    set_aside = dict(dataset.set_aside)
    for reason, mask in (
        ("a word that describes no sound", junk),
        (f"a word with fewer than {min_examples} settings", rare),
    ):
        if mask.any():
            set_aside[reason] = int(mask.sum())
    chosen = dataset.rows(~(junk | rare))
    if not len(chosen):
        most = max((counts[t] for t in dataset.terms[~junk]), default=0)
        raise DataError(
            f"min_examples is {min_examples}, and no word of {dataset.origin} has that many"
            f" settings; the most is {most}."
        )
    return replace(chosen, set_aside=set_aside)
