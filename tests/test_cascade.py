"""The fast filter is scipy's in float64, however a piece is cut and wherever it runs."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import sosfilt

from neural_eq.eq import cascade
from neural_eq.eq.biquad import peaking, sections
from neural_eq.eq.cascade import MIN_STRETCH_FRAMES, Cascade
from neural_eq.eq.params import DEFAULT, GAIN_COLUMNS, MAXIMUM, MINIMUM, PARAMETERS

EDGES = st.tuples(*(st.sampled_from([p.minimum, p.maximum]) for p in PARAMETERS))
ANYWHERE = st.tuples(*(st.floats(p.minimum, p.maximum) for p in PARAMETERS))
RATES = st.sampled_from([8000, 22050, 44100, 48000, 96000, 192000])


def noise(n_frames, n_channels, seed=0, dtype=np.float64):
    samples = np.random.default_rng(seed).uniform(-1, 1, (n_frames, n_channels))
    return samples.astype(dtype)


def in_parts(one, samples, cuts):
    return np.concatenate([one.process(part) for part in np.split(samples, sorted(cuts))])


def below_dbfs(made, wanted):
    """How far apart, where the result's own peak is full scale if it lies above 1."""
    error = np.abs(made - wanted).max(initial=0.0) / max(1.0, np.abs(wanted).max(initial=0.0))
    return 20 * np.log10(max(error, 1e-30))


@settings(max_examples=60, deadline=None)
@given(
    params=EDGES | ANYWHERE,
    rate=RATES,
    n_channels=st.sampled_from([1, 2, 6]),
    n_frames=st.integers(1, 16 * MIN_STRETCH_FRAMES + 999),
    dtype=st.sampled_from([np.float32, np.float64]),
    n_threads=st.integers(1, 3),
    data=st.data(),
)
def test_it_is_scipys_filter_wherever_the_piece_is_cut(
    params, rate, n_channels, n_frames, dtype, n_threads, data
):
    cuts = data.draw(st.lists(st.integers(0, n_frames), max_size=3))
    samples = noise(n_frames, n_channels, seed=n_frames, dtype=dtype)
    sos = sections(np.array(params), sample_rate=rate)[0]
    wanted = sosfilt(sos, samples.astype(np.float64), axis=0)
    made = in_parts(Cascade(sos, n_channels, n_threads=n_threads), samples, cuts)
    assert made.dtype == np.float64
    assert below_dbfs(made, wanted) <= -140


@pytest.mark.parametrize("freq_hz", [22.0, 500.0, 20000.0])
@pytest.mark.parametrize("q", [0.1, 10.0])
@pytest.mark.parametrize("rate", [48000, 192000])
def test_the_narrowest_and_the_lowest_ring_as_they_should(freq_hz, q, rate):
    """Five alike, which no setting has, from 22 Hz up."""
    one = peaking(freq_hz=freq_hz, gain_db=12.0, q=q, sample_rate=rate)
    sos = np.repeat(one, 5, axis=0)
    samples = noise(100_000, 2) * 0.01
    made = in_parts(Cascade(sos, 2), samples, [40_000])
    assert below_dbfs(made, sosfilt(sos, samples, axis=0)) <= -140


def test_the_same_cuts_give_the_same_numbers():
    sos = sections(MAXIMUM, sample_rate=48000)[0]
    samples = noise(90_000, 2)
    first, again = (in_parts(Cascade(sos, 2, n_threads=2), samples, [70_001]) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("n_channels", [1, 2, 6])
def test_scipy_takes_over_in_the_midst_where_nothing_can_be_compiled(monkeypatch, n_channels):
    sos = sections(MAXIMUM, sample_rate=44100)[0]
    samples = noise(60_000, n_channels)
    one = Cascade(sos, n_channels)
    made = [one.process(samples[:40_000])]
    monkeypatch.setattr(cascade, "_is_compiled", lambda: False)
    made.append(one.process(samples[40_000:50_000]))
    monkeypatch.undo()
    made.append(one.process(samples[50_000:]))
    assert below_dbfs(np.concatenate(made), sosfilt(sos, samples, axis=0)) <= -140


def test_a_machine_that_llvm_does_not_know_is_logged_and_filtered_by_scipy(monkeypatch, caplog):
    def fail(dtype):
        raise RuntimeError("no target")

    monkeypatch.setattr(cascade, "filter_kernel", fail)
    cascade._is_compiled.cache_clear()
    try:
        sos = sections(MINIMUM, sample_rate=44100)[0]
        samples = noise(5000, 2)
        np.testing.assert_array_equal(
            Cascade(sos, 2).process(samples), sosfilt(sos, samples, axis=0)
        )
        assert "scipy's is used" in caplog.text
    finally:
        cascade._is_compiled.cache_clear()


def test_what_fades_into_silence_ends_in_zeros():
    params = DEFAULT.copy()
    params[list(GAIN_COLUMNS)] = 6.0
    one = Cascade(sections(params, sample_rate=48000)[0], 2)
    one.process(noise(50_000, 2))
    # by then it would have faded to 1e-120, and gone on to where a processor is slow
    one.process(np.zeros((20_000, 2)))
    assert not one._state.any()
    assert not one.process(np.zeros((9000, 2))).any()


def test_the_input_stays_and_odd_arrays_work():
    sos = sections(MAXIMUM, sample_rate=48000)[0]
    samples = noise(40_000, 4)
    original = samples.copy()
    wanted = sosfilt(sos, samples[::2, 1:3], axis=0)
    np.testing.assert_allclose(Cascade(sos, 2).process(samples[::2, 1:3]), wanted, atol=1e-9)
    big_endian = samples[:, :2].astype(">f4")
    wanted = sosfilt(sos, big_endian.astype(np.float64), axis=0)
    np.testing.assert_allclose(Cascade(sos, 2).process(big_endian), wanted, atol=1e-9)
    np.testing.assert_array_equal(samples, original)
    assert Cascade(sos, 2).process(np.zeros((0, 2))).shape == (0, 2)


def test_many_threads_may_filter_at_once():
    """As sessions of a server do."""
    sos = sections(MAXIMUM, sample_rate=48000)[0]
    pieces = [noise(80_000, 2, seed=n) for n in range(8)]
    made: list[np.ndarray | None] = [None] * len(pieces)

    def work(n):
        made[n] = in_parts(Cascade(sos, 2, n_threads=2), pieces[n], [30_000])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(pieces))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for piece, result in zip(pieces, made, strict=True):
        assert below_dbfs(result, sosfilt(sos, piece, axis=0)) <= -140
