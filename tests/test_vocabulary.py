"""Every word as a preset, in one zip."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from neural_eq.eq.response import curve_error_db
from neural_eq.errors import OutputError, ParameterError
from neural_eq.latent.terms import describe_word, with_strength, word_point
from neural_eq.model import checkpoint
from neural_eq.model.config import BUILT_IN_MODEL_PATH
from neural_eq.presets.formats import RATES
from neural_eq.presets.opening import open_preset
from neural_eq.presets.preamp import preamp_db
from neural_eq.presets.vocabulary import README_NAME, write_vocabulary


@pytest.fixture(scope="module")
def model():
    return checkpoint.load(BUILT_IN_MODEL_PATH)


def test_every_word_is_there_at_every_strength_and_reads_back(model, tmp_path):
    path = tmp_path / "words.zip"
    heard = []
    made = write_vocabulary(
        model, path, format_id="apo", strengths=[0.5, 1.0, 0.5],
        on_progress=lambda share, stage: heard.append((share, stage)),
    )  # fmt: skip
    words = list(model.terms)
    assert (made.n_words, made.n_schools, made.n_files) == (len(words), 0, 2 * len(words))
    assert made.proof.worst_db < 0.02
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist()[0] == README_NAME
        readme = archive.read(README_NAME).decode("utf-8-sig")
        for word in words:
            for name, strength in ((f"{word}.txt", 1.0), (f"{word}, strength 0.5.txt", 0.5)):
                there = open_preset(archive.read(name), name=name).preset.params
                wanted = with_strength(word_point(model, word).params, strength)
                assert curve_error_db(there[None], wanted[None])[1][0] < 0.02
    assert f"{2 * len(words)} presets" in readme and "strength 0.5, 1" in readme
    for word in words:
        assert f"  {word}: {model.terms[word].n}\r\n" in readme
    shares = [share for share, _ in heard]
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_schools_are_there_where_data_is_given(model, built_in, tmp_path):
    path = tmp_path / "words.zip"
    only = built_in.rows(np.isin(built_in.terms, ["warm"]))
    made = write_vocabulary(
        model, path, format_id="neural-eq", strengths=[1], data=only,
        provenance={"model_sha256": "abc"},
    )  # fmt: skip
    schools = describe_word(model, only, "warm").schools
    assert made.n_schools == (len(schools) if len(schools) > 1 else 0)
    assert made.n_files == len(model.terms) + made.n_schools
    assert any("has no setting of" in note and "bright" in note for note in made.notes)
    with zipfile.ZipFile(path) as archive:
        (name,) = [name for name in archive.namelist() if name == "warm.json"]
        preset = open_preset(archive.read(name), name=name).preset
    assert preset.meaning["term_a"] == "warm" and preset.meaning["n_a"] == model.terms["warm"].n
    assert preset.provenance["model_sha256"] == "abc"
    assert preset.provenance["dataset_sha256"] == model.data_fingerprint


def test_gains_that_stop_are_said(model, tmp_path):
    made = write_vocabulary(model, tmp_path / "w.zip", format_id="neural-eq", strengths=[2])
    stops = any(
        np.abs(2 * word_point(model, word).params[[0, 2, 5, 8, 11]]).max() > 12
        for word in model.terms
    )
    assert any("would pass 12 dB" in note for note in made.notes) == stops


def test_a_format_without_a_preamp_says_how_far_to_turn_down(model, tmp_path):
    made = write_vocabulary(model, tmp_path / "w.zip", format_id="minidsp", strengths=[1])
    assert made.n_files == 3 * len(model.terms)  # one a sample rate
    assert any("README.txt says how far to turn each down" in note for note in made.notes)
    with zipfile.ZipFile(tmp_path / "w.zip") as archive:
        readme = archive.read(README_NAME).decode("utf-8-sig")
    params = word_point(model, "warm").params
    assert f"  warm: {min(preamp_db(params, rate) for rate in RATES):.1f} dB" in readme


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"strengths": []}, ParameterError, "There are 0 strengths; give one to 12"),
        ({"strengths": [1, 2.5]}, ParameterError, "strength is 2.5; it must lie within -1 to 2"),
        ({"strengths": [float("nan")]}, ParameterError, "strength is nan"),
        ({"format_id": "mp3"}, ParameterError, "format is 'mp3'; it must be one of"),
    ],
)
def test_what_cannot_be_asked_for_is_said(model, tmp_path, options, error, sentence):
    path = tmp_path / "words.zip"
    with pytest.raises(error, match=sentence):
        write_vocabulary(model, path, **{"format_id": "apo", "strengths": [1], **options})
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_not_there_and_an_end_midway_leave_nothing(model, tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        write_vocabulary(model, tmp_path / "no" / "w.zip", format_id="apo", strengths=[1])
    (tmp_path / "w.zip").write_bytes(b"earlier")

    def stop(share: float, stage: str) -> None:
        if share > 0.85:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_vocabulary(
            model, tmp_path / "w.zip", format_id="apo", strengths=[1], on_progress=stop
        )
    assert (tmp_path / "w.zip").read_bytes() == b"earlier"
    assert [path.name for path in tmp_path.iterdir()] == ["w.zip"]
