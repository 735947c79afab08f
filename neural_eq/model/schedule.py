"""How weights and the learning rate move over a run; each knows only where the run stands."""

from __future__ import annotations

import math

from neural_eq.model.config import TrainConfig

PEAK_RATE, SMALL_PEAK_RATE = 6.0, 10.0
"""Highest learning rate of the one cycle, as a multiple of the configured one.

The second where the latent is too small for all the detail: it has no dropout to be patient with.
"""

WARM_UP = 0.1
"""Share of the run in which the learning rate climbs."""

PARAMS_WEIGHT_START, PARAMS_WEIGHT_END = 5.0, 0.01
"""At first parameters lead each band to its place; what is heard then does the rest."""


def one_cycle(position: float) -> float:
    """Learning rate at a position 0..1 of the run, as a share of its highest.

    Up for the first tenth, then down along a cosine to zero.
    """
    if position < WARM_UP:
        return 0.04 + 0.96 * position / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (position - WARM_UP) / (1 - WARM_UP)))


def params_weight(position: float) -> float:
    """Weight of the parameter difference at a position 0..1: it falls until half the run."""
    return PARAMS_WEIGHT_END + PARAMS_WEIGHT_START * max(0.0, 1 - 2 * position)


def contrastive_weight(config: TrainConfig, epoch: int) -> float:
    """Weight of the contrastive loss in an epoch, from 0: a line from its start to its end."""
    progress = epoch / max(config.epochs - 1, 1)
    return config.contrastive_start + progress * (config.contrastive_end - config.contrastive_start)
