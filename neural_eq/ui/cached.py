"""Every ``st.cache_*``: what sessions may share, since none of it is anybody's choice."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from neural_eq.data.safe_db import Dataset, select
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.errors import DataError, NeuralEqError
from neural_eq.jobs import TrainingJobs
from neural_eq.model.config import BUILT_IN_MODEL_PATH as BUILT_IN_MODEL_PATH
from neural_eq.model.config import TrainConfig
from neural_eq.ui.maps import MapMaker

if TYPE_CHECKING:
    from neural_eq.data.audio_io import Audio
    from neural_eq.latent.morphing import MorphPath
    from neural_eq.latent.terms import Point
    from neural_eq.model.checkpoint import TrainedModel

ROOT = Path(__file__).parents[2]
CLIPS_PATH = ROOT / "assets" / "clips"

N_FREQS = 128
"""Points of every curve on the screen: as many as a morph's."""


def runs_folder() -> Path:
    """Where runs and maps are kept: what ``NEURAL_EQ_RUNS`` names, else ``runs/``."""
    return Path(os.environ.get("NEURAL_EQ_RUNS") or ROOT / "runs")


@st.cache_resource(show_spinner=False)
def training_jobs() -> TrainingJobs:
    return TrainingJobs(runs_folder())


@st.cache_resource(show_spinner=False)
def map_maker() -> MapMaker:
    return MapMaker(runs_folder() / "maps")


@st.cache_resource(show_spinner=False)
def default_dataset() -> tuple[Dataset, str]:
    """Return the data that a session begins with, and a sentence if it is not what was asked."""
    from neural_eq.data import sources
    from neural_eq.data.demo import built_in_dataset

    try:
        return sources.open_dataset(None), ""
    except NeuralEqError as error:
        return built_in_dataset(), f"{error} The built-in set is in use instead."


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def file_key(path: Path) -> str:
    """Name a file's content without reading it each time."""
    try:
        status = path.stat()
    except OSError:
        return "missing"
    return _file_key(str(path), status.st_mtime_ns, status.st_size)


@st.cache_data(show_spinner=False, max_entries=256)
def _file_key(path: str, mtime_ns: int, size_bytes: int) -> str:
    return sha256(Path(path).read_bytes())


@st.cache_resource(show_spinner="Loading the model …", max_entries=8)
def trained_model(path: str, key: str) -> TrainedModel:
    """Load a model's file; ``key`` tells apart what was at the same path at other times."""
    from neural_eq.model import checkpoint

    return checkpoint.load(Path(path))


@st.cache_resource(show_spinner=False, max_entries=8)
def _shown_rows(fingerprint: str, _dataset: Dataset) -> tuple[Dataset, tuple[str, ...]]:
    minimum = TrainConfig().min_examples
    try:
        rows = select(_dataset, min_examples=1)
    except DataError:  # every word is one that describes no sound
        rows = _dataset
    return rows, tuple(word for word, n in rows.term_counts().items() if n >= minimum)


def shown_rows(dataset: Dataset) -> tuple[Dataset, tuple[str, ...]]:
    """Return what a map shows: all settings of words that describe a sound, and those words
    that have enough settings to be learned."""
    return _shown_rows(data_key(dataset), dataset)


def data_key(dataset: Dataset) -> str:
    """Name a dataset by its content."""
    return dataset.fingerprint()[:24]


@st.cache_resource(show_spinner=False, max_entries=4)
def latent(data: str, model: str, _rows: Dataset, _model: TrainedModel) -> np.ndarray:
    """Encode a map's settings, shape ``(n, latent_dim)``; the keys name rows and model."""
    return _model.encode(_rows.params)


@st.cache_resource(show_spinner=False, max_entries=8)
def word_curves(data: str, _rows: Dataset, words: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return the mean curve of each word in dB at :func:`log_frequencies` of N_FREQS."""
    curves_db = response_db(_rows.params, log_frequencies(N_FREQS))
    return {word: curves_db[_rows.terms == word].mean(axis=0) for word in words}


@st.cache_resource(show_spinner="Laying the way from one to the other …", max_entries=64)
def morph_path(
    model: str, ends: tuple[object, ...], route: str, _model: TrainedModel, _start: Point,
    _end: Point,
) -> MorphPath:  # fmt: skip
    """Lay a morph; ``model`` and ``ends`` name what the underscored arguments are."""
    from neural_eq.latent.morphing import morph

    return morph(_model, _start, _end, route=route)


def clip_paths() -> dict[str, Path]:
    """The demo clips by name."""
    return {path.stem: path for path in sorted(CLIPS_PATH.glob("*.flac"))}


@st.cache_resource(show_spinner=False, max_entries=8)
def clip(name: str) -> Audio:
    from neural_eq.data.audio_io import read_audio

    return read_audio(clip_paths()[name])
