"""The demo clips: there, small, as loud as each other, seamless, and what their script makes."""

import importlib.util
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile

ASSETS = Path(__file__).parents[1] / "assets"
NAMES = ("drums", "bass_and_chords", "voice", "pink_noise")


def clip_path(name):
    return ASSETS / "clips" / f"{name}.flac"


def load_make_clips():
    spec = importlib.util.spec_from_file_location("make_clips", ASSETS / "make_clips.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_clips = load_make_clips()


@pytest.fixture(scope="module", params=NAMES)
def clip(request):
    """Samples in -1..1, shape ``(n_frames, n_channels)``, and the sample rate."""
    return soundfile.read(clip_path(request.param), always_2d=True)


def octave_levels_db(samples, sample_rate):
    """Power in the ten octaves around 31.5 Hz to 16 kHz, in dB against the strongest of them."""
    power = np.sum(np.abs(np.fft.rfft(samples, axis=0)) ** 2, axis=1)
    freq_hz = np.fft.rfftfreq(len(samples), 1 / sample_rate)
    centres_hz = 1000 * 2.0 ** np.arange(-5, 5)
    in_octave = [(freq_hz >= c / 2**0.5) & (freq_hz < c * 2**0.5) for c in centres_hz]
    levels = 10 * np.log10([power[band].sum() for band in in_octave])
    return levels - levels.max()


def surprise_at_seam(samples, *, order=16):
    """How the seam surprises a linear predictor, as a rank among all other places, 0 to 1.

    The predictor is fitted to the whole loop; a place is ``order`` samples, and its surprise the
    largest error in it. A click ranks near 1.
    """
    past = np.stack([np.roll(samples, lag) for lag in range(1, order + 1)], axis=1)
    weights = np.linalg.lstsq(past, samples, rcond=None)[0]
    error = np.abs(samples - past @ weights)
    places = error[: len(error) // order * order].reshape(-1, order).max(axis=1)
    return np.mean(places[1:] < places[0])


def jump_at_seam(samples, n_differences):
    """The largest step (1) or change of slope (2) at the seam, over the largest 50 ms around it."""
    n_around = 2205
    around = np.concatenate([samples[-n_around:], samples[:n_around]])
    steps = np.abs(np.diff(around, n_differences))
    at_seam = slice(n_around - n_differences, n_around)
    return steps[at_seam].max() / np.delete(steps, at_seam).max()


def test_four_clips_under_2_mb():
    found = {path.name: path.stat().st_size for path in (ASSETS / "clips").iterdir()}
    assert set(found) == {f"{name}.flac" for name in NAMES}
    assert set(make_clips.CLIPS) == set(NAMES)
    assert sum(found.values()) < 2_000_000


@pytest.mark.parametrize("name", NAMES)
def test_format(name):
    info = soundfile.info(clip_path(name))
    assert (info.format, info.subtype) == ("FLAC", "PCM_16")
    assert 8 <= info.duration <= 12


def test_loudness_leaves_headroom(clip):
    samples, sample_rate = clip
    loudness_lufs = pyloudnorm.Meter(sample_rate).integrated_loudness(samples)
    assert loudness_lufs == pytest.approx(-21, abs=0.2)
    assert 20 * np.log10(np.abs(samples).max()) < -6
    assert np.abs(samples.mean(axis=0)).max() < 1e-4


def test_loop_has_no_seam(clip):
    for channel in clip[0].T:
        assert jump_at_seam(channel, 1) <= 1
        assert jump_at_seam(channel, 2) <= 1
        assert surprise_at_seam(channel) < 0.95


def test_a_seam_would_be_seen():
    """The measure of the test above, on a loop that is cut off 0.1 s before its end."""
    samples, sample_rate = soundfile.read(clip_path("bass_and_chords"))
    cut = samples[: -sample_rate // 10, 0]
    assert surprise_at_seam(cut) > 0.99


def test_every_octave_can_be_heard():
    """The drums and the noise reach 16 kHz, drums, bass and noise 40 Hz, the voice its air."""
    clips = {name: soundfile.read(clip_path(name), always_2d=True) for name in NAMES}
    levels = {name: octave_levels_db(*clip) for name, clip in clips.items()}
    assert np.ptp(levels["pink_noise"]) < 1.5
    assert levels["drums"].min() > -25
    assert levels["bass_and_chords"].min() > -35 and levels["bass_and_chords"][:2].min() > -10
    assert levels["voice"][2:].min() > -35


@pytest.mark.parametrize("name", NAMES)
def test_script_makes_the_clip(name):
    committed, sample_rate = soundfile.read(clip_path(name), dtype="int16")
    made = make_clips.render(name)
    assert sample_rate == make_clips.SAMPLE_RATE and made.shape == committed.shape
    # other builds of numpy may round a sample the other way
    assert np.abs(made.astype(int) - committed).max() <= 1


def test_sound_past_the_end_goes_on_at_the_start():
    loop = np.zeros(10)
    make_clips.place(loop, np.array([1.0, 2.0, 3.0]), 8 / make_clips.SAMPLE_RATE)
    assert loop.tolist() == [3, 0, 0, 0, 0, 0, 0, 0, 1, 2]
