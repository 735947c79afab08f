"""Settings as JSON: written, read again, and refused in a sentence."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neural_eq.eq.params import DEFAULT, MAXIMUM, MINIMUM
from neural_eq.errors import NeuralEqError, ParameterError, PresetError
from neural_eq.presets.setting import read_setting, setting_values, write_setting

SETTING = np.array([-4, 120, 3, 400, 0.71, -6, 900, 2.0, 5, 3000, 1.0, 8, 7000.0])

settings_drawn = st.tuples(
    *(st.floats(low, high) for low, high in zip(MINIMUM.tolist(), MAXIMUM.tolist(), strict=True))
)


def written(**changes):
    return {**json.loads(write_setting("a → b", SETTING, source={"model": "m"})), **changes}


def read(values):
    return read_setting(json.dumps(values).encode(), name="my.json")


@given(settings_drawn)
def test_what_is_written_is_read(values):
    name, params = read_setting(write_setting("ä", np.array(values), source={}).encode())
    assert name == "ä"
    np.testing.assert_allclose(params, values, rtol=1e-8, atol=1e-12)


def test_bands_alone_are_enough():
    values = written()
    del values["params"]
    np.testing.assert_allclose(read(values)[1], SETTING)


def test_another_writers_bands_are_read():
    names = {"peaking": "peak_dip"}
    bands = [
        {"type": names.get(b["type"], b["type"]), "frequency": b["frequency_hz"],
         "gain_db": b["gain_db"], "q": b["q"], "enabled": b["name"] != "Peak 1"}
        for b in setting_values(SETTING)["bands"]
    ]  # fmt: skip
    name, params = read({"type": "parametric_eq", "parameters": {"bands": bands}})
    expected = SETTING.copy()
    expected[2] = 0  # switched off
    np.testing.assert_allclose(params, expected)
    assert name == "my.json"


def test_version_1_with_units_beside_its_numbers_is_read():
    params = {k: {"value": v, "unit": ""} for k, v in written()["params"].items()}
    np.testing.assert_allclose(read(written(version=1, params=params))[1], SETTING)


def test_a_mark_of_byte_order_and_a_long_name_do_no_harm():
    content = b"\xef\xbb\xbf" + json.dumps(written(name="x\n" * 500)).encode()
    name, _ = read_setting(content)
    assert len(name) == 100 and "\n" not in name


def bands_with(number, **changes):
    values = written()
    del values["params"]
    values["bands"][number].update(changes)
    return values


@pytest.mark.parametrize(
    ("values", "error", "sentence"),
    [
        ([1, 2], PresetError, "my.json is not a setting of Neural EQ"),
        ({}, PresetError, "must be JSON with “params” or “bands”"),
        (written(version=3), PresetError, "has version 3 of neural-eq-setting; this program"),
        (written(version="x"), PresetError, "has version x"),
        (written(params={}), PresetError, "low_shelf_gain_db is 'None'; it must be a number"),
        (written(params={**written()["params"], "peak_1_q": True}), PresetError, "peak_1_q"),
        (
            written(params={**written()["params"], "peak_1_gain_db": 13}),
            ParameterError,
            "my.json: peak_1_gain_db is 13 dB; it must lie within -12 to 12 dB",
        ),
        (
            written(params={**written()["params"], "peak_1_q": float("nan")}),
            ParameterError,
            "peak_1_q is nan",
        ),
        (bands_with(1, type="high_shelf"), PresetError, "Peak 1 is 'high_shelf'; it must be"),
        (bands_with(0, q=1.5), PresetError, "Low Shelf has Q 1.5; the equaliser's shelves have"),
        (bands_with(2, gain_db="loud"), PresetError, "peak_2_gain_db is 'loud'"),
        (bands_with(2, gain_db=10**400), PresetError, "too large"),
        ({"bands": written()["bands"][:3]}, PresetError, "has 3 bands; the equaliser has 5"),
        ({"bands": [1] * 5}, PresetError, "is not a setting"),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence(values, error, sentence):
    with pytest.raises(error, match=sentence):
        read(values)


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(content):
    with pytest.raises(NeuralEqError):
        read_setting(content)


def test_a_deep_and_a_huge_file_are_refused():
    with pytest.raises(PresetError):
        read_setting(b"[" * 100_000)
    with pytest.raises(PresetError, match=r"1,048,577 bytes; a setting has at most 1,048,576"):
        read_setting(b" " * ((1 << 20) + 1))


def test_the_default_setting_is_one():
    np.testing.assert_array_equal(
        read_setting(write_setting("d", DEFAULT, source={}).encode())[1], DEFAULT
    )
