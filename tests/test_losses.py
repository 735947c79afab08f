"""The losses, against hand-worked cases."""

import math

import pytest
import torch

from neural_eq.eq.params import FIXED_BOUNDS
from neural_eq.model.autoencoder import Autoencoder
from neural_eq.model.config import ModelConfig
from neural_eq.model.losses import supervised_contrastive, total_loss


def test_contrastive_of_four_points_is_as_worked_by_hand() -> None:
    latent = torch.tensor([[2.0, 0.0], [3.0, 0.0], [0.0, 1.0], [0.0, 5.0]])
    labels = torch.tensor([0, 0, 1, 1])
    # each anchor: its one positive at cosine 1, two negatives at cosine 0, itself left out
    expected = -(1 / 0.5 - math.log(math.exp(1 / 0.5) + 2))
    assert supervised_contrastive(latent, labels, temperature=0.5).item() == pytest.approx(expected)


def test_an_anchor_without_a_positive_does_not_count() -> None:
    latent = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]])
    with_lone = supervised_contrastive(latent, torch.tensor([0, 0, 1]))
    per_anchor = []
    unit = torch.nn.functional.normalize(latent, dim=1)
    for i, j in ((0, 1), (1, 0)):
        others = [k for k in range(3) if k != i]
        similarity = unit[i] @ unit[others].T / 0.1
        per_anchor.append(similarity.logsumexp(0) - unit[i] @ unit[j] / 0.1)
    assert with_lone.item() == pytest.approx((sum(per_anchor) / 2).item(), abs=1e-6)


def test_no_positive_at_all_gives_zero_with_a_gradient() -> None:
    latent = torch.randn(3, 4, requires_grad=True)
    loss = supervised_contrastive(latent, torch.tensor([0, 1, 2]))
    loss.backward()
    assert loss.item() == 0
    assert latent.grad is not None and torch.isfinite(latent.grad).all()


def test_total_weighs_the_contrastive_loss() -> None:
    torch.manual_seed(0)
    module = Autoencoder(ModelConfig(), FIXED_BOUNDS).eval()
    norm = torch.rand(8, 13)
    curves_db = module.curves(norm)
    labels = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])
    without = total_loss(module, norm, curves_db, labels=labels, contrastive_weight=0.0)
    weighed = total_loss(module, norm, curves_db, labels=labels, contrastive_weight=0.5)
    difference = (weighed.total - without.total).item()
    assert difference == pytest.approx(0.1 * 0.5 * weighed.contrastive.item(), rel=1e-4)
