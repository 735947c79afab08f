import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neural_eq.eq.params import (
    BANDS,
    DEFAULT,
    FIXED_BOUNDS,
    MAXIMUM,
    MINIMUM,
    N_PARAMS,
    NAMES,
    PARAMETERS,
    Bounds,
    check_params,
    clamp,
    data_bounds,
    format_bands,
)
from neural_eq.errors import ParameterError

SETTINGS = arrays(np.float64, (3, N_PARAMS), elements=st.floats(0, 1)).map(
    lambda share: MINIMUM + share * (MAXIMUM - MINIMUM)
)


def test_the_table_is_safes():
    # README of the table: band, bounds, default, in the order of its columns 5..17
    assert NAMES == (
        "low_shelf_gain_db", "low_shelf_freq_hz",
        "peak_1_gain_db", "peak_1_freq_hz", "peak_1_q",
        "peak_2_gain_db", "peak_2_freq_hz", "peak_2_q",
        "peak_3_gain_db", "peak_3_freq_hz", "peak_3_q",
        "high_shelf_gain_db", "high_shelf_freq_hz",
    )  # fmt: skip
    expected = {
        "low_shelf_freq_hz": (22, 1000, 150),
        "peak_1_freq_hz": (82, 3900, 560),
        "peak_2_freq_hz": (180, 4700, 1000),
        "peak_3_freq_hz": (220, 10000, 3300),
        "high_shelf_freq_hz": (580, 20000, 8200),
    }
    for p in PARAMETERS:
        kinds = {"gain": (-12, 12, 0), "q": (0.1, 10, 0.71)}
        assert (p.minimum, p.maximum, p.default) == kinds.get(p.kind, expected.get(p.name))
        assert p.unit == {"gain": "dB", "frequency": "Hz", "q": ""}[p.kind]


def test_bands_point_at_their_own_numbers():
    seen = []
    for index, band in enumerate(BANDS):
        columns = [c for c in (band.gain, band.freq, band.q) if c is not None]
        assert [PARAMETERS[c].band for c in columns] == [index] * len(columns)
        assert [PARAMETERS[c].kind for c in columns] == ["gain", "frequency", "q"][: len(columns)]
        seen += columns
    assert sorted(seen) == list(range(N_PARAMS))


@settings(deadline=None)
@given(SETTINGS)
def test_fixed_normalisation_has_an_exact_inverse(params):
    norm = FIXED_BOUNDS.normalize(params)
    assert norm.min() >= 0 and norm.max() <= 1 + 1e-12
    np.testing.assert_allclose(FIXED_BOUNDS.denormalize(norm), params, rtol=1e-12, atol=1e-12)


@settings(deadline=None)
@given(SETTINGS)
def test_data_normalisation_has_an_exact_inverse_and_meets_0_and_1(params):
    bounds = data_bounds(params)
    norm = bounds.normalize(params)
    np.testing.assert_allclose(bounds.denormalize(norm), params, rtol=1e-12, atol=1e-12)
    varies = np.ptp(params, axis=0) > 1e-6  # less is lost in the logarithm's rounding
    np.testing.assert_allclose(norm.min(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(norm.max(axis=0)[varies], 1, atol=1e-6)


def test_fixed_bounds_span_the_whole_range_in_logarithms():
    low, high = FIXED_BOUNDS.minimum, FIXED_BOUNDS.maximum
    for p, a, b in zip(PARAMETERS, low, high, strict=True):
        assert (a, b) == {"gain": (-12, 12), "frequency": (20, 20000), "q": (0.1, 10)}[p.kind]
    middle = FIXED_BOUNDS.denormalize(np.full(N_PARAMS, 0.5))
    for p, value in zip(PARAMETERS, middle, strict=True):
        expected = {"gain": 0, "frequency": np.sqrt(20 * 20000), "q": 1}[p.kind]
        assert value == pytest.approx(expected, abs=1e-9)


def test_bounds_survive_their_dictionary_and_refuse_nonsense():
    bounds = data_bounds(np.stack([DEFAULT, MAXIMUM]))
    assert Bounds.from_dict(bounds.to_dict()) == bounds
    for broken in ({}, {**bounds.to_dict(), "minimum": "abc"}, {**bounds.to_dict(), "maximum": []}):
        with pytest.raises(ParameterError):
            Bounds.from_dict(broken)
    with pytest.raises(ParameterError, match="above zero"):
        Bounds("fixed", (0.0,) * N_PARAMS, (1.0,) * N_PARAMS)
    with pytest.raises(ParameterError, match="finite"):
        Bounds("fixed", tuple(MAXIMUM), tuple(MINIMUM))
    with pytest.raises(ParameterError, match="finite"):
        Bounds("fixed", tuple(MINIMUM), (np.nan, *MAXIMUM[1:]))


def test_normalising_leaves_its_input_alone():
    params = DEFAULT.copy()
    FIXED_BOUNDS.denormalize(FIXED_BOUNDS.normalize(params))
    np.testing.assert_array_equal(params, DEFAULT)
    with pytest.raises(ValueError, match="read-only"):
        DEFAULT[0] = 1


@pytest.mark.parametrize("column", range(N_PARAMS))
@pytest.mark.parametrize("bad", [1e9, -1e9, np.nan, np.inf])
def test_a_number_out_of_bounds_is_named(column, bad):
    params = DEFAULT.copy()
    params[column] = bad
    with pytest.raises(ParameterError, match=f"{NAMES[column]} is .*must lie within"):
        check_params(params)


def test_checked_params_are_inside_the_bounds():
    rounded = MAXIMUM.astype(np.float32).astype(np.float64)
    assert (check_params(rounded) <= MAXIMUM).all()
    assert check_params(DEFAULT).shape == (1, N_PARAMS)
    with pytest.raises(ParameterError, match="13 numbers"):
        check_params(np.zeros((2, 12)))
    assert (clamp(np.full(N_PARAMS, 1e9)) == MAXIMUM).all()
    assert (clamp(np.full(N_PARAMS, -1e9)) == MINIMUM).all()


def test_bands_print_as_in_the_guide():
    params = DEFAULT.copy()
    params[:2] = -3.2, 145
    lines = format_bands(params)
    assert lines[0] == "Band 1 (Low Shelf): -3.2dB @ 145 Hz"
    assert lines[1] == "Band 2 (Peak 1): +0.0dB @ 560 Hz (Q 0.71)"
    assert len(lines) == len(BANDS)
