"""``export``, ``import`` and ``formats`` on the command line."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from neural_eq.eq.params import GAIN_COLUMNS, NAMES
from neural_eq.latent.morphing import morph
from neural_eq.latent.terms import with_strength, word_point
from neural_eq.model import checkpoint
from neural_eq.model.config import BUILT_IN_MODEL_PATH
from neural_eq.presets.formats import FORMATS
from neural_eq.presets.opening import open_preset
from neural_eq.presets.preset import read_preset

MORPH = ["--from", "warm", "--to", "bright", "--at", "0.4"]


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEURAL_EQ_DATA", raising=False)


@pytest.fixture(scope="module")
def model():
    return checkpoint.load(BUILT_IN_MODEL_PATH)


@pytest.fixture
def refuse(run):
    """Run a command that must fail, and return its one sentence, which may follow notes."""

    def _refuse(*args):
        code, out, err = run(*args)
        assert code == 2 and out == ""
        *notes, error = err.splitlines()
        assert error.startswith("Error: ") and all(n.startswith("Model: ") for n in notes)
        return error

    return _refuse


def expected(model, *, strength=1.0):
    path = morph(model, word_point(model, "warm"), word_point(model, "bright"))
    return with_strength(path.setting(0.4), strength)


def test_a_morph_is_exported_with_its_proof_and_how_to_load_it(run, model):
    code, out, err = run("export", *MORPH, "--format", "easyeffects", "-o", "e.json")
    assert code == 0 and err == ""
    opened = open_preset(Path("e.json").read_bytes(), name="e.json")
    assert opened.format_label == "EasyEffects"
    np.testing.assert_allclose(opened.preset.params, expected(model), rtol=1e-4, atol=1e-4)
    assert "EQ: warm → bright, 40 %" in out and "Band 5 (High Shelf)" in out
    assert "Read back as EasyEffects: within 0.001 dB of the setting" in out
    assert "To load it: In EasyEffects" in out and "Wrote e.json" in out


def test_our_own_file_says_what_it_means_and_where_it_comes_from(run, model):
    assert run("export", *MORPH, "--strength", "0.5", "-o", "p.json")[0] == 0
    preset = read_preset(Path("p.json").read_bytes())
    np.testing.assert_allclose(preset.params, expected(model, strength=0.5), rtol=1e-7)
    assert preset.name == "warm → bright, 40 %, strength 0.5"
    assert preset.meaning == {
        "mode": "morph", "term_a": "warm", "term_b": "bright", "t": 0.4, "strength": 0.5,
        "route": "latent", "n_a": model.terms["warm"].n, "n_b": model.terms["bright"].n,
    }  # fmt: skip
    assert len(preset.provenance["model_sha256"]) == 64
    assert preset.provenance["dataset_sha256"] == model.data_fingerprint


def test_a_school_is_exported_by_its_number(run):
    assert run("export", "--from", "warm:2", "-o", "s.json")[0] == 0
    meaning = read_preset(Path("s.json").read_bytes()).meaning
    assert meaning["mode"] == "word" and meaning["term_a"] == "warm" and meaning["school_a"]


def test_without_a_file_only_the_preset_is_on_stdout(run):
    code, out, err = run("export", *MORPH, "--format", "ffmpeg")
    assert code == 0 and out.startswith("volume=") and out.count("\n") == 1
    assert "Read back as ffmpeg" in err and "Model: built-in model" in err


def test_the_rate_reaches_the_file(run):
    texts = [run("export", *MORPH, "--format", "minidsp", "--rate", r)[1] for r in (48000, 96000)]
    assert texts[0] != texts[1]


def test_what_is_exported_is_imported_as_the_same_setting(run, model):
    run("export", *MORPH, "--format", "apo", "-o", "a.txt")
    code, out, err = run("import", "a.txt", "--json", "-o", "ours.json")
    values = json.loads(out)
    assert code == 0 and "Wrote ours.json, Neural EQ" in err
    assert values["read_as"] == "Equalizer APO" and values["worst_db"] == 0
    assert list(values["params"]) == list(NAMES)
    np.testing.assert_allclose(list(values["params"].values()), expected(model), atol=0.006)
    ours = read_preset(Path("ours.json").read_bytes())
    np.testing.assert_allclose(ours.params, list(values["params"].values()))


def test_an_import_that_was_fitted_says_by_how_much_it_is_off(run):
    Path("many.txt").write_text(
        "".join(f"Filter {i}: ON PK Fc {80 * i} Hz Gain {i % 3} dB Q 2\n" for i in range(1, 13))
    )
    code, out, _ = run("import", "many.txt", "--format", "rew", "-o", "out.txt")
    assert code == 0 and "dB from the file's curve, 20 Hz to 20 kHz." in out
    assert "Note: It has 12 bands" in out and "Exact" not in out
    assert Path("out.txt").read_text("utf-8").startswith("Filter Settings file")


def test_formats_lists_each_with_its_error_and_whether_it_opens(run):
    code, out, _ = run("formats")
    lines = out.splitlines()
    assert code == 0 and [line.split()[0] for line in lines[1:-1]] == list(FORMATS)
    code, out, _ = run("formats", "--json")
    listed = {one["id"]: one for one in json.loads(out)["formats"]}
    assert listed["easyeffects"]["worst_db"] < 0.001 and listed["easyeffects"]["opens"]
    assert listed["rockbox"]["worst_db"] > 0.02 and "tenths" in listed["rockbox"]["limit"]


def test_every_word_goes_into_one_zip(run, model):
    code, out, _ = run("export", "--all", "--format", "apo", "--strengths", "0.5,1", "-o", "w.zip")
    assert code == 0 and f"{len(model.terms)} words and" in out and "Wrote w.zip" in out
    with zipfile.ZipFile("w.zip") as archive:
        names = archive.namelist()
        half, whole = (
            open_preset(archive.read(n), name=n).preset.params[list(GAIN_COLUMNS)]
            for n in ("warm, strength 0.5.txt", "warm.txt")
        )
    assert len(names) > 2 * len(model.terms)
    np.testing.assert_allclose(2 * half, whole, atol=0.002)


def test_it_is_quick_to_pipe_into_ffmpeg():
    done = subprocess.run(
        [sys.executable, "-m", "neural_eq", "export", "--from", "warm", "--format", "sox"],
        capture_output=True, text=True, timeout=120, check=True, encoding="utf-8",
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert done.stdout.startswith("gain ")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["export"], "export needs --from with a word, or --all."),
        (["export", "--from", "warm", "--at", "0.3"], "--at is 0.3, and there is no --to"),
        (["export", *MORPH, "--format", "mp3"], "format is 'mp3'; it must be one of neural-eq,"),
        (["export", "--from", "wram"], "'wram'"),
        (["export", *MORPH, "--rate", "8000"], "--rate: sample_rate is 8000 Hz"),
        (["import", "bad.txt", "--rate", "8000"], "--rate: sample_rate is 8000 Hz"),
        (
            ["export", "--from", "warm", "--route", "curve"],
            "--route is curve, and there is no --to",
        ),
        (["export", *MORPH, "--route", "scenic"], "--route is 'scenic'; it must be latent or"),
        (["export", *MORPH, "-o", "x.zip"], "x.zip, and one setting is no zip; end it in .json"),
        (["export", "--all", "--route", "curve", "-o", "x.zip"], "--route and --all exclude"),
        (["export", *MORPH, "--format", "png"], "A picture cannot be printed; name a file"),
        (["export", *MORPH, "--strengths", "1"], "--strengths goes with --all"),
        (["export", *MORPH, "--strength", "9"], "--strength is 9; it must lie"),
        (["export", *MORPH, "-o", "no/such/x"], "there is no folder"),
        (["export", "--all"], "--all needs a file for its zip"),
        (["export", "--all", "--from", "warm", "-o", "x.zip"], "--from and --all exclude"),
        (["export", "--all", "--strength", "2", "-o", "x.zip"], "give --strengths with --all"),
        (["export", "--all", "--strengths", "1,x", "-o", "x.zip"], "'x' is not a number; give"),
        (["import", "nowhere.json"], "nowhere.json: No such file"),
        (["import", "."], "directory"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_writes_nothing(refuse, tmp_path, args, sentence):
    assert sentence in refuse(*args)
    assert list(tmp_path.iterdir()) == []


def test_a_bad_file_leaves_the_output_as_it_was(refuse):
    Path("bad.txt").write_text("warm and bright")
    Path("out.json").write_text("mine")
    assert "bad.txt is no EQ that can be read" in refuse("import", "bad.txt", "-o", "out.json")
    assert Path("out.json").read_text() == "mine"
    assert "which is also read" in refuse("import", "bad.txt", "-o", "bad.txt")
