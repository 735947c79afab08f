import math

import numpy as np
import pytest
from scipy import signal

from neural_eq.eq.biquad import sections
from neural_eq.eq.loudness import integrated_loudness_lufs, sample_peak
from neural_eq.eq.params import DEFAULT
from neural_eq.eq.render import CEILING_DBTP, apply_eq, filter_audio
from neural_eq.eq.response import response_db
from neural_eq.eq.true_peak import true_peak_dbtp
from neural_eq.errors import AudioError, ParameterError

BRIGHT = np.array([-4, 120, 3, 400, 0.71, -6, 900, 2.0, 5, 3000, 1.0, 8, 7000.0])


def noise(n_frames=96000, n_channels=2, level=0.05, seed=0):
    return np.random.default_rng(seed).standard_normal((n_frames, n_channels)) * level


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize("n_channels", [1, 2, 7])
def test_filtering_is_scipys_in_float64(rate, n_channels):
    samples = noise(5000, n_channels)
    sos = sections(BRIGHT, sample_rate=rate)[0]
    expected = signal.sosfilt(sos, samples, axis=0)
    filtered = filter_audio(samples, BRIGHT, rate)
    assert filtered.samples.dtype == np.float64
    np.testing.assert_allclose(filtered.samples, expected, atol=1e-12)


def test_long_audio_is_filtered_without_a_seam():
    samples = noise(600_000, 1)
    expected = signal.sosfilt(sections(BRIGHT, sample_rate=48000)[0], samples, axis=0)
    np.testing.assert_allclose(filter_audio(samples, BRIGHT, 48000).samples, expected, atol=1e-12)


def test_what_is_heard_is_the_curve():
    impulse = np.zeros((1 << 16, 1))
    impulse[0] = 1
    heard = np.fft.rfft(filter_audio(impulse, BRIGHT, 48000).samples[:, 0])
    freq_hz = np.fft.rfftfreq(len(impulse), 1 / 48000)[1:-1]
    np.testing.assert_allclose(
        20 * np.log10(np.abs(heard[1:-1])), response_db(BRIGHT, freq_hz), atol=1e-6
    )


def test_bands_above_nyquist_are_left_out_and_said():
    samples = noise(4000)
    filtered = filter_audio(samples, BRIGHT, 8000)
    assert len(filtered.notes) == 1 and "High Shelf at 7000 Hz is left out" in filtered.notes[0]
    without = BRIGHT.copy()
    without[11] = 0
    np.testing.assert_array_equal(filtered.samples, filter_audio(samples, without, 8000).samples)
    assert filter_audio(samples, BRIGHT, 48000).notes == ()
    assert apply_eq(samples, BRIGHT, 8000).notes[0] == filtered.notes[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("level", [0.05, 3.0])
def test_a_flat_eq_returns_the_input_bit_for_bit(dtype, level):
    samples = noise(level=level).astype(dtype)
    original = samples.copy()
    rendered = apply_eq(samples, DEFAULT, 48000)
    assert rendered.samples.dtype == dtype
    np.testing.assert_array_equal(rendered.samples, original)
    assert rendered.gain_db == 0 and rendered.guard_db == 0
    assert bool(rendered.notes) == (level > 1)  # what already clips is said


def test_the_input_is_never_changed():
    samples = noise(level=1.0)
    original = samples.copy()
    apply_eq(samples, BRIGHT, 48000)
    np.testing.assert_array_equal(samples, original)


@pytest.mark.parametrize("rate", [8000, 48000, 192000])
@pytest.mark.parametrize("n_channels", [1, 2, 6])
def test_level_matched_means_equal_loudness(rate, n_channels):
    samples = noise(2 * rate, n_channels, level=0.03)
    rendered = apply_eq(samples, BRIGHT, rate)
    before, after = (integrated_loudness_lufs(x, rate) for x in (samples, rendered.samples))
    assert after == pytest.approx(before, abs=1e-6)
    assert rendered.loudness_before_lufs == pytest.approx(before)
    assert rendered.loudness_after_lufs == pytest.approx(after)
    assert rendered.guard_db == 0
    louder = filter_audio(samples, BRIGHT, rate).samples * 10 ** (rendered.gain_db / 20)
    np.testing.assert_allclose(rendered.samples, louder, atol=1e-15)


def test_unmatched_keeps_the_filters_own_level():
    samples = noise()
    rendered = apply_eq(samples, BRIGHT, 48000, level_match=False)
    np.testing.assert_array_equal(rendered.samples, filter_audio(samples, BRIGHT, 48000).samples)
    assert rendered.loudness_before_lufs is None and rendered.loudness_after_lufs is None


@pytest.mark.parametrize("level_match", [True, False])
def test_what_would_clip_is_turned_down_and_said(level_match):
    samples = noise(level=0.4)
    rendered = apply_eq(samples, BRIGHT, 48000, level_match=level_match)
    peak_dbtp = true_peak_dbtp(rendered.samples, 48000)
    assert peak_dbtp == pytest.approx(CEILING_DBTP, abs=1e-4)
    assert rendered.true_peak_after_dbtp == pytest.approx(peak_dbtp, abs=1e-4)
    assert sample_peak(rendered.samples) <= 1
    assert rendered.guard_db < -1
    assert f"{-rendered.guard_db:.1f} dB quieter" in rendered.notes[0]
    if level_match:
        after = integrated_loudness_lufs(rendered.samples, 48000)
        assert rendered.loudness_after_lufs == pytest.approx(after, abs=1e-6)
        assert after == pytest.approx(rendered.loudness_before_lufs + rendered.guard_db, abs=1e-6)


def test_without_the_guard_an_overshoot_is_only_said():
    rendered = apply_eq(noise(level=0.4), BRIGHT, 48000, clip_guard=False)
    assert rendered.guard_db == 0
    assert sample_peak(rendered.samples) > 1
    assert "may clip" in rendered.notes[0]


def test_silence_stays_silence():
    rendered = apply_eq(np.zeros((48000, 2)), BRIGHT, 48000)
    assert not rendered.samples.any()
    assert rendered.gain_db == 0
    assert "silent" in rendered.notes[0]
    assert rendered.loudness_before_lufs == -math.inf


@pytest.mark.parametrize("n_frames", [1, 2, 100, 19199])
def test_very_short_audio_works(n_frames):
    samples = noise(n_frames)
    rendered = apply_eq(samples, BRIGHT, 48000)
    assert rendered.samples.shape == samples.shape and np.isfinite(rendered.samples).all()


def test_the_longest_ringing_stays_finite_and_exact():
    params = DEFAULT.copy()
    params[[0, 1, 2, 3, 4]] = -12, 22, 12, 82, 10
    samples = noise(192000, 1, level=0.01)
    filtered = filter_audio(samples, params, 192000)
    sos = sections(params, sample_rate=192000)[0]
    np.testing.assert_allclose(filtered.samples, signal.sosfilt(sos, samples, axis=0), atol=1e-9)


@pytest.mark.parametrize(
    ("samples", "params", "rate", "error", "message"),
    [
        (noise(10), BRIGHT, 4000, AudioError, "4000 Hz"),
        (noise(10)[:, 0], BRIGHT, 48000, AudioError, "shape"),
        (np.full((10, 1), np.nan), BRIGHT, 48000, AudioError, "10 of 10 samples"),
        (np.zeros((0, 1)), BRIGHT, 48000, AudioError, "empty"),
        (noise(10), BRIGHT[:12], 48000, ParameterError, "13 numbers"),
        (noise(10), BRIGHT * 10, 48000, ParameterError, "must lie within"),
        (noise(10), BRIGHT * np.nan, 48000, ParameterError, "nan"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(samples, params, rate, error, message):
    for function in (filter_audio, apply_eq):
        with pytest.raises(error, match=message):
            function(samples, params, rate)
