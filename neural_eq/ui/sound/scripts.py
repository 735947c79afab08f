"""The scripts of the sound: what a component joins to hear and be heard."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path

from neural_eq.eq.params import BANDS, PARAMETERS, SHELF_Q

FOLDER = Path(__file__).parent
LAYOUT = {
    "bands": [asdict(band) for band in BANDS],
    "parameters": [
        {"minimum": p.minimum, "maximum": p.maximum, "default": p.default} for p in PARAMETERS
    ],
    "shelf_q": SHELF_Q,
}
"""The equaliser as the browser needs to know it."""

_PROCESSOR = ("sections", "glide", "equaliser", "limiter", "clip", "processor")
_ENGINE = ("pieces", "voices", "loudness", "morphing", "engine")


def store() -> str:
    """What a component joins to drive the sound: ``DOCK``."""
    return _read("engine/store.js")


def morphing() -> str:
    """What a component joins, besides :func:`store`, to follow a morph."""
    return _read("engine/morphing.js")


@cache
def processor() -> str:
    """What runs on the audio thread."""
    return "\n".join(_read(f"engine/{name}.js") for name in _PROCESSOR)


def engine() -> str:
    """What the player joins: the engine, and the script that it gives to the audio thread."""
    given = f"const PROCESSOR = {json.dumps(processor())}, LAYOUT = {json.dumps(LAYOUT)};"
    return "\n".join([store(), given, *(_read(f"engine/{name}.js") for name in _ENGINE)])


def _read(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")
