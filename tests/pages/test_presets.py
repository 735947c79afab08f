"""The Presets page through ``app.py``."""

import json

import numpy as np
import pytest

from neural_eq.presets.setting import read_setting
from neural_eq.ui import state
from neural_eq.ui.current_eq import CurrentEq, setting_json
from tests.pages.opening import opened, turned, widget

PARAMS = np.array([3.0, 120, -2.5, 400, 0.8, 1.5, 1000, 1.2, 4.0, 3000, 2.0, -1.0, 8000])


def test_the_eq_in_use_is_shown_with_its_bands_and_can_be_kept():
    app = opened("presets", at="30")
    said = " ".join(m.value for m in app.markdown)
    assert "warm → bright, 30 %" in said and "| Low Shelf |" in said
    assert app.get("download_button")[0].label == "Download as JSON"
    assert "opens here" in app.info[0].value


def test_opened_settings_are_shown_and_become_the_eq_and_an_end():
    app = opened("presets")
    text = setting_json(CurrentEq("my <b>warmth</b>", PARAMS, 0, {}), model="any")
    files = [("mine.json", text.encode()), ("mine2.json", text.encode()), ("bad.json", b"[" * 100)]
    uploads = [(name, content, "application/json") for name, content in files]
    app.file_uploader[-1].set_value(uploads).run()
    assert "bad\\.json is not a setting" in app.error[0].value and len(app.error) == 1
    names = widget(app.selectbox, "Opened").options
    assert names == ["my <b>warmth</b> (file)", "my <b>warmth</b> 2 (file)"]
    widget(app.button, "Use as EQ").click().run()
    turned(app, "presets")
    said = [m.value for m in app.markdown]
    assert any("my \\<b\\>warmth" in text for text in said), said
    assert app.session_state[state.USED_DOT].params == pytest.approx(PARAMS.tolist())


def test_what_is_downloaded_opens_again():
    text = setting_json(CurrentEq("a name", PARAMS, 0, {"from": "warm"}), model="any")
    name, params = read_setting(text.encode())
    assert name == "a name" and json.loads(text)["from"] == "warm"
    np.testing.assert_allclose(params, PARAMS)
