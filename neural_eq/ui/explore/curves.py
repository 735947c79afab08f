"""Curves with the spread of the settings that they stand for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neural_eq.ui.figures import Band

SPREAD_PERCENTILES = (10, 90)


@dataclass(frozen=True)
class Spread:
    """Settings as one curve and the band that eight of ten of them run in.

    Attributes:
        mean_db: Shape ``(n_freqs,)``.
        low_db: Their 10th percentile at each frequency.
        high_db: Their 90th.
    """

    mean_db: np.ndarray
    low_db: np.ndarray
    high_db: np.ndarray

    def band(self, name: str, colour: str) -> Band:
        """Return what a chart draws of it; the colour is ``#rrggbb``."""
        return Band(name, self.low_db, self.high_db, colour)


def spread_of(curves_db: np.ndarray) -> Spread:
    """Sum up curves, shape ``(n, n_freqs)``, of at least one setting."""
    low_db, high_db = np.percentile(curves_db, SPREAD_PERCENTILES, axis=0)
    return Spread(curves_db.mean(axis=0), low_db, high_db)


def rms_db(curves_db: np.ndarray, curve_db: np.ndarray) -> np.ndarray:
    """How far curves, shape ``(n, n_freqs)``, are from one, RMS in dB, shape ``(n,)``."""
    return np.sqrt(((np.asarray(curves_db, dtype=np.float64) - curve_db) ** 2).mean(axis=1))
