"""A setting as JSON: what the app downloads, what ``morph --json`` prints, and read again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from neural_eq.eq.params import BANDS, NAMES, PARAMETERS, SHELF_Q, Band, check_params
from neural_eq.errors import ParameterError, PresetError

FORMAT, VERSION = "neural-eq-setting", 2

N_DIGITS = 9
"""Significant digits written: all that float32 has, so that reading gives the same number."""

MAX_BYTES = 1 << 20
MAX_NAME = 100
"""Characters of a name that are kept."""

_SHELF_Q_SLACK = 0.011  # 0.70, 0.71 and 1/√2 are the same shelf to less than 0.03 dB
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


def write_setting(name: str, params: np.ndarray, *, source: Mapping[str, Any]) -> str:
    """Write a setting as JSON that needs no other knowledge.

    Args:
        name: What to call it.
        params: In dB, Hz and Q, strength applied, shape ``(13,)``.
        source: Where it comes from, such as the ends of a morph and the model; reading ignores it.
    """
    content = {
        "format": FORMAT, "version": VERSION, "name": name, **source, **setting_values(params),
    }  # fmt: skip
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def read_setting(content: bytes, *, name: str = "The file") -> tuple[str, np.ndarray]:
    """Read a setting that the app, ``morph --json`` or a writer of the same bands made.

    ``params`` counts where it is there, else ``bands``, or ``parameters.bands``: five of them
    in the order of the equaliser. Other keys are ignored.

    Args:
        content: JSON in UTF-8.
        name: What to call the file in an error, and the setting where it has no name.

    Returns:
        Its name, and its 13 parameters in dB, Hz and Q.

    Raises:
        PresetError: If it is no such JSON, or newer than this program.
        ParameterError: If a number is outside the equaliser's bounds.
    """
    if len(content) > MAX_BYTES:
        raise PresetError(
            f"{name} has {len(content):,} bytes; a setting has at most {MAX_BYTES:,}. Choose a"
            " JSON file that Morph made."
        )
    try:
        values = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _not_ours(name) from error
    if not isinstance(values, dict):
        raise _not_ours(name)
    version = values.get("version", VERSION)
    if values.get("format") == FORMAT and not (isinstance(version, int) and version <= VERSION):
        raise PresetError(
            f"{name} has version {str(version)[:20]} of {FORMAT}; this program reads up to"
            f" {VERSION}. Update it."
        )
    params = np.array(_numbers(values, name))
    try:
        checked = check_params(params)[0]
    except ParameterError as error:
        raise ParameterError(f"{name}: {error}") from error
    called = values.get("name", values.get("term"))
    if not isinstance(called, str) or not called.strip():
        called = name
    return " ".join(called.split())[:MAX_NAME], checked


def _not_ours(name: str) -> PresetError:
    return PresetError(
        f"{name} is not a setting of Neural EQ: it must be JSON with “params” or “bands”, as"
        " “Download as JSON” on Morph writes it."
    )


def _numbers(values: Mapping[str, Any], name: str) -> list[float]:
    """The 13 numbers from whichever of the layouts is there."""
    params = values.get("params")
    if isinstance(params, dict):
        return [_number(params.get(p.name), p.name, name) for p in PARAMETERS]
    bands = values.get("bands")
    if bands is None and isinstance(values.get("parameters"), dict):
        bands = values["parameters"].get("bands")
    if not isinstance(bands, list) or not all(isinstance(band, dict) for band in bands):
        raise _not_ours(name)
    if len(bands) != len(BANDS):
        raise PresetError(
            f"{name} has {len(bands)} bands; the equaliser has {len(BANDS)}: low shelf, three"
            " peaks, high shelf."
        )
    found = [0.0] * len(PARAMETERS)
    for band, given in zip(BANDS, bands, strict=True):
        _read_band(given, band, found, name)
    return found


def _read_band(given: Mapping[str, Any], band: Band, found: list[float], name: str) -> None:
    """Put one band's numbers in their places among the 13."""
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
    elif abs(_number(given.get("q", SHELF_Q), "q", name) - SHELF_Q) > _SHELF_Q_SLACK:
        raise PresetError(
            f"{name}: {band.name} has Q {given['q']}; the equaliser's shelves have {SHELF_Q}."
        )


def _number(value: Any, what: str, name: str) -> float:
    """A plain number, or one under ``value``, as version 1 wrote them."""
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PresetError(f"{name}: {what} is {str(value)[:30]!r}; it must be a number.")
    try:
        return float(value)
    except OverflowError as error:
        raise PresetError(f"{name}: {what} is too large to be a number of an EQ.") from error
