"""Morphing: the settings on the way from one point to another, in equal steps of sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import FIXED_BOUNDS
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.errors import DataError, ParameterError
from neural_eq.latent.routes import Way, along_curve, straight, through_latent
from neural_eq.latent.terms import Point

if TYPE_CHECKING:  # torch, which words and morphs do without
    from neural_eq.model.checkpoint import TrainedModel
    from neural_eq.model.decoder import Decoder

ROUTES = ("latent", "parameters", "curve")

N_FREQS = 128

N_BETWEEN, N_LOOKS = 12, 6
"""Places from one point of a path to the next at which the way is looked at, and how often."""

EVEN_RATIO = 1.01
"""Largest step by mean step of a path that needs no other look."""


@dataclass(frozen=True)
class MorphPath:
    """A morph, ready to follow.

    Attributes:
        start: Where the slider stands at 0.
        end: Where it stands at 1.
        route: One of :data:`ROUTES`.
        at: Slider positions, shape ``(n,)``, from 0 to 1 in equal steps.
        params: In dB, Hz and Q, shape ``(n, 13)``.
        curves_db: At 128 log-spaced frequencies, shape ``(n, 128)``.
    """

    start: Point
    end: Point
    route: str
    at: np.ndarray
    params: np.ndarray
    curves_db: np.ndarray

    def setting(self, at: float) -> np.ndarray:
        """Return the setting at a slider position, shape ``(13,)``.

        Raises:
            ParameterError: If the position is outside 0 to 1.
        """
        if not 0 <= at <= 1:
            raise ParameterError(f"at is {at:g}; it must lie within 0 to 1.")
        scaled = FIXED_BOUNDS.normalize(self.params)
        between = [np.interp(at, self.at, column) for column in scaled.T]
        return FIXED_BOUNDS.denormalize(np.array(between))


def morph(
    model: TrainedModel | Decoder,
    start: Point,
    end: Point,
    *,
    route: str = "latent",
    n_points: int = 101,
) -> MorphPath:
    """Lay a path between two points so that equal slider steps are equal steps in dB of curve.

    Args:
        model: Encodes and decodes.
        start: At slider 0.
        end: At slider 1.
        route: ``"latent"``: through the latent space, as straight as the ear allows;
            ``"parameters"``: straight through the normalised parameters; ``"curve"``: through
            the playable settings nearest to the mixture of both ends' curves. The last two
            begin and end at the points' settings, the first at what their latents decode to.
        n_points: Two or more.

    Raises:
        ParameterError: If the route is unknown or there are too few points.
    """
    if n_points < 2:
        raise ParameterError(f"n_points is {n_points}; it must be 2 or more.")
    way = _way(model, _numbers(start, route), _numbers(end, route), route)
    freq_hz = log_frequencies(N_FREQS)
    at = np.linspace(0, 1, n_points)
    place = _even_places(lambda places: response_db(way.params(places), freq_hz), at)
    params = way.params(place)
    return MorphPath(start, end, route, at, params, response_db(params, freq_hz))


def _even_places(curves_at: Callable[[np.ndarray], np.ndarray], at: np.ndarray) -> np.ndarray:
    """Find the places on a way, shape ``(n,)``, between which equal distances in dB lie."""
    fine = np.linspace(0, 1, N_BETWEEN * (len(at) - 1) + 1)
    place = best = at
    best_ratio = float(len(at))  # as if one step went all the way
    for look in range(N_LOOKS):
        close = np.interp(fine, at, place)
        curves_db = curves_at(close)
        steps = _rms(np.diff(curves_db, axis=0))
        whole = _rms(np.diff(curves_db[::N_BETWEEN], axis=0))
        if whole.max() < best_ratio * whole.mean():
            best, best_ratio = place, whole.max() / whole.mean()
        if best_ratio < EVEN_RATIO:
            break
        if look > 1:  # a step from point to point cuts the corners of the way
            parts = steps.reshape(-1, N_BETWEEN)
            steps = (parts * (whole / np.maximum(parts.sum(axis=1), 1e-12))[:, None]).ravel()
        travelled = np.concatenate([[0.0], np.cumsum(steps)])
        if travelled[-1] > 0:
            place = np.interp(at * travelled[-1], travelled, close)
    return best


def blend(
    model: TrainedModel, points: Sequence[Point], weights: Sequence[float], *, route: str = "latent"
) -> np.ndarray:
    """Mix any number of points.

    The points are joined one by one: the first and the second mix on the way between them, that
    mixture and the third on the way between those, each at the place that its weight gives. On
    the parameter route that is the weighted mean; on the others the order can matter a little.

    Args:
        model: Encodes and decodes.
        points: One or more.
        weights: One for each point, none below 0, not all 0; only their ratios count.
        route: As in :func:`morph`.

    Returns:
        In dB, Hz and Q, shape ``(13,)``. All the weight on one point gives that point.

    Raises:
        ParameterError: If the weights do not fit the points or the route is unknown.
    """
    shares = np.asarray(weights, dtype=np.float64)
    if shares.shape != (len(points),) or not len(points):
        raise ParameterError(
            f"There are {len(points)} points and {shares.size} weights; each point needs one."
        )
    if not (np.isfinite(shares).all() and (shares >= 0).all() and shares.sum() > 0):
        given = ", ".join(f"{weight:g}" for weight in shares)
        raise ParameterError(f"The weights are {given}; none may be below 0, nor all of them 0.")
    meant = [(p, w) for p, w in zip(points, shares.tolist(), strict=True) if w > 0]
    mixture, total = _numbers(meant[0][0], route), meant[0][1]
    for point, weight in meant[1:]:
        total += weight
        way = _way(model, mixture, _numbers(point, route), route)
        mixture = way.numbers(np.array([weight / total]))[0]
    if route == "latent":
        return model.decode(mixture[None])[0]
    return FIXED_BOUNDS.denormalize(mixture)


def distance_to_settings(path: MorphPath, dataset: Dataset) -> np.ndarray:
    """Say how far each point of a path is from what anybody ever set.

    Args:
        path: A morph.
        dataset: The settings that people made.

    Returns:
        RMSE of curve to the nearest setting in dB, shape ``(n,)``.

    Raises:
        DataError: If the dataset has no setting.
    """
    if not len(dataset):
        raise DataError("There is no setting to measure a distance to; give a table of settings.")
    others_db = response_db(dataset.params, log_frequencies(N_FREQS))
    square = (others_db**2).sum(axis=1) - 2 * path.curves_db @ others_db.T  # but for a constant
    return _rms(path.curves_db - others_db[square.argmin(axis=1)])


def _rms(curves_db: np.ndarray) -> np.ndarray:
    return np.sqrt((curves_db**2).mean(axis=1))


def _numbers(point: Point, route: str) -> np.ndarray:
    """The numbers of a point that a route goes through."""
    if route not in ROUTES:
        raise ParameterError(f"route is {route!r}; it must be {' or '.join(ROUTES)}.")
    return point.latent if route == "latent" else FIXED_BOUNDS.normalize(point.params)


def _way(model: TrainedModel | Decoder, start: np.ndarray, end: np.ndarray, route: str) -> Way:
    if route == "latent":
        return through_latent(model, start, end)
    if route == "curve":
        return along_curve(start, end)
    return straight(start, end, FIXED_BOUNDS.denormalize)
