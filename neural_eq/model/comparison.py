"""Models side by side on the same settings: figures, frequency ranges, words, targets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import FIXED_BOUNDS, clamp
from neural_eq.model.config import TrainConfig
from neural_eq.model.evaluation import PAIR, Coder, frequency_ranges, judge
from neural_eq.model.reference import train_reference
from neural_eq.model.training import train
from neural_eq.model.validation import folds


@dataclass(frozen=True)
class Target:
    """What a figure of ``evaluate`` should reach on settings that a model never saw.

    Attributes:
        figure: Its key.
        label: For the screen.
        unit: "dB", "%" (the figure is a share of 1) or "".
        bound: The value to reach.
        is_maximum: Whether the figure must stay at or below the bound, else at or above.
    """

    figure: str
    label: str
    unit: str
    bound: float
    is_maximum: bool

    def is_met(self, figures: Mapping[str, Any]) -> bool | None:
        """Whether figures meet it; None where the data could not give the figure."""
        value = figures.get(self.figure)
        if value is None:
            return None
        return bool(value <= self.bound if self.is_maximum else value >= self.bound)


TARGETS = (
    Target("curve_rmse_db_mean", "Curve error, mean", "dB", 0.10, True),
    Target("curve_rmse_db_p95", "Curve error, 95th percentile", "dB", 0.30, True),
    Target("curve_max_db_p95", "Worst point of a curve, 95th percentile", "dB", 1.0, True),
    Target("silhouette_warm_bright", "Silhouette, warm against bright", "", 0.60, False),
    Target("davies_bouldin_warm_bright", "Davies-Bouldin, warm against bright", "", 0.60, True),
    Target("knn5_accuracy_warm_bright", "Five neighbours tell warm from bright", "%", 0.91, False),
    Target("freq_within_twelfth_octave", "Frequencies within 1/12 octave", "%", 0.95, False),
    Target("high_shelves_kept_above_10_khz", "High shelves kept above 10 kHz", "%", 1.0, False),
)


SMALL_MAP_DB = {1: 3.5, 2: 2.3, 3: 1.5}
"""Mean curve error in dB to reach where the latent is the map itself, by its dimensions."""


@dataclass(frozen=True)
class ParamsPca:
    """Principal components of the normalised parameters, as a coder."""

    mean: np.ndarray  # (13,)
    axes: np.ndarray  # (latent_dim, 13)

    @staticmethod
    def fit(params: np.ndarray, *, latent_dim: int) -> ParamsPca:
        """Fit on settings, shape ``(batch, 13)``; at most 13 components."""
        norm = FIXED_BOUNDS.normalize(params)
        mean = norm.mean(axis=0)
        axes = np.linalg.svd(norm - mean, full_matrices=False)[2]
        return ParamsPca(mean, axes[:latent_dim])

    def encode(self, params: np.ndarray) -> np.ndarray:
        return (FIXED_BOUNDS.normalize(params) - self.mean) @ self.axes.T

    def decode(self, latent: np.ndarray) -> np.ndarray:
        return clamp(FIXED_BOUNDS.denormalize(latent @ self.axes + self.mean))


def describe_coder(
    coder: Coder, dataset: Dataset, known: Dataset, *, words: Iterable[str]
) -> dict[str, Any]:
    """Judge anything that encodes and decodes settings, for a table of several.

    Args:
        coder: To judge.
        dataset: The settings to judge it on.
        known: Settings whose neighbours vote and whose words have their middle taken; the
            dataset itself where there are no others.
        words: Those whose clusters count.

    Returns:
        The figures of ``evaluate``; ``frequency_ranges`` band by band; and under ``centres`` the
        decoded mean latent of "warm" and "bright", shape ``(13,)`` each, where known.
    """
    figures: dict[str, Any] = dict(judge(coder, dataset, known, words=words))
    reconstructed = coder.decode(coder.encode(dataset.params))
    figures["frequency_ranges"] = frequency_ranges(dataset.params, reconstructed)
    figures["centres"] = {}
    for word in PAIR:
        rows = known.terms == word
        if rows.any():
            centre = coder.encode(known.params[rows]).mean(axis=0)
            figures["centres"][word] = coder.decode(centre[None])[0].tolist()
    return figures


def compare(
    dataset: Dataset,
    config: TrainConfig,
    *,
    share: float = 0.2,
    seed: int = 0,
    on_model: Callable[[str], None] | None = None,
) -> dict[str, dict[str, Any]]:
    """Train the reference's V2 and V3 and our model, fit PCA, and judge all on one split.

    Args:
        dataset: Any settings.
        config: Of all of them; its bounds are each layout's own.
        share: Held out, word by word.
        seed: Of the split.
        on_model: Called with each one's name before its turn.

    Returns:
        By the name of the model: what :func:`describe_coder` gives, and ``training_s``, the
        seconds its training took.
    """
    n_folds = max(2, round(1 / share))
    seen, unseen = next(folds(dataset, n_folds=n_folds, seed=seed))
    known, asked = dataset.rows(seen), dataset.rows(unseen)
    v2, v3 = replace(config, bounds="data"), replace(config, bounds="fixed")
    makers: dict[str, Callable[[], Coder]] = {
        "reference V2 (data bounds)": lambda: train_reference(known, v2),
        "reference V3 (fixed bounds)": lambda: train_reference(known, v3),
        "Neural EQ": lambda: train(known, v3),
    }
    for n_axes in sorted({2, 3, min(config.model.latent_dim, 8)}):
        makers[f"PCA of the parameters, {n_axes}"] = lambda n_axes=n_axes: ParamsPca.fit(  # type: ignore[misc]
            known.params, latent_dim=n_axes
        )
    coders: dict[str, tuple[Coder, float]] = {}
    for name, make in makers.items():
        if on_model is not None:
            on_model(name)
        started = time.perf_counter()
        coders[name] = make(), time.perf_counter() - started
    words = getattr(coders["Neural EQ"][0], "terms", {})
    return {
        name: {**describe_coder(coder, asked, known, words=words), "training_s": took_s}
        for name, (coder, took_s) in coders.items()
    }
