"""Tables of strangers: which sign parts the columns, which is the decimal one, which columns count.

Nothing here knows of curves; :mod:`neural_eq.presets.sampled` makes one of the pairs.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from neural_eq.errors import PresetError

COMMA_ADVICE = "Where its decimal signs are commas, separate its columns by semicolons or tabs."

_N_LOOKED_AT = 200
_COMMENT = "*#"
_FREQ = re.compile(r"freq|^f$|^f?\W*hz\b", re.IGNORECASE)
_LEVELS = ("equalization", "gain", "verst", "level", "pegel", "magnitude", "spl", "db")
"""Names of a column of dB, the first that is found counting; AutoEq's tables have several."""

_THOUSANDS = re.compile(r"[-+]?\d{1,3}([.,]\d{3})+")


@dataclass(frozen=True)
class Table:
    """Pairs of numbers, and what reading them took.

    Attributes:
        pairs: Frequency and level of each row, as they stand.
        n_other: Lines that are none.
        n_passed: Those of them that are neither comments nor stand before the first pair.
        notes: What a reader would not expect.
    """

    pairs: list[tuple[float, float]]
    n_other: int
    n_passed: int
    notes: tuple[str, ...]


def read_table(text: str, *, name: str) -> Table:
    """Read rows of frequency and dB, other lines being passed over.

    Columns are parted by commas, semicolons, tabs or spaces and may be quoted. The decimal sign is
    a point, or a comma where it cannot part columns; the other one may part thousands. Columns
    are found by their names, else they are the first two, or those behind a running number.

    Raises:
        PresetError: If commas part both columns and decimals.
    """
    lines = [line for line in text.replace("\u2212", "-").splitlines() if line.strip()]
    is_row = [line.lstrip("\"' \t+-.")[:1].isdigit() for line in lines]
    looked_at = [line for line, wanted in zip(lines, is_row, strict=True) if wanted]
    sign = _column_sign(looked_at[:_N_LOOKED_AT])
    rows = [_cells(line, sign) for line in lines]
    numbers = [row for row, wanted in zip(rows, is_row, strict=True) if wanted]
    if sign == "," and _have_comma_decimals(numbers[:_N_LOOKED_AT]):
        raise PresetError(
            f"{name} parts its columns by commas, and its decimals too, so that no reader can tell"
            f" them apart. {COMMA_ADVICE}"
        )
    decimal = _decimal_sign(numbers[:_N_LOOKED_AT])
    first = is_row.index(True) if True in is_row else len(rows)
    header = rows[first - 1] if 0 < first < len(rows) else []
    columns, notes = _columns(header, numbers, decimal)
    pairs, n_other, n_passed = [], 0, 0
    for place, (line, row) in enumerate(zip(lines, rows, strict=True)):
        try:
            freq, level = (_number(row[column], decimal) for column in columns)
            pairs.append((freq, level))
        except (ValueError, IndexError):
            n_other += 1
            n_passed += place >= first and line.lstrip()[:1] not in _COMMENT
    return Table(pairs, n_other, n_passed, tuple(notes))


def _column_sign(rows: Sequence[str]) -> str:
    """The sign between columns; a space stands for any number of them."""
    for sign in (";", "\t"):
        if any(re.search(rf"\d[\"']?\s*{sign}\s*[\"'+\-.\d]", row) for row in rows):
            return sign
    is_parted_by_space = any(re.search(r"\d\s+[+\-.]?\d", row) for row in rows)
    return "," if any(re.search(r",\s|\s,", row) for row in rows) or not is_parted_by_space else " "


def _cells(line: str, sign: str) -> list[str]:
    line = line.strip().lstrip(_COMMENT).strip()
    if sign == " ":
        cells = line.split()
    elif '"' in line:
        try:
            cells = next(csv.reader([line], delimiter=sign, skipinitialspace=True), [])
        except csv.Error:  # a cell beyond all measure
            return []
    else:
        cells = line.split(sign)
    return [cell.strip().strip("\"'").strip() for cell in cells]


def _have_comma_decimals(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows of whole numbers are decimals that were cut at their commas."""
    rows = [[cell for cell in row if cell] for row in rows]
    if not all(re.fullmatch(r"[-+]?\d+", cell) for row in rows for cell in row):
        return False
    lengths = {len(row) for row in rows}
    has_decimals = any(re.fullmatch(r"0\d+", cell) for row in rows for cell in row[1:])
    return bool(lengths) and (lengths == {4} or lengths == {3, 4} or lengths == {2, 3, 4}
                              or (has_decimals and max(lengths) > 2))  # fmt: skip


def _decimal_sign(rows: Sequence[Sequence[str]]) -> str:
    cells = [cell for row in rows for cell in row if re.search(r"[.,]", cell)]
    if any(cell.rfind(",") > cell.rfind(".") >= 0 for cell in cells):
        return ","
    if any(cell.rfind(".") > cell.rfind(",") >= 0 for cell in cells):
        return "."
    points, commas = ([cell for cell in cells if sign in cell] for sign in ".,")
    if not points or not commas:
        return "," if commas else "."
    return "," if all(map(_THOUSANDS.fullmatch, points)) else "."


def _number(cell: str, decimal: str) -> float:
    cell = re.sub(r"(?<=\d)[\s'’](?=\d{3})", "", cell)
    other = "." if decimal == "," else ","
    if other in cell and (decimal in cell or _THOUSANDS.fullmatch(cell)):
        cell = cell.replace(other, "")
    return float(cell.replace(",", "."))


def _columns(
    header: Sequence[str], rows: Sequence[Sequence[str]], decimal: str
) -> tuple[tuple[int, int], list[str]]:
    """Places of frequency and level, and a note where they are not the first two."""
    n_columns = max(map(len, rows), default=0)
    if len(header) == n_columns:
        freq = next((i for i, cell in enumerate(header) if _FREQ.search(cell)), None)
        level = next(
            (
                i for word in _LEVELS for i, cell in enumerate(header)
                if word in cell.casefold() and i != freq
            ),
            None,
        )  # fmt: skip
        if freq is not None and level is None and freq + 1 < n_columns:
            level = freq + 1
        if freq is not None and level is not None:
            names = f"“{header[freq][:40]}” and “{header[level][:40]}”"
            told = [f"Read from its columns {names}."] if (freq, level) != (0, 1) else []
            return (freq, level), told
    try:
        counts, freqs = zip(*((int(row[0]), _number(row[1], decimal)) for row in rows), strict=True)
    except (ValueError, IndexError):
        return (0, 1), []
    is_count = counts[0] in (0, 1) and counts == tuple(range(counts[0], counts[0] + len(counts)))
    if n_columns > 2 and is_count and list(freqs) == sorted(set(freqs)):
        return (1, 2), ["Its first column counts the rows and is passed over."]
    return (0, 1), []
