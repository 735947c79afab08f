"""Which model and which table a command uses, and that it says so."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from neural_eq.cli.output import note, plural
from neural_eq.cli.parts import DEFAULT_MODEL_NAME
from neural_eq.cli.setting import names_school
from neural_eq.data.safe_db import Dataset
from neural_eq.data.sources import DATA_PATH, ENVIRONMENT_NAME, open_dataset
from neural_eq.model.config import BUILT_IN_MODEL_PATH
from neural_eq.model.decoder import Decoder, read_decoder

if TYPE_CHECKING:
    from neural_eq.model.checkpoint import TrainedModel


def open_model(path: Path | None, *, as_json: bool = False) -> tuple[TrainedModel, str]:
    """Load the model asked for, else the one trained in this folder, else the built-in one.

    Returns:
        The model, and what to call it.

    Raises:
        CheckpointError: If the file is no model that can be used.
    """
    from neural_eq.model import checkpoint

    chosen = model_file(path)
    name = _name(chosen)
    model = checkpoint.load(chosen)
    _say(model, name, n_epochs=len(model.history), as_json=as_json)
    return model, name


def open_for(
    names: Iterable[str | None], path: Path | None, *, as_json: bool = False
) -> tuple[TrainedModel | Decoder, str]:
    """Do as :func:`open_model`, without torch where words are only decoded and the file allows it.

    Args:
        names: The words or schools that the command is given; a school asks for the whole model.
    """
    chosen = model_file(path)
    decoder = None if any(names_school(name) for name in names) else read_decoder(chosen)
    if decoder is None:
        return open_model(path, as_json=as_json)
    _say(decoder, _name(chosen), n_epochs=decoder.n_epochs, as_json=as_json)
    return decoder, _name(chosen)


def _name(path: Path) -> str:
    return "built-in model" if path == BUILT_IN_MODEL_PATH else str(path)


def _say(model: TrainedModel | Decoder, name: str, *, n_epochs: int, as_json: bool = False) -> None:
    augmented = f", {model.augmentation}" if model.augmentation else ""
    note(
        f"Model: {name}, {plural(model.latent_dim, 'latent dimension')},"
        f" {plural(len(model.terms), 'word')}, {plural(n_epochs, 'epoch')}"
        f" on {model.data_origin}{augmented}.",
        as_json=as_json,
    )


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
