"""Training: a dataset and a config in, a trained model out, with a report an epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from neural_eq.data.safe_db import Dataset
from neural_eq.errors import DivergedError
from neural_eq.model.checkpoint import TrainedModel
from neural_eq.model.config import TrainConfig
from neural_eq.model.run import Run
from neural_eq.model.threads import one_thread

Encode = Callable[[np.ndarray], np.ndarray]
"""``(batch, 13)`` in dB, Hz and Q to their places, ``(batch, n_dims)``."""


@dataclass(frozen=True)
class EpochReport:
    """What one epoch came to.

    Attributes:
        epoch: From 1.
        epochs: How many the run is to have.
        reconstruction_loss: Mean over the epoch, as the other losses are; see ``losses.py``.
        contrastive_loss: Before its weight.
        total_loss: What the optimiser saw.
        held_out_loss: Reconstruction loss of the held-out settings, after the epoch; None where
            nothing is held out.
        held_out_curve_db: Their mean curve RMSE in dB; None likewise.
        learning_rate: At the end of the epoch.
        contrastive_weight: From ``contrastive_start`` to ``contrastive_end``.
        elapsed_s: Since this process began to train.
        time_left_s: At this pace.
    """

    epoch: int
    epochs: int
    reconstruction_loss: float
    contrastive_loss: float
    total_loss: float
    held_out_loss: float | None
    held_out_curve_db: float | None
    learning_rate: float
    contrastive_weight: float
    elapsed_s: float
    time_left_s: float


def train(
    dataset: Dataset,
    config: TrainConfig,
    on_epoch: Callable[[EpochReport], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    *,
    on_checkpoint: Callable[[TrainedModel], None] | None = None,
    on_view: Callable[[int, Encode], None] | None = None,
    resume_from: TrainedModel | None = None,
) -> TrainedModel:
    """Train on a dataset.

    The config's ``min_examples`` and ``keep_junk`` choose the words that are pulled apart.
    Every other setting still teaches reconstruction, which needs no word.

    Args:
        dataset: Any settings, words not yet chosen.
        config: See :class:`TrainConfig`.
        on_epoch: Called after each epoch.
        should_stop: Asked after each epoch; True ends the run and keeps what was learned.
        on_checkpoint: Called every ``save_every`` epochs and after the last with a model
            that can be resumed.
        on_view: Called after each epoch with its number and a way to see where the network
            places settings by now; looking changes nothing.
        resume_from: A checkpoint of the same run; ends bit-equal to an unbroken run.

    Returns:
        The model, resumable, on the CPU.

    Raises:
        DataError: If fewer than two words are left, or the data is not the resumed run's.
        ParameterError: If CUDA is asked for and absent, or a resumed config differs.
        DivergedError: If the loss left all bounds.
    """
    with one_thread():
        run = Run(dataset, config, resume_from)
        return _train(run, on_epoch, should_stop, on_checkpoint, on_view)


def _train(
    run: Run,
    on_epoch: Callable[[EpochReport], None] | None,
    should_stop: Callable[[], bool] | None,
    on_checkpoint: Callable[[TrainedModel], None] | None,
    on_view: Callable[[int, Encode], None] | None,
) -> TrainedModel:
    config, first, started = run.config, len(run.history), time.perf_counter()
    for epoch in range(first, config.epochs):
        losses, weight, rate = run.epoch(epoch)
        held_out_loss, held_out_curve_db = run.held_out()
        elapsed_s = time.perf_counter() - started
        report = EpochReport(
            epoch=epoch + 1,
            epochs=config.epochs,
            reconstruction_loss=losses[0],
            contrastive_loss=losses[1],
            total_loss=losses[2],
            held_out_loss=held_out_loss,
            held_out_curve_db=held_out_curve_db,
            learning_rate=rate,
            contrastive_weight=weight,
            elapsed_s=elapsed_s,
            time_left_s=elapsed_s / (epoch + 1 - first) * (config.epochs - epoch - 1),
        )
        if not math.isfinite(report.total_loss):
            raise DivergedError(
                f"The loss is {report.total_loss} after epoch {epoch + 1}: learning_rate is"
                f" {config.learning_rate:g}, too high for this data; try a tenth of it."
            )
        run.history.append(asdict(report))
        if on_epoch is not None:
            on_epoch(report)
        if on_view is not None:
            on_view(epoch + 1, run.place)
        stopping = should_stop is not None and should_stop()
        due = config.save_every and (epoch + 1) % config.save_every == 0
        if on_checkpoint is not None and (due or stopping or epoch + 1 == config.epochs):
            on_checkpoint(run.snapshot())
        if stopping:
            break
    return run.snapshot()
