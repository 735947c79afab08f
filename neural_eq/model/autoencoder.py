"""The autoencoder: a setting to its latent and back, always playable.

Thirteen numbers of the latent hold a setting's detail by a linear map, so that it comes
back exactly. Whatever dimensions are left hold its meaning: a network that hears the curve
places each word's settings together on a sphere. A latent of 13 dimensions or fewer has no
room to part the two; there both maps add up.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from neural_eq.eq.params import LOG_COLUMNS, MAXIMUM, MINIMUM, N_PARAMS, Bounds
from neural_eq.eq.response import log_frequencies
from neural_eq.eq.response_torch import response_of_logs_db
from neural_eq.model.config import ModelConfig

N_CURVE_FREQS = 48
"""Log-spaced frequencies from 20 Hz to 20 kHz at which the network hears a curve."""

FULL_SCALE_DB = 12.0
"""A curve is divided by this, the largest gain of one band, before the network sees it."""

DETAIL_SCALE = 0.02
"""Share of the detail in distances: a word's settings keep together on the map."""

DROPOUT, INPUT_DROPOUT = 0.5, 0.1
"""Shares of the hearing network switched off at random in training, where words have room of
their own: people mean a word in many ways, and a network that learns each by heart knows none.
"""

DROPOUT_BATCHES = 16
"""For how many batches is drawn at once."""

SETTLE_STEPS = 12
SETTLE_DAMPING = 100.0
SETTLE_NUDGE = 0.01

_TINY = 1e-12


class _Dropout(nn.Module):
    """Switch off a share of units in training, to a 256th, at one random byte a unit.

    torch draws a number of 32 bits for each, which takes longer than the layers themselves;
    so would drawing anew for each batch.
    """

    def __init__(self, share: float):
        super().__init__()
        self.n_off_of_256 = round(256 * share)
        self.seed(0)

    def seed(self, *seed: int) -> None:
        """Let what is switched off repeat from here."""
        self.rng = np.random.default_rng(seed)
        self.drawn = torch.empty(0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not (self.training and self.n_off_of_256):
            return x
        n = x.numel()
        if len(self.drawn) < n:
            drawn = np.frombuffer(self.rng.bytes(n * DROPOUT_BATCHES), dtype=np.uint8)
            on = torch.from_numpy(drawn >= self.n_off_of_256).to(x)
            self.drawn = on.mul_(256 / (256 - self.n_off_of_256))
        factor, self.drawn = self.drawn[:n], self.drawn[n:]
        return x * factor.view_as(x)


class Autoencoder(nn.Module):
    """13 normalised parameters to ``latent_dim`` numbers and back."""

    middle: torch.Tensor
    base: torch.Tensor
    span: torch.Tensor
    low: torch.Tensor
    high: torch.Tensor
    freq_hz: torch.Tensor

    def __init__(self, config: ModelConfig, bounds: Bounds):
        super().__init__()
        width = config.hidden_dim
        n_detail = min(N_PARAMS, config.latent_dim)
        self.n_meaning = config.latent_dim - n_detail
        hidden, entry = (DROPOUT, INPUT_DROPOUT) if self.n_meaning else (0.0, 0.0)
        self.hear = nn.Sequential(
            _Dropout(entry),
            nn.Linear(N_PARAMS + N_CURVE_FREQS, width),
            nn.SiLU(),
            _Dropout(hidden),
            nn.Linear(width, width),
            nn.SiLU(),
            _Dropout(hidden),
            nn.Linear(width, self.n_meaning or n_detail),
        )
        self.detail = nn.Linear(N_PARAMS, n_detail, bias=False)
        last = nn.Linear(width, N_PARAMS)
        # with room for the detail there is little to bend
        deep = [] if self.n_meaning else [nn.Linear(width, width), nn.SiLU()]
        self.bend = nn.Sequential(nn.Linear(config.latent_dim, width), nn.SiLU(), *deep, last)
        self.undetail = nn.Linear(n_detail, N_PARAMS, bias=False)
        nn.init.orthogonal_(self.detail.weight)
        with torch.no_grad():
            self.undetail.weight.copy_(self.detail.weight.T)
            last.weight.mul_(0.1)
        _add_constants(self, bounds)

    def encode(self, norm: torch.Tensor, curves_db: torch.Tensor) -> torch.Tensor:
        """Encode settings.

        Args:
            norm: Normalised, shape ``(batch, 13)``.
            curves_db: What :meth:`curves` says of them, shape ``(batch, 48)``.

        Returns:
            Shape ``(batch, latent_dim)``: the meaning first, of length 1, then the detail.
        """
        meaning, detail = self.parts(norm, curves_db)
        return detail if meaning is None else torch.cat([meaning, DETAIL_SCALE * detail], dim=1)

    def parts(
        self, norm: torch.Tensor, curves_db: torch.Tensor
    ) -> tuple[torch.Tensor | None, torch.Tensor]:
        """The latent's meaning, of length 1, and its detail in full size; see :meth:`encode`."""
        centred = 2 * norm - 1
        heard = self.hear(torch.cat([centred, curves_db / FULL_SCALE_DB], dim=1))
        detail = self.detail(centred)
        if not self.n_meaning:
            return None, heard + detail
        return heard * heard.square().sum(dim=1, keepdim=True).add(_TINY).rsqrt(), detail

    def decode(self, latent: torch.Tensor) -> torch.Tensor:
        """``(batch, latent_dim)`` to ``(batch, 13)`` normalised, not yet within the limits."""
        if not self.n_meaning:
            return self.join(None, latent)
        return self.join(latent[:, : self.n_meaning], latent[:, self.n_meaning :] / DETAIL_SCALE)

    def join(self, meaning: torch.Tensor | None, detail: torch.Tensor) -> torch.Tensor:
        """Decode what :meth:`parts` gave."""
        bent = self.bend(detail if meaning is None else torch.cat([meaning, detail], dim=1))
        return torch.add(self.middle, torch.addmm(bent, detail, self.undetail.weight.T), alpha=0.5)

    @torch.no_grad()
    def settle(self, latent: torch.Tensor, curves_db: torch.Tensor) -> torch.Tensor:
        """Move each latent to where its decoded curve is nearest to a given one.

        A latent too small for all the detail has many settings near each point; the network
        guesses the point, and a few damped Gauss-Newton steps find the best one nearby.

        Args:
            latent: The guess, shape ``(batch, latent_dim)``.
            curves_db: The curves to come near, shape ``(batch, 48)``.

        Source:
            D. Marquardt, "An Algorithm for Least-Squares Estimation of Nonlinear Parameters", 1963.
        """

        def decoded_curves(point: torch.Tensor) -> torch.Tensor:
            return self.curves(self.decode(point).clamp(self.low, self.high))

        n_dims = latent.shape[1]
        nudges = SETTLE_NUDGE * torch.eye(n_dims, device=latent.device)
        damping = torch.full((len(latent), 1), SETTLE_DAMPING, device=latent.device)
        current = decoded_curves(latent)
        error = (curves_db - current).square().sum(dim=1)
        for _ in range(SETTLE_STEPS):
            slopes = [
                (decoded_curves(latent + nudge) - decoded_curves(latent - nudge))
                / (2 * SETTLE_NUDGE)
                for nudge in nudges
            ]
            jacobian = torch.stack(slopes, dim=2)  # (batch, 48, latent_dim)
            residual = curves_db - current
            normal = jacobian.mT @ jacobian + damping[:, :, None] * torch.eye(
                n_dims, device=latent.device
            )
            step = torch.linalg.solve(normal, jacobian.mT @ residual[..., None])[..., 0]
            moved = latent + step
            moved_curves = decoded_curves(moved)
            moved_error = (curves_db - moved_curves).square().sum(dim=1)
            better = (moved_error < error)[:, None]
            latent = torch.where(better, moved, latent)
            current = torch.where(better, moved_curves, current)
            error = torch.where(better[:, 0], moved_error, error)
            damping = torch.where(better, damping / 4, damping * 8).clamp(1e-3, 1e9)
        return latent

    def seed_dropout(self, seed: int) -> None:
        """Let what is switched off in training repeat from here."""
        for number, layer in enumerate(self.hear):
            if isinstance(layer, _Dropout):
                layer.seed(seed, number)

    def words(self, latent: torch.Tensor) -> torch.Tensor:
        """The part of ``(batch, latent_dim)`` in which words are pulled apart."""
        return latent[:, : self.n_meaning] if self.n_meaning else latent

    def curves(self, norm: torch.Tensor) -> torch.Tensor:
        """The curves of ``(batch, 13)`` normalised settings in dB, shape ``(batch, 48)``."""
        return response_of_logs_db(torch.addcmul(self.base, norm, self.span), self.freq_hz)


def blank(config: ModelConfig, bounds: Bounds) -> Autoencoder:
    """Make a network to load weights into, leaving torch's random generator as it was."""
    with torch.random.fork_rng(devices=[]):
        return Autoencoder(config, bounds).eval()


def _add_constants(module: nn.Module, bounds: Bounds) -> None:
    """Register what the bounds and the frequencies come to; none of it is learned or saved."""
    is_log = torch.zeros(N_PARAMS, dtype=torch.bool)
    is_log[list(LOG_COLUMNS)] = True
    low, high = torch.tensor(bounds.minimum), torch.tensor(bounds.maximum)
    base = torch.where(is_log, low.clamp(min=1e-9).log(), low)
    top = torch.where(is_log, high.clamp(min=1e-9).log(), high)
    span = torch.where(top > base, top - base, torch.ones_like(top))
    constants = {
        "middle": torch.full((N_PARAMS,), 0.5),
        "base": base,
        "span": span,
        "low": torch.from_numpy(bounds.normalize(MINIMUM)).float(),
        "high": torch.from_numpy(bounds.normalize(MAXIMUM)).float(),
        "freq_hz": torch.from_numpy(log_frequencies(N_CURVE_FREQS)).float(),
    }
    for name, value in constants.items():
        module.register_buffer(name, value, persistent=False)
