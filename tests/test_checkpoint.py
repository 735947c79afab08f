"""Checkpoints: whole, the same when read again, and harmless whatever the file."""

import dataclasses
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
from neural_eq.errors import CheckpointError, DataError, OutputError, TermError
from neural_eq.model.checkpoint import VERSION, TrainedModel, load, loads, save
from neural_eq.model.config import BUILT_IN_MODEL_PATH, ModelConfig, TrainConfig
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


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (field, value)
        for field in ("config", "bounds", "weights", "terms", "history")
        for value in (None, {}, [1], "x", {"hidden_dim": 10**9})
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


NAN, INF, HUGE = float("nan"), float("inf"), 10**400
ROW = {"epoch": 1, "reconstruction_loss": 0.1, "contrastive_loss": 0.1, "total_loss": 0.1,
       "learning_rate": 0.1, "contrastive_weight": 0.1, "elapsed_s": 1.0}  # fmt: skip


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        *((("terms", "warm", "n"), n, "counted from 1") for n in (INF, NAN, -5, 0, 1.5, HUGE)),
        *((("terms", "warm", "centre"), torch.zeros(s), "be 32 numbers") for s in (3, (2, 32))),
        (("terms", "warm", "centre"), torch.zeros(1).expand(2_000_000_000), "be 32 numbers"),
        (("terms", "warm", "centre"), torch.zeros(32, dtype=torch.complex64), "be 32 numbers"),
        (("terms", "warm", "centre"), torch.full((32,), NAN), "not finite"),
        (("terms", "warm", "centre"), torch.full((32,), 1e30), "not finite, or huge"),
        (("terms", ""), {"n": 1, "centre": torch.zeros(32)}, "1 to 200 characters"),
        (("terms", " Warm"), {"n": 1, "centre": torch.zeros(32)}, "small letters"),
        (("terms", "w" * 201), {"n": 1, "centre": torch.zeros(32)}, "1 to 200 characters"),
        (("terms",), {}, "holds 0 words"),
        (("terms",), {str(n): None for n in range(10_001)}, "holds 10,001 words"),
        (("config", "epochs"), HUGE, "epochs is a huge number"),
        (("config", "epochs"), 1.5, "must be a whole number"),
        (("config", "model", "latent_dim"), torch.zeros(2, 2), "latent_dim is no such value"),
        (("config", "keep_junk"), torch.zeros(2, 2), "must be True or False"),
        (("config", "bounds"), torch.zeros(2), "must be fixed or data"),
        (("bounds", "maximum"), [HUGE] * 13, "Bounds cannot be read"),
        (("weights", "bend.0.weight"), torch.full((128, 32), 1e30), "a weight is not finite"),
        (("weights",), {"x": torch.zeros(1)}, "do not fit"),
        (("history",), [ROW] * 10_001, "up to 10,000 epochs"),
        (("history",), "x", "not one of epochs"),
        (("history",), [ROW | {"epochs": torch.zeros(2)}], "not one of epochs"),
        (("history",), [ROW | {"held_out_curve_db": "x"}], "not one of epochs"),
        (("history",), [ROW | {"total_loss": NAN}], "not one of epochs"),
        (("data_origin",), "x" * 1001, "up to 1,000 characters"),
        (("data_origin",), [[["x"]]], "must be a text"),
        (("data_origin",), "x" * 9_000_000, "not a Neural EQ model"),  # more than all words take
    ],
)
def test_one_wrong_value_in_a_whole_file_is_a_sentence(place, value, said) -> None:
    content = torch.load(BUILT_IN_MODEL_PATH, weights_only=True)
    parent = content
    for key in place[:-1]:
        parent = parent[key]
    parent[place[-1]] = value
    file = io.BytesIO()
    torch.save(content, file)
    with pytest.raises(CheckpointError, match=said) as raised:
        loads(file.getvalue(), name="m.pt")
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 300


def test_the_right_values_of_those_are_read() -> None:
    """What the faults above are made of is none itself."""
    content = torch.load(BUILT_IN_MODEL_PATH, weights_only=True)
    content["terms"]["w" * 200] = {"n": 1, "centre": torch.zeros(32)}
    content["history"] = [ROW, ROW | {"held_out_curve_db": None}] * 5000
    file = io.BytesIO()
    torch.save(content, file)
    model = loads(file.getvalue(), name="m.pt")
    assert model.term("w" * 200).n == 1 and len(model.history) == 10_000


def test_a_zip_that_unpacks_to_more_than_a_model_is_not_unpacked() -> None:
    bomb, crowd = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"")
        archive.writestr("archive/data/0", bytes(129 << 20))
    with zipfile.ZipFile(crowd, "w") as archive:
        for number in range(11_001):
            archive.writestr(str(number), b"")
    for content in (bomb.getvalue(), crowd.getvalue()):
        with pytest.raises(CheckpointError, match="damaged or not a Neural EQ model") as raised:
            loads(content, name="m.pt")
        assert "larger than any model" in str(raised.value.__cause__)


def test_a_network_that_leaves_all_numbers_says_so(model: TrainedModel) -> None:
    with pytest.raises(CheckpointError, match="beyond all numbers; train or choose"):
        model.decode(np.full((1, model.latent_dim), np.inf))


def test_a_table_of_more_words_than_a_model_holds_is_not_trained_on(built_in: Dataset) -> None:
    words = np.array([f"w{n // 2}" for n in range(20_002)], dtype=object)
    rows = np.arange(len(words)) % len(built_in)
    many = dataclasses.replace(built_in.rows(rows), terms=words)
    config = TrainConfig(epochs=1, device="cpu", min_examples=1)
    with pytest.raises(DataError, match="10,001 words .*; a model holds 10,000. Raise min_ex"):
        train(many, config)
    long = dataclasses.replace(built_in, terms=built_in.terms.copy())
    long.terms[:5] = "w" * 201
    with pytest.raises(DataError, match="a word of 201 characters"):
        train(long, config)


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
