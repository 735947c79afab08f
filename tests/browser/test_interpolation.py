"""What the browser works out by itself between two of Python's numbers, against Python's own."""

from __future__ import annotations

import numpy as np
import pytest

from neural_eq.latent.morphing import morph
from neural_eq.latent.terms import with_strength, word_point
from neural_eq.model.checkpoint import load
from neural_eq.ui.live.morph_slider import path_data
from neural_eq.ui.sound import scripts
from tests.browser.driver import ROOT

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def blank(browser):
    page = browser.new_page()
    yield page
    page.close()


def asked(blank, expression, given):
    """What an expression is after the morphing script."""
    return blank.evaluate(f"given => {{ {scripts.morphing()}\n return {expression}; }}", given)


def test_a_place_on_the_path_is_pythons(blank):
    model = load(ROOT / "assets" / "neural_eq_32.pt")
    path = morph(model, word_point(model, "warm"), word_point(model, "bright"))
    data = path_data(path.params, start="warm", end="bright", rest="")
    for at, strength in ((0, 1.0), (37, 1.0), (62, -0.5), (99, 2.0), (100, 1.35)):
        made = asked(blank, "morphed(given.path, given.at, given.strength)",
                     {"path": data, "at": at, "strength": strength})  # fmt: skip
        wanted = with_strength(path.setting(at / 100), strength)
        np.testing.assert_allclose(made, wanted, rtol=1e-6, atol=1e-6)


def test_between_two_settings_gains_go_evenly_and_frequencies_by_ratio(blank):
    left, right = [0.0, 100.0, *[0, 500, 1] * 3, 6, 4000], [6.0, 400.0, *[0, 500, 4] * 3, 0, 1000]
    two = np.array([left, right])
    made = asked(blank, "morphed(given, 25, 1)", path_data(two, start="a", end="b", rest=""))
    assert made[:2] == pytest.approx([1.5, 100 * 4**0.25])
    assert made[4] == pytest.approx(4**0.25)
    assert made[-2:] == pytest.approx([4.5, 4000 / 4**0.25])


@pytest.mark.parametrize(
    ("motion", "frame", "place"),
    [
        ({"kind": "swing", "loops": 2}, 1000, 0.0),
        ({"kind": "swing", "loops": 2}, 1500, 50.0),
        ({"kind": "swing", "loops": 2, "turns": 1}, 1000, 100.0),
        ({"kind": "drawn", "drawing": [0, 40, 80, 40]}, 1250, 40.0),
        ({"kind": "drawn", "drawing": [0, 40, 80, 40]}, 1375, 60.0),
        ({"kind": "drawn", "drawing": [0, 40, 80, 40]}, 1875, 20.0),
    ],
)
def test_a_motion_is_where_its_loop_says(blank, motion, frame, place):
    given = {"motion": motion, "frame": frame, "loop": {"from": 1000, "to": 2000}}
    found = asked(blank, "placeOfMotion(given.motion, given.frame, given.loop)", given)
    assert found == pytest.approx(place, abs=1e-9)
