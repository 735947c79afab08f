"""Measuring block by block is measuring the whole."""

import math

import numpy as np
import pytest

from neural_eq.eq.analysis import crest_factor_db
from neural_eq.eq.loudness import integrated_loudness_lufs
from neural_eq.eq.metering import Meter
from neural_eq.eq.true_peak import true_peak_dbtp
from neural_eq.errors import AudioError


def programme(rate, n_channels, seconds):
    generator = np.random.default_rng(rate + n_channels)
    n_frames = int(seconds * rate)
    swell = 0.05 + 0.4 * np.sin(np.linspace(0, 9, n_frames)) ** 2
    return generator.standard_normal((n_frames, n_channels)) * swell[:, None]


def measured(samples, rate, block_frames):
    meter = Meter(rate, samples.shape[1])
    for first in range(0, len(samples), block_frames):
        meter.add(samples[first : first + block_frames])
    return meter


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 96000, 192000])
@pytest.mark.parametrize("block_frames", [37, 4096, 100_000])
@pytest.mark.parametrize("n_channels", [1, 6])
def test_blocks_are_measured_as_the_whole(rate, block_frames, n_channels):
    samples = programme(rate, n_channels, 0.9)
    meter = measured(samples, rate, block_frames)
    assert meter.loudness_lufs == pytest.approx(integrated_loudness_lufs(samples, rate), abs=1e-9)
    assert meter.true_peak_dbtp == pytest.approx(true_peak_dbtp(samples, rate), abs=1e-4)
    assert meter.crest_factor_db == pytest.approx(crest_factor_db(samples), abs=1e-9)
    assert meter.n_frames == len(samples)


@pytest.mark.parametrize("n_frames", [1, 16, 63, 64, 65, 1000])
def test_the_shortest_pieces_have_a_level_too(n_frames):
    samples = programme(48000, 2, 1)[:n_frames] + 0.1
    meter = measured(samples, 48000, 33)
    assert meter.loudness_lufs == pytest.approx(integrated_loudness_lufs(samples, 48000), abs=1e-9)
    assert meter.true_peak_dbtp == pytest.approx(true_peak_dbtp(samples, 48000), abs=1e-4)


def test_a_peak_between_blocks_is_found():
    """A wave at a quarter of the rate, whose samples all miss its crest, cut in the middle."""
    samples = (0.9 * np.sin(np.pi / 2 * np.arange(2000) + np.pi / 4) * np.hanning(2000))[:, None]
    whole = true_peak_dbtp(samples, 48000)
    assert whole > 20 * math.log10(np.abs(samples).max()) + 2
    for block_frames in (999, 1000, 1001, 20):
        assert measured(samples, 48000, block_frames).true_peak_dbtp == pytest.approx(
            whole, abs=1e-3
        )


def test_silence_has_no_level():
    meter = measured(np.zeros((48000, 2)), 48000, 5000)
    assert meter.loudness_lufs == meter.true_peak_dbtp == -math.inf
    assert math.isnan(meter.crest_factor_db)
    assert Meter(48000, 2).true_peak_dbtp == -math.inf


def test_what_is_no_number_is_refused():
    with pytest.raises(AudioError, match="1 of 20 samples are not finite"):
        Meter(48000, 2).add(np.array([[0.0, np.nan]] + [[0, 0]] * 9))
