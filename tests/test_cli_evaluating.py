"""``evaluate``, ``compare`` and ``terms``: what a model is worth, and what words mean."""

import json

import pytest

from neural_eq.cli.comparing import FIGURES
from neural_eq.data.safe_db import select
from neural_eq.latent.morphing import ROUTES
from neural_eq.latent.terms import describe_word
from neural_eq.model import checkpoint
from neural_eq.model.comparison import TARGETS
from neural_eq.model.config import BUILT_IN_MODEL_PATH, ModelConfig, TrainConfig
from neural_eq.model.training import train


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEURAL_EQ_DATA", raising=False)
    monkeypatch.setattr("neural_eq.data.sources.DATA_PATH", tmp_path / "none.csv")


@pytest.fixture(scope="module")
def two_words(built_in):
    return built_in.rows((built_in.terms == "warm") | (built_in.terms == "bright"))


@pytest.fixture(scope="module")
def shifted_model(two_words, tmp_path_factory):
    """A model of two words, trained for two epochs on frequencies shifted up."""
    config = TrainConfig(epochs=2, frequency_shift=0.5, device="cpu", model=ModelConfig(16, 16))
    path = tmp_path_factory.mktemp("model") / "shifted.pt"
    checkpoint.save(train(two_words, config), path)
    return path


def test_evaluate_tells_words_draws_and_morphs(run, shifted_model, built_in):
    code, out, err = run("evaluate", "--model", shifted_model, "--json")
    report = json.loads(out)
    assert code == 0 and "augmented: frequencies shifted up by 0 to 0.5 octaves" in err
    assert report["augmentation"] == "augmented: frequencies shifted up by 0 to 0.5 octaves"
    for word in report["words"]:
        rows = built_in.terms == word["term"]
        assert word["n"] == rows.sum() == sum(school["n"] for school in word["schools"])
        spread = word["spread_db"]
        assert all(
            low <= mid <= high
            for low, mid, high in zip(spread["p10"], spread["p50"], spread["p90"], strict=True)
        )
    assert [word["term"] for word in report["words"]] == ["warm", "bright"]
    draws = report["draws"]
    assert draws["n"] == pytest.approx(10_000, abs=2)
    assert abs(draws["freq_p1_off_octaves"]) < 1 / 3 > abs(draws["freq_p99_off_octaves"])
    assert max(draws["mean_curve_off_db"].values()) < 0.5
    assert set(report["morphs"]["routes"]) == set(ROUTES)
    assert len(report["morphs"]["pairs"]) == len(ROUTES)
    assert max(r["step_ratio_max"] for r in report["morphs"]["routes"].values()) < 1.2


def test_evaluate_says_the_same_in_words_and_brief_leaves_it_out(run, shifted_model):
    code, out, _ = run("evaluate", "--model", shifted_model)
    assert code == 0
    for part in ("warm: 5", "warm:1 ", "raise the high shelf above 10 kHz", "Draws: ",
                 "Morphs between all pairs of 2 words", "Within 1/12 octave"):  # fmt: skip
        assert part in out
    brief = run("evaluate", "--model", shifted_model, "--brief")[1]
    assert "Draws" not in brief and "Morphs" not in brief and "Within 1/12 octave" in brief


def test_evaluate_cross_validates_with_the_models_own_config(run, shifted_model, tmp_path):
    given = ["evaluate", "--model", shifted_model, "--brief", "--cross-validate", "--folds", 2]
    code, out, err = run(*given, "--seeds", 2, "--by", "submitter", "--json")
    result = json.loads(out)["cross_validated"]
    assert code == 0 and "Trained and judged 4 of 4." in err
    assert (result["n_folds"], result["seeds"], result["by"]) == (2, [0, 1], "submitter")
    assert result["latent_dim"] == 16 and result["scope"] == "cross-validated"
    assert result["figures"]["curve_rmse_db_mean"]["std"] > 0
    out = run(*given)[1]
    for target in TARGETS:
        assert f"  {target.label}: " in out
    assert "missed" in out  # two epochs do not reach 0.1 dB


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (["--folds", "1"], "1 is below 2"),
        (["--seeds", "0"], "0 is below 1"),
        (["--folds", "x"], "'x' is not a whole number"),
        (["--by", "mood"], "invalid choice: 'mood'"),
    ],
)
def test_evaluate_refuses_what_cannot_be_cross_validated(run, option, sentence):
    code, out, err = run("evaluate", "--cross-validate", *option)
    assert code == 2 and not out and sentence in err and err.count("\n") == 1


def test_compare_judges_all_on_one_split(run):
    code, out, err = run("compare", "--epochs", 2, "--latent-dim", 16, "--json")
    report = json.loads(out)
    assert code == 0 and "Training: reference V3" in err
    names = list(report["models"])
    assert names[:3] == ["reference V2 (data bounds)", "reference V3 (fixed bounds)", "Neural EQ"]
    assert all(name.startswith("PCA") for name in names[3:])
    code, out, _ = run("compare", "--epochs", 2, "--latent-dim", 16)
    assert code == 0 and "built-in set" in out
    for _, label, _ in FIGURES:
        assert f"| {label} |" in out
    assert "| High Shelf |" in out and "bright, Neural EQ" in out and "warm, reference V2" in out
    row = next(line for line in out.splitlines() if line.startswith("| curve error, mean"))
    shown = [float(cell) for cell in row.split("|")[2:-1]]
    figures = [report["models"][name]["curve_rmse_db_mean"] for name in names]
    assert shown == pytest.approx(figures, abs=5e-4)


def test_terms_lists_schools_and_morph_goes_to_one(run, built_in):
    code, out, _ = run("terms", "--json")
    assert code == 0
    warm = json.loads(out)["terms"][0]
    model = checkpoint.load(BUILT_IN_MODEL_PATH)
    schools = describe_word(model, built_in, "warm").schools
    assert len(schools) > 1
    assert [s["name"] for s in warm["in_data"]["schools"]] == [s.name for s in schools]
    assert f"warm:2 {schools[1].name}" in run("terms")[1]
    code, out, _ = run("morph", "--from", "Warm:2", "--to", "bright", "--at", 0, "--json")
    assert code == 0
    setting = list(json.loads(out)["params"].values())
    assert setting == pytest.approx(schools[1].centre.params.tolist(), rel=1e-4)


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("warm:99", "'warm' has"),
        ("warm:0", "'warm' has"),
        ("dull:1", "does not know the word 'dull'"),
        ("warm:x", "does not know the word 'warm:x'"),
    ],
)
def test_a_school_that_is_not_there_is_said(run, word, sentence):
    code, out, err = run("morph", "--from", word, "--to", "bright")
    assert code == 2 and sentence in err and err.startswith("Error: ")


def test_safe_db_has_the_schools_that_were_published(safe_db):
    """Three ways of warm and four of bright, as the literature on SAFE-DB counts them."""
    model = checkpoint.load(BUILT_IN_MODEL_PATH)
    known = select(safe_db, min_examples=5)
    counts = {word: len(describe_word(model, known, word).schools) for word in ("warm", "bright")}
    assert counts == {"warm": 3, "bright": 4}
