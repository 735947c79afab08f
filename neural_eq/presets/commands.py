"""The EQ as a line of ffmpeg or SoX."""

from __future__ import annotations

import re

from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.errors import PresetError
from neural_eq.presets.bands import bands_of
from neural_eq.presets.preamp import preamp_db
from neural_eq.presets.preset import Preset
from neural_eq.presets.reading import Reading, checked_band, checked_bands, checked_preamp
from neural_eq.presets.text import decoded, plain

FFMPEG_LABEL, SOX_LABEL = "ffmpeg", "SoX"

_FFMPEG = {"low_shelf": "lowshelf", "peaking": "equalizer", "high_shelf": "highshelf"}
_SOX = {"low_shelf": "bass", "peaking": "equalizer", "high_shelf": "treble"}


def write_ffmpeg(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write a chain of audio filters; each width is said to be a Q."""
    parts = [f"volume={plain(preamp_db(preset.params, sample_rate), 1)}dB"]
    for band in bands_of(preset.params):
        freq, gain, q = plain(band.freq_hz, 4), plain(band.gain_db, 4), plain(band.q, 5)
        parts.append(f"{_FFMPEG[band.shape]}=f={freq}:t=q:w={q}:g={gain}")
    return (",".join(parts) + "\n").encode()


def read_ffmpeg(content: bytes, *, name: str) -> Reading:
    """Read a chain of filters as ffmpeg does.

    Raises:
        PresetError: If a filter is another one, or its width is no Q.
    """
    shapes = {key: shape for shape, key in _FFMPEG.items()}
    bands, preamp = [], 0.0
    for part in decoded(content, name=name).strip().split(","):
        kind, _, options = part.partition("=")
        if found := re.fullmatch(r"volume=(-?[\d.]+)dB", part):
            preamp += _number(found[1], part, name)
            continue
        given = dict(option.partition("=")[::2] for option in options.split(":"))
        if kind not in shapes or given.get("t") != "q" or not {"f", "w", "g"} <= given.keys():
            raise PresetError(f"{name}: {part[:60]!r} is no band with f, t=q, w and g.")
        freq, q, gain = (_number(given[key], part, name) for key in "fwg")
        bands.append(
            checked_band(shapes[kind], freq_hz=freq, gain_db=gain, q=q, what=kind, name=name)
        )
    return Reading(bands=checked_bands(bands, name=name), preamp_db=preamp)


def write_sox(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write a chain of effects; the letter makes each width a Q."""
    parts = [f"gain {plain(preamp_db(preset.params, sample_rate), 1)}"]
    for band in bands_of(preset.params):
        freq, gain, q = plain(band.freq_hz, 4), plain(band.gain_db, 4), plain(band.q, 5)
        order = f"{freq} {q}q {gain}" if band.shape == "peaking" else f"{gain} {freq} {q}q"
        parts.append(f"{_SOX[band.shape]} {order}")
    return (" ".join(parts) + "\n").encode()


def read_sox(content: bytes, *, name: str) -> Reading:
    """Read a chain of effects as SoX does.

    Raises:
        PresetError: If an effect is another one, or its width is no Q.
    """
    words = decoded(content, name=name).split()
    shapes = {key: shape for shape, key in _SOX.items()}
    bands, preamp = [], 0.0
    while words:
        kind = words.pop(0)
        if kind == "gain" and words:
            preamp += _number(words.pop(0), kind, name)
            continue
        values, words = words[:3], words[3:]
        if kind not in shapes or len(values) < 3:
            raise PresetError(f"{name}: {kind[:30]!r} is no band with three numbers.")
        # equalizer has frequency width gain; bass and treble have gain frequency width
        freq, width, gain = values if kind == "equalizer" else (values[1], values[2], values[0])
        if not width.endswith("q"):
            raise PresetError(f"{name}: the width {width[:20]!r} of {kind} is no Q.")
        numbers = [_number(text, kind, name) for text in (freq, gain, width[:-1])]
        bands.append(
            checked_band(
                shapes[kind], freq_hz=numbers[0], gain_db=numbers[1], q=numbers[2], what=kind,
                name=name,
            )
        )  # fmt: skip
    return Reading(
        bands=checked_bands(bands, name=name), preamp_db=checked_preamp(preamp, name=name)
    )


def _number(text: str, what: str, name: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise PresetError(f"{name}: {text[:30]!r} in {what[:40]!r} is no number.") from error
