"""What a word is: a cloud of settings with a centre and schools, and how strongly it is meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import BANDS, DEFAULT, GAIN_COLUMNS, MAXIMUM, MINIMUM, check_params
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.errors import ParameterError, TermError
from neural_eq.latent.naming import names
from neural_eq.latent.schools import find_schools, heard_curves

if TYPE_CHECKING:  # torch, which words and morphs do without
    from neural_eq.model.checkpoint import TrainedModel
    from neural_eq.model.decoder import Decoder

PERCENTILES = (10, 50, 90)
"""The band of curves that a word is drawn as: a tenth of its settings lie above, a tenth below."""

STRENGTH_MINIMUM, STRENGTH_MAXIMUM = -1.0, 2.0


@dataclass(frozen=True)
class Point:
    """One end of a morph: a word, or any setting.

    Attributes:
        label: What the user calls it.
        latent: Shape ``(latent_dim,)``.
        params: What it decodes to, or the setting itself, in dB, Hz and Q, shape ``(13,)``.
    """

    label: str
    latent: np.ndarray
    params: np.ndarray


@dataclass(frozen=True)
class School:
    """Settings that mean a word in one way.

    Attributes:
        name: What they do; no other school of the word has the same.
        n: How many settings.
        share: Of the word's settings, 0 to 1.
        n_submitters: How many people made them.
        centre: Labelled with the word and the school.
        mean_db: Mean of their curves, at the word's frequencies, shape ``(n_freqs,)``.
        rows: Which of the word's settings they are, a mask of shape ``(word.n,)``.
    """

    name: str
    n: int
    share: float
    n_submitters: int
    centre: Point
    mean_db: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True)
class Word:
    """A word as people used it.

    Attributes:
        term: The word.
        n: Settings in the data.
        n_submitters: People who made them.
        centre: Where a morph to the word goes.
        params: The settings, in dB, Hz and Q, shape ``(n, 13)``.
        freq_hz: Where curves are taken, shape ``(n_freqs,)``.
        mean_db: Mean of the settings' curves, shape ``(n_freqs,)``.
        band_db: 10th, 50th and 90th percentile of the curves at each frequency, shape
            ``(3, n_freqs)``.
        schools: One or more, most settings first.
    """

    term: str
    n: int
    n_submitters: int
    centre: Point
    params: np.ndarray
    freq_hz: np.ndarray
    mean_db: np.ndarray
    band_db: np.ndarray
    schools: tuple[School, ...]

    def share_above(self, freq_hz: float) -> float:
        """Share of the settings that raise the high shelf, and have it above a frequency."""
        return float(self._lifted_above(freq_hz).mean())

    def school_above(self, freq_hz: float) -> School | None:
        """Return the school that holds more than half of those settings, if one does."""
        lifted = self._lifted_above(freq_hz)
        held = [(int((lifted & school.rows).sum()), school) for school in self.schools]
        count, school = max(held, key=lambda pair: pair[0])
        return school if 2 * count > lifted.sum() else None

    def _lifted_above(self, freq_hz: float) -> np.ndarray:
        shelf = BANDS[-1]
        return (self.params[:, shelf.gain] > 0) & (self.params[:, shelf.freq] > freq_hz)


def describe_word(
    model: TrainedModel, dataset: Dataset, term: str, *, n_freqs: int = 256, seed: int = 0
) -> Word:
    """Say what people meant by a word.

    Args:
        model: Its latent is where schools are sought and centres lie.
        dataset: The settings to describe, usually those it was trained on.
        term: One of the dataset's words; where the model does not know it, its centre is the
            mean of these settings' latents.
        n_freqs: Frequencies of the curves, log-spaced from 20 Hz to 20 kHz.
        seed: Of the search for schools.

    Raises:
        TermError: If the dataset has no setting of the word.
    """
    word = term.strip().lower()
    chosen = dataset.rows(dataset.terms == word)
    if not len(chosen):
        known = ", ".join(list(dataset.term_counts())[:12])
        raise TermError(f"{dataset.origin} has no setting of {term!r}; its first words: {known}.")
    latent = model.encode(chosen.params)
    freq_hz = log_frequencies(n_freqs)
    curves_db = response_db(chosen.params, freq_hz)
    labels = find_schools(heard_curves(model, chosen.params), seed=seed).labels
    masks = [labels == number for number in range(labels.max() + 1)]
    means_db = np.stack([curves_db[rows].mean(axis=0) for rows in masks])
    schools = []
    for rows, mean_db, name in zip(masks, means_db, names(means_db, freq_hz), strict=True):
        centre = _centre(model, f"{word}: {name}", latent[rows])
        n_submitters = len(np.unique(chosen.submitters[rows]))
        n = int(rows.sum())
        schools.append(School(name, n, n / len(chosen), n_submitters, centre, mean_db, rows))
    known_word = word in model.terms
    return Word(
        term=word,
        n=len(chosen),
        n_submitters=len(np.unique(chosen.submitters)),
        centre=word_point(model, word) if known_word else _centre(model, word, latent),
        params=chosen.params,
        freq_hz=freq_hz,
        mean_db=curves_db.mean(axis=0),
        band_db=np.percentile(curves_db, PERCENTILES, axis=0),
        schools=tuple(schools),
    )


def _centre(model: TrainedModel | Decoder, label: str, latent: np.ndarray) -> Point:
    """The mean of latents, shape ``(n, latent_dim)``, as a point."""
    centre = latent.mean(axis=0)
    return Point(label, centre, model.decode(centre[None])[0])


def school_point(word: Word, index: int) -> Point:
    """Return the centre of a word's school, 0 being the largest.

    Raises:
        ParameterError: If the word has no such school.
    """
    if not 0 <= index < len(word.schools):
        raise ParameterError(
            f"school is {index}; {word.term!r} has schools 0 to {len(word.schools) - 1}."
        )
    return word.schools[index].centre


def word_point(model: TrainedModel | Decoder, word: str) -> Point:
    """Return the centre of a word's settings.

    Raises:
        TermError: If the model does not know the word.
    """
    centre = model.term(word).centre
    return Point(word.strip().lower(), centre, model.decode(centre[None])[0])


def setting_point(model: TrainedModel, params: np.ndarray, *, label: str = "setting") -> Point:
    """Return any setting, shape ``(13,)``, as a point.

    Raises:
        ParameterError: If a number is outside SAFE's bounds.
    """
    checked = check_params(params)
    return Point(label, model.encode(checked)[0], checked[0])


def with_strength(params: np.ndarray, strength: float) -> np.ndarray:
    """Scale every gain in dB: 0 is flat, 1 the setting, 2 twice it, -1 its mirror image.

    Frequencies and Qs stay, so every curve in dB scales with its gains (a peak's mirror
    image is exact). A gain that would pass 12 dB stops there: :func:`stopped_gains` counts.

    Args:
        params: Shape ``(..., 13)``.
        strength: -1 to 2.

    Raises:
        ParameterError: If the strength is out of range.
    """
    if not STRENGTH_MINIMUM <= strength <= STRENGTH_MAXIMUM:
        raise ParameterError(
            f"strength is {strength:g}; it must lie within {STRENGTH_MINIMUM:g} to"
            f" {STRENGTH_MAXIMUM:g}."
        )
    scaled = np.array(params, dtype=np.float64)
    columns = list(GAIN_COLUMNS)
    scaled[..., columns] = np.clip(
        scaled[..., columns] * strength, MINIMUM[columns], MAXIMUM[columns]
    )
    return scaled


def stopped_gains(params: np.ndarray, strength: float) -> int:
    """Count the gains of one setting, shape ``(13,)``, that a strength drives into 12 dB."""
    columns = list(GAIN_COLUMNS)
    return int((np.abs(params[columns] * strength) > MAXIMUM[columns]).sum())


def flat() -> np.ndarray:
    """The setting that changes nothing: SAFE's defaults, shape ``(13,)``."""
    return DEFAULT.copy()
