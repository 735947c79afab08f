"""Bad input to the command line: exit code 2, one sentence, no traceback, nothing written."""

import csv
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from neural_eq.cli import main
from neural_eq.eq.params import DEFAULT, MAXIMUM, MINIMUM
from neural_eq.errors import DownloadError

ROOT = Path(__file__).parents[1]


def rows_of(words):
    """Rows in SAFE-DB's layout, settings drawn within the plug-in's bounds."""
    generator = np.random.default_rng(0)
    rows = []
    for number, word in enumerate(words, start=1):
        params = np.where(
            generator.random(13) < 0.3,
            DEFAULT,
            MINIMUM + generator.random(13) * (MAXIMUM - MINIMUM),
        )
        rows.append([number, word, "s1", 2, 2, *params.tolist(), *[""] * 6, "0"])
    return rows


def write_rows(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    """Work in an empty folder, with no table named by the environment."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("NEURAL_EQ_DATA", raising=False)


@pytest.fixture(scope="session")
def table(tmp_path_factory):
    rows = rows_of(["warm", "bright"] * 8)
    return write_rows(tmp_path_factory.mktemp("table") / "settings.csv", rows)


@pytest.fixture(scope="session")
def model_file(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.pt"
    args = ["train", "--data", table, "--epochs", "2", "--latent-dim", "4", "--output", path]
    assert main([str(arg) for arg in args]) == 0
    return path


@pytest.fixture
def refuse(capfd):
    """Run a command that must be refused; return its one sentence."""

    def _refuse(*args):
        before = {p: p.read_bytes() for p in Path().rglob("*") if p.is_file()}
        capfd.readouterr()
        assert main([str(arg) for arg in args]) == 2
        out, err = capfd.readouterr()
        assert len(err.splitlines()) <= 3, err  # the model and the table that JSON is about
        *notes, sentence = err.splitlines()
        assert all(note.startswith(("Model: ", "Data: ")) for note in notes)
        assert sentence.startswith("Error: ")
        assert sentence.endswith(".")
        assert "Traceback" not in out + err
        assert {p: p.read_bytes() for p in Path().rglob("*") if p.is_file()} == before
        return sentence

    return _refuse


def train(table, *args):
    return ["train", "--data", table, "--epochs", 1, "--latent-dim", 4, *args]


# Numbers


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--epochs", "0"], "epochs is 0; it must lie within 1 to 10000."),
        (["--epochs", "1.5"], "'1.5' is not a whole number"),
        (["--latent-dim", "0"], "latent_dim is 0; it must lie within 1 to 256."),
        (["--latent-dim", "many"], "'many' is not a whole number"),
        (["--learning-rate", "nan"], "'nan' is not a finite number"),
        (["--learning-rate", "-1"], "learning_rate is -1.0; it must lie within 1e-06 to 0.1."),
        (["--batch-size", "1"], "batch_size is 1; it must lie within"),
        (["--seed", "-1"], "seed is -1; it must lie within"),
        (["--bounds", "none"], "invalid choice: 'none'"),
        (["--epoch", "3"], "unrecognized arguments: --epoch 3"),
        (["--min-examples", "9"], "min_examples is 9, and no word of settings.csv has that many"),
    ],
)
def test_training_refuses_a_number_and_names_its_bounds(refuse, table, args, sentence):
    assert sentence in refuse(*train(table), *args)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--at", "2"], "--at is 2; it must lie within 0 to 1."),
        (["--at", "-0.1"], "--at is -0.1; it must lie within 0 to 1."),
        (["--strength", "9"], "--strength is 9; it must lie within -1 to 2."),
        (["--strength", "inf"], "'inf' is not a finite number"),
        (["--to", "purple"], "does not know the word 'purple'; it knows: "),
        (["--route", "scenic"], "route is 'scenic'; it must be latent or parameters or curve."),
    ],
)
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_morph_refuses_what_is_out_of_range(refuse, model_file, args, sentence, as_json):
    given = ["morph", "--model", model_file, "--from", "warm", "--to", "bright", *args, *as_json]
    assert sentence in refuse(*given)


def test_an_unknown_word_is_answered_with_those_known(refuse, model_file):
    sentence = refuse("morph", "--model", model_file, "--from", "purple", "--to", "warm")
    assert "bright, warm" in sentence


@pytest.mark.parametrize("args", [[], ["nothing"], ["data"], ["morph", "--from", "warm"]])
def test_a_command_that_is_not_whole_points_to_help(refuse, args):
    assert "--help." in refuse(*args)


# Tables


BAD_TABLES = {
    "empty.csv": (b"", "empty.csv is empty"),
    "blank.csv": (b" \n\n", "blank.csv is empty"),
    "photo.csv": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)), "photo.csv is not a"),
    "three.csv": (b"1,warm,2\n2,bright,3\n", "three.csv has 3 columns"),
    "junk.csv": (os.urandom(4096), "junk.csv "),
    "header.csv": (",".join(["x"] * 25).encode(), "header.csv has no valid setting"),
    "one_line.csv": (b'"' + b"a" * 300_000, "one_line.csv"),
}


@pytest.mark.parametrize("name", BAD_TABLES)
@pytest.mark.parametrize("command", ["train", "evaluate", "report", "reconstruct", "info"])
def test_a_file_that_is_no_table_is_refused(refuse, model_file, tmp_path, name, command):
    content, sentence = BAD_TABLES[name]
    path = tmp_path / name
    path.write_bytes(content)
    args = {
        "train": train(path),
        "evaluate": ["evaluate", "--json", "--model", model_file, "--data", path],
        "report": ["report", "--model", model_file, "--data", path],
        "reconstruct": ["reconstruct", "--model", model_file, "--data", path, "-o", "out.csv"],
        "info": ["data", "info", "--data", path],
    }
    assert sentence in refuse(*args[command])


def test_a_missing_table_is_refused(refuse, tmp_path):
    assert "nowhere.csv" in refuse(*train(tmp_path / "nowhere.csv"))
    assert "cannot be read" in refuse(*train(tmp_path))


def test_one_word_is_too_few_to_train_on(refuse, tmp_path):
    path = write_rows(tmp_path / "one.csv", rows_of(["warm"] * 9))
    assert "one.csv has one word, 'warm'" in refuse(*train(path))


def test_rows_with_impossible_numbers_are_set_aside_and_said(tmp_path, capsys):
    rows = rows_of(["warm", "bright"] * 8)
    rows[0][5], rows[1][6], rows[2][7], rows[3][8] = "NaN", 1e9, "", "loud"
    rows[4][9] = "inf"
    path = write_rows(tmp_path / "holes.csv", rows)
    assert main([str(a) for a in train(path)]) == 0
    out = capsys.readouterr().out
    assert "Words to learn: 2 words with 11 settings." in out
    for line in (
        "Set aside: 5 rows.", "2 rows: a number that is not finite",
        "1 row: a frequency out of range", "1 row: a missing number",
        "1 row: a cell that is not a number",
    ):  # fmt: skip
        assert line in out


# Models


class Bomb:
    """Would make a file if it were unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


def bomb(tmp_path, maker):
    path, trap = tmp_path / "bomb.pt", tmp_path / "it_ran"
    maker(Bomb(trap), path)
    return path, trap


def plain_pickle(value, path):
    path.write_bytes(pickle.dumps(value))


@pytest.mark.parametrize("maker", [plain_pickle, torch.save])
@pytest.mark.parametrize("command", ["terms", "train"])
def test_a_malicious_model_is_refused_and_does_not_run(refuse, tmp_path, table, maker, command):
    path, trap = bomb(tmp_path, maker)
    args = ["terms", "--model", path] if command == "terms" else train(table, "--resume", path)
    assert "bomb.pt is damaged or not a Neural EQ model; nothing in it was run" in refuse(*args)
    assert not trap.exists()
    if maker is plain_pickle:
        pickle.loads(path.read_bytes()).close()
        assert trap.exists()  # it would have gone off


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_model_is_refused(refuse, model_file, tmp_path, share):
    content = model_file.read_bytes()
    path = tmp_path / "cut.pt"
    path.write_bytes(content[: int(len(content) * share)])
    assert "cut.pt" in refuse("terms", "--json", "--model", path)


def test_foreign_and_missing_models_are_refused(refuse, tmp_path):
    path = tmp_path / "foreign.pt"
    torch.save({"weights": torch.zeros(3)}, path)
    assert "foreign.pt is not a Neural EQ model" in refuse("terms", "--model", path)
    assert "nowhere.pt cannot be read" in refuse("terms", "--model", tmp_path / "nowhere.pt")


def test_a_run_that_is_done_or_another_cannot_be_resumed(refuse, model_file, table, tmp_path):
    given = ["train", "--resume", model_file]
    assert "has had 2 already" in refuse(*given, "--data", table)
    assert "only epochs and device may change" in refuse(
        *given, "--data", table, "--epochs", 5, "--seed", 3
    )
    other = write_rows(tmp_path / "other.csv", rows_of(["loud", "soft"] * 9))
    assert "other.csv" in refuse(*given, "--data", other, "--epochs", 5)


# Places to write to


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing/model.pt", "there is no folder missing"),
        ("a_file/model.pt", "there is no folder a_file"),
        ("folder", "no ordinary file"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_training(refuse, table, model_file, name, why):
    Path("a_file").write_text("kept")
    Path("folder").mkdir()
    sentence = refuse(*train(table), "--output", name)
    assert f"--output is {Path(name)}" in sentence
    assert why in sentence
    given = ["reconstruct", "--model", model_file, "--data", table, "-o", name]
    assert f"--output is {Path(name)}" in refuse(*given)


@pytest.mark.skipif(os.name == "nt", reason="a folder's permissions work otherwise on Windows")
@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused(refuse, table):
    Path("locked").mkdir(mode=0o500)
    assert "Permission denied" in refuse(*train(table), "--output", "locked/model.pt")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_what_is_no_ordinary_file_is_never_replaced(refuse, table):
    os.mkfifo("pipe")
    assert "no ordinary file" in refuse(*train(table), "--output", "pipe")
    assert Path("pipe").is_fifo()


def test_an_input_is_never_replaced(refuse, table, model_file):
    Path("mine.csv").write_bytes(table.read_bytes())
    assert "also read" in refuse(*train("mine.csv"), "--output", "mine.csv")
    given = ["reconstruct", "--model", model_file, "--data", "mine.csv", "-o", "./mine.csv"]
    assert "also read" in refuse(*given)


def test_the_table_that_the_environment_names_is_never_replaced(refuse, table, monkeypatch):
    Path("mine.csv").write_bytes(table.read_bytes())
    monkeypatch.setenv("NEURAL_EQ_DATA", "mine.csv")
    assert "also read" in refuse("train", "--epochs", 1, "--output", "mine.csv")


# Sound


def write_sound(path, samples, subtype="FLOAT"):
    soundfile.write(path, samples, 44100, subtype=subtype)


def noise(*shape):
    return np.random.default_rng(0).uniform(-0.5, 0.5, shape)


@pytest.fixture
def render(model_file):
    """The arguments that make ``in.wav`` bright."""
    return ["render", "in.wav", "out.wav", "--model", model_file, "--term", "bright"]


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (np.zeros((0, 2)), "in.wav: The audio is empty"),
        (np.full((100, 1), np.nan), "in.wav: 100 of 100 samples are not finite numbers"),
        (np.array([[0.1], [np.inf]]), "in.wav: 1 of 2 samples are not finite numbers"),
    ],
)
def test_sound_without_usable_samples_is_refused(refuse, render, samples, sentence):
    write_sound("in.wav", samples)
    assert sentence in refuse(*render)


@pytest.mark.parametrize("content", [b"", b"these are words, not sound\n", b"RIFF\x24\0\0\0WAVE"])
def test_a_file_that_is_no_sound_is_refused(refuse, render, content):
    Path("in.wav").write_bytes(content)
    assert "in.wav is damaged or not an audio file" in refuse(*render)


def test_a_missing_sound_is_refused(refuse, render):
    assert "in.wav cannot be read" in refuse(*render)


def test_seven_channels_work(render):
    write_sound("in.wav", noise(4410, 7))
    assert main([str(arg) for arg in render]) == 0
    assert soundfile.info("out.wav").channels == 7


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--strength", "9"], "--strength is 9; it must lie within -1 to 2."),
        (["--to", "warm", "--at", "2"], "at is 2; it must lie within 0 to 1."),
        (["--at", "0.5"], "--at is 0.5, and there is no --to"),
        (["--over-time"], "--over-time is given, and there is no --to"),
        (["--to", "warm", "--at", "1", "--over-time"], "--at is 1 beside --over-time"),
        (["--to", "purple"], "does not know the word 'purple'; it knows: "),
        (["--route", "scenic"], "--route is 'scenic'"),
        (["--route", "curve"], "--route is curve, and there is no --to; name a second word."),
        (["--subtype", "PCM_99"], "WAV has no encoding 'PCM_99'; it has "),
    ],
)
def test_rendering_refuses_what_is_out_of_range(refuse, render, args, sentence):
    write_sound("in.wav", noise(4410, 1))
    assert sentence in refuse(*render, *args)


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("out.txt", "out.txt ends in '.txt'"),
        ("in.wav", "also read"),
        ("missing/out.wav", "there is no folder missing"),
    ],
)
def test_rendering_refuses_a_place_it_cannot_write_to(refuse, render, out, sentence):
    write_sound("in.wav", noise(4410, 1))
    Path("out.wav").write_bytes(b"kept")
    render[2] = out
    assert sentence in refuse(*render)


def test_more_channels_than_the_kind_holds_are_refused(refuse, render):
    write_sound("in.wav", noise(4410, 7))
    render[2] = "out.mp3"
    assert "MP3 holds at most 2 channels" in refuse(*render)


# A download without a network


def test_a_download_that_fails_says_so(refuse, monkeypatch):
    def fetch(*, on_progress):
        raise DownloadError("SAFE-DB's table could not be fetched: nobody answered.")

    monkeypatch.setattr("neural_eq.cli.table.fetch", fetch)
    assert "could not be fetched" in refuse("data", "download")


# As a process


@pytest.mark.parametrize(
    "args", [["train", "--epochs", "0"], ["no-such-command"], ["terms", "--model", "no.pt"]]
)
def test_a_real_process_ends_with_2_and_one_line(args):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "neural_eq", *args],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert not list(Path().iterdir())
