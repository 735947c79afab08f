"""Checkpoints: whole, the same when read again, and harmless whatever the file."""

import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neural_eq.data.safe_db import Dataset
from neural_eq.errors import CheckpointError, OutputError, TermError
from neural_eq.model.checkpoint import VERSION, TrainedModel, load, save
from neural_eq.model.config import ModelConfig, TrainConfig
from neural_eq.model.decoder import ENTRY, read_decoder
from neural_eq.model.training import train


@pytest.fixture(scope="module")
def model(built_in: Dataset) -> TrainedModel:
    return train(built_in, TrainConfig(epochs=2, device="cpu"))


def test_a_model_comes_back_the_same(model: TrainedModel, built_in: Dataset, tmp_path) -> None:
    save(model, tmp_path / "m.pt")
    again = load(tmp_path / "m.pt")
    assert np.array_equal(again.encode(built_in.params), model.encode(built_in.params))
    assert again.config == model.config and again.bounds == model.bounds
    assert again.history == model.history
    assert again.data_fingerprint == model.data_fingerprint
    assert {w: t.n for w, t in again.terms.items()} == {w: t.n for w, t in model.terms.items()}
    np.testing.assert_array_equal(again.term("Warm ").centre, model.terms["warm"].centre)
    assert os.listdir(tmp_path) == ["m.pt"]


@pytest.mark.parametrize("latent_dim", [2, 13, 32])
def test_a_file_decodes_the_same_without_torch(built_in: Dataset, tmp_path, latent_dim) -> None:
    config = TrainConfig(epochs=2, device="cpu", model=ModelConfig(latent_dim=latent_dim))
    model = train(built_in, config)
    save(model, tmp_path / "m.pt")
    decoder = read_decoder(tmp_path / "m.pt")
    assert decoder is not None
    latent = model.encode(built_in.params[:200])
    norm = [m.bounds.normalize(m.decode(latent)) for m in (model, decoder)]
    np.testing.assert_allclose(norm[1], norm[0], atol=1e-6)
    assert decoder.terms.keys() == model.terms.keys() and decoder.n_epochs == 2
    assert decoder.data_origin == model.data_origin
    with pytest.raises(TermError, match="'wram'; it knows: warm, bright"):
        decoder.term("wram")
    # the slopes, against differences
    point = latent[:3]
    norm_there, slopes = decoder.norm_and_slopes(point)
    for k in range(latent_dim):
        nudged = point.copy()
        nudged[:, k] += 1e-6
        difference = (decoder.norm_and_slopes(nudged)[0] - norm_there) / 1e-6
        np.testing.assert_allclose(slopes[:, :, k], difference, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_a_file_without_a_decoder_has_none(tmp_path, content) -> None:
    (tmp_path / "m.pt").write_bytes(content)
    assert read_decoder(tmp_path / "m.pt") is None
    assert read_decoder(tmp_path / "missing.pt") is None


def test_a_decoder_that_would_fill_the_memory_is_not_read(built_in: Dataset, tmp_path) -> None:
    config = TrainConfig(epochs=1, device="cpu", model=ModelConfig(latent_dim=2))
    save(train(built_in, config), tmp_path / "m.pt")
    assert read_decoder(tmp_path / "m.pt") is not None
    with zipfile.ZipFile(tmp_path / "m.pt") as archive:
        arrays = dict(np.load(io.BytesIO(archive.read(ENTRY))))
    for bomb in ({"weight_0": np.zeros((1, 2**24))}, {"undetail": np.zeros((13, 2**23), "i1")}):
        inside = io.BytesIO()
        np.savez_compressed(inside, **(arrays | bomb))
        with zipfile.ZipFile(tmp_path / "bomb.pt", "w") as archive:
            archive.writestr(ENTRY, inside.getvalue())
        assert (tmp_path / "bomb.pt").stat().st_size < 10**6
        assert read_decoder(tmp_path / "bomb.pt") is None


def test_a_run_resumed_from_its_file_equals_an_unbroken_run(built_in: Dataset, tmp_path) -> None:
    config = TrainConfig(epochs=3, device="cpu")
    whole = train(built_in, config)
    save(train(built_in, config, should_stop=lambda: True), tmp_path / "half.pt")
    resumed = train(built_in, config, resume_from=load(tmp_path / "half.pt"))
    for name, weight in whole.module.state_dict().items():
        assert torch.equal(weight, resumed.module.state_dict()[name])


def test_an_unknown_word_names_those_known(model: TrainedModel) -> None:
    with pytest.raises(TermError, match="'wram'; it knows: warm, bright"):
        model.term("wram")


def test_a_failed_write_keeps_the_earlier_file(model: TrainedModel, tmp_path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        save(model, tmp_path / "missing" / "m.pt")
    target = tmp_path / "folder.pt"
    target.mkdir()
    with pytest.raises(OutputError):
        save(model, target)
    assert os.listdir(tmp_path) == ["folder.pt"]


class Bomb:
    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (self.marker,)


@pytest.mark.parametrize("writer", ["pickle", "torch"])
def test_a_malicious_file_runs_nothing(writer: str, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    if writer == "pickle":
        (tmp_path / "bomb.pt").write_bytes(pickle.dumps(Bomb(str(marker))))
    else:
        torch.save({"format": "neural-eq-checkpoint", "x": Bomb(str(marker))}, tmp_path / "bomb.pt")
    with pytest.raises(CheckpointError, match="nothing in it was run"):
        load(tmp_path / "bomb.pt")
    assert not marker.exists()


def test_foreign_newer_and_missing_files(model: TrainedModel, tmp_path: Path) -> None:
    torch.save({"weights": torch.zeros(3)}, tmp_path / "foreign.pt")
    with pytest.raises(CheckpointError, match="not a Neural EQ model"):
        load(tmp_path / "foreign.pt")
    torch.save({"format": "neural-eq-checkpoint", "version": VERSION + 1}, tmp_path / "newer.pt")
    with pytest.raises(CheckpointError, match="Update Neural EQ"):
        load(tmp_path / "newer.pt")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load(tmp_path / "missing.pt")
    with zipfile.ZipFile(tmp_path / "zip.pt", "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(CheckpointError):
        load(tmp_path / "zip.pt")


HARMLESS = {("history", "{}"), ("terms", "{}")}  # an empty history, a model without words


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (field, value)
        for field in ("config", "bounds", "weights", "terms", "history")
        for value in (None, {}, [1], "x", {"hidden_dim": 10**9})
        if (field, str(value)) not in HARMLESS
    ],
)
def test_a_wrong_field_is_a_named_error(
    model: TrainedModel, tmp_path: Path, field: str, value: object
) -> None:
    save(model, tmp_path / "m.pt")
    content = torch.load(tmp_path / "m.pt", weights_only=True)
    content[field] = value
    torch.save(content, tmp_path / "m.pt")
    with pytest.raises(CheckpointError):
        load(tmp_path / "m.pt")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(share=st.floats(0, 1, exclude_max=True), tail=st.binary(max_size=8))
def test_damage_ends_in_a_named_error_or_costs_nothing(
    model: TrainedModel, tmp_path: Path, share: float, tail: bytes
) -> None:
    path = tmp_path / "m.pt"
    if not path.exists():
        save(model, path)
    whole = path.read_bytes()
    content = whole[: int(share * len(whole))] + tail
    damaged = tmp_path / "damaged.pt"
    damaged.write_bytes(content)
    try:
        again = load(damaged)
    except CheckpointError:
        return
    # a cut through what ends the archive loses nothing of the model
    for name, weight in model.module.state_dict().items():
        assert torch.equal(weight, again.module.state_dict()[name])
    assert share > 0.9 and again.history == model.history
