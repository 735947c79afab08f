"""miniDSP: advanced biquads, coefficients that hold for one sample rate."""

from __future__ import annotations

import re

import numpy as np

from neural_eq.eq.biquad import sections
from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.errors import PresetError
from neural_eq.presets.preset import Preset
from neural_eq.presets.reading import Reading
from neural_eq.presets.text import decoded

LABEL = "miniDSP"

_NAMES = ("b0", "b1", "b2", "a1", "a2")
_ENTRY = re.compile(r"(b0|b1|b2|a1|a2)=(-?\d{1,6}\.\d{1,20})")


def write_minidsp(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write five biquads; ``a1`` and ``a2`` have the sign that miniDSP wants, turned.

    The gain before them is not in the file, since a plug-in of miniDSP has its own.
    """
    lines = []
    for count, row in enumerate(sections(preset.params, sample_rate=sample_rate)[0], start=1):
        values = (row[0], row[1], row[2], -row[4], -row[5])
        lines.append(f"biquad{count}")
        lines += [f"{name}={value:.12f}" for name, value in zip(_NAMES, values, strict=True)]
    return (",\n".join(lines) + "\n").encode()


def read_minidsp(content: bytes, *, name: str, sample_rate: int = REFERENCE_SAMPLE_RATE) -> Reading:
    """Read biquads as miniDSP plays them at a rate.

    Raises:
        PresetError: If an entry is missing, or a filter is not stable.
    """
    entries = [e.strip() for e in decoded(content, name=name).strip().split(",")]
    rows = []
    for first in range(0, len(entries), 1 + len(_NAMES)):
        head, *rest = entries[first : first + 1 + len(_NAMES)]
        found = [_ENTRY.fullmatch(entry) for entry in rest]
        names = tuple(match[1] for match in found if match)
        if not re.fullmatch(r"biquad\d+", head) or names != _NAMES:
            raise PresetError(f"{name}: {head[:20]!r} is no biquad of five numbers.")
        b0, b1, b2, a1, a2 = (float(match[2]) for match in found if match)
        # the poles lie inside the unit circle
        if not (abs(a2) < 1 and abs(a1) < 1 - a2):
            raise PresetError(f"{name}: {head} is not stable.")
        rows.append([b0, b1, b2, 1.0, -a1, -a2])
    return Reading(sections=np.array(rows), sample_rate=sample_rate)
