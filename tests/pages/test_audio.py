"""The Audio page through ``app.py``."""

from __future__ import annotations

import pytest

from tests.pages.opening import (
    turned,
    widget,
)


@pytest.mark.parametrize("clip", ["drums", "bass_and_chords", "voice", "pink_noise"])
def test_every_clip_is_played_before_and_after(app, clip):
    turned(app, "audio")
    widget(app.selectbox, "Sound").set_value(clip).run()
    assert not app.exception
    levels = [c.value for c in app.caption if "LUFS" in c.value]
    assert len(levels) == 2
    assert levels[0].split(" LUFS")[0] == levels[1].split(" LUFS")[0], "not level-matched"


def test_without_a_file_of_ones_own_the_page_says_what_to_do(app):
    turned(app, "audio")
    widget(app.selectbox, "Sound").set_value("own").run()
    assert "Choose a file" in app.info[0].value
    assert not app.exception
