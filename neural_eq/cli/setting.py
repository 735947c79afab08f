"""The setting that a command is asked for, and how it is printed."""

from __future__ import annotations

from typing import Any

import numpy as np

from neural_eq.cli.output import plural
from neural_eq.eq.params import BANDS, NAMES, SHELF_Q, format_bands
from neural_eq.errors import ParameterError
from neural_eq.latent.morphing import ROUTES, morph
from neural_eq.latent.terms import stopped_gains, with_strength, word_point
from neural_eq.model.checkpoint import TrainedModel

N_DIGITS = 9
"""Significant digits written: all that float32 has, so that reading gives the same number."""


def rounded(values: np.ndarray) -> list[float]:
    """Plain numbers with :data:`N_DIGITS` significant digits."""
    return [float(f"{value:.{N_DIGITS}g}") for value in values]


def setting_values(params: np.ndarray) -> dict[str, Any]:
    """One setting, shape ``(13,)``, for JSON: by parameter name, and band by band."""
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


def chosen_setting(
    model: TrainedModel,
    *,
    start: str,
    end: str | None,
    at: float,
    strength: float,
    route: str,
) -> tuple[np.ndarray, int]:
    """Return the setting of a word or a morph, shape ``(13,)``, and how many gains hit 12 dB.

    Raises:
        TermError: If the model does not know a word.
        ParameterError: If a number is out of range or the route unknown.
    """
    if route not in ROUTES:
        raise ParameterError(f"route is {route!r}; it must be {' or '.join(ROUTES)}.")
    first = word_point(model, start)
    params = first.params
    if end is not None:
        params = morph(model, first, word_point(model, end), route=route).setting(at)
    return with_strength(params, strength), stopped_gains(params, strength)


def print_setting(params: np.ndarray, n_stopped: int) -> None:
    """Print the five bands, and that gains stopped at the equaliser's limit if some did."""
    for line in format_bands(params):
        print(f"  {line}")
    if n_stopped:
        print(f"  {plural(n_stopped, 'gain')} stopped at the equaliser's limit of 12 dB.")
