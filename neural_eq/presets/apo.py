"""Equalizer APO's text, which AutoEq and Peace share, and the same under REW's header."""

from __future__ import annotations

import re
from datetime import datetime

from neural_eq.eq.params import BANDS, SHELF_Q, Band
from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.errors import PresetError
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
    slope_of_shelf_q,
)
from neural_eq.presets.text import decoded, plain

LABEL = "Equalizer APO"

_TYPES = {
    "PK": "peaking", "PEQ": "peaking", "MODAL": "peaking",
    "LS": "low_shelf", "LSC": "low_shelf", "LSQ": "low_shelf",
    "HS": "high_shelf", "HSC": "high_shelf", "HSQ": "high_shelf",
}  # fmt: skip
_OTHER_TYPES = {
    "LP": "a low-pass", "LPQ": "a low-pass", "HP": "a high-pass", "HPQ": "a high-pass",
    "BP": "a band-pass", "NO": "a notch", "AP": "an all-pass", "IIR": "a free filter",
}  # fmt: skip
_TOKENS = {"low_shelf": "LSC", "peaking": "PK", "high_shelf": "HSC"}
_REW_TOKENS = {"low_shelf": "LSQ", "peaking": "PK", "high_shelf": "HSQ"}

_NUMBER = r"([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)"
_PASSED_OVER = (
    "GraphicEQ", "Include", "If", "ElseIf", "Else", "Eval", "Copy", "Convolution", "Delay",
    "LoudnessCorrection", "VSTPlugin",
)  # fmt: skip
"""Commands that change the sound and are none of five bands."""
_LINE = re.compile(rf"^\s*(Filter[^:]{{0,20}}|Preamp|Channel|{'|'.join(_PASSED_OVER)})\s*:(.*)$")
_ON = re.compile(r"^\s*(ON|OFF)\b\s*([A-Za-z]+)?(.*)$", re.IGNORECASE)
_FREQ = re.compile(rf"\bFc\s*{_NUMBER}\s*Hz", re.IGNORECASE)
_GAIN = re.compile(rf"\bGain\s*{_NUMBER}\s*dB", re.IGNORECASE)
_Q = re.compile(rf"\bQ\s*{_NUMBER}", re.IGNORECASE)
_BANDWIDTH = re.compile(rf"\bBW\s+Oct\s*{_NUMBER}", re.IGNORECASE)
_SLOPE = re.compile(rf"^\s*{_NUMBER}\s*dB", re.IGNORECASE)
_PREAMP = re.compile(rf"^\s*{_NUMBER}\s*dB", re.IGNORECASE)

_DEFAULT_SLOPE = 0.9
_HIGHEST_HZ = 30000.0
"""A frequency above it was no frequency with a thousands separator."""


def write_apo(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write ``Preamp`` and five ``Filter`` lines.

    Two decimals of a frequency, never three: Equalizer APO takes 142.857 for 142 857.
    """
    lines = [f"Preamp: {preamp_db(preset.params, sample_rate):.2f} dB"]
    for count, band in enumerate(BANDS, start=1):
        freq, gain, q = _band_texts(preset, band)
        lines.append(f"Filter {count}: ON {_TOKENS[band.shape]} Fc {freq} Hz Gain {gain} dB Q {q}")
    return ("\n".join(lines) + "\n").encode()


def write_rew(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write the filters in columns under the header of REW's file of filter settings."""
    name = one_line(preset.name)
    lines = [
        "Filter Settings file", "", "Room EQ V5.31.3", *_dated(preset.created), "",
        f"Notes:{name}", "", "Equaliser: Generic", re.sub(r"\W+", "_", name).strip("_") or "preset",
    ]  # fmt: skip
    for count, band in enumerate(BANDS, start=1):
        freq, gain, q = _band_texts(preset, band)
        token = _REW_TOKENS[band.shape]
        lines.append(
            f"Filter {count:2}: ON  {token:<8} Fc {freq:>8} Hz  Gain {gain:>7} dB  Q {q:>7}"
        )
    return ("\n".join(lines) + "\n").encode()


def _dated(created: str) -> list[str]:
    when = datetime.fromisoformat(created) if created else None
    return [f"Dated: {when:%b %d, %Y %I:%M:%S %p}"] if when else []


def _band_texts(preset: Preset, band: Band) -> tuple[str, str, str]:
    params = preset.params
    q = SHELF_Q if band.q is None else params[band.q]
    return (
        plain(params[band.freq], 2, n_least=2), plain(params[band.gain], 3, n_least=3),
        plain(q, 4, n_least=4),
    )  # fmt: skip


def read_apo(content: bytes, *, name: str) -> Reading:
    """Read a configuration of Equalizer APO; what is no filter or preamp is passed over.

    Raises:
        PresetError: If no filter is on, or one cannot be read.
    """
    bands: list[ReadBand] = []
    notes: list[str] = []
    total_db, n_off, called = 0.0, 0, ""
    channel, is_other_channel = "", False
    for line in decoded(content, name=name).splitlines():
        if line.startswith("Notes:"):  # as REW has it
            called = line[6:].strip()
        found = _LINE.match(line)
        if not found:
            continue
        command, rest = found[1].strip(), found[2].replace(",", ".").replace("\u00a0", "")
        if command == "Preamp" and not is_other_channel:
            preamp = _PREAMP.match(rest)
            if not preamp:
                raise PresetError(f"{name}: the preamp is {rest.strip()[:30]!r}; it needs dB.")
            total_db += _float(preamp[1], "the preamp", name)
        elif command == "Channel":
            here = rest.strip().lower()
            channel = channel or ("" if here == "all" else here)
            is_other_channel = here not in ("all", channel)
            if here != "all":
                what = "left out" if is_other_channel else "taken for all channels"
                notes.append(f"What follows “Channel: {rest.strip()[:30]}” is {what}.")
        elif is_other_channel:
            continue
        elif command in _PASSED_OVER:
            notes.append(f"A line “{command}:” is passed over; only filters are read here.")
        elif command.startswith("Filter"):
            band = _filter(command, rest, notes, name=name)
            if isinstance(band, ReadBand):
                bands.append(band)
            else:
                n_off += band == "off"
    if n_off:
        notes.append(f"{n_off} filter{'s that are' if n_off > 1 else ' that is'} off left out.")
    return Reading(
        bands=checked_bands(bands, name=name), name=called,
        preamp_db=checked_preamp(total_db, name=name), notes=tuple(dict.fromkeys(notes)),
    )  # fmt: skip


def _filter(command: str, rest: str, notes: list[str], *, name: str) -> ReadBand | str:
    """One filter, or "off", or "" where it has a shape that five bands cannot have."""
    found = _ON.match(rest)
    if not found:
        raise PresetError(f"{name}: {command} must be ON or OFF, not {rest.strip()[:20]!r}.")
    kind, rest = (found[2] or "None").upper(), found[3]
    if found[1].upper() == "OFF" or kind == "NONE":
        return "off"
    if kind in _OTHER_TYPES:
        notes.append(f"{command} is {_OTHER_TYPES[kind]}, which the five bands are not: left out.")
        return ""
    shape = _TYPES.get(kind)
    if shape is None:
        raise PresetError(
            f"{name}: {command} is of type {kind[:20]!r}; it must be PK, LS, LSC, HS or HSC."
        )
    gain = _GAIN.search(rest)
    if not gain:
        raise PresetError(f"{name}: {command} has no “Gain … dB”.")
    gain_db = _float(gain[1], f"{command}'s gain", name)
    freq_hz = _freq(command, rest, notes, name=name)
    q_text, bandwidth, slope_text = _Q.search(rest), _BANDWIDTH.search(rest), _SLOPE.match(rest)
    q = _float(q_text[1], f"{command}'s Q", name) if q_text else 0.0
    if shape == "peaking":
        if bandwidth:
            q = peak_q_of_octaves(_float(bandwidth[1], f"{command}'s bandwidth", name), freq_hz)
        if not q_text and not bandwidth:
            raise PresetError(f"{name}: {command} has neither Q nor bandwidth.")
    elif abs(gain_db) < 1000:  # else it is refused below, and no power of it is taken
        slope = _float(slope_text[1], f"{command}'s slope", name) / 12 if slope_text else 0.0
        is_corner = kind in ("LS", "HS") and (q > 0 or slope > 0)
        if not slope and not q:
            slope = _DEFAULT_SLOPE
        if slope:
            q = shelf_q_of_slope(slope, gain_db) if slope > 0 else 0.0
        if is_corner and q > 0:
            freq_hz = _centre(command, kind, freq_hz, gain_db, slope or None, q, notes)
    return checked_band(shape, freq_hz=freq_hz, gain_db=gain_db, q=q, what=command, name=name)


def _freq(command: str, rest: str, notes: list[str], *, name: str) -> float:
    found = _FREQ.search(rest)
    if not found:
        raise PresetError(f"{name}: {command} has no “Fc … Hz”.")
    text = found[1]
    freq_hz = _float(text, f"{command}'s Fc", name)
    if len(text) >= 5 and text[-4] == "." and "e" not in text.lower():
        if 1000 * freq_hz <= _HIGHEST_HZ:
            notes.append(
                f"{command} says Fc {text} Hz: read as {1000 * freq_hz:.0f} Hz, since Equalizer"
                " APO takes a point before three digits for a thousands separator."
            )
            return 1000 * freq_hz
        notes.append(
            f"{command} says Fc {text} Hz: read as {freq_hz:g} Hz; Equalizer APO would take it"
            f" for {1000 * freq_hz:.0f} Hz."
        )
    return freq_hz


def _centre(
    command: str, kind: str, freq_hz: float, gain_db: float, slope: float | None, q: float,
    notes: list[str],
) -> float:  # fmt: skip
    """Where a shelf has half its gain, from its corner."""
    slope = slope or slope_of_shelf_q(q, gain_db)
    octaves = min(abs(gain_db) / 80 / slope, 3.0)
    centre_hz = freq_hz * 10 ** (octaves if kind == "LS" else -octaves)
    if round(centre_hz, 1) != round(freq_hz, 1):
        notes.append(
            f"{command} is {kind}: its Fc {freq_hz:g} Hz is a corner, as Equalizer APO has it;"
            f" half the gain is at {centre_hz:.1f} Hz."
        )
    return centre_hz


def _float(text: str, what: str, name: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise PresetError(f"{name}: {what} is {text[:30]!r}; it must be a number.") from error
