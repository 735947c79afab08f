"""CamillaDSP: the five bands as one ``FivePointPeq``, as filters or a whole configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

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
    peak_q_of_octaves,
    shelf_q_of_slope,
)
from neural_eq.presets.text import decoded, number, plain

LABEL = "CamillaDSP"

MAX_BYTES = 256 << 10
_MAX_DEPTH = 20
_EXPONENT = re.compile(r"[-+]?\d{1,9}(\.\d{0,9})?[eE][-+]?\d{1,2}")
_PLACES = ("ls", "p1", "p2", "p3", "hs")
_SHAPES = {"Lowshelf": "low_shelf", "Peaking": "peaking", "Highshelf": "high_shelf"}

_DEVICES = """\
# For CamillaDSP {version}. Reads and writes raw 32-bit stereo; name your own devices here.
devices:
  samplerate: {sample_rate}
  chunksize: 1024
  capture: {{type: Stdin, channels: 2, format: {sample_format}}}
  playback: {{type: Stdout, channels: 2, format: {sample_format}}}
"""
_SAMPLE_FORMATS = {3: "S32LE", 4: "S32_LE"}
"""What raw 32-bit sound is called, by the version of CamillaDSP."""


def write_camilladsp(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write filters and a pipeline of version 3 and on, to go into a configuration."""
    values = []
    for place, band in zip(_PLACES, bands_of(preset.params), strict=True):
        values += [
            f"f{place}: {plain(band.freq_hz, 6, n_least=1)}",
            f"g{place}: {plain(band.gain_db, 6, n_least=1)}",
            f"q{place}: {plain(band.q, 6, n_least=1)}",
        ]
    rows = [", ".join(values[i : i + 3]) for i in range(0, len(values), 3)]
    preamp = plain(preamp_db(preset.params, sample_rate), 1, n_least=1)
    comment = json.dumps(one_line(preset.name), ensure_ascii=False)  # no line of its own
    lines = [
        f"# {comment}",
        "filters:",
        "  neural_eq_pre:",
        "    type: Gain",
        f"    parameters: {{gain: {preamp}, inverted: false, scale: dB}}",
        "  neural_eq:",
        "    type: BiquadCombo",
        "    parameters:",
        "      {type: FivePointPeq,",
        *(f"       {row}," for row in rows[:-1]),
        f"       {rows[-1]}}}",
        "pipeline:",
        "  - {type: Filter, channels: [0, 1], names: [neural_eq_pre, neural_eq]}",
    ]
    return ("\n".join(lines) + "\n").encode()


def write_camilladsp_full(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write a configuration of version 4 that runs as it is, between two pipes."""
    return _full(preset, 4, sample_rate=sample_rate)


def write_camilladsp_full_3(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write the same for version 3, which calls the format of samples by another name."""
    return _full(preset, 3, sample_rate=sample_rate)


def _full(preset: Preset, version: int, *, sample_rate: int) -> bytes:
    devices = _DEVICES.format(
        version=version, sample_rate=sample_rate, sample_format=_SAMPLE_FORMATS[version]
    )
    return devices.encode() + write_camilladsp(preset, sample_rate=sample_rate)


def read_camilladsp(content: bytes, *, name: str) -> Reading:
    """Read a configuration: the filters of its pipeline on the first channel, else all of them.

    Raises:
        PresetError: If it is no such YAML, or a filter cannot be read.
    """
    values = _yaml(decoded(content, name=name, max_bytes=MAX_BYTES), name=name)
    filters = values.get("filters") if isinstance(values, dict) else None
    if not isinstance(filters, dict) or not all(isinstance(f, dict) for f in filters.values()):
        raise PresetError(f"{name} has no “filters”; it is no configuration of CamillaDSP.")
    notes: list[str] = []
    names = _names_in_use(values, notes)
    if names is None:
        names = list(filters)
    bands: list[ReadBand] = []
    preamp = 0.0
    for key in names:
        if key not in filters:
            raise PresetError(f"{name}: the pipeline names {key[:40]!r}, which is no filter of it.")
        kind, given = filters[key].get("type"), filters[key].get("parameters")
        if not isinstance(given, dict):
            given = {}
        if kind == "Gain":
            preamp += _gain(given, key, name=name)
        elif kind == "BiquadCombo" and given.get("type") == "FivePointPeq":
            bands += _five_points(given, key, name=name)
        elif kind == "Biquad" and given.get("type") in _SHAPES:
            bands.append(_biquad(given, key, name=name))
        else:
            what = given.get("type") or kind
            notes.append(f"Filter {key[:40]!r} is of type {str(what)[:30]!r} and is left out.")
    return Reading(
        bands=checked_bands(bands, name=name), preamp_db=checked_preamp(preamp, name=name),
        notes=tuple(dict.fromkeys(notes)),
    )  # fmt: skip


def _yaml(text: str, *, name: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    depth, too_deep = 0, f"{name} is YAML nested too deeply to be a configuration."
    try:
        # the loader itself recurses in C, and crashes the program where it nests too deeply
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                raise PresetError(too_deep)
            if isinstance(event, yaml.AliasEvent):
                raise PresetError(
                    f"{name} has the alias *{event.anchor[:30]}, which is not read here; write out"
                    " what it stands for."
                )
        _check_keys(yaml.compose(text, Loader=loader), name=name)
        return yaml.load(text, Loader=loader)  # both are safe
    except yaml.YAMLError as error:
        if "nesting depth" in str(error):  # newer loaders have a limit of their own, met earlier
            raise PresetError(too_deep) from error
        mark = getattr(error, "problem_mark", None)
        where = f" from line {mark.line + 1} on" if mark else ""
        raise PresetError(f"{name} is damaged YAML: it cannot be read{where}.") from error
    except ValueError as error:  # a date that is none
        raise PresetError(f"{name} is YAML that holds no configuration of CamillaDSP.") from error


def _check_keys(node: Any, *, name: str) -> None:
    """Refuse a key that stands twice in one place, the first of which YAML would drop."""
    if isinstance(value := getattr(node, "value", None), list):
        keys: set[str] = set()
        for one in value:
            for inner in one if isinstance(one, tuple) else (one,):
                _check_keys(inner, name=name)
            key = one[0].value if isinstance(one, tuple) else None
            if isinstance(key, str) and key in keys:
                raise PresetError(f"{name} has {key[:40]!r} twice in one place; keep one of them.")
            if isinstance(key, str):
                keys.add(key)


def _names_in_use(values: Mapping[str, Any], notes: list[str]) -> list[str] | None:
    """The filters that the first channel passes through; None where there is no pipeline."""
    pipeline = values.get("pipeline")
    if not isinstance(pipeline, list):
        return None
    names: list[str] = []
    for step in pipeline:
        if not isinstance(step, dict) or step.get("type") != "Filter":
            notes.append("Steps of the pipeline that are no filters are left out.")
            continue
        channels = step.get("channels", step.get("channel"))  # version 2 had one
        channels = channels if isinstance(channels, list) else [channels]
        if None not in channels and 0 not in channels:
            notes.append("Filters of other channels than the first are left out.")
            continue
        if step.get("bypassed"):
            notes.append("Steps of the pipeline that are bypassed are left out.")
            continue
        given = step.get("names")
        names += [str(n) for n in given] if isinstance(given, list) else []
    return names


def _number(given: Mapping[str, Any], field: str, key: str, *, name: str) -> float:
    """A number of a filter; ``1e3`` is one in CamillaDSP, and a text in YAML as Python reads it."""
    value = given.get(field)
    if isinstance(value, str) and _EXPONENT.fullmatch(value):
        value = float(value)
    return number(value, f"{field} of {key!r}", name=name)


def _gain(given: Mapping[str, Any], key: str, *, name: str) -> float:
    gain = _number(given, "gain", key, name=name)
    if given.get("scale", "dB") == "dB":
        return gain
    raise PresetError(f"{name}: {key[:40]!r} has a linear gain; only dB is read.")


def _five_points(given: Mapping[str, Any], key: str, *, name: str) -> list[ReadBand]:
    bands = []
    for place, shape in zip(_PLACES, ("low_shelf", *["peaking"] * 3, "high_shelf"), strict=True):
        freq, gain, q = (_number(given, letter + place, key, name=name) for letter in "fgq")
        bands.append(checked_band(shape, freq_hz=freq, gain_db=gain, q=q, what=key, name=name))
    return bands


def _biquad(given: Mapping[str, Any], key: str, *, name: str) -> ReadBand:
    shape = _SHAPES[given["type"]]
    freq = _number(given, "freq", key, name=name)
    gain = _number(given, "gain", key, name=name)
    if "slope" in given and shape != "peaking":
        slope = _number(given, "slope", key, name=name) / 12
        q = shelf_q_of_slope(slope, gain) if slope > 0 and abs(gain) < 1000 else 0.0
    elif "bandwidth" in given and shape == "peaking":
        q = peak_q_of_octaves(_number(given, "bandwidth", key, name=name), freq)
    else:
        q = _number(given, "q", key, name=name)
    return checked_band(shape, freq_hz=freq, gain_db=gain, q=q, what=key, name=name)
