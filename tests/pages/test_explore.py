"""The Explore page through ``app.py``."""

from __future__ import annotations

import json

import numpy as np
import pytest

from neural_eq.data.demo import built_in_dataset
from neural_eq.ui import cached, maps, state
from tests.pages.opening import (
    turned,
    widget,
)


@pytest.mark.parametrize("method", ["UMAP", "t-SNE", "PCA"])
def test_the_built_in_maps_are_at_hand(app, method):
    app.session_state[state.METHOD] = method
    app.run()
    assert not app.info, "a map is being made that should have been saved"
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["xaxis"]["title"]["text"] == f"{method} 1 (no unit)"
    assert {t["name"].split(" (")[0] for t in figure["data"]} >= {"warm", "bright", "clear"}


def test_a_map_that_fails_is_said_and_can_be_tried_again(app, monkeypatch):
    def broken(self, work):
        raise maps.MapError("the disk is full.")

    monkeypatch.setattr(maps.MapMaker, "_make", broken)
    app.session_state[state.N_NEIGHBORS] = 7
    app.run()
    app.run()
    assert "The UMAP map failed: the disk is full. Shown instead: PCA." in app.error[0].value
    monkeypatch.setattr(maps.MapMaker, "_make", lambda self, work: np.zeros((len(work.latent), 2)))
    widget(app.button, "Try again").click().run()
    app.run()
    assert not app.error


def test_a_clicked_setting_becomes_the_eq_and_an_end_of_the_morph(app):
    rows, _ = cached.shown_rows(built_in_dataset())
    app.session_state[state.DOT] = int(rows.setting_ids[3])
    app.run()
    name = f"{rows.terms[3]}, setting {rows.setting_ids[3]}"
    assert app.subheader[0].value.lower() == name
    widget(app.button, "Use as EQ").click().run()
    assert app.title[0].value == "Audio"
    assert app.subheader[0].value == f"EQ: {name}, strength 1.00"
    turned(app, "explore")
    widget(app.button, "Morph from here").click().run()
    assert app.title[0].value == "Morph"
    assert widget(app.selectbox, "From").value == name
    assert app.session_state[state.SOURCE] == state.MORPH_SOURCE
