"""The picture of a training run: its losses, and the curve error on settings it never saw."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

LOSSES = (
    ("total_loss", "Total", "#495057"),
    ("reconstruction_loss", "Reconstruction", "#1971c2"),
    ("contrastive_loss", "Contrastive", "#e8590c"),
)


def history_png(history: Sequence[Mapping[str, Any]]) -> bytes:
    """Draw a model's history, one dictionary an epoch, and return the PNG file."""
    figure = Figure(figsize=(11, 4.2), dpi=120, layout="constrained", facecolor="white")
    losses, curve = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in history]
    marker = "o" if len(epochs) < 2 else None
    for name, label, color in LOSSES:
        losses.plot(epochs, [row[name] for row in history], label=label, color=color, marker=marker)
    losses.set(title="Losses", xlabel="Epoch", ylabel="Loss (no unit, log scale)")
    if any(row[name] > 0 for row in history for name, _, _ in LOSSES):
        losses.set_yscale("log")
    losses.legend(frameon=False)

    held_out = [(row["epoch"], row["held_out_curve_db"]) for row in history]
    held_out = [(epoch, error_db) for epoch, error_db in held_out if error_db is not None]
    curve.set(
        title="Settings held out of training",
        xlabel="Epoch",
        ylabel="Curve error (dB RMSE, log scale)",
    )
    if held_out:
        curve.plot(*zip(*held_out, strict=True), color="#2b8a3e", marker=marker)
        curve.set_title(f"Settings held out of training: {held_out[-1][1]:.2g} dB at the end")
        if all(error_db > 0 for _, error_db in held_out):
            curve.set_yscale("log")
    else:
        curve.text(0.5, 0.5, "none held out", ha="center", transform=curve.transAxes)
    for axes in (losses, curve):
        axes.grid(color="#e9ecef")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()
