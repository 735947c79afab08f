"""Which model and which table a command uses, and that it says so."""

from __future__ import annotations

import os
from pathlib import Path

from neural_eq.cli.output import note, plural
from neural_eq.cli.parts import DEFAULT_MODEL_NAME
from neural_eq.data.safe_db import Dataset
from neural_eq.data.sources import DATA_PATH, ENVIRONMENT_NAME, open_dataset
from neural_eq.model import checkpoint
from neural_eq.model.checkpoint import TrainedModel
from neural_eq.model.config import BUILT_IN_MODEL_PATH


def open_model(path: Path | None, *, as_json: bool = False) -> tuple[TrainedModel, str]:
    """Load the model asked for, else the one trained in this folder, else the built-in one.

    Returns:
        The model, and what to call it.

    Raises:
        CheckpointError: If the file is no model that can be used.
    """
    chosen = model_file(path)
    name = "built-in model" if chosen == BUILT_IN_MODEL_PATH else str(chosen)
    model = checkpoint.load(chosen)
    augmented = f", {model.augmentation}" if model.augmentation else ""
    note(
        f"Model: {name}, {plural(model.latent_dim, 'latent dimension')},"
        f" {plural(len(model.terms), 'word')}, {plural(len(model.history), 'epoch')}"
        f" on {model.data_origin}{augmented}.",
        as_json=as_json,
    )
    return model, name


def model_file(path: Path | None) -> Path:
    """Return the file of the model that :func:`open_model` loads."""
    trained_here = Path(DEFAULT_MODEL_NAME)
    return path or (trained_here if trained_here.is_file() else BUILT_IN_MODEL_PATH)


def open_table(path: Path | None, *, as_json: bool = False) -> Dataset:
    """Read the table asked for, else the first that ``open_dataset`` finds.

    Raises:
        DataError: If it is no table of settings.
    """
    dataset = open_dataset(path)
    note(f"Data: {dataset.describe()}.", as_json=as_json)
    return dataset


def tables_in_reach(path: Path | None) -> tuple[Path | None, ...]:
    """The files that :func:`open_table` may read, which no output may replace."""
    named = os.environ.get(ENVIRONMENT_NAME, "").strip()
    return path, Path(named).expanduser() if named else None, DATA_PATH
