"""The losses, against hand-worked cases."""

import math

import numpy as np
import pytest
import torch

from neural_eq.eq.params import FIXED_BOUNDS, MAXIMUM
from neural_eq.model.autoencoder import FULL_SCALE_DB, Autoencoder
from neural_eq.model.config import ModelConfig
from neural_eq.model.losses import (
    CURVE_RMS_SHARE,
    OUTSIDE_WEIGHT,
    supervised_contrastive,
    total_loss,
)
from neural_eq.model.reference import contrastive_loss


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


@pytest.mark.parametrize("n_words", [1, 2, 5, 40])
def test_contrastive_and_its_gradient_are_autograds(n_words: int) -> None:
    generator = torch.Generator().manual_seed(n_words)
    latent = torch.randn(40, 7, generator=generator, dtype=torch.float64)
    labels = torch.randint(n_words, (40,), generator=generator)
    ours, plain = (latent.clone().requires_grad_() for _ in range(2))
    loss, expected = supervised_contrastive(ours, labels), contrastive_loss(plain, labels)
    (2 * loss).backward()
    (2 * expected).backward()
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(ours.grad, plain.grad)


class Echo(torch.nn.Module):
    """A network that decodes to its own weights, to see what a loss asks of them."""

    def __init__(self, decoded: torch.Tensor) -> None:
        super().__init__()
        module = Autoencoder(ModelConfig(), FIXED_BOUNDS)
        self.decoded = decoded.requires_grad_()
        self.low, self.high, self.curves = module.low, module.high, module.curves
        self.n_meaning = 0

    def parts(self, norm: torch.Tensor, curves_db: torch.Tensor) -> tuple[None, torch.Tensor]:
        return None, norm

    def join(self, meaning: None, detail: torch.Tensor) -> torch.Tensor:
        return self.decoded


def test_the_difference_and_its_gradient_are_autograds() -> None:
    generator = torch.Generator().manual_seed(0)
    norm = torch.rand(6, 13, generator=generator)
    echo = Echo(norm + 0.4 * torch.randn(6, 13, generator=generator))  # some pass the limits
    curves_db = echo.curves(norm)
    found = total_loss(echo, norm, curves_db, params_weight=0.7)  # type: ignore[arg-type]
    found.total.backward()
    gradient = echo.decoded.grad
    decoded = echo.decoded.detach().requires_grad_()
    # the limits let the gradient through
    limited = decoded + (decoded.clamp(echo.low, echo.high) - decoded).detach()
    square = (echo.curves(limited) - curves_db).square().mean(dim=1) / FULL_SCALE_DB**2
    curve = (square + CURVE_RMS_SHARE * (square + 1e-6).sqrt()).mean()
    expected = curve + 0.7 * (limited - norm).square().mean()
    outside = (decoded - limited.detach()).square().mean()
    assert outside > 0.001
    (expected + OUTSIDE_WEIGHT * outside).backward()
    torch.testing.assert_close(found.reconstruction, expected)
    torch.testing.assert_close(gradient, decoded.grad)
    params = FIXED_BOUNDS.denormalize(limited.detach().numpy().astype(np.float64))
    assert (params <= MAXIMUM * (1 + 1e-6) + 1e-4).all()
