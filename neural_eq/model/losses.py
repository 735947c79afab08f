"""What training minimises: the difference that is heard, and words left together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

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
    reconstruction, outside = _Difference.apply(decoded, norm, curves_db, module, params_weight)
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
    return _Contrastive.apply(latent, labels, temperature)


class _Difference(torch.autograd.Function):
    """Reconstruction, and how far the limits are passed, with the gradient written out.

    The limits let the gradient through, so that they are reached.
    """

    @staticmethod
    def forward(
        ctx: Any,
        decoded: torch.Tensor,
        norm: torch.Tensor,
        curves_db: torch.Tensor,
        module: Autoencoder,
        params_weight: float,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        is_learning = ctx.needs_input_grad[0]
        limited = decoded.clamp(module.low, module.high)
        leaf = limited.detach().requires_grad_(is_learning)
        with torch.set_grad_enabled(is_learning):
            curves = module.curves(leaf)
        off_db, off, beyond = curves.detach() - curves_db, limited - norm, decoded - limited
        square = off_db.square().mean(dim=1, keepdim=True) / FULL_SCALE_DB**2
        root = (square + _TINY).sqrt()
        curve = (square + CURVE_RMS_SHARE * root).mean()
        if is_learning:
            slope = (1 + 0.5 * CURVE_RMS_SHARE / root) * (2 / FULL_SCALE_DB**2 / off_db.numel())
            (of_limited,) = torch.autograd.grad(curves, leaf, slope * off_db)
            ctx.save_for_backward(
                of_limited.add_(off, alpha=2 * params_weight / off.numel()),
                beyond * (2 / off.numel()),
            )
        return curve + params_weight * off.square().mean(), beyond.square().mean()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, of_reconstruction: torch.Tensor, of_outside: torch.Tensor):
        reconstruction, outside = ctx.saved_tensors
        gradient = of_reconstruction * reconstruction + of_outside * outside
        return gradient, None, None, None, None


class _Contrastive(torch.autograd.Function):
    """The loss with the gradient written out: autograd's takes twice as long."""

    @staticmethod
    def forward(ctx: Any, latent: torch.Tensor, labels: torch.Tensor, temperature: float):
        length = latent.norm(dim=1, keepdim=True).clamp(min=_TINY)
        unit = latent / length
        positive = (labels[:, None] == labels).to(latent.dtype).fill_diagonal_(0.0)
        n_positive = positive.sum(dim=1, keepdim=True)
        n_anchors = (n_positive > 0).sum().clamp(min=1)
        weight = positive / (n_positive.clamp(min=1) * n_anchors)  # (batch, batch), of each pair
        similarity = (unit @ unit.T).div_(temperature).fill_diagonal_(_NO_PAIR)
        share = similarity.log_softmax(dim=1)
        loss = -torch.dot(share.view(-1), weight.view(-1))
        if ctx.needs_input_grad[0]:
            of_similarity = share.exp_().mul_(weight.sum(dim=1, keepdim=True)).sub_(weight)
            of_unit = (of_similarity + of_similarity.T) @ unit / temperature
            along = (of_unit * unit).sum(dim=1, keepdim=True)
            ctx.save_for_backward((of_unit - along * unit) / length)
        return loss

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, of_loss: torch.Tensor):
        (gradient,) = ctx.saved_tensors
        return of_loss * gradient, None, None
