"""A comparison to take away: it says what was measured, and no name can smuggle in markup."""

import json
from html.parser import HTMLParser

import pytest

from neural_eq.model import checkpoint
from neural_eq.model.comparison_report import (
    describe_model,
    seconds_text,
    target_rows,
    to_html,
    value_text,
    verdict_text,
)
from neural_eq.model.config import BUILT_IN_MODEL_PATH
from neural_eq.model.evaluation import evaluate


@pytest.fixture(scope="module")
def described(built_in):
    models = {
        dim: checkpoint.load(BUILT_IN_MODEL_PATH.with_name(f"neural_eq_{dim}.pt"))
        for dim in (32, 3)
    }
    return models, [
        describe_model(model, built_in, name=f"<b>model {dim}</b>") for dim, model in models.items()
    ]


def test_the_figures_are_those_of_evaluate(described, built_in):
    models, found = described
    figures = evaluate(models[32], built_in)
    assert found[0]["figures"]["curve_rmse_db_mean"] == figures["curve_rmse_db_mean"]
    assert found[0]["scope"] == figures["scope"] == "external"
    assert found[0]["training_s"] == models[32].history[-1]["elapsed_s"]
    assert json.loads(json.dumps(found)) == found


def test_the_large_model_meets_its_targets_and_the_small_one_its_own(described):
    large, small = described[1]
    n_met = sum(target["is_met"] for target in large["targets"])
    assert f"meets {n_met} of {len(large['targets'])} targets" in verdict_text(large)
    met = {target["figure"]: target["is_met"] for target in large["targets"]}
    assert met["curve_rmse_db_mean"] and met["freq_within_twelfth_octave"]
    assert "of at most" not in verdict_text(large)
    assert "a map of 3 dimensions, a mean curve error of at most 1.5 dB" in verdict_text(small)
    rows = target_rows([large, small])
    assert rows[0][0] == "Curve error, mean (at most 0.10 dB)"
    assert rows[0][1].startswith("✓") and rows[0][2].startswith("✗")


def test_what_the_data_cannot_say_is_said():
    target = {"value": None, "unit": "dB", "is_met": None}
    assert value_text(target) == "not in this data"
    assert seconds_text(None) == "not recorded" and seconds_text(15.61) == "15.6 s"


def test_the_page_holds_every_figure_and_no_markup_from_names(described):
    found = described[1]
    page = to_html(found, data="<script>alert(1)</script> & more")
    tags: list[str] = []
    texts: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            tags.append(tag)

        def handle_data(self, data):
            texts.append(data)

    Reader().feed(page)
    assert "script" not in tags and "b" not in tags and tags.count("table") == 5
    said = " ".join(texts)
    assert "<script>alert(1)</script> & more" in said and "<b>model 3</b>" in said
    for row in target_rows(found):
        assert all(cell in texts for cell in row)
    assert tags.count("rect") == 5 * 3  # each band: the settings and two models
