"""An EQ that changes as it plays: where it stands still, and how it moves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from neural_eq.eq import gliding_kernel
from neural_eq.eq.biquad import sections
from neural_eq.eq.gliding import HOP_FRAMES, Journey, render_along
from neural_eq.eq.gliding_design import design
from neural_eq.eq.params import DEFAULT, GAIN_COLUMNS, LOG_COLUMNS, MAXIMUM, MINIMUM
from neural_eq.eq.render import filter_audio
from neural_eq.errors import ParameterError

ROOT = Path(__file__).parents[1]
RATE = 48000
LOUD = DEFAULT.copy()
LOUD[list(GAIN_COLUMNS)] = 6.0


def noise(n_frames=RATE // 4, n_channels=2):
    return np.random.default_rng(0).standard_normal((n_frames, n_channels)) * 0.1


def test_one_setting_is_the_plain_filter():
    samples = noise(RATE // 4 + 3)  # no multiple of a hop
    made = render_along(samples, LOUD[None], RATE, step_frames=HOP_FRAMES)
    np.testing.assert_allclose(made, filter_audio(samples, LOUD, RATE).samples, atol=1e-12)


def test_it_ends_at_the_last_setting_and_its_level():
    samples = noise(RATE)
    path = np.stack([DEFAULT, LOUD])
    made = render_along(samples, path, RATE, step_frames=800, level_db=np.array([0.0, -6.0]))
    wanted = filter_audio(samples, LOUD, RATE).samples * 10 ** (-6 / 20)
    np.testing.assert_allclose(made[-RATE // 4 :], wanted[-RATE // 4 :], atol=1e-6)
    np.testing.assert_allclose(made[:800], samples[:800], atol=1e-12)


def test_a_leap_does_not_click():
    tone = 0.05 * np.sin(2 * np.pi * 997 * np.arange(RATE) / RATE)[:, None]
    low = DEFAULT.copy()
    low[list(GAIN_COLUMNS)] = -6.0
    made = render_along(tone, np.stack([low, LOUD]), RATE, step_frames=RATE // 2)
    high = sosfiltfilt(butter(8, 8000, "highpass", fs=RATE, output="sos"), made[:, 0])
    assert 20 * np.log10(np.abs(high[4000:-4000]).max() / np.abs(made).max()) < -85


def travelled(samples, path, levels, cuts=()):
    journey = Journey(
        path, levels, sample_rate=RATE, n_channels=samples.shape[1], n_frames=len(samples)
    )
    return np.concatenate([journey.process(part) for part in np.split(samples, cuts)])


@pytest.mark.parametrize("cuts", [[1], [63, 64, 65], [100, 7000], [8192 * 64 + 5]])
def test_a_journey_is_the_same_however_it_is_cut(cuts):
    path = np.linspace(MINIMUM, MAXIMUM, 5)
    samples = noise(600_001 if cuts[-1] > 8000 else 12_007)
    whole = travelled(samples, path, np.linspace(-3, 3, 5))
    parts = travelled(samples, path, np.linspace(-3, 3, 5), cuts)
    np.testing.assert_allclose(parts, whole, atol=1e-10)


def test_a_journey_is_at_each_setting_in_its_time_and_does_not_click():
    low = DEFAULT.copy()
    low[list(GAIN_COLUMNS)] = -6.0
    tone = 0.05 * np.sin(2 * np.pi * 997 * np.arange(4 * RATE) / RATE)[:, None]
    made = travelled(tone, np.stack([low, LOUD]), np.array([0.0, -3.0]))
    for setting, level_db, part in ((low, 0, slice(0, 2000)), (LOUD, -3, slice(-2000, None))):
        wanted = filter_audio(tone, setting, RATE).samples[part] * 10 ** (level_db / 20)
        np.testing.assert_allclose(made[part], wanted, atol=0.003)
    high = sosfiltfilt(butter(8, 8000, "highpass", fs=RATE, output="sos"), made[:, 0])
    assert 20 * np.log10(np.abs(high[4000:-4000]).max() / np.abs(made).max()) < -140


def test_a_journey_says_what_it_leaves_out_and_leaves_flat_alone():
    journey = Journey(LOUD[None].repeat(2, 0), np.zeros(2), sample_rate=8000, n_channels=1,
                      n_frames=9)  # fmt: skip
    assert len(journey.notes) == 1 and "High Shelf is left out where it" in journey.notes[0]
    flat = Journey(DEFAULT[None].repeat(2, 0), np.zeros(2), sample_rate=RATE, n_channels=1,
                   n_frames=9)  # fmt: skip
    samples = noise(9, 1)
    assert flat.is_flat and flat.process(samples) is samples


def test_steps_and_levels_that_do_not_fit_are_refused():
    with pytest.raises(ParameterError, match="step_frames is 12; it must be a multiple of 8"):
        render_along(noise(), LOUD[None], RATE, step_frames=12)
    with pytest.raises(ParameterError, match="one gain for each of the 1 settings"):
        render_along(noise(), LOUD[None], RATE, step_frames=8, level_db=np.zeros(2))


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
def test_numbers_are_those_of_the_sections(rate):
    params = np.random.default_rng(1).uniform(MINIMUM, MAXIMUM, (200, 13))
    values = params.copy()
    values[:, LOG_COLUMNS] = np.log(values[:, LOG_COLUMNS])
    rows = design(np.column_stack([values, np.linspace(-9, 9, 200)]), rate)
    wanted = sections(params, sample_rate=rate)[..., [0, 1, 2, 4, 5]] * [1, 1, 1, -1, -1]
    np.testing.assert_allclose(rows[:, :25], wanted.reshape(200, 25), atol=1e-12)
    np.testing.assert_allclose(rows[:, 25], 10 ** (np.linspace(-9, 9, 200) / 20))


@pytest.mark.parametrize("n_channels", [1, 2, 5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numpy_does_the_same_where_nothing_can_be_compiled(monkeypatch, caplog, n_channels, dtype):
    path, levels = np.linspace(MINIMUM, MAXIMUM, 5), np.linspace(-3, 3, 5)
    samples = noise(6007, n_channels).astype(dtype)
    wanted = travelled(samples, path, levels, [1000])

    def fail(*args):
        raise RuntimeError("no target")

    monkeypatch.setattr(gliding_kernel, "machine_code", fail)
    gliding_kernel._compiled.cache_clear()
    try:
        np.testing.assert_allclose(
            travelled(samples, path, levels, [1000]), wanted, rtol=0, atol=1e-11
        )
        assert "numpy runs" in caplog.text
    finally:
        gliding_kernel._compiled.cache_clear()


@pytest.mark.parametrize("is_compiled", [True, False])
def test_what_fades_into_silence_ends_in_zeros(monkeypatch, is_compiled):
    if not is_compiled:
        monkeypatch.setattr(gliding_kernel, "_kernel", lambda dtype: None)
    journey = Journey(np.stack([LOUD, LOUD / 2 + DEFAULT / 2]), np.zeros(2), sample_rate=RATE,
                      n_channels=2, n_frames=RATE)  # fmt: skip
    journey.process(noise(RATE // 4))
    assert journey._moving._memory.any()
    # by then it would have faded to 1e-120, and gone on to where a processor is slow
    journey.process(np.zeros((RATE // 2, 2)))
    assert not journey._moving._memory.any()
    assert not journey.process(np.zeros((999, 2))).any()


NOTHING_KEPT = """
import numpy as np, sys
from neural_eq.eq import gliding_kernel
from neural_eq.eq.biquad import sections
from neural_eq.eq.gliding import Journey
from neural_eq.eq.params import MAXIMUM, MINIMUM
way = np.stack([MINIMUM, MAXIMUM])
one = Journey(way, np.zeros(2), sample_rate=48000, n_channels=2, n_frames=640)
one.process(np.ones((640, 2)))
assert "numba" not in sys.modules, "what it keeps are pickles"
"""


def test_nothing_is_kept_on_the_disk_and_nothing_unpickled(tmp_path):
    """No cache that a full disk, a cut file or a stranger could turn against a render."""
    subprocess.run(
        [sys.executable, "-c", NOTHING_KEPT], check=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path),
             "NUMBA_CACHE_DIR": str(tmp_path / "numba")},
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []
