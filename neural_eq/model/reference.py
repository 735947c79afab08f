"""The reference's layout ("Neural EQ Morphing", V2 and V3), kept as a yardstick.

Nothing in the product uses it: comparisons and benchmarks train it beside our own model, on
the same settings, to show what each of its choices costs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from neural_eq.data.safe_db import Dataset, select
from neural_eq.eq.params import FIXED_BOUNDS, N_PARAMS, Bounds, data_bounds
from neural_eq.model.config import TrainConfig
from neural_eq.model.threads import one_thread


class _Residual(nn.Module):
    def __init__(self, n_in: int, n_out: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(n_in, n_out),
            nn.LayerNorm(n_out),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(n_out, n_out),
            nn.LayerNorm(n_out),
        )
        self.skip = nn.Linear(n_in, n_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.body(x) + self.skip(x))


class _Network(nn.Module):
    def __init__(self, latent_dim: int):
        super().__init__()
        self.encoder = nn.Sequential(
            _Residual(N_PARAMS, 64),
            _Residual(64, 128),
            _Residual(128, 64),
            nn.Linear(64, 64),
            nn.ReLU(),
            nn.Linear(64, latent_dim),
            nn.Tanh(),
        )
        self.project = nn.Linear(latent_dim, 128)
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, 64),
            nn.ReLU(),
            nn.Linear(64, 64),
            _Residual(64, 128),
            _Residual(128, 64),
            nn.Linear(64, N_PARAMS),
            nn.Sigmoid(),
        )


@dataclass
class ReferenceModel:
    """The reference, trained; reads and writes settings as :class:`TrainedModel` does."""

    network: _Network
    bounds: Bounds

    @torch.no_grad()
    def encode(self, params: np.ndarray) -> np.ndarray:
        """``(batch, 13)`` in dB, Hz and Q to ``(batch, latent_dim)``."""
        norm = torch.from_numpy(self.bounds.normalize(params)).float()
        return self.network.encoder(norm).double().numpy()

    @torch.no_grad()
    def decode(self, latent: np.ndarray) -> np.ndarray:
        """``(batch, latent_dim)`` to ``(batch, 13)`` in dB, Hz and Q."""
        norm = self.network.decoder(torch.from_numpy(np.asarray(latent)).float())
        return self.bounds.denormalize(norm.double().numpy())

    def reconstruct(self, params: np.ndarray) -> np.ndarray:
        """``(batch, 13)`` through the latent and back."""
        return self.decode(self.encode(params))


def contrastive_loss(
    latent: torch.Tensor, labels: torch.Tensor, *, temperature: float = 0.1
) -> torch.Tensor:
    """The supervised contrastive loss as it is written down, with autograd's gradient.

    Args:
        latent: Shape ``(batch, n_dims)``.
        labels: The word's number, shape ``(batch,)``.
        temperature: Below 1 sharpens.

    Source:
        Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020, eq. 2.
    """
    unit = functional.normalize(latent, dim=1)
    itself = torch.eye(len(labels), dtype=torch.bool)
    positive = (labels[:, None] == labels[None, :]) & ~itself
    n_positive = positive.sum(dim=1, keepdim=True)
    n_anchors = (n_positive > 0).sum().clamp(min=1)
    weight = positive / (n_positive.clamp(min=1) * n_anchors)
    similarity = (unit @ unit.T / temperature).masked_fill(itself, -1e9)
    return -(functional.log_softmax(similarity, dim=1) * weight).sum()


def train_reference(
    dataset: Dataset, config: TrainConfig, on_epoch: Callable[[int], None] | None = None
) -> ReferenceModel:
    """Train the reference on the words that a config chooses, as its authors did.

    Mean square error of the normalised parameters plus a supervised contrastive loss on a
    projection, weighted along a line; Adam, its rate halved when the total stops falling; a
    loader that hands over one setting at a time; on one thread, which is faster here.

    Args:
        dataset: Any settings.
        config: Of it: epochs, batch size, learning rate, contrastive weights, words, bounds
            ("data" is its V2, "fixed" its V3), seed and latent dimensions.
        on_epoch: Called with the number of each finished epoch.
    """
    chosen = select(dataset, min_examples=config.min_examples, keep_junk=config.keep_junk)
    bounds = data_bounds(chosen.params) if config.bounds == "data" else FIXED_BOUNDS
    words = list(chosen.term_counts())
    labels = torch.tensor([words.index(term) for term in chosen.terms])
    norm = torch.from_numpy(bounds.normalize(chosen.params)).float()
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = _Network(config.model.latent_dim)
        loader = torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(norm, labels),
            batch_size=config.batch_size,
            shuffle=True,
        )
        optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=20)
        for epoch in range(config.epochs):
            weight = config.contrastive_start + epoch / max(config.epochs - 1, 1) * (
                config.contrastive_end - config.contrastive_start
            )
            network.train()
            epoch_total = 0.0
            for batch, batch_labels in loader:
                latent = network.encoder(batch)
                decoded = network.decoder(latent)
                contrastive = contrastive_loss(network.project(latent), batch_labels)
                total = functional.mse_loss(decoded, batch) + weight * contrastive
                optimizer.zero_grad()
                total.backward()
                optimizer.step()
                epoch_total += total.item()
            scheduler.step(epoch_total / len(loader))
            if on_epoch is not None:
                on_epoch(epoch + 1)
    return ReferenceModel(network.eval(), bounds)
