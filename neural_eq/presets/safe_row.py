"""A row in SAFE-DB's layout, which the plug-in's users' table has, and the app can train on."""

from __future__ import annotations

import csv
import io

from neural_eq.data.safe_db import N_COLUMNS, read_csv
from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.errors import DataError, PresetError
from neural_eq.presets.bands import bands_of
from neural_eq.presets.preset import Preset, one_line
from neural_eq.presets.reading import Reading
from neural_eq.presets.text import plain

LABEL = "Row of SAFE-DB"


def write_safe_row(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write one row: number, word, who, channels in and out, 13 parameters, and empty columns.

    The word is the preset's where it was made of one word, else its name.
    """
    meaning = preset.meaning
    word = meaning.get("term_a") if meaning.get("term_b") in (None, "") else None
    word = word if isinstance(word, str) and word.strip() else one_line(preset.name)
    values = [plain(value, 6, n_least=1) for value in preset.params]
    row = ["1", word, "neural-eq", "2", "2", *values]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([*row, *[""] * (N_COLUMNS - len(row))])
    return text.getvalue().encode()


def read_safe_row(content: bytes, *, name: str) -> Reading:
    """Read the first row as training does.

    Raises:
        PresetError: If it is no such row.
    """
    try:
        dataset = read_csv(content, origin=name)
    except DataError as error:
        raise PresetError(str(error)) from error
    return Reading(bands=bands_of(dataset.params[0]), name=str(dataset.terms[0]))
