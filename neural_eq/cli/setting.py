"""The setting that a command is asked for, and how it is printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from neural_eq.cli.output import plural
from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import format_bands
from neural_eq.errors import ParameterError, TermError
from neural_eq.latent.morphing import ROUTES, morph
from neural_eq.latent.terms import (
    STRENGTH_MAXIMUM,
    STRENGTH_MINIMUM,
    Point,
    describe_word,
    stopped_gains,
    with_strength,
    word_point,
)
from neural_eq.model.decoder import Decoder

if TYPE_CHECKING:
    from neural_eq.model.checkpoint import TrainedModel

DEFAULT_ROUTE = "latent"


def chosen_setting(
    model: TrainedModel | Decoder,
    *,
    start: str,
    end: str | None,
    at: float,
    strength: float,
    route: str | None,
    open_data: Callable[[], Dataset],
) -> tuple[np.ndarray, int]:
    """Return the setting of a word or a morph, shape ``(13,)``, and how many gains hit 12 dB.

    Args:
        model: Knows the words.
        start: A word, or one of its schools: "warm:2" is the second.
        end: The same; None for no morph.
        at: Where between them, 0 to 1.
        strength: -1 to 2.
        route: One of ``ROUTES``; None for :data:`DEFAULT_ROUTE`.
        open_data: Reads the settings that schools are sought in; called only for a school.

    Raises:
        TermError: If the model does not know a word, or the word has no such school.
        ParameterError: If a number is out of range or the route unknown.
    """
    _check(end, at, strength, route)
    first = named_point(model, start, open_data)
    params = first.params
    if end is not None:
        last = named_point(model, end, open_data)
        params = morph(model, first, last, route=route or DEFAULT_ROUTE).setting(at)
    return with_strength(params, strength), stopped_gains(params, strength)


def chosen_path(
    model: TrainedModel | Decoder,
    *,
    start: str,
    end: str,
    at: float,
    strength: float,
    route: str | None,
    open_data: Callable[[], Dataset],
) -> tuple[np.ndarray, int]:
    """Return the settings from word to word, shape ``(n, 13)``, and how many gains hit 12 dB.

    Arguments and errors as of :func:`chosen_setting`; all places are wanted, not the one of
    ``at``. Gains are counted where most of them stop.
    """
    _check(end, at, strength, route)
    first, last = (named_point(model, name, open_data) for name in (start, end))
    path = morph(model, first, last, route=route or DEFAULT_ROUTE).params
    n_stopped = max(stopped_gains(params, strength) for params in path)
    return np.array([with_strength(params, strength) for params in path]), n_stopped


def _check(end: str | None, at: float, strength: float, route: str | None) -> None:
    if route is not None and route not in ROUTES:
        raise ParameterError(f"--route is {route!r}; it must be {' or '.join(ROUTES)}.")
    if route is not None and end is None:
        raise ParameterError(f"--route is {route}, and there is no --to; name a second word.")
    if not 0 <= at <= 1:
        raise ParameterError(f"--at is {at:g}; it must lie within 0 to 1.")
    if not STRENGTH_MINIMUM <= strength <= STRENGTH_MAXIMUM:
        raise ParameterError(
            f"--strength is {strength:g}; it must lie within {STRENGTH_MINIMUM:g} to"
            f" {STRENGTH_MAXIMUM:g}."
        )


def named_point(
    model: TrainedModel | Decoder, name: str, open_data: Callable[[], Dataset]
) -> Point:
    """Return a word, or one of its schools, by what the user typed.

    Raises:
        TermError: If the model does not know the word, or it has no such school.
    """
    word, _, number = name.rpartition(":")
    if name.strip().lower() in model.terms or not names_school(name):
        return word_point(model, name)
    model.term(word)  # says which words there are
    assert not isinstance(model, Decoder), "names_school() tells beforehand"
    schools = describe_word(model, open_data(), word).schools
    if not 1 <= int(number) <= len(schools):
        raise TermError(
            f"{word.strip().lower()!r} has {plural(len(schools), 'school')} in this data, not a"
            f" number {int(number)}; `terms` lists them."
        )
    return schools[int(number) - 1].centre


def names_school(name: str | None) -> bool:
    """Say whether a name may be that of a school, for which a model must encode."""
    _, colon, number = (name or "").rpartition(":")
    return bool(colon) and number.strip().isdecimal()


def print_setting(params: np.ndarray, n_stopped: int) -> None:
    """Print the five bands, and that gains stopped at the equaliser's limit if some did."""
    for line in format_bands(params):
        print(f"  {line}")
    print_stopped(n_stopped)


def print_stopped(n_stopped: int) -> None:
    """Say that gains stopped at the equaliser's limit, if some did."""
    if n_stopped:
        print(f"  {plural(n_stopped, 'gain')} stopped at the equaliser's limit of 12 dB.")
