"""Spectrum, crest factor and outline."""

import math

import numpy as np
import pytest

from neural_eq.eq.analysis import FLOOR_DBFS, crest_factor_db, outline, spectrum_dbfs
from neural_eq.eq.render import filter_audio
from neural_eq.eq.response import log_frequencies, response_db

BRIGHT = np.array([-4, 120, 3, 400, 0.71, -6, 900, 2.0, 5, 3000, 1.0, 8, 7000.0])


def sine(freq_hz, rate=48000, seconds=3.0):
    return np.sin(2 * np.pi * freq_hz * np.arange(int(seconds * rate)) / rate)[:, None]


def pink(rate=48000, seconds=20):
    """Noise whose power falls with the frequency."""
    n = rate * seconds
    white = np.fft.rfft(np.random.default_rng(0).standard_normal(n))
    shaped = white / np.sqrt(np.maximum(np.fft.rfftfreq(n, 1 / rate), 1.0))
    samples = np.fft.irfft(shaped, n)
    return (0.1 * samples / samples.std())[:, None]


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
def test_a_full_scale_sine_reads_0_dbfs_at_its_frequency(rate):
    found = spectrum_dbfs(sine(1000, rate), rate, np.array([500.0, 1000.0, 2000.0]))
    assert found[1] == pytest.approx(0, abs=0.05)
    assert found[0] < -60 and found[2] < -60


def test_channels_are_averaged():
    both = np.repeat(sine(1000), 2, axis=1)
    one = both * [1, 0]
    at = np.array([1000.0])
    assert spectrum_dbfs(both, 48000, at)[0] == pytest.approx(0, abs=0.05)
    assert spectrum_dbfs(one, 48000, at)[0] == pytest.approx(-3.01, abs=0.05)


def test_pink_noise_is_level():
    found = spectrum_dbfs(pink(), 48000, log_frequencies(60, low_hz=100, high_hz=15000))
    assert found.std() < 0.3
    # 0.1 RMS is 3 dB below a sine of that peak; 20 Hz to 24 kHz is nearly 60 sixths of an octave
    assert found.mean() == pytest.approx(-20 + 3.01 - 10 * math.log10(6 * 13.6), abs=1.0)


def test_the_difference_after_the_eq_is_its_curve():
    samples = pink()
    freq_hz = log_frequencies(40, low_hz=50, high_hz=15000)
    after = filter_audio(samples, BRIGHT, 48000).samples
    difference = spectrum_dbfs(after, 48000, freq_hz) - spectrum_dbfs(samples, 48000, freq_hz)
    np.testing.assert_allclose(difference, response_db(BRIGHT, freq_hz), atol=0.35)


def test_silence_one_sample_and_what_lies_above_nyquist():
    freq_hz = np.array([100.0, 3000.0, 3999.0])
    silent = spectrum_dbfs(np.zeros((8000, 1)), 8000, freq_hz)
    np.testing.assert_array_equal(silent[:2], FLOOR_DBFS)
    assert np.isnan(silent[2])
    assert np.isfinite(spectrum_dbfs(np.ones((1, 2)), 8000, freq_hz)[:2]).all()


def test_crest_factors_of_known_waves():
    assert crest_factor_db(sine(1000)) == pytest.approx(3.01, abs=0.01)
    assert crest_factor_db(np.ones((10, 2), dtype=np.float32)) == 0
    assert crest_factor_db(1e-200 * np.ones((10, 2))) == 0
    assert math.isnan(crest_factor_db(np.zeros((10, 1))))


def test_the_outline_holds_every_peak():
    samples = np.zeros((1000, 2))
    samples[503, 0], samples[999, 1] = 0.7, -0.9
    found = outline(samples, 100)
    assert found.shape == (100, 2)
    assert found[50].tolist() == [0, 0.7] and found[99].tolist() == [-0.9, 0]
    assert np.count_nonzero(found) == 2
    assert outline(samples[:3], 100).shape == (3, 2)
