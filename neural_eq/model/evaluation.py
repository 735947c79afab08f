"""How good a model is on settings: curve errors in dB, frequencies, clusters, neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import BANDS, FIXED_BOUNDS, FREQ_COLUMNS, GAIN_COLUMNS
from neural_eq.eq.response import curve_error_db
from neural_eq.model.checkpoint import TrainedModel

PAIR = ("warm", "bright")

AIR_HZ = 10000.0
"""A high shelf above this is counted by itself: the reference never brought one back."""


def evaluate(
    model: TrainedModel, dataset: Dataset, reference: Dataset | None = None
) -> dict[str, Any]:
    """Judge a model on a dataset's settings, all of them, whatever their word.

    Args:
        model: To judge.
        dataset: Its settings and words.
        reference: Settings whose neighbours vote in ``knn5_accuracy_warm_bright``, usually the
            training table; without it, or with the
            dataset itself, each setting is left out in turn.

    Returns:
        Plain values for JSON. Curves are in dB at 48 kHz over 256 log-spaced points from 20 Hz
        to 20 kHz. A figure that the data cannot give is None.
    """
    return {
        "n_settings": len(dataset),
        "n_settings_of_known_words": int(np.isin(dataset.terms, list(model.terms)).sum()),
        "latent_dim": model.latent_dim,
        "scope": scope(model, dataset),
        "augmentation": model.augmentation,
        **judge(model, dataset, reference, words=model.terms),
    }


class Coder(Protocol):
    """What can be judged: a trained model, the reference, or principal components."""

    def encode(self, params: np.ndarray) -> np.ndarray:
        """``(batch, 13)`` in dB, Hz and Q to ``(batch, latent_dim)``."""
        ...

    def decode(self, latent: np.ndarray) -> np.ndarray:
        """``(batch, latent_dim)`` to ``(batch, 13)`` in dB, Hz and Q."""
        ...


def judge(
    coder: Coder, dataset: Dataset, reference: Dataset | None, *, words: Iterable[str]
) -> dict[str, float | None]:
    """Return the figures of :func:`evaluate` for anything that encodes and decodes settings.

    Args:
        coder: To judge.
        dataset: Settings.
        reference: As in :func:`evaluate`.
        words: Those whose clusters count.
    """
    latent = coder.encode(dataset.params)
    reconstructed = coder.decode(latent)
    rmse_db, worst_db = curve_error_db(dataset.params, reconstructed)
    scaled = FIXED_BOUNDS.normalize(np.stack([dataset.params, reconstructed]))
    freq_hz, original_hz = reconstructed[:, FREQ_COLUMNS], dataset.params[:, FREQ_COLUMNS]
    audible = dataset.params[:, GAIN_COLUMNS] != 0
    off_octaves = np.abs(np.log2(freq_hz / original_hz))[audible]
    airy = original_hz[:, -1] > AIR_HZ
    known = np.isin(dataset.terms, list(words))
    pair = np.isin(dataset.terms, PAIR)
    silhouette, davies_bouldin = clusters(latent[known], dataset.terms[known])
    pair_silhouette, pair_davies_bouldin = clusters(latent[pair], dataset.terms[pair])
    return {
        "reconstruction_mse": float(((scaled[1] - scaled[0]) ** 2).mean()),
        "curve_rmse_db_mean": float(rmse_db.mean()),
        "curve_rmse_db_median": float(np.median(rmse_db)),
        "curve_rmse_db_p95": float(np.percentile(rmse_db, 95)),
        "curve_max_db_p50": float(np.median(worst_db)),
        "curve_max_db_p95": float(np.percentile(worst_db, 95)),
        "freq_hz_min": float(freq_hz.min()),
        "freq_hz_p1": float(np.percentile(freq_hz, 1)),
        "freq_hz_p99": float(np.percentile(freq_hz, 99)),
        "freq_hz_max": float(freq_hz.max()),
        "freq_hz_min_of_data": float(original_hz.min()),
        "freq_hz_max_of_data": float(original_hz.max()),
        "freq_within_twelfth_octave": _share(off_octaves <= 1 / 12),
        "high_shelves_kept_above_10_khz": _share(freq_hz[airy, -1] > AIR_HZ),
        "silhouette": silhouette,
        "davies_bouldin": davies_bouldin,
        "silhouette_warm_bright": pair_silhouette,
        "davies_bouldin_warm_bright": pair_davies_bouldin,
        "knn5_accuracy_warm_bright": _pair_accuracy(coder, dataset, reference),
    }


def frequency_ranges(params: np.ndarray, reconstructed: np.ndarray) -> list[dict[str, Any]]:
    """Compare how far each band reaches, lowest to highest, in Hz.

    Args:
        params: The settings, shape ``(batch, 13)``.
        reconstructed: What a model makes of them, same shape.

    Returns:
        For each band its ``name``, ``low_hz`` and ``high_hz`` of the reconstructions, and
        ``data_low_hz`` and ``data_high_hz`` of the settings.
    """
    return [
        {
            "name": band.name,
            "low_hz": float(reconstructed[:, band.freq].min()),
            "high_hz": float(reconstructed[:, band.freq].max()),
            "data_low_hz": float(params[:, band.freq].min()),
            "data_high_hz": float(params[:, band.freq].max()),
        }
        for band in BANDS
    ]


def _share(mask: np.ndarray) -> float | None:
    return float(mask.mean()) if mask.size else None


def scope(model: TrainedModel, dataset: Dataset) -> str:
    """Say whether figures on a dataset are in-sample: ``"in-sample"`` or ``"external"``."""
    return "in-sample" if dataset.fingerprint() == model.data_fingerprint else "external"


def clusters(latent: np.ndarray, terms: np.ndarray) -> tuple[float | None, float | None]:
    """Return silhouette and Davies-Bouldin of words in the latent; None where undefined."""
    if not 2 <= len(set(terms.tolist())) < len(terms):
        return None, None
    from sklearn.metrics import davies_bouldin_score, silhouette_score

    labels = terms.astype(str)
    return float(silhouette_score(latent, labels)), float(davies_bouldin_score(latent, labels))


def _pair_accuracy(coder: Coder, dataset: Dataset, reference: Dataset | None) -> float | None:
    """Share of warm and bright settings that their five nearest neighbours name rightly."""
    if reference is not None and reference.fingerprint() == dataset.fingerprint():
        reference = None  # no setting votes for itself
    asked = dataset.rows(np.isin(dataset.terms, PAIR))
    voters = asked if reference is None else reference.rows(np.isin(reference.terms, PAIR))
    itself = 1 if reference is None else 0
    if not len(asked) or len(voters) < 5 + itself:
        return None
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=5 + itself).fit(coder.encode(voters.params))
    nearest = search.kneighbors(coder.encode(asked.params), return_distance=False)[:, itself:]
    votes = (voters.terms[nearest] == PAIR[0]).sum(axis=1) >= 3
    return float((votes == (asked.terms == PAIR[0])).mean())
