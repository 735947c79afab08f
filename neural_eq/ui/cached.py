"""Every ``st.cache_*``: what sessions may share, since none of it is anybody's choice."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from neural_eq.data.safe_db import Dataset, select
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.errors import DataError, NeuralEqError
from neural_eq.jobs import TrainingJobs
from neural_eq.latent.mapping import LatentMap
from neural_eq.latent.projection import ProjectionConfig, project
from neural_eq.model.config import BUILT_IN_MODEL_PATH as BUILT_IN_MODEL_PATH
from neural_eq.model.config import TrainConfig
from neural_eq.presets.collection import Library
from neural_eq.ui.explore import maps
from neural_eq.ui.explore.maps import MapMaker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neural_eq.data.audio_file import AudioFile
    from neural_eq.latent.morphing import MorphPath
    from neural_eq.latent.nearness import Settled
    from neural_eq.latent.playing import SoundMap
    from neural_eq.latent.terms import Point, Word
    from neural_eq.model.checkpoint import TrainedModel
    from neural_eq.presets.preset import Preset
    from neural_eq.presets.proof import Proof
    from neural_eq.ui.audio.take import Excerpt, Take
    from neural_eq.ui.morph.trail import Ground, Trail

ROOT = Path(__file__).parents[2]
CLIPS_PATH = ROOT / "assets" / "clips"

N_FREQS = 128
"""Points of every curve on the screen: as many as a morph's."""


def built_in_model_path(latent_dim: int) -> Path:
    return BUILT_IN_MODEL_PATH.with_name(f"neural_eq_{latent_dim}.pt")


def runs_folder() -> Path:
    """Where runs and maps are kept: what ``NEURAL_EQ_RUNS`` names, else ``runs/``."""
    return Path(os.environ.get("NEURAL_EQ_RUNS") or ROOT / "runs")


def presets_folder() -> Path:
    """Where presets are kept: what ``NEURAL_EQ_PRESETS`` names, else beside the runs."""
    return Path(os.environ.get("NEURAL_EQ_PRESETS") or runs_folder().parent / "presets")


@st.cache_resource(show_spinner=False)
def preset_library() -> Library:
    return Library(presets_folder())


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


@st.cache_resource(show_spinner=False)
def built_in_table() -> Dataset:
    from neural_eq.data.demo import built_in_dataset

    return built_in_dataset()


def table(path: str) -> Dataset:
    """Read a table of the server's; again only where the file has changed."""
    return _table(path, file_key(Path(path)))


@st.cache_resource(show_spinner="Reading the table …", max_entries=4)
def _table(path: str, key: str) -> Dataset:
    from neural_eq.data import sources

    return sources.open_dataset(Path(path))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def file_key(path: Path) -> str:
    """Name a file's content without reading it each time."""
    try:
        status = path.stat()
    except OSError:
        return "missing"
    return _file_key(str(path), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)  # asked forty times a run: Streamlit's own look-up is slow for that
def _file_key(path: str, mtime_ns: int, size_bytes: int) -> str:
    return sha256(Path(path).read_bytes())


@st.cache_resource(show_spinner="Loading the model …", max_entries=8)
def trained_model(path: str, key: str) -> TrainedModel:
    """Load a model's file; ``key`` tells apart what was at the same path at other times."""
    from neural_eq.model import checkpoint

    return checkpoint.load(Path(path))


@st.cache_resource(show_spinner=False, max_entries=32)
def description(data: str, model: str, _dataset: Dataset, _model: TrainedModel) -> dict[str, Any]:
    """Judge a model on all settings of a table; the keys name both."""
    from neural_eq.model.comparison_report import describe_model

    return describe_model(_model, _dataset, name=model)


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


@st.cache_resource(show_spinner=False, max_entries=16)
def saved_map(model: str, config: ProjectionConfig, n: int) -> LatentMap | None:
    """Return a built-in model's map of the built-in set, as the assets have it."""
    return maps.saved_map(model, config, n=n)


@st.cache_resource(show_spinner=False, max_entries=16)
def saved_words(model: str) -> tuple[str, ...]:
    """Return the words that a built-in model knows, without loading it."""
    return maps.saved_words(model)


@st.cache_resource(show_spinner=False, max_entries=8)
def plain_points(
    data: str, model: str, config: ProjectionConfig, _latent: np.ndarray
) -> np.ndarray:
    """Lay points out by a method that takes no time."""
    return project(_latent, config)


@st.cache_resource(show_spinner="Laying the sound over the map …", max_entries=8)
def sound_map(
    key: str, _rows: Dataset, _model: TrainedModel, _latent: np.ndarray, _points: np.ndarray,
    is_latent: bool,
) -> tuple[SoundMap, bytes]:  # fmt: skip
    """Lay the sound over a map, for Python and for the browser; ``key`` names data, model, map."""
    from neural_eq.latent.playing import sound_map

    made = sound_map(_rows.params, _latent, _points, _model.decode, is_latent=is_latent)
    return made, made.to_bytes(_rows.terms, _rows.setting_ids)


@st.cache_resource(show_spinner=False, max_entries=4)
def reading(data: str, _rows: Dataset) -> str:
    """What hovering tells of each setting of a map."""
    from neural_eq.ui.explore.reader import reading

    return reading(_rows)


@st.cache_resource(show_spinner=False, max_entries=4)
def word_counts(data: str, _rows: Dataset) -> dict[str, tuple[int, int]]:
    """Settings and submitters of each word, most settings first."""
    people: dict[str, set[int]] = {}
    for word, submitter in zip(_rows.terms.tolist(), _rows.submitters.tolist(), strict=True):
        people.setdefault(word, set()).add(submitter)
    return {word: (n, len(people[word])) for word, n in _rows.term_counts().items()}


@st.cache_resource(show_spinner=False, max_entries=4)
def all_curves(data: str, _rows: Dataset) -> np.ndarray:
    """The curve of each setting in dB, shape ``(n, N_FREQS)``."""
    return response_db(_rows.params, log_frequencies(N_FREQS)).astype(np.float32)


@st.cache_data(show_spinner="Fitting five bands to the mean …", max_entries=32)
def five_bands(curve: bytes, _curve_db: np.ndarray) -> np.ndarray:
    """Return the setting nearest to a curve at N_FREQS, which ``curve`` names; shape ``(13,)``."""
    from neural_eq.presets.fitting import fit

    return fit(log_frequencies(N_FREQS), _curve_db, has_level=False).params


@st.cache_resource(show_spinner=False, max_entries=64)
def described_word(data: str, model: str, word: str, _rows: Dataset, _model: TrainedModel) -> Word:
    """Say what a word is; the first call imports scikit-learn."""
    from neural_eq.latent.terms import describe_word

    return describe_word(_model, _rows, word, n_freqs=N_FREQS)


@st.cache_resource(show_spinner="Laying the way from one to the other …", max_entries=64)
def morph_path(
    model: str, ends: tuple[object, ...], route: str, _model: TrainedModel, _start: Point,
    _end: Point,
) -> MorphPath:  # fmt: skip
    """Lay a morph; ``model`` and ``ends`` name what the underscored arguments are."""
    from neural_eq.latent.morphing import morph

    return morph(_model, _start, _end, route=route)


@st.cache_resource(show_spinner="Mixing the words …", max_entries=64)
def mixture(
    model: str, key: tuple[object, ...], route: str, _model: TrainedModel,
    _points: Sequence[Point], weights: tuple[float, ...],
) -> Point:  # fmt: skip
    """Mix points; ``model`` and ``key`` name what the underscored arguments are."""
    from neural_eq.latent.morphing import blend
    from neural_eq.latent.terms import setting_point

    mixed = blend(_model, _points, weights, route=route)
    return setting_point(_model, mixed, label=_points[0].label)


@st.cache_resource(show_spinner="Comparing the settings …", max_entries=4)
def settled(data: str, _rows: Dataset) -> Settled:
    """Compare a table's settings with one another; ``data`` names the table."""
    from neural_eq.latent.nearness import settled

    return settled(_rows.params)


@st.cache_resource(show_spinner=False, max_entries=8)
def word_centres(model: str, _model: TrainedModel) -> dict[str, np.ndarray]:
    """Return the curve of each word's centre in dB at :func:`log_frequencies` of N_FREQS."""
    centres = np.stack([term.centre for term in _model.terms.values()])
    curves_db = response_db(_model.decode(centres), log_frequencies(N_FREQS))
    return dict(zip(_model.terms, curves_db, strict=True))


@st.cache_resource(show_spinner=False, max_entries=8)
def ground(
    key: str, _rows: Dataset, _words: tuple[str, ...], method: str, _latents: np.ndarray,
    _points: np.ndarray,
) -> Ground:  # fmt: skip
    """Prepare a small map; ``key`` names data, model and map."""
    from neural_eq.ui.morph.trail import ground

    return ground(_rows, _words, method, _latents, _points)


@st.cache_resource(show_spinner=False, max_entries=64)
def trail(
    key: str, params: bytes, _params: np.ndarray, _model: TrainedModel, _among: Settled,
    _on: Ground,
) -> Trail:  # fmt: skip
    """Find where settings lie; ``key`` names data, model and map."""
    from neural_eq.ui.morph.trail import lay

    return lay(_params, model=_model, among=_among, on=_on)


def clip_paths() -> dict[str, Path]:
    """The demo clips by name."""
    return {path.stem: path for path in sorted(CLIPS_PATH.glob("*.flac"))}


@st.cache_resource(show_spinner=False, max_entries=8)
def clip_file(name: str) -> AudioFile:
    from neural_eq.data.audio_file import open_audio

    return open_audio(clip_paths()[name])


@st.cache_data(show_spinner=False, max_entries=16)
def loudness_freq_hz(sample_rate: float) -> list[float]:
    """Where the player reads an EQ's curve to match the level, in Hz."""
    from neural_eq.eq.loudness_table import LoudnessTable

    return LoudnessTable(np.empty(0), sample_rate).freq_hz.tolist()


@st.cache_resource(show_spinner="Reading the sound …", max_entries=4)
def excerpt(sound: str, start_s: float, _file: AudioFile) -> Excerpt:
    """Read and measure a part of a sound; ``sound`` names its content."""
    from neural_eq.ui.audio.take import excerpt

    return excerpt(_file, start_s)


@st.cache_resource(show_spinner="Applying the EQ …", max_entries=8)
def take(
    sound: str, start_s: float, params: bytes, level_match: bool, clip_guard: bool,
    _excerpt: Excerpt, _params: np.ndarray,
) -> Take:  # fmt: skip
    """Put a part of a sound through an EQ; ``sound`` and ``params`` name the last two."""
    from neural_eq.ui.audio.take import take

    return take(_excerpt, _params, level_match=level_match, clip_guard=clip_guard)


@st.cache_resource(show_spinner="Applying both settings …", max_entries=4)
def equal_wavs(
    sound: str, start_s: float, params: tuple[bytes, bytes],
    _excerpt: Excerpt, _first: np.ndarray, _second: np.ndarray,
) -> tuple[bytes, bytes]:  # fmt: skip
    """Make what a blind test compares; ``sound`` and ``params`` name the rest."""
    from neural_eq.ui.audio.take import equal_wavs

    return equal_wavs(_excerpt, _first, _second)


@st.cache_resource(show_spinner=False, max_entries=512)
def proof(name: str, params: bytes, format_id: str, rate: int, _preset: Preset) -> Proof:
    """Say how exactly a format holds a preset; ``name`` and ``params`` name the preset."""
    from neural_eq.presets.proof import prove

    return prove(_preset, format_id, sample_rate=rate)
