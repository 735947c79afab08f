"""OPRA, the open database of headphone EQs: the ``info.json`` of one EQ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.errors import PresetError
from neural_eq.presets.bands import bands_of
from neural_eq.presets.preamp import preamp_db
from neural_eq.presets.preset import Preset
from neural_eq.presets.reading import (
    ReadBand,
    Reading,
    checked_band,
    checked_bands,
    checked_preamp,
)
from neural_eq.presets.text import decoded, number, strict_json, tidy

LABEL = "OPRA"

_AUTHOR = "Neural EQ"
_TYPES = {"low_shelf": "low_shelf", "peaking": "peak_dip", "high_shelf": "high_shelf"}
_SHAPES = {label: shape for shape, label in _TYPES.items()}
_OTHERS = ("low_pass", "high_pass", "band_pass", "band_stop")


def write_opra(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write an EQ whose most important band, that with the most gain, stands first.

    OPRA's readers of few bands keep the first ones; it has no place for a preset's name but the
    details.
    """
    bands = sorted(bands_of(preset.params), key=lambda band: -abs(band.gain_db))
    details = " • ".join(part for part in (preset.name, preset.details) if part)
    content: dict[str, Any] = {"author": preset.author or _AUTHOR}
    content |= {"details": details} if details else {}
    content |= {"link": preset.link} if preset.link else {}
    content |= {
        "type": "parametric_eq",
        "parameters": {
            "gain_db": preamp_db(preset.params, sample_rate),
            "bands": [
                {
                    "type": _TYPES[band.shape], "frequency": tidy(band.freq_hz, 4),
                    "gain_db": tidy(band.gain_db, 4), "q": tidy(band.q, 5),
                }
                for band in bands
            ],
        },
    }  # fmt: skip
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def is_opra(values: Any) -> bool:
    """Whether parsed JSON is an EQ as OPRA has it."""
    return isinstance(values, dict) and isinstance(values.get("parameters"), dict)


def read_opra(content: bytes, *, name: str) -> Reading:
    """Read an EQ of OPRA.

    Raises:
        PresetError: If it is no parametric EQ, or a band cannot be read.
    """
    return opra_of(strict_json(decoded(content, name=name), name=name), name=name)


def opra_of(values: Any, *, name: str) -> Reading:
    """Do as :func:`read_opra` with parsed JSON."""
    if not is_opra(values) or not isinstance(values["parameters"].get("bands"), list):
        raise PresetError(f"{name} has no list of bands under “parameters”; it is no EQ of OPRA.")
    if values.get("type", "parametric_eq") != "parametric_eq":
        raise PresetError(
            f"{name} is of type {str(values['type'])[:30]!r}; only 'parametric_eq' is read."
        )
    notes: list[str] = []
    bands = []
    for count, band in enumerate(values["parameters"]["bands"], start=1):
        read = _band(band, f"band {count}", notes, name=name)
        bands += [read] if read else []
    preamp = number(values["parameters"].get("gain_db", 0.0), "gain_db", name=name)
    author, details, link, called = (
        value if isinstance(value := values.get(key), str) else ""
        for key in ("author", "details", "link", "name")
    )
    return Reading(
        bands=checked_bands(bands, name=name), preamp_db=checked_preamp(preamp, name=name),
        name=called or details.split(" • ")[0], author=author, details=details, link=link,
        notes=tuple(notes),
    )  # fmt: skip


def _band(band: Any, what: str, notes: list[str], *, name: str) -> ReadBand | None:
    kind = band.get("type") if isinstance(band, Mapping) else None
    if kind in _OTHERS:
        notes.append(f"{what.capitalize()} is a {kind}, which the five bands are not: left out.")
        return None
    if kind not in _SHAPES:
        raise PresetError(
            f"{name}: {what} is of type {str(kind)[:20]!r}; it must be low_shelf, peak_dip or"
            " high_shelf."
        )
    if band.get("enabled", True) is False:
        notes.append(f"{what.capitalize()} is off and left out.")
        return None
    return checked_band(
        _SHAPES[kind],
        freq_hz=number(band.get("frequency"), f"the frequency of {what}", name=name),
        gain_db=number(band.get("gain_db", 0.0), f"the gain of {what}", name=name),
        q=number(band.get("q"), f"the Q of {what}", name=name),
        what=what,
        name=name,
    )
