"""A preset's five bands as every writer takes them: cookbook bands in the equaliser's order."""

from __future__ import annotations

import numpy as np

from neural_eq.eq.params import BANDS, SHELF_Q
from neural_eq.presets.reading import ReadBand


def bands_of(params: np.ndarray) -> tuple[ReadBand, ...]:
    """Return the bands of one setting, shape ``(13,)``: low shelf, three peaks, high shelf."""
    values = np.asarray(params, dtype=np.float64).tolist()
    return tuple(
        ReadBand(
            band.shape,
            freq_hz=values[band.freq],
            gain_db=values[band.gain],
            q=SHELF_Q if band.q is None else values[band.q],
        )
        for band in BANDS
    )
