"""Poweramp's presets in JSON, and Voicemeeter's EQ of a bus in XML."""

from __future__ import annotations

import json
import re

from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.errors import PresetError
from neural_eq.presets.bands import bands_of
from neural_eq.presets.preamp import preamp_db
from neural_eq.presets.preset import Preset, one_line
from neural_eq.presets.reading import (
    ReadBand,
    Reading,
    checked_band,
    checked_bands,
    checked_preamp,
)
from neural_eq.presets.text import decoded, number, plain, strict_json, tidy

POWERAMP_LABEL, VOICEMEETER_LABEL = "Poweramp", "Voicemeeter"

_POWERAMP_TYPES = {"low_shelf": 0, "high_shelf": 1, "peaking": 3}
_BUILT_IN = (
    {"type": 0, "channels": 0, "frequency": 90, "q": 0.7, "gain": 0.0, "color": 0},
    {"type": 1, "channels": 0, "frequency": 10000, "q": 0.7, "gain": 0.0, "color": 0},
)
"""Poweramp's own bass and treble, which stand first in every preset."""

_VOICEMEETER_TYPES = {"low_shelf": 5, "peaking": 0, "high_shelf": 6}
_N_CHANNELS, _N_CELLS = 8, 6


def write_poweramp(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write a list of one parametric preset."""
    bands = [
        {
            "type": _POWERAMP_TYPES[band.shape], "channels": 0,
            "frequency": tidy(band.freq_hz, 4), "q": tidy(band.q, 5),
            "gain": tidy(band.gain_db, 4), "color": 0,
        }
        for band in bands_of(preset.params)
    ]  # fmt: skip
    content = {
        "name": one_line(preset.name), "preamp": preamp_db(preset.params, sample_rate),
        "parametric": True, "bands": [*_BUILT_IN, *bands],
    }  # fmt: skip
    return (json.dumps([content], indent=2, ensure_ascii=False) + "\n").encode()


def read_poweramp(content: bytes, *, name: str) -> Reading:
    """Read the first preset of a list.

    Raises:
        PresetError: If it is no parametric preset, or a band cannot be read.
    """
    values = strict_json(decoded(content, name=name), name=name)
    first = values[0] if isinstance(values, list) and values else None
    if not isinstance(first, dict) or not first.get("parametric"):
        raise PresetError(f"{name} is no list of parametric presets of Poweramp.")
    given = first.get("bands")
    if not isinstance(given, list) or not all(isinstance(band, dict) for band in given):
        raise PresetError(f"{name} has no list of bands.")
    shapes = {kind: shape for shape, kind in _POWERAMP_TYPES.items()}
    bands = []
    for count, band in enumerate(given, start=1):
        shape = shapes.get(band.get("type", -1))
        if shape is None:
            raise PresetError(f"{name}: band {count} is of type {str(band.get('type'))[:20]!r}.")
        freq, gain, q = (
            number(band.get(key), f"{key} of band {count}", name=name)
            for key in ("frequency", "gain", "q")
        )
        what = f"band {count}"
        bands.append(checked_band(shape, freq_hz=freq, gain_db=gain, q=q, what=what, name=name))
    preamp = checked_preamp(number(first.get("preamp", 0.0), "preamp", name=name), name=name)
    return Reading(bands=checked_bands(bands, name=name), preamp_db=preamp)


def write_voicemeeter(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write six cells, the last without gain, for each of eight channels; it has no preamp."""
    cells = [*bands_of(preset.params), ReadBand("peaking", 1000.0, 0.0, 1.0)]
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>', "<VBAudioVoicemeeterBUSEQConfig>",
        "<VoiceMeeterBUSEQ>",
    ]  # fmt: skip
    for channel in range(1, _N_CHANNELS + 1):
        for cell, band in enumerate(cells, start=1):
            lines.append(
                f'<Bus index="1" channel="{channel}" cell="{cell}" EQon="1"'
                f' EQtype="{_VOICEMEETER_TYPES[band.shape]}"'
                f' dblevel="{plain(band.gain_db, 4, n_least=2)}"'
                f' freq="{plain(band.freq_hz, 4, n_least=2)}" Q="{plain(band.q, 5, n_least=2)}" />'
            )
    lines += ["</VoiceMeeterBUSEQ>", "</VBAudioVoicemeeterBUSEQConfig>"]
    return ("\n".join(lines) + "\n").encode()


def read_voicemeeter(content: bytes, *, name: str) -> Reading:
    """Read the first channel's cells.

    Raises:
        PresetError: If there are none, or the channels differ.
    """
    shapes = {str(kind): shape for shape, kind in _VOICEMEETER_TYPES.items()}
    channels: dict[str, list[ReadBand]] = {}
    for tag in re.findall(r"<Bus\s([^<>]{1,300})/>", decoded(content, name=name)):
        given = dict(re.findall(r'(\w+)="([^"]{0,40})"', tag))
        try:
            numbers = {key: float(given[key]) for key in ("freq", "dblevel", "Q")}
            shape, what = shapes[given["EQtype"]], f"cell {given['cell']}"
        except (KeyError, ValueError) as error:
            raise PresetError(f"{name}: {tag[:60]!r} is no cell of an EQ.") from error
        if given.get("EQon") == "1":
            band = checked_band(
                shape, freq_hz=numbers["freq"], gain_db=numbers["dblevel"], q=numbers["Q"],
                what=what, name=name,
            )  # fmt: skip
            channels.setdefault(given.get("channel", ""), []).append(band)
    if len({tuple(bands) for bands in channels.values()}) > 1:
        raise PresetError(f"{name} has channels that differ; make them alike first.")
    return Reading(bands=checked_bands(next(iter(channels.values()), []), name=name))
