"""A trained model, and its file: written whole or not at all, read without running code."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from neural_eq.eq.params import DEFAULT, Bounds, clamp
from neural_eq.errors import CheckpointError, NeuralEqError
from neural_eq.files import written_whole
from neural_eq.model import config as configs
from neural_eq.model import content as contents
from neural_eq.model import decoder
from neural_eq.model.autoencoder import DETAIL_SCALE, Autoencoder, blank
from neural_eq.model.config import TrainConfig
from neural_eq.model.decoder import Decoder, TermSummary, find_term
from neural_eq.model.threads import one_thread

FORMAT = "neural-eq-checkpoint"
VERSION = 1
_MAX_SAID = 200


@dataclass
class TrainedModel:
    """An autoencoder with all that is needed to use, judge or go on training it.

    Attributes:
        module: The network, on the CPU.
        config: How it was trained.
        bounds: What 0 and 1 mean.
        terms: Its words, most settings first.
        history: One dictionary an epoch: the fields of ``EpochReport``.
        data_origin: What the training data called itself.
        data_fingerprint: ``Dataset.fingerprint()`` of the whole table.
        resume_state: Optimiser and random generator, as tensors and plain values; None when
            the model is only to be used.
    """

    module: Autoencoder = field(repr=False)
    config: TrainConfig
    bounds: Bounds = field(repr=False)
    terms: dict[str, TermSummary] = field(repr=False)
    history: list[dict[str, float]] = field(repr=False)
    data_origin: str
    data_fingerprint: str
    resume_state: dict[str, Any] | None = field(default=None, repr=False)

    @property
    def latent_dim(self) -> int:
        return self.config.model.latent_dim

    @property
    def augmentation(self) -> str:
        """What was changed in the training data, for the screen; empty if nothing was."""
        octaves = self.config.frequency_shift
        return f"augmented: frequencies shifted up by 0 to {octaves:g} octaves" if octaves else ""

    def encode(self, params: np.ndarray) -> np.ndarray:
        """``(batch, 13)`` in dB, Hz and Q to ``(batch, latent_dim)``.

        Raises:
            CheckpointError: If the network leaves all numbers.
        """
        norm = torch.from_numpy(self.bounds.normalize(params)).float()
        with torch.no_grad(), one_thread():
            curves_db = self.module.curves(norm)
            latent = self.module.encode(norm, curves_db)
            if not self.module.n_meaning:
                latent = self.module.settle(latent, curves_db)
        return _numbers(latent)

    def decode(self, latent: np.ndarray) -> np.ndarray:
        """``(batch, latent_dim)`` to ``(batch, 13)`` in dB, Hz and Q, within SAFE's bounds.

        Raises:
            CheckpointError: As :meth:`encode` does.
        """
        with torch.no_grad(), one_thread():
            norm = self.module.decode(torch.from_numpy(np.asarray(latent)).float())
        return clamp(self.bounds.denormalize(_numbers(norm)))

    def reconstruct(self, params: np.ndarray) -> np.ndarray:
        """``(batch, 13)`` through the latent and back."""
        return self.decode(self.encode(params))

    def term(self, word: str) -> TermSummary:
        """Do as :func:`~neural_eq.model.decoder.find_term`."""
        return find_term(self.terms, word)

    def decoder(self) -> Decoder:
        """Return the half that decodes, in plain arrays."""
        module = self.module
        layers = [layer for layer in module.bend if isinstance(layer, torch.nn.Linear)]

        def plain(weights: torch.Tensor) -> np.ndarray:
            return weights.detach().cpu().numpy().copy()

        return Decoder(
            terms=self.terms,
            bounds=self.bounds,
            layers=tuple((plain(layer.weight), plain(layer.bias)) for layer in layers),
            undetail=plain(module.undetail.weight),
            detail_scale=DETAIL_SCALE if module.n_meaning else 1.0,
            n_epochs=len(self.history),
            data_origin=self.data_origin,
            augmentation=self.augmentation,
        )


def _numbers(found: torch.Tensor) -> np.ndarray:
    values = found.double().numpy()
    if not np.isfinite(values).all():
        raise CheckpointError(
            "The model's weights lead beyond all numbers; train or choose another one."
        )
    return values


def save(model: TrainedModel, path: Path) -> None:
    """Write a checkpoint to a temporary file beside ``path`` and rename it.

    Raises:
        OutputError: If it cannot be written; an earlier file stays as it was.
    """
    content = {
        "format": FORMAT,
        "version": VERSION,
        "weights": model.module.state_dict(),
        "config": configs.to_dict(model.config),
        "bounds": model.bounds.to_dict(),
        "terms": {
            word: {"n": term.n, "centre": torch.from_numpy(np.asarray(term.centre))}
            for word, term in model.terms.items()
        },
        "history": model.history,
        "data_origin": model.data_origin,
        "data_fingerprint": model.data_fingerprint,
        "resume_state": model.resume_state,
    }
    file = io.BytesIO()
    torch.save(content, file)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(zipfile.ZipInfo(decoder.ENTRY), decoder.to_bytes(model.decoder()))
    with written_whole(path) as target:
        target.write(file.getbuffer())


def load(path: Path) -> TrainedModel:
    """Read a checkpoint; nothing in the file is ever run.

    Raises:
        CheckpointError: If the file is missing, damaged, foreign, newer, or not a model.
    """
    path = Path(path)
    try:
        _check_size(path.stat().st_size, name=path.name)
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}.") from error
    return loads(content, name=path.name)


def loads(content: bytes, *, name: str) -> TrainedModel:
    """Read a checkpoint that is no file here; ``name`` is what the user calls it.

    Raises:
        CheckpointError: As :func:`load` does.
    """
    _check_size(len(content), name=name)
    return _read(content, name=name)


def _check_size(size_bytes: int, *, name: str) -> None:
    if size_bytes > contents.MAX_SIZE_BYTES:
        raise CheckpointError(
            f"{name} has {size_bytes:,} bytes; a model has at most {contents.MAX_SIZE_BYTES:,}."
        )


def _read(content: bytes, *, name: str) -> TrainedModel:
    try:
        with contents.open_zip(content) as archive:
            contents.check_sizes(archive)
        found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a file that is not its own
        raise CheckpointError(
            f"{name} is damaged or not a Neural EQ model; nothing in it was run."
        ) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise CheckpointError(f"{name} is not a Neural EQ model; train or choose another.")
    version = found.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise CheckpointError(
            f"{name} has format version {str(version)[:20]}; this program reads up to {VERSION}."
            " Update Neural EQ."
        )
    try:
        return _model_of(found)
    except (
        NeuralEqError, KeyError, TypeError, ValueError, AttributeError, RuntimeError, OverflowError
    ) as error:  # fmt: skip
        said = " ".join(str(error).split())[:_MAX_SAID]
        raise CheckpointError(f"{name} is damaged: {said}") from error


def _model_of(found: dict[str, Any]) -> TrainedModel:
    """Make a model of what a file holds, and see it work once; wrong values raise many kinds."""
    config = configs.from_dict(found["config"])
    bounds = Bounds.from_dict(found["bounds"])
    module = blank(config.model, bounds)
    try:
        module.load_state_dict(found["weights"])
    except RuntimeError as error:  # torch lists every name, over many lines
        raise ValueError("its weights do not fit its own configuration.") from error
    if not all(contents.is_small(t.numpy()) for t in module.state_dict().values()):
        raise ValueError("a weight is not finite, or huge.")
    model = TrainedModel(
        module=module,
        config=config,
        bounds=bounds,
        terms=_terms_of(found["terms"], latent_dim=config.model.latent_dim),
        history=contents.history_of(found["history"]),
        data_origin=contents.text_of(found["data_origin"], what="the name of its data"),
        data_fingerprint=contents.text_of(found["data_fingerprint"], what="its fingerprint"),
        resume_state=found["resume_state"],
    )
    model.reconstruct(DEFAULT[None])
    model.decode(np.array([term.centre for term in model.terms.values()]))
    return model


def _terms_of(found: dict[Any, Any], *, latent_dim: int) -> dict[str, TermSummary]:
    contents.check_number_of_words(len(found))
    terms = {}
    for word, term in found.items():
        contents.check_word(word, term["n"])
        centre = term["centre"]
        if centre.shape != (latent_dim,) or not centre.is_floating_point():
            raise ValueError(f"the place of a word must be {latent_dim} numbers.")
        terms[word] = TermSummary(term["n"], centre.double().numpy())
        if not contents.is_small(terms[word].centre):
            raise ValueError("the place of a word is not finite, or huge.")
    return terms
