"""The one table of the equaliser's 13 parameters, and their scaling to 0..1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neural_eq.errors import ParameterError

SHELF_Q = 0.71
"""Quality factor of both shelves, fixed in the SAFE equaliser."""


@dataclass(frozen=True)
class Parameter:
    """One parameter: what it is called, its unit, and SAFE's bounds and default."""

    name: str
    kind: str  # "gain", "frequency" or "q"
    band: int
    minimum: float
    maximum: float
    default: float

    @property
    def unit(self) -> str:
        return {"gain": "dB", "frequency": "Hz", "q": ""}[self.kind]

    @property
    def is_log(self) -> bool:
        """Whether the ear hears equal ratios, not equal differences, as equal steps."""
        return self.kind != "gain"


@dataclass(frozen=True)
class Band:
    """One band: its name, filter shape, and where its numbers stand among the 13."""

    name: str
    shape: str  # "low_shelf", "peaking" or "high_shelf"
    gain: int
    freq: int
    q: int | None  # None: a shelf at SHELF_Q


# Source: SAFE equaliser plug-in, PluginProcessor.cpp; the order is its table's columns 5..17.
PARAMETERS: tuple[Parameter, ...] = (
    Parameter("low_shelf_gain_db", "gain", 0, -12.0, 12.0, 0.0),
    Parameter("low_shelf_freq_hz", "frequency", 0, 22.0, 1000.0, 150.0),
    Parameter("peak_1_gain_db", "gain", 1, -12.0, 12.0, 0.0),
    Parameter("peak_1_freq_hz", "frequency", 1, 82.0, 3900.0, 560.0),
    Parameter("peak_1_q", "q", 1, 0.1, 10.0, 0.71),
    Parameter("peak_2_gain_db", "gain", 2, -12.0, 12.0, 0.0),
    Parameter("peak_2_freq_hz", "frequency", 2, 180.0, 4700.0, 1000.0),
    Parameter("peak_2_q", "q", 2, 0.1, 10.0, 0.71),
    Parameter("peak_3_gain_db", "gain", 3, -12.0, 12.0, 0.0),
    Parameter("peak_3_freq_hz", "frequency", 3, 220.0, 10000.0, 3300.0),
    Parameter("peak_3_q", "q", 3, 0.1, 10.0, 0.71),
    Parameter("high_shelf_gain_db", "gain", 4, -12.0, 12.0, 0.0),
    Parameter("high_shelf_freq_hz", "frequency", 4, 580.0, 20000.0, 8200.0),
)

BANDS: tuple[Band, ...] = (
    Band("Low Shelf", "low_shelf", 0, 1, None),
    Band("Peak 1", "peaking", 2, 3, 4),
    Band("Peak 2", "peaking", 5, 6, 7),
    Band("Peak 3", "peaking", 8, 9, 10),
    Band("High Shelf", "high_shelf", 11, 12, None),
)

N_PARAMS = len(PARAMETERS)
N_BANDS = len(BANDS)
NAMES = tuple(p.name for p in PARAMETERS)
GAIN_COLUMNS = tuple(i for i, p in enumerate(PARAMETERS) if p.kind == "gain")
FREQ_COLUMNS = tuple(i for i, p in enumerate(PARAMETERS) if p.kind == "frequency")
Q_COLUMNS = tuple(i for i, p in enumerate(PARAMETERS) if p.kind == "q")
LOG_COLUMNS = tuple(i for i, p in enumerate(PARAMETERS) if p.is_log)

MINIMUM = np.array([p.minimum for p in PARAMETERS])
MAXIMUM = np.array([p.maximum for p in PARAMETERS])
DEFAULT = np.array([p.default for p in PARAMETERS])
for _constant in (MINIMUM, MAXIMUM, DEFAULT):
    _constant.setflags(write=False)


def _to_log(params: np.ndarray) -> np.ndarray:
    """Natural logarithm of frequency and Q, gains as they are; shape ``(..., 13)``."""
    scaled = np.array(params, dtype=np.float64)
    scaled[..., LOG_COLUMNS] = np.log(scaled[..., LOG_COLUMNS])
    return scaled


@dataclass(frozen=True)
class Bounds:
    """What 0 and 1 mean for each parameter: V3's fixed bounds, or V2's taken from the data.

    Args:
        kind: ``"fixed"`` or ``"data"``.
        minimum: 13 values in dB, Hz and Q, in SAFE's order.
        maximum: The same; equal to the minimum where the data never varies.
    """

    kind: str
    minimum: tuple[float, ...]
    maximum: tuple[float, ...]

    def __post_init__(self) -> None:
        low, high = np.array(self.minimum), np.array(self.maximum)
        if low.shape != (N_PARAMS,) or high.shape != (N_PARAMS,):
            raise ParameterError(f"Bounds need {N_PARAMS} minima and {N_PARAMS} maxima.")
        if not (np.isfinite(low).all() and np.isfinite(high).all() and (low <= high).all()):
            raise ParameterError("Bounds must be finite, each minimum at most its maximum.")
        if (low[list(LOG_COLUMNS)] <= 0).any():
            raise ParameterError("Bounds of frequency and Q must lie above zero.")

    def normalize(self, params: np.ndarray) -> np.ndarray:
        """Scale ``(..., 13)`` in dB, Hz and Q to 0..1: gain linear, frequency and Q logarithmic."""
        low, high = _to_log(np.array(self.minimum)), _to_log(np.array(self.maximum))
        span = np.where(high > low, high - low, 1.0)
        return (_to_log(params) - low) / span

    def denormalize(self, params_norm: np.ndarray) -> np.ndarray:
        """Invert :meth:`normalize`; shape ``(..., 13)``, in dB, Hz and Q, not clamped."""
        low, high = _to_log(np.array(self.minimum)), _to_log(np.array(self.maximum))
        span = np.where(high > low, high - low, 1.0)
        params = np.asarray(params_norm, dtype=np.float64) * span + low
        with np.errstate(over="ignore"):  # infinite, which clamping ends
            params[..., LOG_COLUMNS] = np.exp(params[..., LOG_COLUMNS])
        return params

    def to_dict(self) -> dict[str, object]:
        """Plain values for a checkpoint."""
        return {"kind": self.kind, "minimum": list(self.minimum), "maximum": list(self.maximum)}

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Bounds:
        """Invert :meth:`to_dict`.

        Raises:
            ParameterError: If a field is missing or not what it should be.
        """
        try:
            low, high = (tuple(float(v) for v in values[k]) for k in ("minimum", "maximum"))
            return Bounds(str(values["kind"]), low, high)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ParameterError(f"Bounds cannot be read: {error!r}.") from error


_FIXED = {"gain": (-12.0, 12.0), "frequency": (20.0, 20000.0), "q": (0.1, 10.0)}

FIXED_BOUNDS = Bounds(
    "fixed",
    tuple(_FIXED[p.kind][0] for p in PARAMETERS),
    tuple(_FIXED[p.kind][1] for p in PARAMETERS),
)
"""V3: the same full range for every band, whatever the data holds."""


def data_bounds(params: np.ndarray) -> Bounds:
    """V2: the smallest and largest value of each parameter; ``params`` is ``(batch, 13)``."""
    return Bounds("data", tuple(params.min(axis=0).tolist()), tuple(params.max(axis=0).tolist()))


def clamp(params: np.ndarray) -> np.ndarray:
    """Bring ``(..., 13)`` inside SAFE's bounds, so that the plug-in can play it."""
    return np.clip(params, MINIMUM, MAXIMUM)


def shift_frequencies(params: np.ndarray, *, octaves: float) -> np.ndarray:
    """Move every band of ``(..., 13)`` up by some octaves; not clamped."""
    shifted = np.array(params, dtype=np.float64)
    shifted[..., FREQ_COLUMNS] *= 2.0**octaves
    return shifted


def check_params(params: np.ndarray) -> np.ndarray:
    """Return ``(batch, 13)`` in float64 if every number is finite and within SAFE's bounds.

    Raises:
        ParameterError: Naming the first number at fault, its value and its bound.
    """
    checked = np.atleast_2d(np.asarray(params, dtype=np.float64))
    if checked.ndim != 2 or checked.shape[1] != N_PARAMS:
        shape = np.shape(params)
        raise ParameterError(f"Settings have shape {shape}; they need {N_PARAMS} numbers each.")
    # float32 tables hold 0.1 as 0.100000001: rounding is no fault
    slack = 1e-6 * np.abs(MAXIMUM)
    wrong = ~((checked >= MINIMUM - slack) & (checked <= MAXIMUM + slack))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        p = PARAMETERS[column]
        raise ParameterError(
            f"{p.name} is {checked[row, column]:g} {p.unit}".rstrip()
            + f"; it must lie within {p.minimum:g} to {p.maximum:g} {p.unit}".rstrip()
            + "."
        )
    return clamp(checked)


def format_bands(params: np.ndarray) -> list[str]:
    """One line a band, as the guide prints it: ``Band 1 (Low Shelf): -3.2dB @ 145 Hz``.

    Args:
        params: One setting, shape ``(13,)``.
    """
    lines = []
    for number, band in enumerate(BANDS, start=1):
        gain_db, freq_hz = params[band.gain], params[band.freq]
        line = f"Band {number} ({band.name}): {gain_db:+.1f}dB @ {freq_hz:.0f} Hz"
        lines.append(line if band.q is None else f"{line} (Q {params[band.q]:.2f})")
    return lines
