"""The blind test ABX: is X the one or the other, and could the answers be luck?"""

from __future__ import annotations

import csv
import io
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from neural_eq.eq.loudness import integrated_loudness_lufs
from neural_eq.eq.render import CEILING_DBTP
from neural_eq.eq.true_peak import true_peak_dbtp
from neural_eq.errors import ParameterError
from neural_eq.files import cell

MIN_TRIALS, MAX_TRIALS, DEFAULT_TRIALS = 5, 50, 12
SIGNIFICANT = 0.05
"""A p-value at or below this is called a difference that was heard."""


@dataclass(frozen=True)
class AbxTest:
    """A test as it stands after some answers.

    Attributes:
        label_a: What A is.
        label_b: What B is.
        x_is_a: What X is in each trial, shape ``(n_trials,)``.
        said_a: The answers so far.
    """

    label_a: str
    label_b: str
    x_is_a: tuple[bool, ...]
    said_a: tuple[bool, ...] = ()

    @property
    def n_trials(self) -> int:
        return len(self.x_is_a)

    @property
    def n_answered(self) -> int:
        return len(self.said_a)

    @property
    def is_done(self) -> bool:
        return self.n_answered == self.n_trials

    @property
    def n_right(self) -> int:
        # the answers may be fewer than the trials
        return sum(x == said for x, said in zip(self.x_is_a, self.said_a, strict=False))

    @property
    def p_value(self) -> float:
        """Chance of as many right answers, or more, by guessing; 1 before the first answer."""
        return chance_of_luck(self.n_right, self.n_answered)

    @property
    def current_is_a(self) -> bool:
        """What X is in the trial that waits for an answer; the last one's when all are given."""
        return self.x_is_a[min(self.n_answered, self.n_trials - 1)]

    def answered(self, said_a: bool) -> AbxTest:
        """Return the test with one more answer; a finished one stays as it is."""
        return self if self.is_done else replace(self, said_a=(*self.said_a, said_a))

    def stopped(self) -> AbxTest:
        """Return the test as if it had been as long as it was answered."""
        return replace(self, x_is_a=self.x_is_a[: self.n_answered])


def begin(label_a: str, label_b: str, *, n_trials: int = DEFAULT_TRIALS) -> AbxTest:
    """Begin a test, in each trial of which a coin decides what X is.

    Raises:
        ParameterError: If the number of trials is out of range.
    """
    if not MIN_TRIALS <= n_trials <= MAX_TRIALS:
        raise ParameterError(
            f"n_trials is {n_trials}; it must lie within {MIN_TRIALS} to {MAX_TRIALS}."
        )
    return AbxTest(label_a, label_b, tuple(bool(secrets.randbits(1)) for _ in range(n_trials)))


def chance_of_luck(n_right: int, n_trials: int) -> float:
    """Return the chance of that many right answers or more where each is a coin's toss."""
    ways = sum(math.comb(n_trials, n) for n in range(n_right, n_trials + 1))
    return ways / 2**n_trials


def needed_right(n_trials: int) -> int | None:
    """Return how many right answers are hardly luck, or None if no number is."""
    return next(
        (n for n in range(n_trials + 1) if chance_of_luck(n, n_trials) <= SIGNIFICANT), None
    )


def verdict(test: AbxTest) -> str:
    """Say in two sentences what the answers show."""
    n, right, p = test.n_answered, test.n_right, test.p_value
    luck = f"Someone who guesses gets {right} or more of {n} right {_percent(p)} of the time."
    if p <= SIGNIFICANT:
        return f"You hear a difference. {luck}"
    needed = needed_right(n)
    if needed is None:
        return f"Too few answers to tell: even {n} of {n} could be luck. {luck}"
    return f"No difference shown. {luck} With {n} trials, {needed} right would have shown one."


def _percent(share: float) -> str:
    if share < 0.001:
        return "less than 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def answers_csv(test: AbxTest, *, sound: str) -> str:
    """Write a test as CSV: one row an answer, with what A, B and the sound were."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trial", "x_was", "answer", "right", "a", "b", "sound"])
    pairs = zip(test.x_is_a, test.said_a, strict=False)
    for number, (x_is_a, said_a) in enumerate(pairs, start=1):
        x, said = ("A" if is_a else "B" for is_a in (x_is_a, said_a))
        row = [number, x, said, int(x == said), *map(cell, (test.label_a, test.label_b, sound))]
        writer.writerow(row)
    return text.getvalue()


def equally_loud(pieces: Sequence[np.ndarray], sample_rate: int) -> list[np.ndarray]:
    """Bring versions of one piece to the same loudness, below full scale all.

    Each is turned down to the quietest; then all alike, until none passes the ceiling of the
    clip guard. What is silent stays silent.

    Args:
        pieces: Each of shape ``(n_frames, n_channels)``.
        sample_rate: In Hz.

    Raises:
        AudioError: If a piece cannot be measured.
    """
    lufs = [integrated_loudness_lufs(piece, sample_rate) for piece in pieces]
    audible = [value for value in lufs if math.isfinite(value)]
    gains_db = [min(audible) - value if math.isfinite(value) else 0.0 for value in lufs]
    peaks = (
        true_peak_dbtp(piece, sample_rate) + gain_db
        for piece, gain_db in zip(pieces, gains_db, strict=True)
    )
    guard_db = min(CEILING_DBTP - max(peaks), 0.0)
    return [
        piece * 10 ** ((gain_db + guard_db) / 20)
        for piece, gain_db in zip(pieces, gains_db, strict=True)
    ]
