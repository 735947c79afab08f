"""Names for curves by what they do: "presence peak, 3 kHz", "treble cut, 1.1 kHz"."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass

import numpy as np

REGIONS = (
    (60.0, "sub"), (150.0, "bass"), (500.0, "low-mid"), (2000.0, "mid"), (6000.0, "presence"),
    (10000.0, "treble"), (np.inf, "air"),
)  # fmt: skip
"""Where each region of the spectrum ends, in Hz, as sound engineers call them."""

LOW_HZ, HIGH_HZ = 40.0, 16000.0
"""What lies outside is left out of names: few ears and fewer loudspeakers reach it."""

FLAT_DB = 1.0
"""A curve that never goes further is called nearly flat."""

AIR_HZ = 8000.0
"""A high shelf that has half its gain here or above is air; below, treble."""

PLATEAU_SHARE = 0.75
"""A rise that keeps this share of its gain to the end of the spectrum is a shelf."""

NARROW_OCTAVES = 1.5
"""A boost no wider than this at half its gain is a peak, a cut a dip."""

NEAR_OCTAVES = 0.5
"""Frequencies nearer than this do not tell two names apart."""


@dataclass(frozen=True)
class Feature:
    """One stretch of a curve on one side of 0 dB.

    Attributes:
        what: "presence peak", "bass cut", "air shelf" and so on.
        freq_hz: A peak's middle, or where a shelf has half its gain; 0 where it is all over.
        gain_db: The furthest from 0.
    """

    what: str
    freq_hz: float
    gain_db: float

    def __str__(self) -> str:
        return f"{self.what}, {_frequency(self.freq_hz)}" if self.freq_hz else self.what

    def is_near(self, other: Feature) -> bool:
        """Whether another is the same but for its gain and a shade of frequency."""
        if self.what != other.what or not (self.freq_hz and other.freq_hz):
            return self.what == other.what
        return bool(abs(np.log2(self.freq_hz / other.freq_hz)) < NEAR_OCTAVES)


def features(curve_db: np.ndarray, freq_hz: np.ndarray) -> list[Feature]:
    """Return what a curve does, largest gain first; nothing where it is nearly flat.

    Args:
        curve_db: Shape ``(n_freqs,)``.
        freq_hz: Evenly spaced to the ear, shape ``(n_freqs,)``.
    """
    within = (freq_hz >= LOW_HZ) & (freq_hz <= HIGH_HZ)
    curve_db, freq_hz = curve_db[within], freq_hz[within]
    ends = np.flatnonzero(np.diff(np.sign(curve_db))) + 1
    stretches = zip([0, *ends], [*ends, len(curve_db)], strict=True)
    found = [_feature(curve_db, freq_hz, first, last) for first, last in stretches]
    loud = [feature for feature in found if abs(feature.gain_db) >= FLAT_DB]
    return sorted(loud, key=lambda feature: -abs(feature.gain_db))


def _feature(curve_db: np.ndarray, freq_hz: np.ndarray, first: int, last: int) -> Feature:
    size = np.abs(curve_db[first:last])
    top = float(size.max())
    gain_db = float(curve_db[first + size.argmax()])
    is_boost = gain_db > 0
    half = first + np.flatnonzero(size >= 0.5 * top)
    from_start = first == 0 and size[0] >= PLATEAU_SHARE * top
    to_end = last == len(curve_db) and size[-1] >= PLATEAU_SHARE * top
    if from_start and to_end:
        return Feature("overall boost" if is_boost else "overall cut", 0.0, gain_db)
    if from_start:
        corner = freq_hz[half[np.append(np.diff(half) > 1, True).argmax()]]
        return Feature("bass shelf" if is_boost else "bass cut", float(corner), gain_db)
    if to_end:
        gaps = np.flatnonzero(np.diff(half) > 1)
        corner = freq_hz[half[gaps[-1] + 1 if gaps.size else 0]]
        region = "air" if corner >= AIR_HZ else "treble"
        return Feature(f"{region} {'shelf' if is_boost else 'cut'}", float(corner), gain_db)
    crest = first + np.flatnonzero(size >= 0.95 * top)
    middle = float(np.sqrt(freq_hz[crest[0]] * freq_hz[crest[-1]]))
    is_narrow = np.log2(freq_hz[half[-1]] / freq_hz[half[0]]) <= NARROW_OCTAVES
    region = next(name for end_hz, name in REGIONS if middle < end_hz)
    shape = {(True, True): "peak", (True, False): "dip", (False, True): "boost"}
    return Feature(f"{region} {shape.get((bool(is_narrow), is_boost), 'cut')}", middle, gain_db)


def names(curves_db: np.ndarray, freq_hz: np.ndarray) -> list[str]:
    """Name curves so that no two names can be mistaken for one another.

    Each is named by its largest feature. Where two have the same at nearly the same frequency,
    their gains in dB are added; then, while names are equal, second features, and numbers.

    Args:
        curves_db: Shape ``(n, n_freqs)``.
        freq_hz: Evenly spaced to the ear, shape ``(n_freqs,)``.
    """
    found = [features(curve, freq_hz) for curve in curves_db]
    result = [str(f[0]) if f else "nearly flat" for f in found]
    for i, j in itertools.permutations(range(len(found)), 2):
        if found[i] and found[j] and found[i][0].is_near(found[j][0]):
            result[i] = f"{found[i][0]}, {found[i][0].gain_db:+.0f} dB"
    for more in (_second, None):
        counts = Counter(result)
        alike = [i for i, name in enumerate(result) if counts[name] > 1]
        for number, i in enumerate(alike, start=1):
            result[i] += more(found[i]) if more else f" ({number})"
    return result


def _second(found: list[Feature]) -> str:
    return f", with {found[1]}" if len(found) > 1 else ""


def _frequency(freq_hz: float) -> str:
    """Two digits, as an ear can tell: ``"250 Hz"``, ``"1.2 kHz"``, ``"12 kHz"``."""
    rounded = float(f"{freq_hz:.2g}")
    return f"{rounded / 1000:g} kHz" if rounded >= 1000 else f"{rounded:g} Hz"
