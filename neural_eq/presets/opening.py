"""Open whatever holds an EQ: ours, and what other programs write, as a preset of five bands."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np

from neural_eq.eq.params import BANDS, MAXIMUM, MINIMUM, N_BANDS, SHELF_Q
from neural_eq.eq.response import REFERENCE_SAMPLE_RATE, log_frequencies, response_db
from neural_eq.errors import PresetError
from neural_eq.presets import (
    apo,
    camilladsp,
    earlier,
    easyeffects,
    opra,
    players,
    rockbox,
    safe_row,
    sampled,
)
from neural_eq.presets.fitting import exact_params, fit
from neural_eq.presets.preamp import preamp_db
from neural_eq.presets.preset import FORMAT, MAX_BYTES, MAX_TEXT, Preset, one_line, preset_of
from neural_eq.presets.reading import SHAPE_LABELS, ReadBand, Reading
from neural_eq.presets.text import decoded, strict_json, too_large

_N_FREQS = 480
EXACT_DB = 0.0005
"""A curve that is nearer is the same."""

FAR_DB = 15.0
"""A fit that is further off has little of its file's sound."""

_OURS = "Neural EQ"
_FILTER = re.compile(r"^[^\S\n]*Filter[^:\n]{0,20}:\s*(ON|OFF)\b", re.MULTILINE | re.IGNORECASE)
_ROCKBOX = re.compile(r"^[^\S\n]*eq (enabled|precut)\s*:", re.MULTILINE)
_YAML = re.compile(r"^(filters|pipeline|devices)\s*:", re.MULTILINE)


@dataclass(frozen=True)
class Opened:
    """A file as a preset.

    Attributes:
        preset: With the file's own name, or one made of the file name.
        format_label: What the file was read as.
        worst_db: How far the preset's curve is from the file's, 20 Hz to 20 kHz, level apart;
            0 where nothing had to be fitted or moved.
        notes: Sentences for the user: what was left out, fitted or moved.
    """

    preset: Preset
    format_label: str
    worst_db: float
    notes: tuple[str, ...]

    def remarks(self) -> list[str]:
        """Say what became of the file on its way to five bands; nothing where it is exact."""
        if self.worst_db < EXACT_DB:
            return list(self.notes)
        fitted = f"Fitted to five bands: at worst {self.worst_db:.2f} dB off, 20 Hz to 20 kHz."
        return [fitted, *self.notes]


def open_preset(content: bytes, *, name: str) -> Opened:
    """Read a file by what is in it, whatever it is called.

    Args:
        content: The file.
        name: What it is called, for errors and where it has no name of its own.

    Raises:
        PresetError: If it holds no EQ that can be read.
        ParameterError: If a number of our own format is outside the equaliser's bounds.
    """
    text = decoded(content, name=name)
    if not text.strip():
        raise PresetError(f"{name} is empty; choose the file of a preset or of a curve.")
    if text.lstrip()[:1] in "{[":
        return _open_json(content, text, name)
    for is_it, label, read in _TEXTS:
        if is_it(text):
            return _opened(read(content, name=name), label, name)
    return _opened(sampled.read_csv(content, name=name), sampled.CSV_LABEL, name)


def _is_safe(text: str) -> bool:
    return text.lstrip().split("\n", 1)[0].count(",") >= 20


_TEXTS: tuple[tuple[Callable[[str], Any], str, Callable[..., Reading]], ...] = (
    (_FILTER.search, apo.LABEL, apo.read_apo),
    (sampled.is_graphic, sampled.GRAPHIC_LABEL, sampled.read_graphic),
    (_YAML.search, camilladsp.LABEL, camilladsp.read_camilladsp),
    (_ROCKBOX.search, rockbox.LABEL, rockbox.read_rockbox),
    (re.compile("<VoiceMeeterBUSEQ>").search, players.VOICEMEETER_LABEL, players.read_voicemeeter),
    (_is_safe, safe_row.LABEL, safe_row.read_safe_row),
)
"""How a text is known, what it is, and who reads it; the first that fits counts."""


def _open_json(content: bytes, text: str, name: str) -> Opened:
    if len(content) > MAX_BYTES:
        raise too_large(name, len(content), MAX_BYTES)
    values = strict_json(text, name=name)
    if easyeffects.is_easyeffects(values):
        return _opened(easyeffects.easyeffects_of(values, name=name), easyeffects.LABEL, name)
    if isinstance(values, list) and values and isinstance(values[0], dict):
        if values[0].get("parametric"):
            reading = players.read_poweramp(content, name=name)
            return _opened(reading, players.POWERAMP_LABEL, name)
    elif isinstance(values, dict):
        is_ours = values.get("format") in (FORMAT, earlier.FORMAT)
        if is_ours or "params" in values or "bands" in values:
            return Opened(preset_of(values, name=name), _OURS, 0.0, _off(values))
        if opra.is_opra(values):
            return _opened(opra.opra_of(values, name=name), opra.LABEL, name)
    raise PresetError(
        f"{name} is JSON of no kind that is read here: it must be a preset of Neural EQ, OPRA,"
        " EasyEffects or Poweramp."
    )


def _off(values: dict[str, Any]) -> tuple[str, ...]:
    """Say of a preset of ours that has been read that some of its bands are off."""
    within = values["parameters"] if isinstance(values.get("parameters"), dict) else values
    bands = within.get("bands")
    listed = [band for band in bands if isinstance(band, dict)] if isinstance(bands, list) else []
    n_off = sum(band.get("enabled", True) is False and bool(band.get("gain_db")) for band in listed)
    if not n_off:
        return ()
    return (f"{n_off} of its bands {'is' if n_off == 1 else 'are'} off there, with 0 dB here.",)


def _opened(reading: Reading, label: str, name: str) -> Opened:
    """Make a preset of what a file says, and say what that took."""
    notes = list(reading.notes)
    params = exact_params(reading.bands) if reading.bands else None
    if params is None:
        params, worst_db = _fitted(reading, notes)
    else:
        moved = [b for b in reading.bands if _is_shelf(b) and b.gain_db and b.q != SHELF_Q]
        notes += [
            f"The {SHAPE_LABELS[b.shape]} has Q {b.q:.4g}; the equaliser's has {SHELF_Q}."
            for b in moved
        ]
        worst_db = _worst_db(params, reading) if moved else 0.0
    if reading.preamp_db and abs(reading.preamp_db - preamp_db(params)) > 0.11:
        notes.append(
            f"Its preamp of {reading.preamp_db:+.1f} dB is left out: a preset here is a curve, and"
            " its level is matched where it is heard."
        )
    link = reading.link if re.fullmatch(r"https?://[^\s<>\"]+", reading.link) else ""
    if reading.link and not link:
        notes.append("Its link is no http address and is left out.")
    if len(reading.details) > MAX_TEXT:
        notes.append(f"Its details are cut to {MAX_TEXT:,} characters.")
    preset = Preset(
        one_line(reading.name) or one_line(PurePath(name).stem) or "preset", params,
        author=one_line(reading.author), details=reading.details[:MAX_TEXT], link=link,
        provenance={"opened_from": label, "file": one_line(name)},
    )  # fmt: skip
    return Opened(preset, label, worst_db, tuple(notes))


def _is_shelf(band: ReadBand) -> bool:
    return band.shape != "peaking"


def _fitted(reading: Reading, notes: list[str]) -> tuple[np.ndarray, float]:
    """Fit five bands to a reading's curve and note why."""
    if reading.freq_hz is not None and reading.level_db is not None:
        freq_hz, level_db = reading.freq_hz, reading.level_db
        if freq_hz[0] > 20 or freq_hz[-1] < 20000:
            low, high = max(freq_hz[0], 20.0), min(freq_hz[-1], 20000.0)
            notes.append(f"It reaches from {low:.0f} to {high:.0f} Hz; nothing is known beyond.")
        notes.append(f"Five bands were fitted to the curve of its {len(freq_hz):,} points.")
    else:
        freq_hz = log_frequencies(_N_FREQS)
        level_db = reading.curve_db(freq_hz, sample_rate=REFERENCE_SAMPLE_RATE) - reading.preamp_db
        notes += _reasons(reading.bands)
    found = fit(freq_hz, level_db, has_level=reading.freq_hz is not None)
    if abs(found.level_db) > 0.3:
        notes.append(
            f"The curve as a whole is {abs(found.level_db):.1f} dB"
            f" {'higher' if found.level_db > 0 else 'lower'} there; five bands have no level."
        )
    worst_db = _worst_db(found.params, reading, found.level_db)
    if worst_db > FAR_DB:
        what = "Make sure that its columns are Hz and dB." if reading.freq_hz is not None else ""
        notes.insert(0, f"Five bands cannot come near this curve. {what}".strip())
    return found.params, worst_db


def _reasons(bands: tuple[ReadBand, ...]) -> list[str]:
    """Why bands are no setting of the equaliser."""
    counts = {shape: sum(b.shape == shape for b in bands) for shape in SHAPE_LABELS}
    if (
        len(bands) > N_BANDS
        or counts["peaking"] > 3
        or max(counts["low_shelf"], counts["high_shelf"]) > 1
    ):
        made_of = ", ".join(
            f"{n} {SHAPE_LABELS[s]}{'s' * (n != 1)}" if s == "peaking" else f"{n} {SHAPE_LABELS[s]}"
            for s, n in counts.items()
            if n
        )
        return [
            f"It has {len(bands)} bands ({made_of}); the equaliser has a low shelf, three peaks"
            " and a high shelf, which were fitted to its curve."
        ]
    reasons = []
    for band in bands:
        slots = [slot for slot in BANDS if slot.shape == band.shape]
        low = min(MINIMUM[slot.freq] for slot in slots)
        high = max(MAXIMUM[slot.freq] for slot in slots)
        what = f"The {SHAPE_LABELS[band.shape]} at {band.freq_hz:g} Hz"
        if not low <= band.freq_hz <= high:
            reasons.append(f"{what} is outside {low:g} to {high:g} Hz.")
        if abs(band.gain_db) > MAXIMUM[slots[0].gain]:
            reasons.append(f"{what} has {band.gain_db:+g} dB; a band reaches ±12 dB.")
        if _is_shelf(band):
            if abs(band.q - SHELF_Q) > earlier.SHELF_Q_SLACK:
                reasons.append(f"{what} has Q {band.q:.3g}; the equaliser's has {SHELF_Q}.")
        elif not 0.1 <= band.q <= 10:
            reasons.append(f"{what} has Q {band.q:g}; a peak's lies within 0.1 to 10.")
    reasons = reasons or ["Its peaks lie where no three peaks of the equaliser reach at once."]
    return [*reasons, "Five bands were fitted to its curve."]


def _worst_db(params: np.ndarray, reading: Reading, level_db: float = 0.0) -> float:
    """The largest distance of curves where the file has one."""
    freq_hz = log_frequencies(_N_FREQS)
    if reading.freq_hz is not None:
        inside = (freq_hz >= reading.freq_hz[0]) & (freq_hz <= reading.freq_hz[-1])
        freq_hz = freq_hz[inside]
    theirs = reading.curve_db(freq_hz, sample_rate=REFERENCE_SAMPLE_RATE) - reading.preamp_db
    return float(np.abs(response_db(params, freq_hz) - theirs + level_db).max())
