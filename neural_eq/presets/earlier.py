"""Settings as earlier versions wrote them, and as ``morph --json`` prints them."""

from __future__ import annotations

from collections.abc import Mapping, MutableSequence
from typing import Any

import numpy as np

from neural_eq.eq.params import BANDS, NAMES, PARAMETERS, SHELF_Q, Band
from neural_eq.errors import PresetError
from neural_eq.presets.text import number

FORMAT, VERSION = "neural-eq-setting", 2

N_DIGITS = 9
"""Significant digits written: all that float32 has, so that reading gives the same number."""

SHELF_Q_SLACK = 0.011
"""0.70, 0.71 and 1/√2 are the same shelf to less than 0.05 dB."""

_SHAPES = {
    "low_shelf": "low_shelf",
    "peaking": "peaking",
    "peak_dip": "peaking",  # as OPRA calls it
    "high_shelf": "high_shelf",
}


def rounded(values: np.ndarray) -> list[float]:
    """Plain numbers with :data:`N_DIGITS` significant digits."""
    return [float(f"{value:.{N_DIGITS}g}") for value in values]


def setting_values(params: np.ndarray) -> dict[str, Any]:
    """One setting, shape ``(13,)``, for JSON: by parameter name, and band by band.

    Units are in the names; ``type`` is a shape of the RBJ cookbook, shelves have Q 0.71.
    """
    values = rounded(params)
    return {
        "params": dict(zip(NAMES, values, strict=True)),
        "bands": [
            {
                "name": band.name,
                "type": band.shape,
                "frequency_hz": values[band.freq],
                "gain_db": values[band.gain],
                "q": SHELF_Q if band.q is None else values[band.q],
            }
            for band in BANDS
        ],
    }


def read_params(values: Mapping[str, Any], *, name: str) -> list[float]:
    """Return the 13 numbers of an earlier setting; ``params`` counts, else ``bands``.

    Raises:
        PresetError: If they are not there, or the file is newer than this program.
    """
    version = values.get("version", VERSION)
    if values.get("format") == FORMAT and not (isinstance(version, int) and version <= VERSION):
        raise PresetError(
            f"{name} has version {str(version)[:20]} of {FORMAT}; this program reads up to"
            f" {VERSION}. Update it."
        )
    params = values.get("params")
    if isinstance(params, dict):
        return [_number(params.get(p.name), p.name, name) for p in PARAMETERS]
    bands = values.get("bands")
    if bands is None and isinstance(values.get("parameters"), dict):
        bands = values["parameters"].get("bands")
    if not isinstance(bands, list) or not all(isinstance(band, dict) for band in bands):
        raise not_ours(name)
    if len(bands) != len(BANDS):
        raise wrong_count(len(bands), name)
    found = [0.0] * len(PARAMETERS)
    for band, given in zip(BANDS, bands, strict=True):
        read_band(given, band, found, name=name)
    return found


def read_band(
    given: Mapping[str, Any], band: Band, found: MutableSequence[float] | np.ndarray, *, name: str
) -> None:
    """Put one band's numbers in their places among the 13; a band that is off has no gain.

    Raises:
        PresetError: If it is of another shape, or lacks a number.
    """
    shape = given.get("type", given.get("shape"))
    if not isinstance(shape, str) or _SHAPES.get(shape) != band.shape:
        raise PresetError(
            f"{name}: {band.name} is {str(shape)[:30]!r}; it must be {band.shape!r}. The five"
            " bands are a low shelf, three peaks and a high shelf."
        )
    freq = next((given[k] for k in ("frequency_hz", "freq_hz", "frequency") if k in given), None)
    found[band.freq] = _number(freq, PARAMETERS[band.freq].name, name)
    is_on = given.get("enabled", True) is not False
    gain_db = _number(given.get("gain_db"), PARAMETERS[band.gain].name, name)
    found[band.gain] = gain_db if is_on else 0.0
    if band.q is not None:
        found[band.q] = _number(given.get("q"), PARAMETERS[band.q].name, name)
    elif abs(_number(given.get("q", SHELF_Q), "q", name) - SHELF_Q) > SHELF_Q_SLACK:
        raise PresetError(
            f"{name}: {band.name} has Q {given['q']}; the equaliser's shelves have {SHELF_Q}."
        )


def meaning_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an earlier setting was made of, under the keys of today."""
    keys = {"from": "term_a", "to": "term_b", "at": "t", "strength": "strength", "route": "route"}
    found = {new: values[old] for old, new in keys.items() if values.get(old) is not None}
    return {"mode": "morph", **found} if "term_a" in found else {}


def not_ours(name: str) -> PresetError:
    """Say that JSON is no preset of this program."""
    return PresetError(
        f"{name} is no preset of Neural EQ: its JSON must have “parameters” with “bands”, as"
        " this program writes them. The Presets page also opens those of other programs."
    )


def wrong_count(n_bands: int, name: str) -> PresetError:
    """Say that a preset has more or fewer bands than the equaliser."""
    return PresetError(
        f"{name} has {n_bands} bands; the equaliser has {len(BANDS)}: low shelf, three peaks,"
        " high shelf."
    )


def _number(value: Any, what: str, name: str) -> float:
    """A plain number, or one under ``value``, as version 1 wrote them."""
    return number(value.get("value") if isinstance(value, dict) else value, what, name=name)
