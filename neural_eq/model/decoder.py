"""What a model makes of words and latents, without torch: it starts in a tenth of the time.

A checkpoint carries this part a second time, in plain arrays, beside what torch keeps there.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from neural_eq.eq.params import N_PARAMS, Bounds, clamp
from neural_eq.errors import TermError
from neural_eq.model import config as configs
from neural_eq.model import content

ENTRY = "archive/neural_eq_decoder.npz"
"""Within the checkpoint, a zip in which torch wants all in one folder."""

MAX_SIZE_BYTES = 64 * 2**20


@dataclass(frozen=True)
class TermSummary:
    """One word as the model learned it: how many settings, and the mean of their latents."""

    n: int
    centre: np.ndarray  # (latent_dim,)


def find_term(terms: dict[str, TermSummary], word: str) -> TermSummary:
    """Return a word's summary.

    Raises:
        TermError: If the model does not know the word; the message names those it knows.
    """
    try:
        return terms[word.strip().lower()]
    except KeyError:
        known = ", ".join(terms)
        raise TermError(f"The model does not know the word {word!r}; it knows: {known}.") from None


@dataclass(frozen=True)
class Decoder:
    """The half of a model that turns words and latents into settings.

    Attributes:
        terms: Its words, most settings first.
        bounds: What 0 and 1 mean.
        layers: Weights and bias of each layer, from the first on; SiLU stands between them.
        undetail: The linear map of the detail, shape ``(13, n_detail)``.
        detail_scale: Share of the detail in the latent; 1 where the latent is nothing else.
        n_epochs: So many it was trained.
        data_origin: What the training data called itself.
        augmentation: What was changed in the training data; empty if nothing was.
    """

    terms: dict[str, TermSummary] = field(repr=False)
    bounds: Bounds = field(repr=False)
    layers: tuple[tuple[np.ndarray, np.ndarray], ...] = field(repr=False)
    undetail: np.ndarray = field(repr=False)
    detail_scale: float
    n_epochs: int
    data_origin: str
    augmentation: str

    @property
    def latent_dim(self) -> int:
        return self.layers[0][0].shape[1]

    def term(self, word: str) -> TermSummary:
        """Do as :func:`find_term`."""
        return find_term(self.terms, word)

    def decode(self, latent: np.ndarray) -> np.ndarray:
        """``(batch, latent_dim)`` to ``(batch, 13)`` in dB, Hz and Q, within SAFE's bounds."""
        return clamp(self.bounds.denormalize(self.norm_and_slopes(latent)[0]))

    def norm_and_slopes(self, latent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Decode, not limited to what is playable.

        Returns:
            Normalised settings, shape ``(batch, 13)``, and what each number of the latent changes
            in them, shape ``(batch, 13, latent_dim)``.
        """
        n_detail = self.undetail.shape[1]
        scales = np.ones(self.latent_dim)
        scales[self.latent_dim - n_detail :] = 1 / self.detail_scale
        values = np.asarray(latent, dtype=np.float64) * scales
        result = values[:, -n_detail:] @ self.undetail.T
        slopes = np.broadcast_to(np.diag(scales), (len(values), *(self.latent_dim,) * 2))
        linear = self.undetail @ slopes[:, -n_detail:]
        for number, (weight, bias) in enumerate(self.layers):
            if number:
                share = 0.5 + 0.5 * np.tanh(0.5 * values)  # the logistic function
                slopes = (share * (1 + values * (1 - share)))[:, :, None] * slopes
                values = values * share
            values, slopes = values @ weight.T + bias, weight @ slopes
        return 0.5 + 0.5 * (result + values), 0.5 * (linear + slopes)


def to_bytes(decoder: Decoder) -> bytes:
    """Write a decoder as plain arrays."""
    head = {
        "bounds": decoder.bounds.to_dict(), "detail_scale": decoder.detail_scale,
        "n_epochs": decoder.n_epochs, "data_origin": decoder.data_origin,
        "augmentation": decoder.augmentation,
        "terms": {word: term.n for word, term in decoder.terms.items()},
    }  # fmt: skip
    arrays = {"undetail": decoder.undetail}
    arrays["centres"] = np.array([term.centre for term in decoder.terms.values()])
    for number, (weight, bias) in enumerate(decoder.layers):
        arrays[f"weight_{number}"], arrays[f"bias_{number}"] = weight, bias
    file = io.BytesIO()
    arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def read_decoder(path: Path) -> Decoder | None:
    """Read the decoder of a checkpoint; None where there is none that can be used."""
    try:
        if path.stat().st_size > content.MAX_SIZE_BYTES:
            return None
        with content.open_zip(path.read_bytes()) as archive:
            own = _read_within(archive, [ENTRY])[ENTRY]
        with content.open_zip(own) as archive:
            members = _read_within(archive, archive.namelist())
        arrays = {
            name.removesuffix(".npy"): np.load(io.BytesIO(member), allow_pickle=False)
            for name, member in members.items()
        }
        return _decoder_of(arrays, head=arrays.pop("head"))
    except Exception:  # zip, zlib, numpy and json each raise their own at what is damaged
        return None


def _decoder_of(arrays: dict[str, np.ndarray], *, head: np.ndarray) -> Decoder | None:
    if head.nbytes > content.MAX_PLAIN_BYTES:
        return None
    values = json.loads(head.tobytes())
    centres = arrays["centres"]
    n_layers = sum(name.startswith("weight_") for name in arrays)
    for word, n in values["terms"].items():
        content.check_word(word, n)
    decoder = Decoder(
        terms={
            word: TermSummary(n, centre)
            for (word, n), centre in zip(values["terms"].items(), centres, strict=True)
        },
        bounds=Bounds.from_dict(values["bounds"]),
        layers=tuple((arrays[f"weight_{k}"], arrays[f"bias_{k}"]) for k in range(n_layers)),
        undetail=arrays["undetail"],
        detail_scale=float(values["detail_scale"]),
        n_epochs=int(values["n_epochs"]),
        data_origin=content.text_of(values["data_origin"], what="data_origin"),
        augmentation=content.text_of(values["augmentation"], what="augmentation"),
    )
    latent_dim = decoder.latent_dim
    widest = max(weight.shape[0] for weight, _ in decoder.layers)
    fits = latent_dim <= configs.MAX_LATENT_DIM and centres.shape[1:] == (latent_dim,)
    fits = fits and widest <= configs.MAX_HIDDEN_DIM and len(centres) > 0
    fits = fits and all(content.is_small(array) for array in arrays.values())
    played = decoder.decode(centres[:1]) if fits else np.empty(0)
    return decoder if played.shape == (1, N_PARAMS) and np.isfinite(played).all() else None


def _read_within(archive: zipfile.ZipFile, names: list[str]) -> dict[str, bytes]:
    """Read entries that are no larger together than a decoder may be.

    Raises:
        ValueError: If they are.
    """
    if sum(archive.getinfo(name).file_size for name in names) > MAX_SIZE_BYTES:
        raise ValueError("larger than any decoder")
    return {name: archive.read(name) for name in names}
