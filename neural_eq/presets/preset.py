"""A preset, and our JSON: what the app keeps, what the command line writes, and read again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neural_eq.eq.params import BANDS, PARAMETERS, SHELF_Q, check_params
from neural_eq.eq.response import REFERENCE_SAMPLE_RATE, log_frequencies, response_db
from neural_eq.errors import ParameterError, PresetError
from neural_eq.presets import earlier, fields
from neural_eq.presets.fields import MAX_NAME, MAX_TAG, MAX_TAGS, MAX_TEXT, one_line
from neural_eq.presets.preamp import peak_db, preamp_db
from neural_eq.presets.text import decoded, number, strict_json

__all__ = [
    "MAX_NAME", "MAX_TAG", "MAX_TAGS", "MAX_TEXT", "Preset", "one_line", "preset_of",
    "read_preset", "write_preset",
]  # fmt: skip

FORMAT, VERSION = "neural-eq", 1
SCHEMA_NAME = "neural-eq-1.schema.json"
MAX_BYTES = 1 << 20
N_RESPONSE = 121  # twelve points an octave
_SHAPES = {"low_shelf": "low_shelf", "peaking": "peak_dip", "high_shelf": "high_shelf"}
BAND_IDS = ("ls", "p1", "p2", "p3", "hs")
_DESIGN = {"family": "rbj-cookbook", "shelf_parameter": "q", "frequency_is": "center"}

_BAND_KEYS: dict[str, Any] = dict.fromkeys(("id", "enabled", "type", "frequency", "gain_db", "q"))
_KNOWN: dict[str, Any] = {
    **dict.fromkeys(
        ("$schema", "format", "version", "name", "author", "details", "link", "created", "type",
         "tags", "starred", "semantic", "provenance")
    ),
    "parameters": {"gain_db": None, "bands": dict.fromkeys(BAND_IDS, _BAND_KEYS)},
    "filter_design": {**dict.fromkeys(_DESIGN), "reference_sample_rate": None},
    "response": dict.fromkeys(("sample_rate", "frequencies_hz", "magnitude_db", "peak_db")),
    "extensions": {},
}  # fmt: skip
"""Every key that has a meaning here; what stands under None is a value."""


@dataclass(frozen=True)
class Preset:
    """One EQ with its name, what it means, and where it comes from.

    Attributes:
        name: At most :data:`~neural_eq.presets.fields.MAX_NAME` characters in a file.
        params: In dB, Hz and Q, strength applied, shape ``(13,)``, in the equaliser's bounds.
        author: Who made it.
        details: Anything else to know.
        link: An http address, or empty.
        created: Date and time in ISO 8601, UTC, or empty.
        tags: In the order given.
        is_starred: Whether it is a favourite.
        meaning: Words, schools, slider, strength and route it was made of, as plain values.
        provenance: Program, version, and fingerprints of model and data.
        unknown: Keys of a file that have no meaning here, as they were nested; bands by id.
    """

    name: str
    params: np.ndarray
    author: str = ""
    details: str = ""
    link: str = ""
    created: str = ""
    tags: tuple[str, ...] = ()
    is_starred: bool = False
    meaning: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, Any] = field(default_factory=dict)


def write_preset(preset: Preset) -> str:
    """Write a preset as JSON that needs no other knowledge, laid down in ``assets/``.

    Raises:
        ParameterError: If a number is outside the equaliser's bounds.
    """
    params = earlier.rounded(check_params(preset.params)[0])
    freq_hz = log_frequencies(N_RESPONSE).round(2)
    curve_db = response_db(np.array(params), freq_hz) + 0.0  # no "-0.0"
    content: dict[str, Any] = {
        "$schema": SCHEMA_NAME, "format": FORMAT, "version": VERSION,
        "name": one_line(preset.name), "author": one_line(preset.author),
        "details": preset.details, "link": preset.link, "created": preset.created,
        "type": "parametric_eq", "tags": list(preset.tags), "starred": preset.is_starred,
        "parameters": {
            "gain_db": preamp_db(params),
            "bands": {
                key: {
                    "id": key, "enabled": True, "type": _SHAPES[band.shape],
                    "frequency": params[band.freq], "gain_db": params[band.gain],
                    "q": SHELF_Q if band.q is None else params[band.q],
                }
                for key, band in zip(BAND_IDS, BANDS, strict=True)
            },
        },
        "filter_design": {**_DESIGN, "reference_sample_rate": REFERENCE_SAMPLE_RATE},
        "semantic": dict(preset.meaning),
        "provenance": dict(preset.provenance),
        "response": {
            "sample_rate": REFERENCE_SAMPLE_RATE,
            "frequencies_hz": freq_hz.tolist(),
            "magnitude_db": curve_db.round(4).tolist(),
            "peak_db": round(peak_db(params), 4),
        },
        "extensions": {},
    }  # fmt: skip
    content = _with_unknown(content, preset.unknown)
    content["parameters"]["bands"] = list(content["parameters"]["bands"].values())
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    # a list of numbers on one line; no string of JSON holds a raw line break
    return re.sub(r"\[\n[-+.,\deE\s]+\]", lambda m: " ".join(m[0].split()), text) + "\n"


def read_preset(content: bytes, *, name: str = "The file") -> Preset:
    """Read a preset, or an earlier setting, that this program wrote.

    Args:
        content: JSON in UTF-8.
        name: What to call the file in an error, and the preset where it has no name.

    Raises:
        PresetError: If it is no such JSON, or newer than this program.
        ParameterError: If a number is outside the equaliser's bounds.
    """
    values = strict_json(decoded(content, name=name, max_bytes=MAX_BYTES), name=name)
    return preset_of(values, name=name)


def preset_of(values: Any, *, name: str) -> Preset:
    """Do as :func:`read_preset` with parsed JSON."""
    if not isinstance(values, dict):
        raise earlier.not_ours(name)
    if values.get("format") != FORMAT:
        params = _checked(earlier.read_params(values, name=name), name)
        called = values.get("name", values.get("term"))
        return Preset(
            one_line(called if isinstance(called, str) else "") or one_line(name),
            params,
            meaning=earlier.meaning_of(values),
        )
    version = values.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise PresetError(
            f"{name} has version {str(version)[:20]!r} of {FORMAT}; it must be a whole number, and"
            f" {VERSION} is the newest."
        )
    if version > VERSION:
        raise PresetError(
            f"{name} has version {str(version)[:20]} of {FORMAT}; this program reads up to"
            f" {VERSION}. Update it."
        )
    bands = _bands(values, name)
    params = np.zeros(len(PARAMETERS))
    for band, given in zip(BANDS, bands.values(), strict=True):
        earlier.read_band(given, band, params, name=name)
    fields.check_response(values, name)
    tree = {**values, "parameters": {**values["parameters"], "bands": bands}}
    return Preset(
        name=fields.text(values, "name", name) or one_line(name),
        params=_checked(params, name),
        author=fields.text(values, "author", name),
        details=fields.text(values, "details", name, is_long=True),
        link=fields.link(values, name),
        created=fields.created(values, name),
        tags=fields.tags(values, name),
        is_starred=fields.flag(values, name),
        meaning=fields.mapping(values, "semantic", name),
        provenance=fields.mapping(values, "provenance", name),
        unknown=_unknown_of(tree, _KNOWN),
    )


def _checked(params: Any, name: str) -> np.ndarray:
    try:
        return check_params(np.asarray(params))[0]
    except ParameterError as error:
        raise ParameterError(f"{name}: {error}") from error


def _bands(values: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """The five bands in their order, found by id where all have one."""
    parameters = values.get("parameters")
    bands = parameters.get("bands") if isinstance(parameters, dict) else None
    if not isinstance(bands, list) or not all(isinstance(band, dict) for band in bands):
        raise PresetError(f"{name} has no list of bands under “parameters”; it is no whole preset.")
    if len(bands) != len(BANDS):
        raise earlier.wrong_count(len(bands), name)
    assert isinstance(parameters, dict)
    if "gain_db" in parameters:
        gain_db = number(parameters["gain_db"], "parameters.gain_db", name=name)
        if not -100 <= gain_db <= 0:
            raise PresetError(
                f"{name}: parameters.gain_db is {gain_db:g} dB; it must lie within -100 to 0 dB."
            )
    ids = [str(band.get("id")) for band in bands]
    if sorted(ids) == sorted(BAND_IDS):
        return {key: bands[ids.index(key)] for key in BAND_IDS}
    return dict(zip(BAND_IDS, bands, strict=True))


def _unknown_of(values: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """What of ``values`` has no place in the tree of known keys."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            found[key] = value
        elif known[key] is not None and isinstance(value, dict):
            beneath = _unknown_of(value, known[key])
            found |= {key: beneath} if beneath else {}
    return found


def _with_unknown(values: dict[str, Any], unknown: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with the keys that another program put beside them; ours count."""
    merged = dict(values)
    for key, value in unknown.items():
        if key not in merged:
            merged[key] = value
        elif isinstance(merged[key], dict) and isinstance(value, Mapping):
            merged[key] = _with_unknown(merged[key], value)
    return merged
