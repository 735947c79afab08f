"""The network: shapes, limits, curves, and the search for the nearest point of a small latent."""

import numpy as np
import pytest
import torch

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import FIXED_BOUNDS, MAXIMUM, MINIMUM, clamp, data_bounds
from neural_eq.eq.response import response_db
from neural_eq.model.autoencoder import Autoencoder
from neural_eq.model.config import ModelConfig


def make(latent_dim: int, bounds=FIXED_BOUNDS) -> Autoencoder:
    torch.manual_seed(1)
    return Autoencoder(ModelConfig(latent_dim=latent_dim), bounds).eval()


@pytest.mark.parametrize("latent_dim", [1, 2, 3, 13, 14, 32])
def test_shapes(latent_dim: int) -> None:
    module = make(latent_dim)
    norm = torch.rand(5, 13)
    latent = module.encode(norm, module.curves(norm))
    assert latent.shape == (5, latent_dim)
    assert module.decode(latent).shape == (5, 13)
    assert module.words(latent).shape[1] == (latent_dim - 13 if latent_dim > 13 else latent_dim)


def test_meaning_lies_on_the_unit_sphere() -> None:
    module = make(32)
    norm = torch.rand(6, 13)
    words = module.words(module.encode(norm, module.curves(norm)))
    torch.testing.assert_close(words.norm(dim=1), torch.ones(6))


@pytest.mark.parametrize("kind", ["fixed", "data"])
def test_curves_are_those_of_the_equaliser(kind: str, built_in: Dataset) -> None:
    bounds = FIXED_BOUNDS if kind == "fixed" else data_bounds(built_in.params)
    module = make(32, bounds)
    norm = torch.from_numpy(bounds.normalize(built_in.params)).float()
    expected = response_db(built_in.params, module.freq_hz.double().numpy())
    np.testing.assert_allclose(module.curves(norm).numpy(), expected, atol=2e-3)


def test_settling_never_makes_a_curve_worse_and_mostly_makes_it_better(built_in: Dataset) -> None:
    module = make(3)
    norm = torch.from_numpy(FIXED_BOUNDS.normalize(built_in.params[:100])).float()
    curves_db = module.curves(norm)
    with torch.no_grad():
        guess = module.encode(norm, curves_db)
    settled = module.settle(guess, curves_db)

    def error_db(latent: torch.Tensor) -> np.ndarray:
        with torch.no_grad():
            decoded = FIXED_BOUNDS.denormalize(module.decode(latent).double().numpy())
        freq_hz = module.freq_hz.double().numpy()
        difference = response_db(clamp(decoded), freq_hz) - curves_db.numpy()
        return np.sqrt((difference**2).mean(axis=1))

    before, after = error_db(guess), error_db(settled)
    assert (after <= before + 1e-3).all()
    assert (after < before - 0.01).mean() > 0.5


def test_the_smallest_frequencies_stay_within_bounds() -> None:
    module = make(2)
    far = 10 * torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        limited = module.decode(far).clamp(module.low, module.high).double().numpy()
    params = FIXED_BOUNDS.denormalize(limited)
    assert (params >= MINIMUM * (1 - 1e-5) - 1e-3).all()
    assert (params <= MAXIMUM * (1 + 1e-5) + 1e-3).all()
