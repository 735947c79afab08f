"""The setting that a command is asked for, and how it is printed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neural_eq.cli.output import plural
from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import format_bands
from neural_eq.errors import ParameterError, TermError
from neural_eq.latent.morphing import ROUTES, morph
from neural_eq.latent.terms import (
    Point,
    describe_word,
    stopped_gains,
    with_strength,
    word_point,
)
from neural_eq.model.checkpoint import TrainedModel


def chosen_setting(
    model: TrainedModel,
    *,
    start: str,
    end: str | None,
    at: float,
    strength: float,
    route: str,
    open_data: Callable[[], Dataset],
) -> tuple[np.ndarray, int]:
    """Return the setting of a word or a morph, shape ``(13,)``, and how many gains hit 12 dB.

    Args:
        model: Knows the words.
        start: A word, or one of its schools: "warm:2" is the second.
        end: The same; None for no morph.
        at: Where between them, 0 to 1.
        strength: -1 to 2.
        route: One of ``ROUTES``.
        open_data: Reads the settings that schools are sought in; called only for a school.

    Raises:
        TermError: If the model does not know a word, or the word has no such school.
        ParameterError: If a number is out of range or the route unknown.
    """
    if route not in ROUTES:
        raise ParameterError(f"route is {route!r}; it must be {' or '.join(ROUTES)}.")
    first = named_point(model, start, open_data)
    params = first.params
    if end is not None:
        params = morph(model, first, named_point(model, end, open_data), route=route).setting(at)
    return with_strength(params, strength), stopped_gains(params, strength)


def named_point(model: TrainedModel, name: str, open_data: Callable[[], Dataset]) -> Point:
    """Return a word, or one of its schools, by what the user typed.

    Raises:
        TermError: If the model does not know the word, or it has no such school.
    """
    word, colon, number = name.rpartition(":")
    if name.strip().lower() in model.terms or not (colon and number.strip().isdecimal()):
        return word_point(model, name)
    model.term(word)  # says which words there are
    schools = describe_word(model, open_data(), word).schools
    if not 1 <= int(number) <= len(schools):
        raise TermError(
            f"{word.strip().lower()!r} has {plural(len(schools), 'school')} in this data, not a"
            f" number {int(number)}; `terms` lists them."
        )
    return schools[int(number) - 1].centre


def print_setting(params: np.ndarray, n_stopped: int) -> None:
    """Print the five bands, and that gains stopped at the equaliser's limit if some did."""
    for line in format_bands(params):
        print(f"  {line}")
    if n_stopped:
        print(f"  {plural(n_stopped, 'gain')} stopped at the equaliser's limit of 12 dB.")
