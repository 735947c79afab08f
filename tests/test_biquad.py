import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from neural_eq.eq.biquad import (
    IDENTITY,
    bands_above_nyquist,
    high_shelf,
    low_shelf,
    peaking,
    sections,
)
from neural_eq.eq.params import BANDS, DEFAULT, GAIN_COLUMNS, MAXIMUM, MINIMUM
from neural_eq.errors import ParameterError

RATES = (8000, 22050, 44100, 48000, 96000, 192000)


def gain_db(section, freq_hz, sample_rate):
    response = signal.freqz_sos(np.atleast_2d(section), worN=[freq_hz], fs=sample_rate)[1]
    return 20 * np.log10(np.abs(response[0]))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("gain", [-12.0, -0.5, 3.0, 12.0])
def test_a_peak_reaches_its_gain_at_its_centre_and_nothing_at_the_ends(rate, gain):
    section = peaking(freq_hz=1000, gain_db=gain, q=0.71, sample_rate=rate)[0]
    assert gain_db(section, 1000, rate) == pytest.approx(gain, abs=1e-9)
    assert gain_db(section, 1e-3, rate) == pytest.approx(0, abs=1e-6)
    assert gain_db(section, rate / 2, rate) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("gain", [-12.0, 5.0, 12.0])
@pytest.mark.parametrize("design", [low_shelf, high_shelf])
def test_a_shelf_has_half_its_gain_at_its_corner_and_all_of_it_at_its_end(rate, gain, design):
    section = design(freq_hz=900, gain_db=gain, sample_rate=rate)[0]
    near, far = (1e-3, rate / 2) if design is low_shelf else (rate / 2, 1e-3)
    assert gain_db(section, 900, rate) == pytest.approx(gain / 2, abs=1e-9)
    assert gain_db(section, near, rate) == pytest.approx(gain, abs=1e-6)
    assert gain_db(section, far, rate) == pytest.approx(0, abs=1e-6)


def test_a_peaks_bandwidth_follows_its_q():
    # where the gain is half in dB, the cookbook's Q is f0 over the bandwidth, small beside Nyquist
    section = peaking(freq_hz=1000, gain_db=12, q=4, sample_rate=192000)[0]
    freq_hz = np.linspace(800, 1250, 45001)
    response = 20 * np.log10(np.abs(signal.freqz_sos(section[None], worN=freq_hz, fs=192000)[1]))
    inside = freq_hz[response >= 6]
    assert 1000 / (inside[-1] - inside[0]) == pytest.approx(4, rel=2e-3)


@pytest.mark.parametrize("rate", RATES)
def test_0_db_is_the_identity(rate):
    params = DEFAULT.copy()
    for section in sections(params, sample_rate=rate)[0]:
        np.testing.assert_allclose(section[:3], section[3:], atol=1e-15)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=13, max_size=13), st.sampled_from(RATES))
def test_every_section_is_stable_and_has_a_stable_inverse(shares, rate):
    params = MINIMUM + np.array(shares) * (MAXIMUM - MINIMUM)
    for section in sections(params, sample_rate=rate)[0]:
        for polynomial in (section[:3], section[3:]):
            assert np.abs(np.roots(polynomial)).max() < 1


def test_many_settings_at_once_equal_one_by_one():
    generator = np.random.default_rng(0)
    params = generator.uniform(MINIMUM, MAXIMUM, (20, 13))
    together = sections(params, sample_rate=8000)
    assert together.shape == (20, 5, 6)
    for row, expected in zip(params, together, strict=True):
        np.testing.assert_array_equal(sections(row, sample_rate=8000)[0], expected)
    np.testing.assert_array_equal(together[..., 3], 1)


def test_a_band_above_nyquist_is_left_out_and_named():
    params = DEFAULT.copy()
    params[[8, 9, 11, 12]] = 6, 4000, -6, 8200
    np.testing.assert_array_equal(sections(params, sample_rate=8000)[0, 3], IDENTITY)
    np.testing.assert_array_equal(sections(params, sample_rate=8000)[0, 4], IDENTITY)
    named = bands_above_nyquist(params, sample_rate=8000)
    assert [band.name for band in named] == ["Peak 3", "High Shelf"]
    assert bands_above_nyquist(params, sample_rate=48000) == []
    params[list(GAIN_COLUMNS)] = 0  # what changes nothing is no loss
    assert bands_above_nyquist(params, sample_rate=8000) == []
    assert len(BANDS) == 5


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"freq_hz": 24000}, "freq_hz is 24000.*24000 Hz"),
        ({"freq_hz": 0}, "freq_hz is 0"),
        ({"freq_hz": np.nan}, "freq_hz is nan"),
        ({"gain_db": np.inf}, "gain_db is inf"),
        ({"q": 0}, "q is 0"),
        ({"q": np.nan}, "q is nan"),
        ({"freq_hz": [100, 30000]}, "freq_hz is 30000"),
    ],
)
def test_what_has_no_section_is_refused_by_name(changed, message):
    good = {"freq_hz": 1000, "gain_db": 3, "q": 1, "sample_rate": 48000}
    with pytest.raises(ParameterError, match=message):
        peaking(**{**good, **changed})
