"""Rockbox: the equaliser's part of a ``.cfg``, in whole numbers."""

from __future__ import annotations

import re

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
from neural_eq.presets.text import decoded

LABEL = "Rockbox"

_N_PEAKS = 8
_MAX_PRECUT = 240
_SPARE_HZ = (500, 1000, 2000, 4000, 8000)
_LINE = re.compile(
    r"^\s*eq (low shelf filter|peak filter (\d)|high shelf filter)\s*:"
    r"\s*(-?\d{1,6})\s*,\s*(-?\d{1,6})\s*,\s*(-?\d{1,6})\s*$"
)
_PRECUT = re.compile(r"^\s*eq precut\s*:\s*(\d{1,6})\s*$")


def write_rockbox(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write all ten bands: whole Hz, tenths of Q and of dB, the spare ones without gain.

    The precut ends at 24 dB.
    """
    precut = min(round(-10 * preamp_db(preset.params, sample_rate)), _MAX_PRECUT)
    low, *peaks, high = bands_of(preset.params)
    lines = ["eq enabled: on", f"eq precut: {precut}", f"eq low shelf filter: {_numbers(low)}"]
    lines += [f"eq peak filter {i}: {_numbers(band)}" for i, band in enumerate(peaks, start=1)]
    spare = range(len(peaks) + 1, _N_PEAKS + 1)
    lines += [
        f"eq peak filter {i}: {freq_hz}, 10, 0" for i, freq_hz in zip(spare, _SPARE_HZ, strict=True)
    ]
    lines.append(f"eq high shelf filter: {_numbers(high)}")
    return ("\n".join(lines) + "\n").encode()


def _numbers(band: ReadBand) -> str:
    return f"{band.freq_hz:.0f}, {round(10 * band.q)}, {round(10 * band.gain_db)}"


def read_rockbox(content: bytes, *, name: str) -> Reading:
    """Read the bands of a ``.cfg``; those without gain are nothing.

    Raises:
        PresetError: If there are none, or a number is out of range.
    """
    text = decoded(content, name=name)
    bands = []
    precut = 0
    for line in text.splitlines():
        found = _LINE.match(line)
        if cut := _PRECUT.match(line):
            precut = int(cut[1])
        if not found or int(found[5]) == 0:
            continue
        shape = found[1].removesuffix(" filter").replace(" ", "_") if not found[2] else "peaking"
        bands.append(
            checked_band(
                shape, freq_hz=int(found[3]), q=int(found[4]) / 10, gain_db=int(found[5]) / 10,
                what=f"the {found[1]}", name=name,
            )
        )  # fmt: skip
    if not re.search(r"^[^\S\n]*eq enabled\s*:\s*on\s*$", text, re.MULTILINE):
        raise PresetError(f"{name} has no line “eq enabled: on”; Rockbox would play it flat.")
    flat = (ReadBand("peaking", 1000.0, 0.0, 1.0),)
    return Reading(
        bands=checked_bands(bands, name=name) if bands else flat,
        preamp_db=checked_preamp(-precut / 10, name=name),
    )
