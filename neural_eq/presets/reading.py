"""What a file of an EQ says, whoever wrote it: bands, sections or points, and their curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from neural_eq.eq import biquad
from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.errors import PresetError

MAX_GAIN_DB = 36.0
MIN_Q, MAX_Q = 0.01, 100.0
MAX_FREQ_HZ = 100000.0
MAX_BANDS = 200
SHAPES = ("low_shelf", "peaking", "high_shelf")
SHAPE_LABELS = {"low_shelf": "low shelf", "peaking": "peak", "high_shelf": "high shelf"}


@dataclass(frozen=True)
class ReadBand:
    """One band of the Audio EQ Cookbook: its shape, centre or half-gain frequency, gain and Q."""

    shape: str
    freq_hz: float
    gain_db: float
    q: float


@dataclass(frozen=True)
class Reading:
    """What a file says by the rules of the program that it is for.

    Attributes:
        bands: In the file's order, those that are on.
        preamp_db: Gain before or after the bands.
        sections: Ready filters, shape ``(n, 6)``, in place of bands.
        sample_rate: In Hz, that ``sections`` are for.
        freq_hz: Rising points of a curve, shape ``(n,)``, in place of bands.
        level_db: The curve there.
        name: As the file calls it.
        author: The same.
        details: The same.
        link: The same.
        notes: Sentences for the user: what was skipped, and how something doubtful was taken.
    """

    bands: tuple[ReadBand, ...] = ()
    preamp_db: float = 0.0
    sections: np.ndarray | None = None
    sample_rate: float = REFERENCE_SAMPLE_RATE
    freq_hz: np.ndarray | None = None
    level_db: np.ndarray | None = None
    name: str = ""
    author: str = ""
    details: str = ""
    link: str = ""
    notes: tuple[str, ...] = ()

    def curve_db(self, freq_hz: np.ndarray, *, sample_rate: float) -> np.ndarray:
        """Return the curve that the program plays, with its preamp, shape ``(n_freqs,)``.

        Args:
            freq_hz: Where to look, below Nyquist.
            sample_rate: In Hz; sections sound as at their own.
        """
        if self.freq_hz is not None and self.level_db is not None:
            # the targets draw straight lines between points, over log frequency
            level = np.interp(np.log(freq_hz), np.log(self.freq_hz), self.level_db)
            return level + self.preamp_db
        if self.sections is not None:
            sections, sample_rate = self.sections, self.sample_rate
        else:
            sections = band_sections(self.bands, sample_rate=sample_rate)
        return sections_db(sections, freq_hz, sample_rate=sample_rate) + self.preamp_db


def band_sections(bands: Sequence[ReadBand], *, sample_rate: float) -> np.ndarray:
    """Design a section for each band, shape ``(n, 6)``; one at or above Nyquist changes nothing."""
    designs: dict[str, Callable[..., np.ndarray]] = {
        "low_shelf": biquad.low_shelf, "peaking": biquad.peaking, "high_shelf": biquad.high_shelf,
    }  # fmt: skip
    rows = [biquad.IDENTITY]
    for band in bands:
        if band.freq_hz < sample_rate / 2:
            design = designs[band.shape]
            rows.append(
                design(
                    freq_hz=band.freq_hz, gain_db=band.gain_db, q=band.q, sample_rate=sample_rate
                )[0]
            )
    return np.array(rows)


def sections_db(sections: np.ndarray, freq_hz: np.ndarray, *, sample_rate: float) -> np.ndarray:
    """Evaluate a cascade on the unit circle, in dB, shape ``(n_freqs,)``."""
    z1 = np.exp(-2j * np.pi * np.asarray(freq_hz) / sample_rate)
    powers = np.stack([np.ones_like(z1), z1, z1 * z1])  # (3, n_freqs)
    ratio = (sections[:, :3] @ powers) / (sections[:, 3:] @ powers)
    return 20 * np.log10(np.maximum(np.abs(ratio), 1e-12)).sum(axis=0)


def checked_band(
    shape: str, *, freq_hz: float, gain_db: float, q: float, what: str, name: str
) -> ReadBand:
    """Return a band whose numbers an equaliser can have.

    Args:
        shape: One of :data:`SHAPES`.
        freq_hz: Above 0.
        gain_db: Within 36 dB.
        q: Within 0.01 to 100.
        what: The band, as the file names it.
        name: The file, for the message.

    Raises:
        PresetError: If a number is not finite or out of range.
    """
    for label, value, unit, low, high in (
        ("frequency", freq_hz, " Hz", 1.0, MAX_FREQ_HZ),
        ("gain", gain_db, " dB", -MAX_GAIN_DB, MAX_GAIN_DB),
        ("Q", q, "", MIN_Q, MAX_Q),
    ):
        if not (math.isfinite(value) and low <= value <= high):
            raise PresetError(
                f"{name}: {what} has {label} {value:g}{unit}; it must lie within {low:g} to"
                f" {high:g}{unit}."
            )
    return ReadBand(shape, freq_hz, gain_db, q)


def checked_preamp(preamp_db: float, *, name: str) -> float:
    """Return a preamp that a program can have.

    Raises:
        PresetError: If it is not finite or beyond 100 dB.
    """
    if not (math.isfinite(preamp_db) and abs(preamp_db) <= 100):
        raise PresetError(
            f"{name}: the preamp is {preamp_db:g} dB; it must lie within -100 to 100 dB."
        )
    return preamp_db


def checked_bands(bands: Sequence[ReadBand], *, name: str) -> tuple[ReadBand, ...]:
    """Return bands if there are any, and not too many.

    Raises:
        PresetError: If not.
    """
    if not bands:
        raise PresetError(f"{name} has no band that is on; there is no EQ in it.")
    if len(bands) > MAX_BANDS:
        raise PresetError(f"{name} has {len(bands):,} bands; a preset has at most {MAX_BANDS}.")
    return tuple(bands)


def peak_q_of_octaves(octaves: float, freq_hz: float) -> float:
    """Q of a peak whose half-gain points are that far apart, at 48 kHz; 0 where there is none.

    Source:
        R. Bristow-Johnson, "Audio EQ Cookbook": 1/(2Q) = sinh(ln(2)/2 * BW * w0/sin(w0)).
    """
    w0 = 2 * math.pi * freq_hz / REFERENCE_SAMPLE_RATE
    if not (0 < octaves < 20 and 0 < w0 < math.pi):
        return 0.0
    return 0.5 / math.sinh(min(math.log(2) / 2 * octaves * w0 / math.sin(w0), 50.0))


def shelf_q_of_slope(slope: float, gain_db: float) -> float:
    """Return the Q of a shelf given by its slope S; S of 1 is Q 0.71.

    Source:
        R. Bristow-Johnson, "Audio EQ Cookbook": 1/Q^2 = (A + 1/A)(1/S - 1) + 2.
    """
    amplitude = 10 ** (gain_db / 40)
    return (max((amplitude + 1 / amplitude) * (1 / slope - 1) + 2, 1e-6)) ** -0.5


def slope_of_shelf_q(q: float, gain_db: float) -> float:
    """Invert :func:`shelf_q_of_slope`."""
    amplitude = 10 ** (gain_db / 40)
    return 1 / max((q**-2 - 2) / (amplitude + 1 / amplitude) + 1, 1e-6)
