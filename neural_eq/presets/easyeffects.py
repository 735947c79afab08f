"""EasyEffects: an output preset with the equaliser plug-in, its bands as Equalizer APO has them."""

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

LABEL = "EasyEffects"

_MODE = "APO (DR)"
"""The cookbook's shapes; the default, RLC, has other shelves."""

_MAX_GAIN_DB = 36.0
_TYPES = {"low_shelf": "Lo-shelf", "peaking": "Bell", "high_shelf": "Hi-shelf"}
_SHAPES = {label: shape for shape, label in _TYPES.items()}
_MAX_BANDS = 32


def write_easyeffects(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write an output preset for EasyEffects 7 and 8, both channels alike."""
    preamp = preamp_db(preset.params, sample_rate)
    first = max(preamp, -_MAX_GAIN_DB)
    bands = {
        f"band{place}": {
            "type": _TYPES[band.shape], "mode": _MODE, "slope": "x1", "solo": False,
            "mute": False, "gain": tidy(band.gain_db, 4), "frequency": tidy(band.freq_hz, 4),
            "q": tidy(band.q, 5), "width": 4.0,
        }
        for place, band in enumerate(bands_of(preset.params))
    }  # fmt: skip
    equalizer = {
        "bypass": False, "input-gain": first, "output-gain": tidy(preamp - first, 1),
        "mode": "IIR", "split-channels": False, "balance": 0.0, "pitch-left": 0.0,
        "pitch-right": 0.0, "num-bands": len(bands), "left": bands, "right": bands,
    }  # fmt: skip
    output = {"blocklist": [], "plugins_order": ["equalizer#0"], "equalizer#0": equalizer}
    return (json.dumps({"output": output}, indent=2) + "\n").encode()


def read_easyeffects(content: bytes, *, name: str) -> Reading:
    """Read the equaliser of a preset, its left channel counting for both.

    Raises:
        PresetError: If there is no equaliser in it, or a band cannot be read.
    """
    return easyeffects_of(strict_json(decoded(content, name=name), name=name), name=name)


def is_easyeffects(values: Any) -> bool:
    """Whether parsed JSON is a preset of EasyEffects, with an equaliser or without."""
    sides = (values.get(key) for key in ("output", "input")) if isinstance(values, dict) else ()
    return any(isinstance(side, dict) and "plugins_order" in side for side in sides)


def easyeffects_of(values: Any, *, name: str) -> Reading:
    """Do as :func:`read_easyeffects` with parsed JSON."""
    side: dict[str, Any] = next(
        (values[key] for key in ("output", "input") if isinstance(values.get(key), dict)), {}
    )
    found = [key for key in side if key.split("#")[0] == "equalizer"]
    if not found or not isinstance(side[found[0]], dict):
        raise PresetError(f"{name} is a preset of EasyEffects without an equaliser in it.")
    equalizer, notes = side[found[0]], []
    if len(found) > 1:
        notes.append(f"It has {len(found)} equalisers; the first is read.")
    others = [key for key in side if key not in ("blocklist", "plugins_order", *found)]
    if others:
        notes.append(f"Its other effects are left out: {', '.join(others)[:200]}.")
    if equalizer.get("bypass"):
        notes.append("Its equaliser is switched off there; it is read as if it were on.")
    bands = _channel(equalizer, "left", notes, name=name)
    if equalizer.get("split-channels") and bands != _channel(equalizer, "right", [], name=name):
        notes.append("Its channels differ; the left one is read for both.")
    preamp = sum(
        number(equalizer.get(key, 0.0), key, name=name) for key in ("input-gain", "output-gain")
    )
    return Reading(
        bands=checked_bands(bands, name=name), preamp_db=checked_preamp(preamp, name=name),
        notes=tuple(dict.fromkeys(notes)),
    )  # fmt: skip


def _channel(
    equalizer: Mapping[str, Any], side: str, notes: list[str], *, name: str
) -> list[ReadBand]:
    channel = equalizer.get(side)
    if not isinstance(channel, dict):
        raise PresetError(f"{name} is damaged: its equaliser has no channel {side!r}.")
    n_bands = number(equalizer.get("num-bands", _MAX_BANDS), "num-bands", name=name)
    kept = [channel.get(f"band{i}") for i in range(min(int(max(n_bands, 0)), _MAX_BANDS))]
    bands = []
    for place, band in enumerate(kept):
        if band is None and "num-bands" not in equalizer:
            break
        if not isinstance(band, dict):
            raise PresetError(f"{name} is damaged: its equaliser has no “band{place}”.")
        read = _band(band, f"band{place}", notes, name=name)
        bands += [read] if read else []
    return bands


def _band(band: Mapping[str, Any], what: str, notes: list[str], *, name: str) -> ReadBand | None:
    kind = str(band.get("type", "Bell"))
    if kind == "Off" or band.get("mute"):
        notes.append("Bands that are off or mute are left out.")
        return None
    if kind not in _SHAPES:
        notes.append(f"{what} is of type {kind[:20]!r}, which the five bands are not: left out.")
        return None
    if band.get("mode") != _MODE:
        notes.append(
            f"Some bands have the mode {str(band.get('mode'))[:20]!r}, whose shape differs a"
            f" little; they are read as {_MODE!r}."
        )
    if band.get("slope", "x1") != "x1":
        notes.append("Some bands are steeper than “x1”; they are read as “x1”.")
    return checked_band(
        _SHAPES[kind],
        freq_hz=number(band.get("frequency"), f"the frequency of {what}", name=name),
        gain_db=number(band.get("gain", 0.0), f"the gain of {what}", name=name),
        q=number(band.get("q"), f"the Q of {what}", name=name),
        what=what,
        name=name,
    )
