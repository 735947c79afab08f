"""How a run's words lay in its latent: pictures in two dimensions, at some epochs of the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neural_eq.data.safe_db import Dataset, select
from neural_eq.files import written_whole
from neural_eq.model.config import TrainConfig

MAX_POINTS, MAX_VIEWS = 1500, 60
ROWS_FILE = "rows.json"
GROWTH = 1.5
"""Views thin out along a run by this power: words find their places early."""


@dataclass(frozen=True)
class ViewRows:
    """What the points of every view of a run are.

    Attributes:
        words: Those that training pulls apart, most settings first.
        terms: The word of each point, shape ``(n,)``; some may be none of ``words``.
        axes: What the two axes show.
        n_settings: How many settings the points were drawn from.
    """

    words: tuple[str, ...]
    terms: np.ndarray
    axes: str
    n_settings: int


def epochs_of(n_epochs: int) -> list[int]:
    """The epochs to take a view after: the first, the last, and at most 60 in all."""
    steps = np.linspace(0.0, 1.0, MAX_VIEWS) ** GROWTH
    return sorted({int(epoch) for epoch in np.rint(1 + steps * (n_epochs - 1))})


def lay_out(places: np.ndarray, previous: np.ndarray | None) -> np.ndarray:
    """Lay places out in the plane, so that one view follows from the one before.

    Args:
        places: Shape ``(n, n_dims)``. One dimension becomes a line, two stay as they are, more
            are projected on their two principal axes.
        previous: The last view, shape ``(n, 2)``: the new one is turned to lie on it, since
            principal axes swap and flip at will.

    Source:
        P. Schönemann, "A generalized solution of the orthogonal Procrustes problem", 1966.
    """
    if places.shape[1] <= 2:
        return np.pad(places, ((0, 0), (0, 2 - places.shape[1])))
    centred = places - places.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    plane = centred @ axes[:, :-3:-1]  # (n, 2), the widest first
    if previous is None:
        return plane
    left, _, right = np.linalg.svd(plane.T @ (previous - previous.mean(axis=0)))
    return plane @ (left @ right)


class ViewWriter:
    """Takes the views of one run while it trains.

    Args:
        folder: Where they go, made here.
        done: Epochs that the run has behind it: later views, of a lost past, are removed.
    """

    def __init__(self, folder: Path, dataset: Dataset, config: TrainConfig, *, done: int):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self._due = set(epochs_of(config.epochs))
        rows = np.arange(len(dataset))
        if len(rows) > MAX_POINTS:
            chosen = np.random.default_rng(config.seed).choice(rows, MAX_POINTS, replace=False)
            rows = np.sort(chosen)
        self._params = dataset.params[rows]
        self._previous: np.ndarray | None = None
        for epoch in epochs(folder):
            if epoch > done:
                (folder / f"{epoch}.npy").unlink(missing_ok=True)
            else:
                self._previous = read(folder, epoch)
        known = select(dataset, min_examples=config.min_examples, keep_junk=config.keep_junk)
        n_dims = config.model.latent_dim
        content = {
            "words": list(known.term_counts()),
            "terms": dataset.terms[rows].tolist(),
            "axes": "Latent" if n_dims <= 2 else "Principal axis",
            "n_settings": len(dataset),
        }
        with written_whole(folder / ROWS_FILE) as file:
            file.write(json.dumps(content).encode())

    def take(self, epoch: int, place: Callable[[np.ndarray], np.ndarray]) -> None:
        """Take a view if one is due after this epoch.

        Raises:
            OutputError: If it cannot be written.
        """
        if epoch not in self._due:
            return
        points = lay_out(place(self._params), self._previous)
        self._previous = points
        with written_whole(self.folder / f"{epoch}.npy") as file:
            np.save(file, points.astype(np.float32), allow_pickle=False)


def epochs(folder: Path) -> list[int]:
    """The epochs that views were taken after, in order."""
    try:
        return sorted(int(path.stem) for path in folder.glob("*.npy") if path.stem.isdecimal())
    except OSError:
        return []


def read(folder: Path, epoch: int) -> np.ndarray | None:
    """Return a view, shape ``(n, 2)``; None if it is not there or damaged."""
    try:
        points = np.load(folder / f"{epoch}.npy", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    fits = points.ndim == 2 and points.shape[1] == 2
    return points.astype(np.float64) if fits else None


def read_rows(folder: Path) -> ViewRows | None:
    """Return what the points are; None if no view was ever taken."""
    try:
        content = json.loads((folder / ROWS_FILE).read_text("utf-8"))
        return ViewRows(
            words=tuple(content["words"]),
            terms=np.array(content["terms"], dtype=object),
            axes=str(content["axes"]),
            n_settings=int(content["n_settings"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def reach(views: Sequence[np.ndarray]) -> float:
    """How far from zero an axis must go for nearly all points of all these views."""
    if not views:
        return 1.0
    return max(float(np.quantile(np.abs(points), 0.995)) for points in views) * 1.08 or 1.0
