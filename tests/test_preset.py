"""Presets as our JSON: written, read again, laid down in a schema, and refused in a sentence."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural_eq.eq.params import DEFAULT, MAXIMUM, MINIMUM, NAMES, PARAMETERS
from neural_eq.eq.response import response_db
from neural_eq.errors import NeuralEqError, ParameterError, PresetError
from neural_eq.presets.earlier import setting_values
from neural_eq.presets.preamp import peak_db, preamp_db
from neural_eq.presets.preset import MAX_BYTES, SCHEMA_NAME, Preset, read_preset, write_preset

SETTING = np.array([-4, 120, 3, 400, 0.71, -6, 900, 2.0, 5, 3000, 1.0, 8, 7000.0])
SCHEMA_PATH = Path(__file__).parents[1] / "assets" / SCHEMA_NAME
SCHEMA = json.loads(SCHEMA_PATH.read_text("utf-8"))

params_drawn = st.tuples(
    *(st.floats(low, high) for low, high in zip(MINIMUM.tolist(), MAXIMUM.tolist(), strict=True))
).map(np.array)
texts = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts, json_values, max_size=4)


def written(**changes):
    return {**json.loads(write_preset(Preset("a → b", SETTING))), **changes}


def read(values):
    return read_preset(json.dumps(values).encode(), name="my.json")


def is_valid(values):
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(values)


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        Preset, texts, params_drawn, author=texts, details=st.text(st.characters(codec="utf-8")),
        link=st.sampled_from(["", "https://example.org/a?b=c"]),
        created=st.sampled_from(["", "2026-11-23T10:00:00Z", "2026-11-23T10:00:00+00:00"]),
        tags=st.lists(texts, max_size=4, unique=True).map(tuple), is_starred=st.booleans(),
        meaning=objects, provenance=objects,
    )
)  # fmt: skip
def test_what_is_written_is_read_and_fits_the_schema(preset):
    text = write_preset(preset)
    again = read_preset(text.encode())
    np.testing.assert_allclose(again.params, preset.params, rtol=1e-8, atol=1e-12)
    for name in ("name", "author", "details", "link", "created", "tags", "is_starred"):
        assert getattr(again, name) == getattr(preset, name)
    assert again.meaning == preset.meaning and again.provenance == preset.provenance
    assert write_preset(again) == text
    jsonschema.validate(json.loads(text), SCHEMA, jsonschema.Draft202012Validator)


def test_keys_of_other_programs_are_kept_wherever_they_stand():
    values = written(vendor={"a": [1, 2]}, extensions={"other.app": {"colour": "red"}})
    values["parameters"]["oversampling"] = 4
    values["parameters"]["bands"][1]["label"] = "body"
    values["filter_design"]["note"] = "n"
    values["response"]["phase"] = [1.5]
    again = json.loads(write_preset(read(values)))
    assert again == values


def test_bands_may_stand_in_any_order_where_they_have_their_ids():
    values = written()
    values["parameters"]["bands"].reverse()
    np.testing.assert_allclose(read(values).params, SETTING)


def test_the_response_lets_a_reader_verify_its_own():
    response = written()["response"]
    freq_hz = np.array(response["frequencies_hz"])
    assert (freq_hz[0], freq_hz[-1]) == (20, 20000)
    np.testing.assert_allclose(
        response["magnitude_db"], response_db(SETTING, freq_hz), atol=1e-4, rtol=0
    )
    assert response["peak_db"] == pytest.approx(peak_db(SETTING), abs=1e-4)


def test_the_schema_has_the_bounds_of_the_equaliser():
    bands = SCHEMA["properties"]["parameters"]["properties"]["bands"]["prefixItems"]
    keys = {"gain": "gain_db", "frequency": "frequency", "q": "q"}
    for p in PARAMETERS:
        given_bounds = bands[p.band]["properties"][keys[p.kind]]
        assert (given_bounds["minimum"], given_bounds["maximum"]) == (p.minimum, p.maximum)


# The preamp


@given(params_drawn)
def test_the_preamp_brings_the_peak_just_to_full_scale(params):
    peak, preamp = peak_db(params), preamp_db(params)
    fine_hz = np.geomspace(1, 23990, 20001)
    assert peak == pytest.approx(response_db(params, fine_hz).max(), abs=0.02)
    assert preamp <= 0 and preamp == round(preamp, 1)
    assert -0.1 < max(peak, 0) + preamp <= 1e-6 or peak <= 0 == preamp


def test_the_preamp_is_the_peak_of_the_sum_and_no_sum_of_gains():
    worked = np.array([4.5, 180, 3.2, 420, 0.8, -2.6, 1100, 1.4, 5.1, 3300, 2.2, -6.3, 7200])
    assert preamp_db(worked) == -4.8
    assert preamp_db(DEFAULT) == 0.0


# Earlier files


def earlier(**changes):
    values = {"format": "neural-eq-setting", "version": 2, "name": "a → b", "from": "a", "to": "b"}
    return {**values, "at": 0.3, **setting_values(SETTING), **changes}


def test_an_earlier_setting_opens_with_what_it_was_made_of():
    preset = read(earlier())
    np.testing.assert_allclose(preset.params, SETTING)
    assert preset.name == "a → b"
    assert preset.meaning == {"mode": "morph", "term_a": "a", "term_b": "b", "t": 0.3}


def test_version_1_with_units_beside_its_numbers_is_read():
    params = {k: {"value": v, "unit": ""} for k, v in earlier()["params"].items()}
    np.testing.assert_allclose(read(earlier(version=1, params=params)).params, SETTING)


def test_bands_alone_are_enough_and_one_that_is_off_has_no_gain():
    values = earlier()
    del values["params"]
    values["bands"][1]["enabled"] = False
    expected = SETTING.copy()
    expected[2] = 0
    np.testing.assert_allclose(read(values).params, expected)


def test_a_mark_of_byte_order_and_a_long_name_do_no_harm():
    content = b"\xef\xbb\xbf" + json.dumps(written(name="x\n" * 500)).encode()
    assert len(read_preset(content).name) == 100
    assert read_preset(json.dumps(written()).encode("utf-16")).name == "a → b"


# Bad files


def with_band(number, **changes):
    values = written()
    values["parameters"]["bands"][number].update(changes)
    return values


def with_earlier_band(number, **changes):
    values = earlier()
    del values["params"]
    values["bands"][number].update(changes)
    return values


BAD = [
    ([1, 2], PresetError, "my.json is no preset of Neural EQ"),
    ({}, PresetError, "must have “parameters” with “bands”"),
    (written(version=2), PresetError, "has version 2 of neural-eq; this program reads up to 1"),
    (written(version="1"), PresetError, "version '1' of neural-eq; it must be a whole number"),
    (written(version=True), PresetError, "version 'True'"),
    (written(parameters={}), PresetError, "no list of bands"),
    (written(parameters={"bands": [1] * 5}), PresetError, "no list of bands"),
    (written(parameters={"gain_db": 0, "bands": []}), PresetError, "has 0 bands; the equaliser"),
    (with_band(1, type="high_shelf"), PresetError, "Peak 1 is 'high_shelf'; it must be"),
    (with_band(0, q=1.5), PresetError, "Low Shelf has Q 1.5; the equaliser's shelves have"),
    (with_band(2, gain_db="loud"), PresetError, "peak_2_gain_db is 'loud'"),
    (with_band(2, gain_db=None), PresetError, "peak_2_gain_db is 'None'"),
    (with_band(2, gain_db=13), ParameterError, "my.json: peak_2_gain_db is 13 dB; it must lie"),
    (with_band(2, gain_db=1e308), ParameterError, "peak_2_gain_db is 1e\\+308 dB"),
    (with_band(2, gain_db=10**400), PresetError, "too large"),
    (with_band(3, frequency=1e5), ParameterError, "peak_3_freq_hz is 100000 Hz"),
    (written(name=3), PresetError, "name is '3'; it must be text"),
    (written(link="javascript:alert(1)"), PresetError, "link is 'javascript:alert"),
    (written(created="yesterday"), PresetError, "created is 'yesterday'"),
    (written(tags="a"), PresetError, "tags is 'a'; it must be a list"),
    (written(tags=["a"] * 51), PresetError, "has 51 tags; a preset has at most 50"),
    (written(starred=1), PresetError, "starred is '1'"),
    (written(semantic=[]), PresetError, "semantic is '\\[\\]'"),
    (written(details="x" * 10001), PresetError, "details has 10,001 characters"),
    (written(response={**written()["response"], "peak_db": 1e308}), PresetError,
     "my.json: response.peak_db has 1e\\+308 dB; it must lie within"),
    (written(response={**written()["response"], "magnitude_db": ["loud"]}), PresetError,
     "response.magnitude_db is 'loud'"),
    (earlier(version=3), PresetError, "has version 3 of neural-eq-setting; this program"),
    (earlier(params={}), PresetError, "low_shelf_gain_db is 'None'; it must be a number"),
    (earlier(params={**earlier()["params"], "peak_1_q": True}), PresetError, "peak_1_q"),
    (
        earlier(params={**earlier()["params"], "peak_1_gain_db": 13}),
        ParameterError,
        "my.json: peak_1_gain_db is 13 dB; it must lie within -12 to 12 dB",
    ),
    (with_earlier_band(1, type="high_shelf"), PresetError, "Peak 1 is 'high_shelf'"),
    ({"bands": earlier()["bands"][:3]}, PresetError, "has 3 bands; the equaliser has 5"),
    ({"bands": [1] * 5}, PresetError, "is no preset"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "error", "sentence"), BAD)
def test_a_bad_file_is_refused_in_a_sentence_and_by_the_schema(values, error, sentence):
    with pytest.raises(error, match=sentence) as caught:
        read(values)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300
    # dates are no matter of the schema
    assert not is_valid(values) or "created" in sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (json.dumps(written()).encode()[:400], "is damaged JSON: it cannot be read from line 1"),
        (b'{"name": NaN}', "my.json holds NaN; every number must be finite"),
        (b'{"name": -1e999}', "my.json holds -1e999"),
        (b'{"name": ' + b"9" * 5000 + b"}", "a number too long"),
        (b'{"name": "a", "name": "b"}', "has 'name' twice in one place"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"[" * (10 << 20), "10,485,760 bytes; a preset has at most 1,048,576"),
        (b" " * (MAX_BYTES + 1), r"1,048,577 bytes"),
        (b"\x89PNG\r\n", "is no text"),
        (b'{"a": "\\ud800"}', "half a letter"),
        (b"", "is damaged JSON"),
    ],
    ids=range(11),
)
def test_a_damaged_file_is_refused_in_a_sentence(content, sentence):
    with pytest.raises(PresetError, match=sentence):
        read_preset(content, name="my.json")


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(content):
    with pytest.raises(NeuralEqError):
        read_preset(content)


def test_a_preset_out_of_bounds_is_not_written():
    loud = SETTING.copy()
    loud[2] = 12.5
    with pytest.raises(ParameterError, match=f"{NAMES[2]} is 12.5 dB"):
        write_preset(Preset("loud", loud))


@pytest.mark.parametrize("gain_db", [-1e308, 50])
def test_a_preamp_out_of_bounds_is_refused(gain_db):
    values = written()
    values["parameters"]["gain_db"] = gain_db
    with pytest.raises(PresetError, match="parameters.gain_db is .* dB; it must lie within"):
        read(values)
