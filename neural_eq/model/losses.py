"""What training minimises: the difference that is heard, and words left together."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

from neural_eq.model.autoencoder import FULL_SCALE_DB, Autoencoder

CURVE_RMS_SHARE = 0.3
"""Weight of the curve's RMS error beside its mean square: the small errors count too."""

OUTSIDE_WEIGHT = 1.0
"""Weight of the square by which a parameter passes its limit before it is clipped."""

CONTRASTIVE_SCALE = 0.1
"""Brings the contrastive loss, of a few units, to the size of the reconstruction loss."""

SHARED_CONTRASTIVE_SCALE = 0.001
"""The same where words and detail share the latent, and pulling costs exactness."""

_TINY = 1e-6
_NO_PAIR = -1e9  # no setting is its own neighbour; infinity would make 0 times infinity


@dataclass(frozen=True)
class Losses:
    """The losses of one batch, each a scalar tensor."""

    reconstruction: torch.Tensor
    contrastive: torch.Tensor
    total: torch.Tensor


def total_loss(
    module: Autoencoder,
    norm: torch.Tensor,
    curves_db: torch.Tensor,
    *,
    params_weight: float = 1.0,
    labels: torch.Tensor | None = None,
    contrastive_weight: float = 0.0,
) -> Losses:
    """Encode and decode a batch and weigh what went wrong.

    Args:
        module: The network.
        norm: Settings, normalised, shape ``(batch, 13)``.
        curves_db: Their curves, shape ``(batch, 48)``.
        params_weight: What a difference of normalised parameters counts beside one of curves.
        labels: The words' numbers of the first settings, shape ``(n_labelled,)``; -1 is no word.
        contrastive_weight: What pulling words apart counts.

    Returns:
        Reconstruction: mean square and RMS of the curve difference in units of 12 dB, and mean
        square of the parameter difference. Contrastive: see :func:`supervised_contrastive`.
    """
    meaning, detail = module.parts(norm, curves_db)
    decoded = module.join(meaning, detail)
    limited = module.limit(decoded)
    square = (module.curves(limited) - curves_db).square().mean(dim=1) / FULL_SCALE_DB**2
    curve = (square + CURVE_RMS_SHARE * (square + _TINY).sqrt()).mean()
    reconstruction = curve + params_weight * functional.mse_loss(limited, norm)
    outside = functional.mse_loss(decoded, limited.detach())
    contrastive = torch.zeros((), device=norm.device)
    if labels is not None:
        words = detail[: len(labels)] if meaning is None else meaning[: len(labels)]
        contrastive = supervised_contrastive(words, labels)
    scale = CONTRASTIVE_SCALE if module.n_meaning else SHARED_CONTRASTIVE_SCALE
    total = reconstruction + OUTSIDE_WEIGHT * outside + scale * contrastive_weight * contrastive
    return Losses(reconstruction, contrastive, total)


def supervised_contrastive(
    latent: torch.Tensor, labels: torch.Tensor, *, temperature: float = 0.1
) -> torch.Tensor:
    """Pull settings of one word together and push the others away.

    Args:
        latent: Shape ``(batch, latent_dim)``; compared by angle.
        labels: The word's number, shape ``(batch,)``.
        temperature: Below 1 sharpens.

    Returns:
        The mean over the anchors that have a positive; 0 if none has.

    Source:
        Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020, eq. 2.
    """
    unit = functional.normalize(latent, dim=1)
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    positive = (labels[:, None] == labels[None, :]) & ~itself
    n_positive = positive.sum(dim=1, keepdim=True)
    n_anchors = (n_positive > 0).sum().clamp(min=1)
    weight = positive / (n_positive.clamp(min=1) * n_anchors)  # (batch, batch), of each pair
    similarity = (unit @ unit.T / temperature).masked_fill(itself, _NO_PAIR)
    return -(functional.log_softmax(similarity, dim=1) * weight).sum()
