"""The command line: the guide's scripts, every command's output, Ctrl-C and resuming."""

import csv
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from neural_eq.cli import inputs, main
from neural_eq.cli.arguments import COMMANDS, DEFAULT_MODEL_NAME
from neural_eq.cli.judging import davies_bouldin_verdict, silhouette_verdict
from neural_eq.data.safe_db import read_csv
from neural_eq.eq.params import DEFAULT, GAIN_COLUMNS, MAXIMUM, MINIMUM, NAMES, format_bands
from neural_eq.eq.render import apply_eq
from neural_eq.latent.morphing import ROUTES, morph
from neural_eq.latent.terms import (
    STRENGTH_MAXIMUM,
    STRENGTH_MINIMUM,
    with_strength,
    word_point,
)
from neural_eq.model import checkpoint
from neural_eq.model.config import ModelConfig, TrainConfig, options

ROOT = Path(__file__).parents[1]
SAFE_DB = ROOT.parent / "shared" / "safe-db" / "SAFEEqualiserUserData.csv"
needs_safe_db = pytest.mark.skipif(not SAFE_DB.is_file(), reason=f"no SAFE-DB at {SAFE_DB}")

EPOCH_LINE = re.compile(
    r"^Epoch (\d+)/(\d+): Recon Loss=([\d.]+), Contrast Loss=([\d.]+), Total=([\d.]+)", re.M
)
ISSUE_KEYS = {
    "n_settings", "latent_dim", "reconstruction_mse", "curve_rmse_db_mean", "curve_rmse_db_median",
    "curve_rmse_db_p95", "curve_max_db_p50", "curve_max_db_p95", "freq_hz_min", "freq_hz_p1",
    "freq_hz_p99", "freq_hz_max", "silhouette", "davies_bouldin", "silhouette_warm_bright",
    "davies_bouldin_warm_bright", "knn5_accuracy_warm_bright",
}  # fmt: skip


def write_table(path, words, *, seed=0):
    """Write a table in SAFE-DB's layout, settings drawn within the plug-in's bounds."""
    generator = np.random.default_rng(seed)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        for number, word in enumerate(words, start=1):
            params = MINIMUM + generator.random(13) * (MAXIMUM - MINIMUM)
            params = np.where(generator.random(13) < 0.3, DEFAULT, params)
            writer.writerow(
                [number, word, "s1", 2, 2, *params, "rock", "voice", "", "", "", "", "0"]
            )
    return path


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    """Work in an empty folder, with no table named by the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEURAL_EQ_DATA", raising=False)


@pytest.fixture(scope="session")
def table(tmp_path_factory):
    """40 settings of four words, one of them junk and one of them rare."""
    words = ["warm"] * 15 + ["bright"] * 15 + ["test"] * 8 + ["odd, rare"] * 2
    return write_table(tmp_path_factory.mktemp("table") / "settings.csv", words)


@pytest.fixture(scope="session")
def model_file(table, tmp_path_factory):
    """A model after four epochs on the table."""
    path = tmp_path_factory.mktemp("model") / "model.pt"
    assert main([*train_args(table), "--output", str(path)]) == 0
    return path


def train_args(table, *, epochs=4):
    return ["train", "--data", str(table), "--epochs", str(epochs), "--latent-dim", "4"]


def run_process(*args, **rest):
    """Run a command, or a script of the root, as a user does."""
    head = ["-m", "neural_eq"] if not str(args[0]).endswith(".py") else []
    return subprocess.run(
        [sys.executable, *head, *map(str, args)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        **rest,
    )


def environment():
    rest = {k: v for k, v in os.environ.items() if k != "NEURAL_EQ_DATA"}
    return rest | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def weights_equal(first, second):
    ours, theirs = (checkpoint.load(p).module.state_dict() for p in (first, second))
    return ours.keys() == theirs.keys() and all(torch.equal(ours[k], theirs[k]) for k in ours)


# Training


@pytest.mark.slow
def test_guides_training_script_prints_and_leaves_what_the_guide_says(table, tmp_path):
    done = run_process(
        ROOT / "train_neural_eq_safedb_v3.py", *train_args(table)[1:], "--save-every", 2
    )
    assert done.returncode == 0, done.stderr
    assert [m[0] for m in EPOCH_LINE.findall(done.stdout)] == ["1", "2", "3", "4"]
    assert {m[1] for m in EPOCH_LINE.findall(done.stdout)} == {"4"}
    for text in (
        "Neural EQ V3", "What V3 changes", "20 to 20,000 Hz, logarithmic", "Configuration:",
        "Words to learn: 2 words with 30 settings.", "8 settings: a word that describes no sound",
        "2 settings: a word with fewer than 5 settings", f"Model saved to {DEFAULT_MODEL_NAME}",
        "Training history saved to training_history_v3.png", "Held out: curve error",
    ):  # fmt: skip
        assert text in done.stdout
    assert {p.name for p in tmp_path.iterdir()} == {
        "neural_eq_safedb_v3.pt", "neural_eq_safedb_v3_epoch_2.pt",
        "neural_eq_safedb_v3_epoch_4.pt", "training_history_v3.png",
    }  # fmt: skip
    assert (tmp_path / "training_history_v3.png").read_bytes().startswith(b"\x89PNG")
    assert len(checkpoint.load(Path("neural_eq_safedb_v3_epoch_2.pt")).history) == 2
    model = checkpoint.load(Path(DEFAULT_MODEL_NAME))
    assert (model.latent_dim, len(model.history)) == (4, 4)


def test_training_takes_every_option_from_the_command_line(run, table):
    given = ["--bounds", "data", "--seed", 7, "--device", "cpu", "--batch-size", 16, "--keep-junk"]
    given += ["--learning-rate", 0.002, "--contrastive-start", 0.2, "--contrastive-end", 0.3]
    given += ["--min-examples", 2, "--held-out-share", 0, "--hidden-dim", 8, "--save-every", 0]
    code, out, _ = run(*train_args(table, epochs=1), *given)
    assert code == 0
    assert checkpoint.load(Path(DEFAULT_MODEL_NAME)).config == TrainConfig(
        epochs=1, batch_size=16, learning_rate=0.002, contrastive_start=0.2, contrastive_end=0.3,
        min_examples=2, keep_junk=True, bounds="data", held_out_share=0, seed=7, save_every=0,
        device="cpu", model=ModelConfig(latent_dim=4, hidden_dim=8),
    )  # fmt: skip
    assert "V2's bounds" in out
    assert "held nothing out" in out
    assert "Held-out" not in out


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process alone")
def test_ctrl_c_saves_and_the_printed_command_ends_as_an_unbroken_run_would(table):
    args = [*train_args(table, epochs=25), "--save-every", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "neural_eq", *args, "--output", "broken.pt"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Epoch 3/"):
                process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr.read() == ""
    assert any("Model saved to broken.pt" in line for line in lines)
    n_epochs = len(checkpoint.load(Path("broken.pt")).history)
    assert 3 <= n_epochs < 25
    assert f"Stopped after {n_epochs} of 25 epochs" in "".join(lines)

    command = shlex.split(lines[-1])
    assert command[:3] == ["python", "-m", "neural_eq"]
    resumed = run_process(*command[3:])
    assert resumed.returncode == 0, resumed.stderr
    assert f"Going on with broken.pt after {n_epochs} epochs" in resumed.stdout
    assert EPOCH_LINE.search(resumed.stdout)[1] == str(n_epochs + 1)
    assert run_process(*args, "--output", "unbroken.pt").returncode == 0
    assert weights_equal("broken.pt", "unbroken.pt")


def test_resuming_a_checkpoint_on_the_way_ends_as_the_unbroken_run(run, table):
    assert run(*train_args(table, epochs=6), "--save-every", 2, "--output", "whole.pt")[0] == 0
    code, out, _ = run(
        "train", "--data", table, "--resume", "whole_epoch_2.pt", "--output", "resumed.pt"
    )
    assert code == 0
    assert [m[0] for m in EPOCH_LINE.findall(out)] == ["3", "4", "5", "6"]
    assert weights_equal("whole.pt", "resumed.pt")
    assert not weights_equal("whole_epoch_2.pt", "resumed.pt")


@pytest.mark.parametrize("ending", ["end", "write"])
def test_a_run_that_fails_keeps_the_earlier_model(run, table, monkeypatch, ending):
    Path("kept.pt").write_bytes(b"an earlier model")
    if ending == "end":
        monkeypatch.setattr("neural_eq.cli.training.train_model", raise_interrupt)
        expected = 130
    else:
        monkeypatch.setattr(os, "replace", raise_disk_full)
        expected = 2
    code, _, err = run(*train_args(table, epochs=1), "--output", "kept.pt")
    assert code == expected
    assert len(err.splitlines()) == 1
    assert Path("kept.pt").read_bytes() == b"an earlier model"
    assert [p.name for p in Path().iterdir()] == ["kept.pt"]


def raise_interrupt(*args, **rest):
    raise KeyboardInterrupt


def raise_disk_full(*args, **rest):
    raise OSError(28, "No space left on device")


# Judging


def test_evaluate_prints_one_json_object_and_nothing_else(run, model_file, table, tmp_path):
    other = write_table(tmp_path / "other.csv", ["warm"] * 9, seed=3)
    args = ["evaluate", "--model", model_file, "--data", table, "--json"]
    code, out, err = run(*args)
    figures = json.loads(out)
    assert code == 0
    assert figures.keys() >= ISSUE_KEYS
    assert (figures["n_settings"], figures["latent_dim"]) == (40, 4)
    assert figures["scope"] == "in-sample"
    assert str(model_file) in err
    assert "settings.csv, 40 settings" in err
    voted = json.loads(run(*args, "--reference", other)[1])
    assert figures["knn5_accuracy_warm_bright"] != 0.5
    assert voted["knn5_accuracy_warm_bright"] == 0.5  # all vote warm, and half are
    assert voted["curve_rmse_db_mean"] == figures["curve_rmse_db_mean"]


def test_evaluate_says_whether_figures_are_in_sample(run, model_file, table, tmp_path):
    other = write_table(tmp_path / "other.csv", ["warm"] * 9, seed=3)
    code, out, _ = run("evaluate", "--model", model_file, "--data", table)
    assert code == 0
    assert "How well (in-sample" in out
    assert "Held out: curve error" in out
    assert "How well (held out" in run("evaluate", "--model", model_file, "--data", other)[1]


@pytest.mark.slow
def test_guides_report_shows_every_word_as_the_guide_prints_it(model_file, table):
    done = run_process(ROOT / "test_safedb_model_v3.py", "--model", model_file, "--data", table)
    assert done.returncode == 0, done.stderr
    number = r"[-+]\d+\.\ddB @ \d+ Hz"
    for band in (
        r"Band 1 \(Low Shelf\): ", r"Band 2 \(Peak 1\): ", r"Band 3 \(Peak 2\): ",
        r"Band 4 \(Peak 3\): ", r"Band 5 \(High Shelf\): ",
    ):  # fmt: skip
        assert len(re.findall(band + number, done.stdout)) == 2
    assert "warm, 15 settings" in done.stdout
    assert re.search(r"Silhouette, all words: -?[\d.]+ \((well )?\w+\)", done.stdout)
    assert re.search(r"Davies-Bouldin, all words: [\d.]+ \((well )?\w+\)", done.stdout)
    assert "Frequency ranges of the reconstructions (in-sample" in done.stdout
    assert "Held out: curve error" in done.stdout


def test_report_json_holds_the_words_own_settings(run, model_file, table):
    code, out, _ = run("report", "--model", model_file, "--data", table, "--json")
    report = json.loads(out)
    assert code == 0
    assert [(t["term"], t["n"], t["n_judged"]) for t in report["terms"]] == [
        ("bright", 15, 15), ("warm", 15, 15),
    ]  # fmt: skip
    params = word_point(checkpoint.load(model_file), "bright").params
    assert list(report["terms"][0]["params"].values()) == pytest.approx(params.tolist())
    assert report["figures"]["n_settings"] == 40
    assert report["scope"] == "in-sample"
    assert report["held_out_curve_rmse_db_mean"] > 0
    assert all(r["low_hz"] <= r["high_hz"] for r in report["frequency_ranges"])


def test_verdicts_cover_every_value():
    assert [silhouette_verdict(v) for v in (1, 0.5, 0.3, 0.0, -0.01, -1, None)] == [
        "well apart", "well apart", "apart", "overlapping", "mixed", "mixed", "not defined here",
    ]  # fmt: skip
    assert [davies_bouldin_verdict(v) for v in (0, 0.99, 1, 2, 4, 1e9, None)] == [
        "well apart", "well apart", "apart", "overlapping", "mixed", "mixed", "not defined here",
    ]  # fmt: skip


def test_reconstruct_writes_every_valid_row_whatever_its_word(run, model_file, table, tmp_path):
    rows = list(csv.reader(table.read_text().splitlines()))
    rows[0][5] = "nan"
    given = tmp_path / "given.csv"
    with given.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    code, out, _ = run("reconstruct", "--model", model_file, "--data", given, "-o", "out.csv")
    assert code == 0
    assert "Wrote 39 settings to out.csv" in out
    assert "1 row: a number that is not finite" in out
    header, *lines = csv.reader(Path("out.csv").read_text().splitlines())
    assert header == ["id", "term", *NAMES, "latent_0", "latent_1", "latent_2", "latent_3"]
    dataset, model = read_csv(given), checkpoint.load(model_file)
    assert [int(line[0]) for line in lines] == dataset.setting_ids.tolist()
    assert [line[1] for line in lines] == dataset.terms.tolist()
    assert "odd, rare" in dataset.terms
    numbers = np.array([line[2:] for line in lines], dtype=float)
    np.testing.assert_allclose(numbers[:, :13], model.reconstruct(dataset.params), rtol=1e-8)
    np.testing.assert_allclose(numbers[:, 13:], model.encode(dataset.params), rtol=1e-8)


# Words


def test_terms_lists_the_words_most_settings_first(run, model_file):
    code, out, err = run("terms", "--model", model_file, "--json")
    terms = json.loads(out)["terms"]
    assert code == 0
    assert [(t["term"], t["n"]) for t in terms] == [("bright", 15), ("warm", 15)]
    assert tuple(terms[0]["params"]) == NAMES
    assert str(model_file) in err
    assert "bright, learned from 15 settings" in run("terms", "--model", model_file)[1]


@pytest.mark.parametrize("route", ROUTES)
def test_morph_begins_and_ends_at_its_words(run, model_file, route):
    def at_slider(*args):
        given = ["morph", "--model", model_file, "--from", "Warm ", "--to", "bright", *args]
        code, out, _ = run(*given, "--route", route, "--json")
        assert code == 0
        return json.loads(out)

    between = at_slider("--at", 0.4)
    assert (between["from"], between["to"], between["at"]) == ("warm", "bright", 0.4)
    assert (between["route"], between["strength"]) == (route, 1.0)
    assert [band["name"] for band in between["bands"]][0] == "Low Shelf"
    assert between["bands"][1] == {
        "name": "Peak 1",
        "type": "peaking",
        "frequency_hz": between["params"]["peak_1_freq_hz"],
        "gain_db": between["params"]["peak_1_gain_db"],
        "q": between["params"]["peak_1_q"],
    }
    assert between["bands"][4]["q"] == 0.71
    model = checkpoint.load(model_file)
    path = morph(model, word_point(model, "warm"), word_point(model, "bright"), route=route)
    for at, expected in (
        (0, word_point(model, "warm").params),
        (0.4, path.setting(0.4)),
        (1, word_point(model, "bright").params),
    ):
        params = list(at_slider("--at", at)["params"].values())
        np.testing.assert_allclose(params, expected, rtol=1e-5, atol=1e-5)
    assert {band["gain_db"] for band in at_slider("--strength", 0)["bands"]} == {0}


def test_morph_says_which_gains_stop_at_the_limit(run, model_file, monkeypatch):
    monkeypatch.setattr("neural_eq.cli.setting.stopped_gains", lambda params, strength: 2)
    args = ["morph", "--model", model_file, "--from", "warm", "--to", "bright"]
    assert "2 gains stopped at the equaliser's limit of 12 dB." in run(*args)[1]
    assert json.loads(run(*args, "--json")[1])["gains_stopped_at_limit"] == 2


# Sound


def write_sound(path, *, sample_rate=44100, n_channels=2, subtype="PCM_24", peak=0.25):
    samples = np.random.default_rng(0).uniform(-peak, peak, (sample_rate, n_channels))
    soundfile.write(path, samples, sample_rate, subtype=subtype)
    return path


@pytest.mark.slow
def test_guides_mastering_script_applies_the_words_eq_and_says_it(model_file):
    write_sound("in.wav")
    script, model = ROOT / "semantic_mastering_safedb_v3.py", checkpoint.load(model_file)
    done = run_process(
        script, "in.wav", "out.wav", "--term", "bright", "--strength", 0.8, "--model", model_file
    )
    assert done.returncode == 0, done.stderr
    params = with_strength(word_point(model, "bright").params, 0.8)
    for line in format_bands(params):
        assert line in done.stdout
    assert "EQ: bright, strength 0.8" in done.stdout
    assert re.search(
        r"Level: [-+][\d.]+ dB after the EQ; loudness (-[\d.]+) to \1 LUFS", done.stdout
    )
    assert "Wrote out.wav, WAV PCM_24" in done.stdout
    given, _ = soundfile.read("in.wav")
    written, sample_rate = soundfile.read("out.wav")
    assert sample_rate == 44100
    expected = apply_eq(given, params, 44100).samples
    assert np.abs(expected - given).max() > 0.01
    np.testing.assert_allclose(written, expected, atol=2**-22)
    assert [p.name for p in Path().iterdir() if p.suffix != ".wav"] == []


def test_render_follows_its_options(run, model_file):
    write_sound("in.wav")
    given = ["render", "in.wav", "out.wav", "--model", model_file, "--term", "bright"]
    model = checkpoint.load(model_file)
    code, out, _ = run(
        *given, "--to", "warm", "--at", 0.3, "--route", "parameters", "--no-level-match",
        "--subtype", "FLOAT",
    )  # fmt: skip
    assert code == 0
    assert "EQ: bright to warm at 0.3, strength 1" in out
    assert "not matched" in out
    path = morph(model, word_point(model, "bright"), word_point(model, "warm"), route="parameters")
    samples, _ = soundfile.read("in.wav")
    expected = apply_eq(samples, path.setting(0.3), 44100, level_match=False).samples
    np.testing.assert_allclose(soundfile.read("out.wav")[0], expected, atol=1e-6)
    assert soundfile.info("out.wav").subtype == "FLOAT"

    assert run(*given, "--strength", 0)[0] == 0
    assert soundfile.info("out.wav").subtype == "PCM_24"
    np.testing.assert_array_equal(soundfile.read("out.wav")[0], samples)


def test_render_goes_from_word_to_word_over_the_file(run, model_file):
    write_sound("in.wav")
    given = ["render", "in.wav", "out.wav", "--model", model_file, "--term", "bright"]
    code, out, _ = run(*given, "--to", "warm", "--over-time", "--subtype", "FLOAT")
    assert code == 0
    assert "EQ: bright to warm over the file, strength 1" in out
    beginning, end = out.index(" At the beginning:"), out.index(" At the end:")
    model = checkpoint.load(model_file)
    for word, text in (("bright", out[beginning:end]), ("warm", out[end:])):
        for line in format_bands(word_point(model, word).params):
            assert line in text
    assert re.search(r"Level: [-+][\d.]+ to [-+][\d.]+ dB after the EQ, along the way; loud", out)
    given_samples, _ = soundfile.read("in.wav")
    assert np.abs(soundfile.read("out.wav")[0] - given_samples).max() > 0.01


@pytest.mark.parametrize("ending", ["w64", "flac", "ogg", "mp3", "aiff"])
def test_render_writes_the_kind_that_the_ending_names(run, model_file, ending):
    write_sound("in.wav")
    args = ["render", "in.wav", f"out.{ending}", "--model", model_file, "--term", "warm"]
    code, out, _ = run(*args)
    assert code == 0
    info = soundfile.info(f"out.{ending}")
    assert (info.format, info.samplerate, info.channels) == (ending.upper(), 44100, 2)
    assert ("Note: " in out) == (ending in ("ogg", "mp3"))


def test_render_names_what_it_could_not_do_as_asked(run, model_file, monkeypatch):
    params = np.where(np.array(GAIN_COLUMNS)[:, None] == np.arange(13), 12.0, DEFAULT).max(axis=0)
    monkeypatch.setattr("neural_eq.cli.rendering.chosen_setting", lambda *a, **rest: (params, 1))
    write_sound("loud.wav", sample_rate=8000, n_channels=7, peak=0.99)
    args = ["render", "loud.wav", "out.wav", "--model", model_file, "--term", "bright"]
    code, out, _ = run(*args, "--no-level-match")
    assert code == 0
    assert "1 gain stopped at the equaliser's limit of 12 dB." in out
    assert "Note: High Shelf at 8200 Hz is left out" in out
    assert "holds nothing above 4000 Hz" in out
    assert "quieter than asked for" in out
    samples, _ = soundfile.read("out.wav")
    assert samples.shape == (8000, 7)
    assert np.abs(samples).max() < 1


# The table


def test_data_info_says_what_is_chosen_and_which_words_are_junk(run, table):
    code, out, _ = run("data", "info", "--data", table, "--min-examples", 5)
    assert code == 0
    for text in (
        "Data: settings.csv, 40 settings, 4 words.", "without junk words: 30 settings, 2 words",
        "with junk words: 38 settings, 3 words", "Junk words, which describe no sound",
        "(--keep-junk keeps them): test 8", "Set aside: no row.",
    ):  # fmt: skip
        assert text in out
    code, out, err = run("data", "info", "--data", table, "--json")
    values = json.loads(out)
    assert code == 0
    assert values["selected"] == {"n_settings": 30, "words": {"bright": 15, "warm": 15}}
    assert values["selected_with_junk_words"]["n_settings"] == 38
    assert (values["junk_words"], values["is_built_in"]) == ({"test": 8}, False)
    assert "settings.csv" in err


def test_what_is_built_in_is_said(run, tmp_path, monkeypatch):
    monkeypatch.setattr("neural_eq.data.sources.DATA_PATH", tmp_path / "none.csv")
    code, out, _ = run("data", "info")
    assert code == 0
    assert "Data: built-in set" in out
    assert "with junk words: 1,283 settings, 14 words" in out
    code, _, err = run("evaluate", "--json")
    assert code == 0
    assert "Model: built-in model" in err
    assert "Data: built-in set" in err


def test_the_environment_names_the_table(run, table, monkeypatch):
    monkeypatch.setenv("NEURAL_EQ_DATA", str(table))
    assert "Data: settings.csv" in run("data", "info")[1]


def test_data_download_says_where_the_table_is(run, monkeypatch):
    def fetch(*, on_progress):
        on_progress(479130, 479130)
        return Path("there.csv")

    monkeypatch.setattr("neural_eq.cli.table.fetch", fetch)
    code, out, _ = run("data", "download")
    assert (code, out.splitlines()[-1]) == (0, "SAFE-DB's table is verified and in there.csv")


@pytest.mark.slow
@needs_safe_db
def test_safe_db_goes_the_whole_way(run):
    code, out, _ = run("train", "--data", SAFE_DB, "--epochs", 1, "--output", "safe.pt")
    assert code == 0
    assert re.search(r"Words to learn: \d+ words with [\d,]+ settings\.\n  warm \d+, bright", out)
    code, out, _ = run("evaluate", "--model", "safe.pt", "--data", SAFE_DB, "--json")
    assert code == 0
    assert None not in [json.loads(out)[key] for key in ISSUE_KEYS]
    code, out, _ = run("reconstruct", "--model", "safe.pt", "--data", SAFE_DB, "-o", "out.csv")
    assert code == 0
    n_rows = len(list(csv.reader(SAFE_DB.read_text(errors="replace").splitlines())))
    assert len(Path("out.csv").read_text().splitlines()) == n_rows + 1


# What all commands share


def test_a_model_trained_here_is_used_before_the_built_in_one(run, model_file, monkeypatch):
    monkeypatch.setattr(inputs, "BUILT_IN_MODEL_PATH", model_file)
    assert "Model: built-in model, 4 latent dimensions" in run("terms", "--json")[2]
    Path(DEFAULT_MODEL_NAME).write_bytes(model_file.read_bytes())
    assert f"Model: {DEFAULT_MODEL_NAME}, " in run("terms")[1]


def test_help_says_every_default_and_bound(capsys):
    for command in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0
        text = " ".join(capsys.readouterr().out.split())
        assert "usage: python -m neural_eq " + command in text
        if command != "train":
            continue
        for config in (TrainConfig(), TrainConfig().model):
            for name, option in options(type(config)).items():
                assert f"--{name.replace('_', '-')}" in text
                assert option.help in text
                default = getattr(config, name)
                assert f"default: {'off' if default is False else default})" in text


def test_help_of_a_setting_agrees_with_the_latent_space(capsys):
    with pytest.raises(SystemExit):
        main(["morph", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert f"{STRENGTH_MINIMUM:g} to {STRENGTH_MAXIMUM:g}" in text
    assert " or ".join(ROUTES) in text


def test_help_imports_nothing_slow():
    code = (
        "import sys\nfrom neural_eq.cli import main\n"
        "try:\n    main(['--version'])\nexcept SystemExit:\n    pass\n"
        "slow = {'numpy', 'torch', 'scipy', 'sklearn', 'umap', 'matplotlib', 'streamlit'}\n"
        "print('slow:', *sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "slow:"


@pytest.mark.parametrize(
    ("args", "unused"),
    [
        (("render", "in.wav", "out.wav", "--term", "warm"), "torch sklearn scipy pandas"),
        (("morph", "--from", "warm", "--to", "bright"), "torch sklearn scipy pandas"),
        (("evaluate",), "umap plotly matplotlib soundfile"),
    ],
)
def test_a_command_imports_only_what_it_uses(tmp_path, monkeypatch, args, unused):
    monkeypatch.chdir(tmp_path)
    write_sound("in.wav")
    names = {"streamlit", *unused.split()}
    code = (
        "import sys\nfrom neural_eq.cli import main\n"
        f"assert main({list(args)!r}) == 0\n"
        f"print(*sorted({names!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "\n")


def test_what_a_library_says_of_a_damaged_mp3_is_not_passed_on(tmp_path):
    source = tmp_path / "in.mp3"
    generator = np.random.default_rng(1)
    soundfile.write(source, generator.normal(0, 0.1, (48000, 2)), 48000)
    content = bytearray(source.read_bytes())
    for place in generator.integers(2000, len(content), 40):
        content[place] ^= 255
    source.write_bytes(content)
    done = run_process("render", source, tmp_path / "out.wav", "--term", "warm")
    assert (done.returncode, done.stderr) == (0, "")
    source.write_bytes(content[:200])
    done = run_process("render", source, tmp_path / "out.wav", "--term", "warm")
    assert done.returncode == 2 and done.stderr.startswith("Error: in.mp3 is damaged or not")
    assert len(done.stderr.splitlines()) == 1


def test_interruption_ends_with_130(run, model_file, monkeypatch):
    monkeypatch.setattr("neural_eq.cli.words.open_model", raise_interrupt)
    code, _, err = run("terms", "--model", model_file)
    assert (code, err) == (130, "Stopped.\n")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGPIPE")
def test_a_reader_that_goes_away_is_no_error(model_file):
    with subprocess.Popen(
        [sys.executable, "-m", "neural_eq", "terms", "--model", str(model_file)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 141


def test_a_table_is_replaced_whole_or_not_at_all(run, model_file, table, monkeypatch):
    args = ["reconstruct", "--model", model_file, "--data", table, "-o", "out.csv"]
    Path("out.csv").write_bytes(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", raise_disk_full)
        code, _, err = run(*args)
    assert (code, err) == (2, "Error: out.csv cannot be written: No space left on device.\n")
    assert Path("out.csv").read_bytes() == b"old"
    assert run(*args)[0] == 0
    assert Path("out.csv").read_bytes().startswith(b"id,term,")
    assert [p.name for p in Path().iterdir()] == ["out.csv"]
