"""What a run's numbers say, in the guide's words, and what to do about it.

The bounds are the guide's where it gives one; the others part the runs that went well on SAFE-DB
and on the built-in set from those made to go wrong there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from neural_eq.eq.params import N_PARAMS
from neural_eq.jobs.run_folder import Run
from neural_eq.model.config import ModelConfig, TrainConfig, options

CONVERGED_LOSS = 0.2
"""The guide's: a total loss below this has converged."""

AUDIBLE_DB = 0.5
"""A mean curve error below this is hard to hear."""

JUMP = 5.0
"""Sound runs rise to at most 2.5 times their lowest reconstruction loss so far, and their total
loss by less than a half from one epoch to the next."""

FLAT_SHARE, IMPROVING_SHARE = 0.02, 0.1
"""Fall of the held-out error from one sixth of a run to the next: level below, alive above."""

MIN_EPOCHS = 12
"""Fewer say nothing about a trend."""

WELL_APART = 0.5
"""The silhouette from which two words lie well apart."""

HIGH_CONTRASTIVE, LARGE_BATCH = 0.7, 128
"""The upper ends of the guide's ranges."""


@dataclass(frozen=True)
class Verdict:
    """One thing to know of a run.

    Attributes:
        kind: ``"converged"``, ``"unstable"``, ``"plateaued"``, ``"improving"`` or ``"mixed"``.
        text: For the screen, a sentence or two.
        remedy: Fields of the configuration and what to try for each; empty if nothing is wrong
            or nothing is left to try.
    """

    kind: str
    text: str
    remedy: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        return self.kind == "converged"


def verdicts(run: Run, history: Sequence[Mapping[str, Any]]) -> list[Verdict]:
    """Judge a run, worst first; one that still trains only by whether it is stable."""
    unstable = _unstable(run, history)
    if run.is_live or unstable:
        return [unstable] if unstable else []
    found = [_trend(run.config, history), _mixed(run), _converged(run, history)]
    return [verdict for verdict in found if verdict]


def remedied(config: TrainConfig, remedy: Mapping[str, Any]) -> dict[str, Any]:
    """Every field of a configuration by name, the model's too, with a remedy's in place."""
    names = options(TrainConfig)
    values = {name: getattr(config, name) for name in names}
    values |= {name: getattr(config.model, name) for name in options(ModelConfig)}
    return {**values, **remedy}


def _unstable(run: Run, history: Sequence[Mapping[str, Any]]) -> Verdict | None:
    if run.diverged:
        rate = run.config.learning_rate / 10
        return _lower_rate(f"The loss left all bounds after epoch {run.epochs_done}", rate)
    rate = run.config.learning_rate / 10
    lowest = float("inf")
    for row, before in zip(history, [None, *history], strict=False):
        jump = row["reconstruction_loss"] / lowest
        if jump > JUMP:
            what = f"the reconstruction loss jumped to {jump:.0f} times its lowest"
        elif before is not None and _total_jumped(before, row):
            what = f"the total loss jumped to {row['total_loss']:.3g}"
        else:
            lowest = min(lowest, max(row["reconstruction_loss"], 1e-12))
            continue
        return _lower_rate(f"The loss is unstable: at epoch {row['epoch']} {what}", rate)
    return None


def _total_jumped(before: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether the total loss jumped from one epoch to the next, and not for its weight alone."""
    heavier = row["contrastive_weight"] > 2 * before["contrastive_weight"]
    return not heavier and row["total_loss"] > JUMP * before["total_loss"] > 0


def _lower_rate(what: str, rate: float) -> Verdict:
    lowest = options(TrainConfig)["learning_rate"].minimum
    assert lowest is not None
    return Verdict(
        "unstable",
        f"{what}. Lower the learning rate.",
        {"learning_rate": float(f"{max(rate, lowest):.1g}")},
    )


def _trend(config: TrainConfig, history: Sequence[Mapping[str, Any]]) -> Verdict | None:
    errors_db = [row["held_out_curve_db"] for row in history]
    n = len(errors_db)
    if n < MIN_EPOCHS or None in errors_db or errors_db[-1] < AUDIBLE_DB:
        return None
    sixth = n // 6
    earlier, late = (sum(part) / sixth for part in (errors_db[-2 * sixth : -sixth],
                                                     errors_db[-sixth:]))  # fmt: skip
    fall = 1 - late / earlier if earlier > 0 else 0.0
    level = f"{errors_db[-1]:.2f} dB"
    if fall > IMPROVING_SHARE:
        return Verdict(
            "improving",
            f"Still improving when it ended, at {level} on unseen settings. Give it more epochs.",
            {"epochs": _more_epochs(config)},
        )
    if fall > FLAT_SHARE:
        return None
    small = config.model.latent_dim <= N_PARAMS
    why = (
        f"{config.model.latent_dim} latent dimensions hold no more of a setting; 32 hold all of it."
        if small
        else "Give it more epochs."
    )
    remedy = {"latent_dim": 32} if small else {"epochs": _more_epochs(config)}
    return Verdict(
        "plateaued",
        f"Plateaued early: the curve error on unseen settings stayed at {level}. {why}",
        remedy,
    )


def _more_epochs(config: TrainConfig) -> int:
    most = options(TrainConfig)["epochs"].maximum
    assert most is not None
    return int(min(2 * config.epochs, most))


def _mixed(run: Run) -> Verdict | None:
    apart = run.separation
    if apart is None or apart.silhouette >= WELL_APART:
        return None
    first, second = apart.words
    text = (
        f"“{first}” and “{second}” are not well separated (silhouette {apart.silhouette:.2f},"
        f" {'on unseen settings' if apart.unseen else 'in-sample'}; {WELL_APART:g} is well apart)."
    )
    if run.config.contrastive_end < HIGH_CONTRASTIVE:
        way = "Raise the contrastive weight at the end."
        return Verdict("mixed", f"{text} {way}", {"contrastive_end": HIGH_CONTRASTIVE})
    if run.config.batch_size < LARGE_BATCH:
        return Verdict("mixed", f"{text} Raise the batch size.", {"batch_size": LARGE_BATCH})
    return Verdict("mixed", f"{text} Contrastive weight and batch size are at the top already.")


def _converged(run: Run, history: Sequence[Mapping[str, Any]]) -> Verdict | None:
    """Only a whole run, and no short one: the loss begins low and rises with its weight."""
    if len(history) < MIN_EPOCHS or history[-1]["epoch"] < run.config.epochs:
        return None
    loss = history[-1]["total_loss"]
    if loss >= CONVERGED_LOSS:
        return None
    return Verdict(
        "converged", f"Converged: the total loss is {loss:.3g}, below the guide's {CONVERGED_LOSS}."
    )
