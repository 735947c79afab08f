"""Every setting of the model and its training: default, bounds, and what it does."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neural_eq.errors import ParameterError

BUILT_IN_MODEL_PATH = Path(__file__).parents[2] / "assets" / "neural_eq_32.pt"
"""The model in use until another is trained or chosen."""

MAX_LATENT_DIM = 256
MAX_HIDDEN_DIM = 1024
_MAX_SHOWN = 30


@dataclass(frozen=True)
class Option:
    """What a person may want to know of one setting.

    Attributes:
        label: The name on a form.
        help: One sentence on what it does to the result.
        minimum: Smallest value allowed; None for words and switches.
        maximum: Largest value allowed.
        recommended: The guide's range, as text.
        choices: The words allowed, if the setting is a word.
        advanced: Whether a form folds it away.
    """

    label: str
    help: str
    minimum: float | None = None
    maximum: float | None = None
    recommended: str = ""
    choices: tuple[str, ...] = ()
    advanced: bool = False


def _option(default: Any, label: str, help: str, **rest: Any) -> Any:
    return field(default=default, metadata={"option": Option(label, help, **rest)})


class _Checked:
    """Checks a config's fields against their options when it is made."""

    def __post_init__(self) -> None:
        for name, option in options(type(self)).items():
            _check(name, getattr(self, name), option, default=getattr(type(self), name))


def _check(name: str, value: Any, option: Option, *, default: Any) -> None:
    shown = repr(value)[:_MAX_SHOWN] if isinstance(value, str | float) else "no such value"
    if isinstance(value, int):
        shown = str(value) if abs(value) < 10**_MAX_SHOWN else "a huge number"
    if option.choices:
        if not isinstance(value, str) or value not in option.choices:
            raise ParameterError(f"{name} is {shown}; it must be {' or '.join(option.choices)}.")
        return
    if option.minimum is None or option.maximum is None:
        if not isinstance(value, bool):
            raise ParameterError(f"{name} is {shown}; it must be True or False.")
        return
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and option.minimum <= value <= option.maximum):  # nor is NaN within
        raise ParameterError(
            f"{name} is {shown}; it must lie within {option.minimum:g} to {option.maximum:g}."
        )
    if isinstance(default, int) and not isinstance(value, int):
        raise ParameterError(f"{name} is {shown}; it must be a whole number.")


@dataclass(frozen=True)
class ModelConfig(_Checked):
    """The layout of the autoencoder."""

    latent_dim: int = _option(
        32,
        "Latent dimensions",
        "How many numbers stand for a setting: 32 keep it exactly, 2 or 3 make the map itself.",
        minimum=1,
        maximum=MAX_LATENT_DIM,
        recommended="16 to 64, or 2 and 3 for a small map",
    )
    hidden_dim: int = _option(
        128,
        "Hidden units",
        "Width of the hidden layers: wider follows finer detail, slower.",
        minimum=8,
        maximum=MAX_HIDDEN_DIM,
        recommended="64 to 256",
        advanced=True,
    )


@dataclass(frozen=True)
class TrainConfig(_Checked):
    """One training run."""

    epochs: int = _option(
        150,
        "Epochs",
        "Passes over the data: more is more exact, and takes longer.",
        minimum=1,
        maximum=10000,
        recommended="100 to 200",
    )
    batch_size: int = _option(
        64,
        "Batch size",
        "Settings a step: larger separates words more steadily.",
        minimum=2,
        maximum=4096,
        recommended="32 to 128",
    )
    learning_rate: float = _option(
        0.001,
        "Learning rate",
        "Step of the optimiser, which one cycle lifts to six times this (ten for a small"
        " map) and then lowers to nothing: too high jumps about, too low crawls.",
        minimum=1e-6,
        maximum=0.1,
        recommended="0.0005 to 0.002",
    )
    contrastive_start: float = _option(
        0.1,
        "Contrastive weight, start",
        "How hard words are pulled apart at first.",
        minimum=0.0,
        maximum=10.0,
        recommended="0.05 to 0.2",
    )
    contrastive_end: float = _option(
        0.5,
        "Contrastive weight, end",
        "How hard words are pulled apart at the end.",
        minimum=0.0,
        maximum=10.0,
        recommended="0.3 to 0.7",
    )
    min_examples: int = _option(
        5,
        "Settings a word needs",
        "Words with fewer settings are left out.",
        minimum=1,
        maximum=100000,
        recommended="5 to 20",
    )
    keep_junk: bool = _option(
        False,
        "Keep junk words",
        "Keep words that describe no sound, such as “test” and “re27”.",
        recommended="off",
    )
    bounds: str = _option(
        "fixed",
        "Normalisation bounds",
        "“fixed” spans 20–20,000 Hz (V3); “data” only what the data holds (V2, to compare).",
        choices=("fixed", "data"),
        recommended="fixed",
    )
    frequency_shift: float = _option(
        0.0,
        "Frequency shift, octaves",
        "Augmentation: moves training settings up by a random share of this, to place words"
        " higher than the data does; 0 keeps what people chose.",
        minimum=0.0,
        maximum=2.0,
        recommended="0; 0.5 to 1 for a brighter “bright”",
        advanced=True,
    )
    held_out_share: float = _option(
        0.1,
        "Held out",
        "Share of the settings kept unseen, to measure honestly.",
        minimum=0.0,
        maximum=0.5,
        recommended="0.1 to 0.2",
        advanced=True,
    )
    seed: int = _option(
        0,
        "Seed",
        "The same seed on the same machine gives the same model, bit for bit.",
        minimum=0,
        maximum=2**31 - 1,
        recommended="any; three or more to see how much is chance",
        advanced=True,
    )
    save_every: int = _option(
        30,
        "Checkpoint every",
        "Epochs between checkpoints on the way; 0 keeps only the last.",
        minimum=0,
        maximum=10000,
        recommended="10 to 50",
        advanced=True,
    )
    device: str = _option(
        "auto",
        "Device",
        "Where to train: “auto” takes a CUDA card if there is one.",
        choices=("auto", "cpu", "cuda"),
        recommended="auto",
        advanced=True,
    )
    model: ModelConfig = field(default_factory=ModelConfig)


def options(config: type) -> dict[str, Option]:
    """Return the options of a config class by field name."""
    return {
        f.name: f.metadata["option"] for f in dataclasses.fields(config) if "option" in f.metadata
    }


def to_dict(config: TrainConfig) -> dict[str, Any]:
    """Plain values for a checkpoint."""
    return dataclasses.asdict(config)


def from_dict(values: Mapping[str, Any]) -> TrainConfig:
    """Invert :func:`to_dict`.

    Raises:
        ParameterError: If a field is unknown or out of bounds.
    """
    try:
        rest = dict(values)
        return TrainConfig(model=ModelConfig(**rest.pop("model")), **rest)
    except (KeyError, TypeError, ValueError) as error:
        raise ParameterError(f"The configuration cannot be read: {error}.") from error
