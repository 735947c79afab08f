import numpy as np
import pytest
import torch
from scipy import signal

from neural_eq.eq.biquad import sections
from neural_eq.eq.params import DEFAULT, GAIN_COLUMNS, MAXIMUM, MINIMUM
from neural_eq.eq.response import (
    curve_error_db,
    log_frequencies,
    response_db,
)
from neural_eq.eq.response_torch import response_db_torch
from neural_eq.errors import ParameterError

FREQ_HZ = log_frequencies(256)


def random_settings(n, seed=0):
    share = np.random.default_rng(seed).random((n, 13))
    logs = MINIMUM > 0
    params = MINIMUM + share * (MAXIMUM - MINIMUM)
    params[:, logs] = MINIMUM[logs] * (MAXIMUM[logs] / MINIMUM[logs]) ** share[:, logs]
    return params


@pytest.mark.parametrize("rate", [44100, 48000, 192000])
def test_curves_are_those_of_the_filters_in_scipy(rate):
    params = random_settings(40)
    params[:5] = MINIMUM
    params[5:8] = MAXIMUM
    expected = [
        20 * np.log10(np.abs(signal.freqz_sos(sos, worN=FREQ_HZ, fs=rate)[1]))
        for sos in sections(params, sample_rate=rate)
    ]
    np.testing.assert_allclose(response_db(params, FREQ_HZ, sample_rate=rate), expected, atol=1e-6)


def test_a_band_above_nyquist_adds_nothing():
    params = random_settings(20)
    freq_hz = log_frequencies(64, high_hz=3900)
    expected = [
        20 * np.log10(np.abs(signal.freqz_sos(sos, worN=freq_hz, fs=8000)[1]))
        for sos in sections(params, sample_rate=8000)
    ]
    np.testing.assert_allclose(response_db(params, freq_hz, sample_rate=8000), expected, atol=1e-6)


def test_flat_is_0_db_and_one_setting_gives_one_curve():
    assert response_db(DEFAULT, FREQ_HZ).shape == (256,)
    np.testing.assert_allclose(response_db(DEFAULT, FREQ_HZ), 0, atol=1e-12)
    np.testing.assert_allclose(FREQ_HZ[[0, -1]], [20, 20000])


def test_float32_curves_keep_a_ten_thousandth_of_a_db_down_to_20_hz():
    params = random_settings(300)
    params[:100, list(GAIN_COLUMNS)] = np.sign(params[:100, list(GAIN_COLUMNS)]) * 12
    curves = response_db_torch(
        torch.tensor(params, dtype=torch.float32), torch.tensor(FREQ_HZ, dtype=torch.float32)
    )
    exact = response_db(params.astype(np.float32), FREQ_HZ.astype(np.float32))
    assert np.abs(curves.numpy() - exact).max() < 1e-4


def test_float32_gradients_are_those_of_finite_differences():
    params = random_settings(30, seed=1)
    point = torch.tensor(params, dtype=torch.float32, requires_grad=True)
    freq_hz = torch.tensor(FREQ_HZ[::8].copy(), dtype=torch.float32)
    curves = response_db_torch(point, freq_hz)
    base = point.detach().double().numpy()
    grid = freq_hz.double().numpy()
    for index in (0, 5, 15, 31):  # 20 Hz is the first
        gradient = torch.autograd.grad(curves[:, index].sum(), point, retain_graph=True)[0]
        for column in range(13):
            step = 1e-5 * (1 + np.abs(base[:, column]))
            ahead, behind = base.copy(), base.copy()
            ahead[:, column] += step
            behind[:, column] -= step
            difference = (response_db(ahead, grid[[index]]) - response_db(behind, grid[[index]]))[
                :, 0
            ] / (2 * step)
            # both in dB for a change by the parameter's own size
            scale = np.maximum(np.abs(base[:, column]), 1)
            error = (gradient[:, column].numpy() - difference) * scale
            assert np.abs(error).max() < 1e-4, (index, column)


def test_gradients_stay_finite_above_nyquist_and_at_0_db():
    point = torch.tensor(np.stack([DEFAULT, MAXIMUM]), dtype=torch.float32, requires_grad=True)
    freq_hz = torch.tensor(log_frequencies(32, high_hz=3900), dtype=torch.float32)
    response_db_torch(point, freq_hz, sample_rate=8000).sum().backward()
    assert torch.isfinite(point.grad).all()
    assert point.grad[:, 11:].abs().max() == 0


def test_curve_errors_of_a_known_difference():
    params = random_settings(4)
    rmse, largest = curve_error_db(params, params)
    assert rmse.max() == 0 and largest.max() == 0
    louder = np.tile(DEFAULT, (1, 1))
    louder[0, [2, 3]] = 6, 1000
    rmse, largest = curve_error_db(louder, DEFAULT[None], n_freqs=2001)
    assert largest[0] == pytest.approx(6, abs=1e-3)
    curve = response_db(louder[0], log_frequencies(2001))
    assert rmse[0] == pytest.approx(np.sqrt(np.mean(curve**2)))


def test_a_frequency_at_nyquist_is_refused():
    with pytest.raises(ParameterError, match="24000 Hz"):
        response_db(DEFAULT, np.array([24000.0]))
    with pytest.raises(ParameterError, match="above 0"):
        response_db(DEFAULT, np.array([0.0]))
