"""A training run under way: its batches, its steps, and how it is stopped and taken up again."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch

from neural_eq.data.safe_db import Dataset, select
from neural_eq.eq.params import (
    DEFAULT,
    FIXED_BOUNDS,
    N_PARAMS,
    clamp,
    data_bounds,
    shift_frequencies,
)
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.errors import CheckpointError, DataError, ParameterError
from neural_eq.model.adam import Adam
from neural_eq.model.autoencoder import N_CURVE_FREQS, Autoencoder, blank
from neural_eq.model.checkpoint import TrainedModel
from neural_eq.model.config import TrainConfig
from neural_eq.model.content import MAX_NAME, check_trainable
from neural_eq.model.decoder import TermSummary
from neural_eq.model.losses import total_loss
from neural_eq.model.schedule import (
    PEAK_RATE,
    SMALL_PEAK_RATE,
    contrastive_weight,
    one_cycle,
    params_weight,
)

UNLABELLED_SHARE, INVENTED_SHARE = 0.25, 0.25
"""Settings, per labelled one in a batch, that teach reconstruction alone: real, and invented."""

SMALL_UNLABELLED_SHARE, SMALL_INVENTED_SHARE = 4.0, 2.0
"""The same where the latent is too small for all the detail, which is harder to learn."""

JITTER_NORM = 0.03
"""Standard deviation of the change that makes an invented setting of a real one."""

_HELD_OUT_HZ = log_frequencies(64)


class Run:
    """A run under way: the data as tensors, the network, the optimiser, the history."""

    def __init__(self, dataset: Dataset, config: TrainConfig, resume_from: TrainedModel | None):
        self.dataset, self.config = dataset, config
        self.device = _device(config.device)
        chosen = select(dataset, min_examples=config.min_examples, keep_junk=config.keep_junk)
        self.term_counts = chosen.term_counts()
        words = list(self.term_counts)
        if len(words) < 2:
            raise DataError(
                f"{dataset.origin} has one word, {words[0]!r}, with {config.min_examples} or more"
                " settings; training pulls words apart and needs two."
            )
        check_trainable(words, origin=dataset.origin)
        self.fingerprint = dataset.fingerprint()
        self.bounds = data_bounds(dataset.params) if config.bounds == "data" else FIXED_BOUNDS
        self.history: list[dict[str, float]] = []

        self.generator = torch.Generator().manual_seed(config.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.module = Autoencoder(config.model, self.bounds).to(self.device)
        self.optimizer = Adam(self.module.parameters())

        held_out = split(dataset, share=config.held_out_share, seed=config.seed)
        norm = torch.from_numpy(self.bounds.normalize(dataset.params)).float().to(self.device)
        self.known = self._with_curves(norm[~held_out])  # (n, 13 + 48)
        octave = self.bounds.normalize(shift_frequencies(DEFAULT, octaves=1.0))
        self.octaves_norm = torch.from_numpy(octave - self.bounds.normalize(DEFAULT)).float()
        self.octaves_norm = self.octaves_norm.to(self.device)
        numbers = {word: number for number, word in enumerate(words)}
        labels = torch.tensor([numbers.get(term, -1) for term in dataset.terms])[~held_out]
        self.labelled = torch.nonzero(labels >= 0)[:, 0]
        self.labels = labels.to(self.device)
        self.unseen_norm = norm[held_out]
        self.unseen_curves_db = self.module.curves(self.unseen_norm)
        self.unseen_exact_db = response_db(dataset.params[held_out.numpy()], _HELD_OUT_HZ)
        self._placed = np.empty(0)
        self._placed_heard: tuple[torch.Tensor, torch.Tensor]
        if resume_from is not None:
            self._resume(resume_from)

    def _resume(self, model: TrainedModel) -> None:
        if model.resume_state is None:
            raise DataError("This model carries no training state; use it, or train a new one.")
        if model.data_fingerprint != self.fingerprint:
            raise DataError(
                f"{self.dataset.origin} is not the data that this run began with"
                f" ({model.data_origin}); resume with that."
            )
        if replace(model.config, epochs=self.config.epochs, device=self.config.device) != (
            self.config
        ):
            raise ParameterError(
                "A resumed run keeps its configuration; only epochs and device may change."
            )
        self.module.load_state_dict(model.module.state_dict())
        try:
            self.optimizer.load_state_dict(model.resume_state["optimizer"])
            self.generator.set_state(model.resume_state["generator"])
        except (LookupError, TypeError, AttributeError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                "This model's training state is damaged; use it as it is, or train a new one."
            ) from error
        self.history = [dict(row) for row in model.history]

    def epoch(self, epoch: int) -> tuple[list[float], float, float]:
        """Pass once over the labelled settings; return mean losses, weight and last rate."""
        config = self.config
        weight = contrastive_weight(config, epoch)
        order = torch.randperm(len(self.labelled), generator=self.generator)
        batches = self.labelled[order].split(config.batch_size)
        losses, rate = [], 0.0
        peak = config.learning_rate * (PEAK_RATE if self.module.n_meaning else SMALL_PEAK_RATE)
        self.module.seed_dropout(int(torch.randint(2**62, (), generator=self.generator)))
        invented = self._invent(len(batches))
        self.module.train()
        for index, rows in enumerate(batches):
            position = (epoch + index / len(batches)) / config.epochs
            rate = peak * one_cycle(position)
            losses.append(self._step(rows, invented[index], position, weight, rate))
        self.module.eval()
        return torch.stack(losses).mean(dim=0).tolist(), weight, rate

    def _step(
        self,
        rows: torch.Tensor,
        invented: torch.Tensor,
        position: float,
        weight: float,
        rate: float,
    ) -> torch.Tensor:
        """Learn from one batch; return its reconstruction, contrastive and total loss."""
        n_labelled = len(rows)
        n_others = math.ceil(self._shares()[0] * n_labelled)
        others = torch.randint(len(self.known), (n_others,), generator=self.generator)
        rows = torch.cat([rows, others]).to(self.device)
        known = self._shifted(rows)
        batch = torch.cat([known, invented])
        losses = total_loss(
            self.module,
            batch[:, :N_PARAMS],
            batch[:, N_PARAMS:],
            params_weight=params_weight(position),
            labels=self.labels[rows[:n_labelled]],
            contrastive_weight=weight,
        )
        losses.total.backward()
        self.optimizer.step(rate)
        return torch.stack([losses.reconstruction, losses.contrastive, losses.total]).detach()

    def _shares(self) -> tuple[float, float]:
        """Unlabelled and invented settings in a batch, per labelled one."""
        if self.module.n_meaning:
            return UNLABELLED_SHARE, INVENTED_SHARE
        return SMALL_UNLABELLED_SHARE, SMALL_INVENTED_SHARE

    def _with_curves(self, norm: torch.Tensor) -> torch.Tensor:
        """Settings ``(n, 13)`` and their curves side by side, shape ``(n, 13 + 48)``."""
        return torch.cat([norm, self.module.curves(norm)], dim=1)

    def _shifted(self, rows: torch.Tensor) -> torch.Tensor:
        """Settings and their curves, moved up at random where the config asks for it."""
        if self.config.frequency_shift == 0:
            return self.known[rows]
        share = torch.rand(len(rows), 1, generator=self.generator).to(self.device)
        norm = self.known[rows, :N_PARAMS]
        norm = norm + share * self.octaves_norm * self.config.frequency_shift
        return self._with_curves(norm.clamp(self.module.low, self.module.high))

    def _invent(self, n_batches: int) -> torch.Tensor:
        """Settings nobody made, with their curves, for each batch of an epoch.

        A latent with room for all the detail learns from the whole parameter space. A
        smaller one must spend its few numbers on what people do: real settings, changed a bit.

        Returns:
            Shape ``(n_batches, n_invented, 13 + 48)``.
        """
        low, high = self.module.low, self.module.high
        n = n_batches * math.ceil(self._shares()[1] * self.config.batch_size)
        if self.module.n_meaning:
            share = torch.rand(n, N_PARAMS, generator=self.generator).to(self.device)
            norm = low + share * (high - low)
        else:
            rows = torch.randint(len(self.known), (n,), generator=self.generator)
            change = JITTER_NORM * torch.randn(n, N_PARAMS, generator=self.generator)
            norm = self.known[rows.to(self.device), :N_PARAMS] + change.to(self.device)
            norm = norm.clamp(low, high)
        return self._with_curves(norm).view(n_batches, -1, N_PARAMS + N_CURVE_FREQS)

    @torch.no_grad()
    def held_out(self) -> tuple[float | None, float | None]:
        """Reconstruction loss and mean curve RMSE in dB of the held-out settings."""
        if not len(self.unseen_norm):
            return None, None
        losses = total_loss(self.module, self.unseen_norm, self.unseen_curves_db)
        decoded = self.module.decode(self.module.encode(self.unseen_norm, self.unseen_curves_db))
        params = clamp(self.bounds.denormalize(decoded.cpu().double().numpy()))
        off_db = response_db(params, _HELD_OUT_HZ) - self.unseen_exact_db
        return losses.reconstruction.item(), float(np.sqrt((off_db**2).mean(axis=1)).mean())

    @torch.no_grad()
    def place(self, params: np.ndarray) -> np.ndarray:
        """Where settings lie by now in the part of the latent that pulls words apart.

        Args:
            params: In dB, Hz and Q, shape ``(batch, 13)``.

        Returns:
            As the network guesses it, not settled; shape ``(batch, n_dims)``.
        """
        if params is not self._placed:  # the same settings are asked for again and again
            norm = torch.from_numpy(self.bounds.normalize(params)).float().to(self.device)
            self._placed, self._placed_heard = params, (norm, self.module.curves(norm))
        latent = self.module.encode(*self._placed_heard)
        return self.module.words(latent).cpu().double().numpy()

    def snapshot(self) -> TrainedModel:
        """Copy the run as it stands into a model that can be used, saved or resumed."""
        module = blank(self.config.model, self.bounds)
        module.load_state_dict({k: v.cpu() for k, v in self.module.state_dict().items()})
        model = TrainedModel(
            module=module,
            config=self.config,
            bounds=self.bounds,
            terms={},
            history=[dict(row) for row in self.history],
            data_origin=self.dataset.origin[:MAX_NAME],
            data_fingerprint=self.fingerprint,
            resume_state={
                "optimizer": self.optimizer.state_dict(),
                "generator": self.generator.get_state(),
            },
        )
        for word, n in self.term_counts.items():
            params = self.dataset.params[self.dataset.terms == word]
            if self.config.frequency_shift:
                params = np.concatenate(
                    [
                        clamp(shift_frequencies(params, octaves=self.config.frequency_shift * s))
                        for s in (0.1, 0.3, 0.5, 0.7, 0.9)
                    ]
                )
            model.terms[word] = TermSummary(n, model.encode(params).mean(axis=0))
        return model


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise ParameterError("device is cuda, and this machine has no CUDA card; use cpu or auto.")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def split(dataset: Dataset, *, share: float, seed: int) -> torch.Tensor:
    """Choose the held-out rows word by word, shape ``(n,)``, True where held out."""
    generator = np.random.default_rng(seed)
    held_out = np.zeros(len(dataset), dtype=bool)
    for word in dataset.term_counts():
        rows = generator.permutation(np.flatnonzero(dataset.terms == word))
        held_out[rows[: round(share * len(rows))]] = True
    return torch.from_numpy(held_out)
