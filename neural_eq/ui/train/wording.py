"""How numbers and configurations of runs read on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neural_eq.jobs.verdicts import remedied
from neural_eq.model.config import ModelConfig, TrainConfig, options

LEAST, LEAST_DB = 0.0001, 0.001


def decibels(value: float) -> str:
    """The same with its unit; nobody hears a thousandth of a decibel."""
    return f"< {LEAST_DB} dB" if 0 <= value < LEAST_DB else f"{number(value)} dB"


def number(value: float) -> str:
    """Two or three digits that count: ``12.3``, ``0.18``, ``0.0003``; ``< 0.0001`` for less."""
    if 0 < value < LEAST:
        return f"< {LEAST}"
    return f"{value:.3g}" if value >= 0.1 else f"{value:.2g}"


def duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    if whole < 5400:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def changes_text(changes: Mapping[str, Any]) -> str:
    """Fields of a configuration and their values: ``Epochs 20, Latent dimensions 2``."""
    labels = {**options(TrainConfig), **options(ModelConfig)}
    return ", ".join(f"{labels[name].label} {_value(value)}" for name, value in changes.items())


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def differences(config: TrainConfig) -> str:
    """The settings of a run that are not the defaults; empty if all are."""
    defaults = remedied(TrainConfig(), {})
    values = remedied(config, {})
    return changes_text({name: v for name, v in values.items() if v != defaults[name]})
