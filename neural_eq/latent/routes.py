"""Ways from one setting to another: straight in some numbers, or drawn straight to the ear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neural_eq.eq.params import BANDS, FIXED_BOUNDS, N_PARAMS, Band
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.latent.slopes import HIGH_NORM, LOW_NORM, curves_and_slopes
from neural_eq.model.decoder import Decoder

if TYPE_CHECKING:  # torch, which words and morphs do without
    from neural_eq.model.checkpoint import TrainedModel

OUTSIDE_WEIGHT = 20.0
"""What a decibel outside the interval of the ends counts beside one off the straight curve."""

OUTSIDE_MARGIN_DB = 0.1
"""How far inside the interval the fit aims, so that the way between its points stays within."""

GOOD_ENOUGH_DB = 0.15
"""A way that leaves the interval no further is taken without another try."""

CURVE_TRIES = ((33, 2.0), (33, 4.0), (65, 8.0))
"""Knots, and what a normalised parameter that changes at once counts beside decibels."""

LATENT_KNOTS, LATENT_STIFFNESS = 17, 2.0

FAR_NORM = 0.1
"""A band that has further to go, one octave, may do better to fall silent on the way."""

SILENT_NORM = 0.5
"""A gain of 0 dB."""

MAX_STEPS, LATENT_STEPS = 50, 8
"""Of damped Gauss-Newton, along the curve and through the latent."""

FIRST_DAMPING, MAX_DAMPING = 0.01, 1e6

Decode = Callable[[np.ndarray], np.ndarray]
DecodeWithSlopes = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Way:
    """A way that is straight between its knots.

    Attributes:
        knots: In the numbers that the way goes through, shape ``(n_knots, n)``.
        decode: Those numbers, shape ``(batch, n)``, to params ``(batch, 13)``.
    """

    knots: np.ndarray
    decode: Decode

    def params(self, at: np.ndarray) -> np.ndarray:
        """Return the settings at positions 0 to 1, shape ``(n_at,)``, as ``(n_at, 13)``."""
        return self.decode(self.numbers(at))

    def numbers(self, at: np.ndarray) -> np.ndarray:
        """Return the numbers at positions 0 to 1, shape ``(n_at,)``, as ``(n_at, n)``."""
        place = np.clip(at, 0, 1) * (len(self.knots) - 1)
        before = np.minimum(place.astype(int), len(self.knots) - 2)
        share = (place - before)[:, None]
        return (1 - share) * self.knots[before] + share * self.knots[before + 1]


def straight(start: np.ndarray, end: np.ndarray, decode: Decode) -> Way:
    """Go straight from one point, shape ``(n,)``, to another."""
    return Way(np.stack([start, end]), decode)


def through_latent(model: TrainedModel | Decoder, start: np.ndarray, end: np.ndarray) -> Way:
    """Go through a model's latent as straight as the ear allows.

    The straight line in the latent is bent, in a few steps, until the curves that it decodes to
    change evenly and stay between those of the ends; where that does not help, it stays.

    Args:
        model: Decodes.
        start: A latent, shape ``(latent_dim,)``.
        end: The same.

    Source:
        G. Arvanitidis et al., "Latent Space Oddity", ICLR 2018: distances on a curved map are
        those of what it decodes to.
    """
    line = straight(start, end, model.decode)
    knots = line.numbers(np.linspace(0, 1, LATENT_KNOTS))
    decode = decoder_with_slopes(model)
    bent = Way(
        draw(knots, decode, stiffness=LATENT_STIFFNESS, max_steps=LATENT_STEPS), model.decode
    )
    return min(line, bent, key=_outside_db)


def along_curve(start: np.ndarray, end: np.ndarray) -> Way:
    """Go from one setting to another by way of the curve.

    At each knot the setting is the playable one whose curve is nearest to the straight mixture
    of both ends' curves, as far as its neighbours allow: the knots are fitted together, and pay
    for leaving the interval of the ends and for lying far apart, which keeps the way continuous.
    Beginnings and stiffnesses are tried in turn until a way stays within the interval.

    Args:
        start: Normalised by ``FIXED_BOUNDS``, shape ``(13,)``.
        end: The same.
    """

    def decode(norm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return norm, np.broadcast_to(np.eye(N_PARAMS), (len(norm), N_PARAMS, N_PARAMS))

    def limit(norm: np.ndarray) -> np.ndarray:
        return np.clip(norm, LOW_NORM, HIGH_NORM)

    ends = np.stack([start, end])
    best: list[tuple[float, Way]] = []
    for n_knots, stiffness in CURVE_TRIES:
        for begin in (by_gain, mixed, faded):
            knots = np.stack([begin(ends, s) for s in np.linspace(0, 1, n_knots)])
            knots[0], knots[-1] = start, end
            way = Way(
                draw(knots, decode, stiffness=stiffness, limit=limit), FIXED_BOUNDS.denormalize
            )
            best.append((_outside_db(way), way))
            if best[-1][0] <= GOOD_ENOUGH_DB:
                return way
    return min(best, key=lambda pair: pair[0])[1]


def _outside_db(way: Way) -> float:
    return float(overshoot_db(response_db(way.params(_FINE), _FINE_FREQ_HZ)).max())


def mixed(ends: np.ndarray, share: float) -> np.ndarray:
    """Mix two normalised settings, shape ``(2, 13)``, with a share of the second."""
    return (1 - share) * ends[0] + share * ends[1]


def by_gain(ends: np.ndarray, share: float) -> np.ndarray:
    """Mix gains by share, and let each band's frequency and Q follow whoever drives the band.

    A band that is silent at one end so has the other end's place from the start. Where gains
    have both signs, the place is that of the sign that prevails.
    """
    norm = mixed(ends, share)
    weights = np.array([1 - share, share])
    for band in BANDS:
        drive = weights * (ends[:, band.gain] - SILENT_NORM)
        place = np.maximum(drive * np.sign(drive.sum()), 0) + 1e-3 * weights
        columns = _place_of(band)
        norm[columns] = place @ ends[:, columns] / place.sum()
    return norm


def faded(ends: np.ndarray, share: float) -> np.ndarray:
    """Let bands that are far apart fall silent, move in silence and rise again; mix the rest."""
    norm = mixed(ends, share)
    for band in BANDS:
        if abs(ends[1, band.freq] - ends[0, band.freq]) > FAR_NORM:
            one, two = ends[:, band.gain] - SILENT_NORM
            gain = max(1 - 2 * share, 0) * one + max(2 * share - 1, 0) * two
            norm[band.gain] = SILENT_NORM + gain
            norm[_place_of(band)] = ends[round(share)][_place_of(band)]
    return norm


def _place_of(band: Band) -> list[int]:
    return [band.freq] if band.q is None else [band.freq, band.q]


def overshoot_db(curves_db: np.ndarray) -> np.ndarray:
    """How far a way leaves the interval of its ends at each frequency.

    Args:
        curves_db: Along the way, shape ``(n, n_freqs)``; the first and the last are the ends.

    Returns:
        At least 0, in dB, shape ``(n, n_freqs)``.
    """
    low, high = np.sort(curves_db[[0, -1]], axis=0)
    return np.maximum(np.maximum(curves_db - high, low - curves_db), 0)


_FREQ_HZ = log_frequencies(128)
_FINE, _FINE_FREQ_HZ = np.linspace(0, 1, 257), log_frequencies()


def draw(
    knots: np.ndarray,
    decode: DecodeWithSlopes,
    *,
    stiffness: float,
    limit: Callable[[np.ndarray], np.ndarray] | None = None,
    max_steps: int = MAX_STEPS,
) -> np.ndarray:
    """Move the knots of a way, all but its ends, until their curves lie as straight as they can.

    Args:
        knots: The way to begin with, shape ``(n_knots, n)``.
        decode: Knots, shape ``(batch, n)``, to normalised settings ``(batch, 13)``, and how
            these change with each number, shape ``(batch, 13, n)``.
        stiffness: See :data:`CURVE_TRIES`.
        limit: Brings knots back to where they may be.
        max_steps: Of damped Gauss-Newton.

    Source:
        D. Marquardt, "An Algorithm for Least-Squares Estimation of Nonlinear Parameters", 1963.
    """
    state = _State(knots, decode, stiffness)
    damping = FIRST_DAMPING
    for _ in range(max_steps):
        moved = knots.copy()
        moved[1:-1] += state.step(damping)
        moved = moved if limit is None else limit(moved)
        moved[0], moved[-1] = knots[0], knots[-1]
        new = _State(moved, decode, stiffness)
        if new.cost < state.cost:
            is_done = state.cost - new.cost < 1e-3 * state.cost
            knots, state, damping = moved, new, max(damping / 4, 1e-5)
            if is_done:
                break
        else:
            damping *= 6
            if damping > MAX_DAMPING:
                break
    return knots


class _State:
    """What a way costs, and the slopes of that at every inner knot."""

    def __init__(self, knots: np.ndarray, decode: DecodeWithSlopes, stiffness: float):
        raw, slopes = decode(knots)
        norm = np.clip(raw, LOW_NORM, HIGH_NORM)
        curves_db, curve_slopes = curves_and_slopes(norm, _FREQ_HZ)
        share = np.linspace(0, 1, len(knots))[1:-1, None]
        low, high = np.sort(curves_db[[0, -1]], axis=0)
        inner = curves_db[1:-1]
        off_db = inner - (1 - share) * curves_db[0] - share * curves_db[-1]
        over = np.maximum(inner - high + OUTSIDE_MARGIN_DB, 0)
        under = np.maximum(low + OUTSIDE_MARGIN_DB - inner, 0)
        jumps = np.diff(norm, axis=0)
        n_freqs = len(_FREQ_HZ)
        weight = OUTSIDE_WEIGHT**2
        self.tie = stiffness**2 * (len(knots) - 1)
        self.cost = (
            (off_db**2).sum() + weight * (over**2).sum() + weight * (under**2).sum()
        ) / n_freqs + self.tie * (jumps**2).sum()

        by_curve = (off_db + weight * (over - under)) / n_freqs
        bend = (1 + weight * ((over > 0) | (under > 0))) / n_freqs
        j = curve_slopes[1:-1]  # (n_inner, n_freqs, 13)
        gradient = (by_curve[:, None] @ j)[:, 0] + self.tie * (jumps[:-1] - jumps[1:])
        # a parameter at its limit that would go on past it stays
        is_held = ((raw[1:-1] <= LOW_NORM) & (gradient > 0)) | (
            (raw[1:-1] >= HIGH_NORM) & (gradient < 0)
        )
        s = slopes[1:-1] * ~is_held[:, :, None]  # (n_inner, 13, n)
        hessian = (j * bend[:, :, None]).transpose(0, 2, 1) @ j
        hessian += 2 * self.tie * np.eye(N_PARAMS)
        s_t = s.transpose(0, 2, 1)
        self.gradient = (s_t @ gradient[:, :, None])[:, :, 0]
        self.diagonal = s_t @ hessian @ s
        self.beside = -self.tie * (s_t[:-1] @ s[1:])

    def step(self, damping: float) -> np.ndarray:
        """Solve for the change of all inner knots, shape ``(n_inner, n)``."""
        scale = self.diagonal.diagonal(axis1=1, axis2=2).mean(axis=0)
        # numbers that hardly matter are held by those that do
        ridge = np.diag(damping * (scale + 1e-3 * scale.max() + 1e-9))
        return solve_chain(self.diagonal + ridge, self.beside, -self.gradient)


def solve_chain(diagonal: np.ndarray, beside: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve a symmetric system in which each block meets its neighbours alone.

    Args:
        diagonal: Shape ``(n_blocks, n, n)``.
        beside: Block ``i`` by block ``i + 1``, shape ``(n_blocks - 1, n, n)``.
        right: Shape ``(n_blocks, n)``.

    Returns:
        Shape ``(n_blocks, n)``.
    """
    n_blocks, n = right.shape
    ratios = np.empty((n_blocks, n, n))
    result = np.empty((n_blocks, n))
    block, rest = diagonal[0], right[0]
    for i in range(n_blocks):
        if i:
            block = diagonal[i] - beside[i - 1].T @ ratios[i - 1]
            rest = right[i] - beside[i - 1].T @ result[i - 1]
        coupled = beside[i] if i < n_blocks - 1 else np.zeros((n, n))
        solved = np.linalg.solve(block, np.column_stack([coupled, rest]))
        ratios[i], result[i] = solved[:, :n], solved[:, n]
    for i in range(n_blocks - 2, -1, -1):
        result[i] -= ratios[i] @ result[i + 1]
    return result


def decoder_with_slopes(model: TrainedModel | Decoder) -> DecodeWithSlopes:
    """Return a model's decoder as :func:`draw` wants it, not limited to what is playable."""
    plain = model if isinstance(model, Decoder) else model.decoder()
    units = np.stack([np.zeros(N_PARAMS), np.ones(N_PARAMS)])
    low, high = FIXED_BOUNDS.normalize(model.bounds.denormalize(units))
    span = high - low

    def decode(latent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        norm, slopes = plain.norm_and_slopes(latent)
        return low + span * norm, span[:, None] * slopes

    return decode
