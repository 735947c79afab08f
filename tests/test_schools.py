"""Schools are found where there are some, and named by what their curves do."""

from pathlib import Path

import numpy as np
import pytest

from neural_eq.data.safe_db import read_csv
from neural_eq.eq.params import DEFAULT
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.latent.naming import features, names
from neural_eq.latent.schools import N_FREQS, find_schools

TABLE = Path(__file__).parents[2] / "shared" / "safe-db" / "SAFEEqualiserUserData.csv"
FREQ_HZ = log_frequencies()


def setting(**bands):
    """The default with some bands changed: ``peak_3=(gain_db, freq_hz, q)``."""
    places = {"low_shelf": (0, 1), "peak_1": (2, 3, 4), "peak_2": (5, 6, 7), "peak_3": (8, 9, 10),
              "high_shelf": (11, 12)}  # fmt: skip
    params = DEFAULT.copy()
    for name, values in bands.items():
        params[list(places[name])] = values
    return params


def cloud(params, n, seed):
    """Settings around one, by about 1 dB and a tenth of an octave."""
    generator = np.random.default_rng(seed)
    rows = np.tile(params, (n, 1))
    loud = params != DEFAULT
    rows[:, loud] += generator.normal(size=(n, loud.sum())) * np.maximum(0.05 * params[loud], 0.5)
    return response_db(rows, log_frequencies(N_FREQS))


def test_three_ways_to_mean_a_word_are_found():
    parts = [
        cloud(setting(low_shelf=(8, 200)), 60, 0),
        cloud(setting(peak_3=(-8, 3000, 1)), 40, 1),
        cloud(setting(high_shelf=(7, 6000), peak_1=(4, 400, 1)), 20, 2),
    ]
    schools = find_schools(np.concatenate(parts))
    assert schools.labels.tolist() == [0] * 60 + [1] * 40 + [2] * 20
    assert min(schools.bic, key=schools.bic.get) == 3


def test_a_school_needs_ten_settings_and_a_tenth_of_the_word():
    many = cloud(setting(low_shelf=(8, 200)), 60, 0)
    few = cloud(setting(high_shelf=(8, 6000)), 9, 1)
    labels = find_schools(np.concatenate([many, few])).labels
    assert np.bincount(labels).min() >= 10
    assert set(labels[60:].tolist()) & set(labels[:60].tolist())
    labels = find_schools(cloud(setting(low_shelf=(8, 200)), 19, 0)).labels
    assert labels.tolist() == [0] * 19


@pytest.mark.parametrize("n", [1, 5, 60])
def test_settings_that_are_all_alike_are_one_school(n):
    assert find_schools(np.tile(FREQ_HZ[:N_FREQS], (n, 1))).labels.tolist() == [0] * n


@pytest.mark.parametrize(("word", "n_schools"), [("warm", 3), ("bright", 4)])
def test_safe_db_has_three_schools_of_warm_and_four_of_bright(word, n_schools):
    if not TABLE.exists():
        pytest.skip("SAFE-DB's own table is not here")
    table = read_csv(TABLE)
    curves_db = response_db(table.params[table.terms == word], log_frequencies(N_FREQS))
    assert find_schools(curves_db).labels.max() + 1 == n_schools
    some = np.random.default_rng(0).random(len(curves_db)) < 0.95
    assert find_schools(curves_db[some]).labels.max() + 1 == n_schools


@pytest.mark.parametrize(
    ("bands", "name"),
    [
        ({"peak_3": (6, 3000, 2)}, "presence peak, 3 kHz"),
        ({"peak_3": (-6, 3000, 2)}, "presence dip, 3 kHz"),
        ({"peak_1": (5, 250, 0.5)}, "low-mid boost, 250 Hz"),
        ({"peak_2": (-5, 1000, 0.4)}, "mid cut, 1 kHz"),
        ({"high_shelf": (6, 12000)}, "air shelf, 12 kHz"),
        ({"high_shelf": (-6, 3000)}, "treble cut, 3 kHz"),
        ({"low_shelf": (6, 200)}, "bass shelf, 200 Hz"),
        ({"low_shelf": (-6, 100)}, "bass cut, 100 Hz"),
        ({"low_shelf": (6, 1000), "high_shelf": (6, 1000)}, "overall boost"),
        ({"low_shelf": (-4, 100), "peak_3": (7, 4000, 2)}, "presence peak, 4 kHz"),
        ({"peak_3": (0.9, 3000, 2)}, "nearly flat"),
        ({}, "nearly flat"),
    ],
)
def test_a_curve_is_named_by_its_largest_feature(bands, name):
    curve_db = response_db(setting(**bands), FREQ_HZ)
    (found,) = names(curve_db[None], FREQ_HZ)
    digits = "".join(c for c in name if c.isdigit())
    assert found.rstrip("0123456789. kHz") == name.rstrip("0123456789. kHz")
    if digits:
        (feature, *_) = features(curve_db, FREQ_HZ)
        said = float(name.split(", ")[1].split()[0]) * (1000 if "kHz" in name else 1)
        assert feature.freq_hz == pytest.approx(said, rel=0.1)


def test_features_come_largest_first():
    curve_db = response_db(setting(low_shelf=(-4, 100), high_shelf=(7, 5000)), FREQ_HZ)
    assert [f.what for f in features(curve_db, FREQ_HZ)] == ["treble shelf", "bass cut"]


def test_names_that_differ_by_a_shade_of_frequency_say_their_gains():
    alike = [setting(peak_3=(4, 3000, 2)), setting(peak_3=(9, 2700, 2))]
    found = names(response_db(np.stack(alike), FREQ_HZ), FREQ_HZ)
    assert [name.split(", ")[-1] for name in found] == ["+4 dB", "+9 dB"]


def test_no_two_names_are_equal():
    louder = [setting(peak_3=(gain, 3000, 2)) for gain in (4, 8, 8)]
    curves_db = response_db(np.stack([*louder, setting(), setting()]), FREQ_HZ)
    found = names(curves_db, FREQ_HZ)
    assert len(set(found)) == 5
    assert found[0] == "presence peak, 3 kHz, +4 dB"
    assert found[1].startswith("presence peak, 3 kHz, +8 dB")
