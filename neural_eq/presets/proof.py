"""What a file keeps of a preset: its bytes read back by its program's rules, and compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neural_eq.eq.response import REFERENCE_SAMPLE_RATE, response_db
from neural_eq.presets.formats import Format, format_of, write_format
from neural_eq.presets.preamp import preamp_db
from neural_eq.presets.preset import Preset
from neural_eq.presets.reading import Reading
from neural_eq.presets.sampled import curve_points

EXACT_DB = 0.02
"""A deviation up to this is none that matters."""


@dataclass(frozen=True)
class Proof:
    """How a file differs from the preset that it holds.

    Attributes:
        worst_db: The largest deviation of its curve between 20 Hz and 20 kHz, level apart.
        reason: What the format cannot hold, in sentences; empty where nothing is lost.
    """

    worst_db: float
    reason: str


def prove(preset: Preset, format_id: str, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> Proof:
    """Write a preset in a format, read the bytes by the rules of its program, and compare curves.

    Args:
        preset: What is written.
        format_id: A key of ``FORMATS``.
        sample_rate: In Hz, at which both are played.

    Raises:
        ParameterError: As :func:`~neural_eq.presets.formats.write_format`.
    """
    content = write_format(preset, format_id, sample_rate=sample_rate)
    chosen = format_of(format_id)
    reading = chosen.read(content, name=chosen.label, sample_rate=sample_rate)
    worst_db = deviation_db(preset, chosen, reading, sample_rate=sample_rate)
    reasons = [chosen.limit] if chosen.limit and worst_db > EXACT_DB else []
    if worst_db > EXACT_DB and not chosen.limit:
        reasons.append("The format cannot hold these numbers.")
    return Proof(worst_db, " ".join([*reasons, *_level(preset, chosen, reading, sample_rate)]))


def deviation_db(preset: Preset, chosen: Format, reading: Reading, *, sample_rate: int) -> float:
    """Return the largest distance in dB between a preset's curve and that of its file.

    Both are looked at where a curve's points are, and between them.
    """
    points_hz, _ = curve_points(preset.params, sample_rate=sample_rate)
    freq_hz = np.sort(np.concatenate([points_hz, np.sqrt(points_hz[1:] * points_hz[:-1])]))
    curve_db = reading.curve_db(freq_hz, sample_rate=sample_rate) - reading.preamp_db
    if chosen.preamp == "in curve":
        curve_db = curve_db - preamp_db(preset.params, sample_rate)
    wanted_db = response_db(preset.params, freq_hz, sample_rate=sample_rate)
    return float(np.abs(curve_db - wanted_db).max())


def _level(preset: Preset, chosen: Format, reading: Reading, sample_rate: int) -> list[str]:
    """What the user must do about the level, if anything."""
    missing_db = preamp_db(preset.params, sample_rate) - reading.preamp_db
    if chosen.preamp in ("in curve", "none") or missing_db > -0.05:
        return []
    if chosen.preamp == "by hand":
        return [f"The file has no preamp: turn the level down by {-missing_db:.1f} dB there."]
    return [
        f"Its preamp ends at {reading.preamp_db:.1f} dB: turn down by {-missing_db:.1f} dB more."
    ]
