"""What there is to tell of a preset: its curve in small, what it does, and its nearest words."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.latent.naming import features
from neural_eq.presets.preset import Preset
from neural_eq.ui import cached, models
from neural_eq.ui.figures import GREY, MORPH_COLOUR

N_FREQS = cached.N_FREQS
"""Those of a word's centre, so that curves can be compared."""

WIDTH, HEIGHT = 120, 40
SPAN_DB = 13.0
"""A thumbnail's half height: a band at its limit still shows."""

_N_NAMED = 2
_FREQ_HZ = log_frequencies(N_FREQS)


@dataclass(frozen=True)
class Facts:
    """What a curve says, whatever its name.

    Attributes:
        curve_db: At 128 log-spaced frequencies, shape ``(128,)``.
        does: "presence peak, 3 kHz" and the like.
        thumbnail: An SVG picture as an address.
    """

    curve_db: np.ndarray
    does: str
    thumbnail: str


def facts(preset: Preset) -> Facts:
    """Tell what a preset's curve says."""
    return _facts(np.ascontiguousarray(preset.params, dtype=np.float64).tobytes())


@lru_cache(maxsize=4096)
def _facts(params: bytes) -> Facts:
    curve_db = response_db(np.frombuffer(params), _FREQ_HZ)
    found = features(curve_db, _FREQ_HZ)[:_N_NAMED]
    does = " · ".join(str(feature) for feature in found) or "nearly flat"
    return Facts(curve_db, does, _thumbnail(curve_db))


def _thumbnail(curve_db: np.ndarray) -> str:
    """Draw a curve in small, in colours that stand out from light and from dark."""
    across = np.linspace(1, WIDTH - 1, len(curve_db[::2]))
    up = HEIGHT / 2 * (1 - np.clip(curve_db[::2] / SPAN_DB, -0.95, 0.95))
    path = " ".join(f"{x:.0f},{y:.1f}" for x, y in zip(across, up, strict=True))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}" fill="none">'
        f'<path d="M0 {HEIGHT / 2}H{WIDTH}" stroke="{GREY}" stroke-dasharray="3 3"/>'
        f'<polyline points="{path}" stroke="{MORPH_COLOUR}" stroke-width="2.5"'
        ' stroke-linejoin="round"/></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def made_of(preset: Preset) -> str:
    """Tell the words that a preset was made of, and how; empty where none are known."""
    known = preset.meaning
    ends = []
    for end in ("a", "b"):
        word, school = known.get(f"term_{end}"), known.get(f"school_{end}")
        if isinstance(word, str) and word:
            ends.append(f"{word} ({school})" if isinstance(school, str) and school else word)
    told = [" → ".join(ends)] if ends else []
    at, strength, route = (known.get(key) for key in ("t", "strength", "route"))
    if len(ends) == 2 and isinstance(at, int | float):
        told.append(f"{100 * at:.0f} %")
    if ends and (further := _further_words(known.get("with"))):
        told.append(f"with {further}")
    if ends and isinstance(strength, int | float):
        told.append(f"strength {strength:.2f}")
    if len(ends) == 2 and isinstance(route, str) and route:
        told.append(f"route {route}")
    return ", ".join(told)


def _further_words(given: Any) -> str:
    """Tell the third and fourth word of a mixture; a file may say anything in their place."""
    told = [
        f"{100 * one['weight']:.0f} % {one['name']}"
        for one in (given if isinstance(given, list) else [])
        if isinstance(one, dict)
        and isinstance(one.get("name"), str)
        and isinstance(one.get("weight"), int | float)
    ]
    return " and ".join(told)


def nearest_words(presets: Sequence[Preset]) -> list[list[tuple[str, float]]]:
    """The model's words for each preset, nearest first, with the RMSE of their curves in dB.

    The first call loads the model in use.
    """
    centres = cached.word_centres(models.model_ref().key, models.model())
    words, word_curves = list(centres), np.stack(list(centres.values()))
    found = []
    for preset in presets:
        away_db = np.sqrt(((word_curves - facts(preset).curve_db) ** 2).mean(axis=1))
        order = np.argsort(away_db, kind="stable")
        found.append([(words[i], float(away_db[i])) for i in order])
    return found
