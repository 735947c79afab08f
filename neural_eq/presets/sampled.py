"""Curves as points: GraphicEQ's line, and a table of frequency and dB."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from neural_eq.eq.params import BANDS
from neural_eq.eq.response import REFERENCE_SAMPLE_RATE, log_frequencies, response_db
from neural_eq.errors import PresetError
from neural_eq.presets.preamp import preamp_db
from neural_eq.presets.preset import Preset
from neural_eq.presets.reading import Reading
from neural_eq.presets.table import COMMA_ADVICE, read_table
from neural_eq.presets.text import decoded, plain

GRAPHIC_LABEL, CSV_LABEL = "GraphicEQ", "Table of frequency and dB"

N_GRAPHIC = 127
"""Points of AutoEq's files, which Wavelet expects."""

_N_BASE = 960
_MIN_POINTS = 5
_MAX_LEVEL_DB = 1000.0
_MAX_SPAN_DB = 200.0
"""From the deepest to the highest point: more than any equaliser or measurement has."""


def write_graphic(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write one line of 127 points with the preamp in them, whole Hz and tenths of a dB."""
    freq_hz = log_frequencies(N_GRAPHIC).round()
    level = response_db(preset.params, freq_hz, sample_rate=sample_rate)
    level = level + preamp_db(preset.params, sample_rate)
    pairs = (f"{f:.0f} {plain(v, 1, n_least=1)}" for f, v in zip(freq_hz, level, strict=True))
    return f"GraphicEQ: {'; '.join(pairs)}\n".encode()


def curve_points(params: np.ndarray, *, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return so many points that straight lines between them are the curve to 0.02 dB.

    Args:
        params: One setting, shape ``(13,)``.
        sample_rate: In Hz.

    Returns:
        Frequencies in Hz from 20 to 20 000, rising, and levels in dB, shape ``(n,)`` each.
    """
    grids = [log_frequencies(_N_BASE)]
    for band in BANDS:
        if band.q is not None:
            # a peak is the narrower the higher its gain
            sharpness = params[band.q] * 10 ** (abs(params[band.gain]) / 40)
            grids.append(params[band.freq] * np.exp(np.linspace(-3, 3, 201) / sharpness))
    freq_hz = np.unique(np.concatenate(grids).round(3))
    freq_hz = freq_hz[(freq_hz >= 20) & (freq_hz <= 20000)]
    return freq_hz, response_db(params, freq_hz, sample_rate=sample_rate) + 0.0


def write_csv(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write the curve, without preamp, as rows of Hz and dB."""
    freq_hz, level_db = curve_points(preset.params, sample_rate=sample_rate)
    rows = (f"{f:.3f},{plain(v, 4, n_least=1)}" for f, v in zip(freq_hz, level_db, strict=True))
    return ("frequency_hz,gain_db\n" + "\n".join(rows) + "\n").encode()


def is_graphic(text: str) -> bool:
    """Whether a text has a line of GraphicEQ."""
    return re.search(r"^[^\S\n]*GraphicEQ\s*:", text, re.MULTILINE) is not None


def read_graphic(content: bytes, *, name: str) -> Reading:
    """Read a line of GraphicEQ.

    Raises:
        PresetError: If it is none, or a pair is no pair of numbers.
    """
    text = decoded(content, name=name)
    text = text.replace("\u2212", "-")
    found = re.search(r"^[^\S\n]*GraphicEQ\s*:(.*)$", text, re.MULTILINE)
    if not found:
        raise PresetError(f"{name} has no line “GraphicEQ: …”.")
    pairs = []
    for pair in filter(str.strip, found[1].split(";")):
        cells = pair.replace(",", ".").split()
        try:
            freq, level = map(float, cells)
        except ValueError as error:
            raise PresetError(
                f"{name}: {pair.strip()[:30]!r} in GraphicEQ must be a frequency and a gain."
            ) from error
        pairs.append((freq, level))
    return _points(pairs, name=name)


def read_csv(content: bytes, *, name: str) -> Reading:
    """Read a table whose first two columns are Hz and dB, other lines being passed over.

    How it is parted into columns, :func:`~neural_eq.presets.table.read_table` says.

    Raises:
        PresetError: If it is no such table.
    """
    table = read_table(decoded(content, name=name), name=name)
    pairs, n_other = table.pairs, table.n_other
    if len(pairs) < _MIN_POINTS:
        raise PresetError(
            f"{name} is no EQ that can be read here: no preset of a known format, and"
            f" {len(pairs)} rows of frequency and dB; a curve needs {_MIN_POINTS} or more."
        )
    reading = _points(pairs, name=name)
    if n_other > 20 and n_other > len(pairs):
        raise PresetError(
            f"{name} has {n_other:,} lines that are no frequency and dB, and {len(pairs):,} that"
            " are; it is no table of a curve."
        )
    notes = [*table.notes, *reading.notes]
    if n := table.n_passed:
        lines = "1 line that is" if n == 1 else f"{n:,} lines that are"
        notes.append(f"{lines} no frequency and dB {'is' if n == 1 else 'are'} passed over.")
    return replace(reading, notes=tuple(notes))


def _points(pairs: list[tuple[float, float]], *, name: str) -> Reading:
    """A curve of these points in the order of frequency."""
    if len(pairs) < _MIN_POINTS:
        raise PresetError(f"{name} has {len(pairs)} points; a curve needs {_MIN_POINTS} or more.")
    points = np.array(pairs)
    notes = []
    is_good = np.isfinite(points).all(axis=1) & (np.abs(points[:, 1]) <= _MAX_LEVEL_DB)
    if not is_good.all():
        freq, level = points[~is_good][0]
        raise PresetError(
            f"{name} holds the point {freq:g} Hz, {level:g} dB; both must be finite, and the"
            f" level within {_MAX_LEVEL_DB:g} dB."
        )
    is_heard = (points[:, 0] > 0) & (points[:, 0] < 1e6)
    if not is_heard.all():
        notes.append(f"{(~is_heard).sum()} points at 0 Hz or beyond hearing are left out.")
    freq_hz, places = np.unique(points[is_heard, 0], return_inverse=True)
    if len(freq_hz) < _MIN_POINTS:
        raise PresetError(
            f"{name} has {len(freq_hz)} different frequencies; a curve needs {_MIN_POINTS} or more."
        )
    counts = np.bincount(places)
    if counts.max() > 1:
        notes.append("Frequencies that stand more than once have the mean of their levels.")
    level_db = np.bincount(places, weights=points[is_heard, 1]) / counts
    if freq_hz[-1] < 2 * freq_hz[0]:
        raise PresetError(
            f"{name} goes from {freq_hz[0]:g} to {freq_hz[-1]:g} Hz; a curve needs an octave or"
            " more."
        )
    span_db = float(np.ptp(level_db))
    if span_db > _MAX_SPAN_DB:
        raise PresetError(
            f"{name} spans {span_db:.0f} dB; a curve spans {_MAX_SPAN_DB:g} dB at most."
            f" {COMMA_ADVICE}"
        )
    return Reading(freq_hz=freq_hz, level_db=level_db, notes=tuple(notes))
