"""A map that can be heard: exact on its dots, smooth between them, flat where nobody has been."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural_eq.eq.params import DEFAULT, FIXED_BOUNDS, GAIN_COLUMNS, MAXIMUM, MINIMUM, check_params
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.errors import DataError, ParameterError
from neural_eq.latent.map_quality import N_NEIGHBORS
from neural_eq.latent.playing import SoundMap, sound_map
from neural_eq.latent.projection import ProjectionConfig
from neural_eq.model.config import BUILT_IN_MODEL_PATH

N_SETTINGS = 200
GAINS = list(GAIN_COLUMNS)


def some_settings(n: int, seed: int = 0) -> np.ndarray:
    norm = np.random.default_rng(seed).uniform(size=(n, 13))
    low, high = FIXED_BOUNDS.normalize(np.stack([MINIMUM, MAXIMUM]))
    return FIXED_BOUNDS.denormalize(low + norm * (high - low))


def a_map(points: np.ndarray | None = None, **rest) -> tuple[SoundMap, np.ndarray]:
    """A map whose latent is the normalised setting itself."""
    if points is None:
        points = np.random.default_rng(1).normal(size=(N_SETTINGS, 2))
    params = some_settings(len(points))
    made = sound_map(
        params, FIXED_BOUNDS.normalize(params), points, FIXED_BOUNDS.denormalize, **rest
    )
    return made, params


def norm_at(made: SoundMap, place) -> np.ndarray:
    return FIXED_BOUNDS.normalize(made.heard(np.asarray(place)).params)


def test_on_a_dot_its_own_setting_is_heard():
    points = np.random.default_rng(1).normal(size=(N_SETTINGS, 2)) * [1, 40]
    made, params = a_map(points)
    for row in range(0, N_SETTINGS, 7):
        heard = made.heard(made.dot(row))
        np.testing.assert_allclose(made.dot(row), points[row], atol=1e-5)
        assert (heard.row, heard.presence) == (row, 1.0)
        assert heard.distance < 1e-7
        np.testing.assert_allclose(heard.params, params[row], rtol=1e-5, atol=1e-5)


def test_a_node_is_the_mean_of_the_nearest_latents_by_inverse_square():
    made, params = a_map()
    x, y = 40, 70
    share = np.array([x, y]) / (len(made.nodes_norm) - 1)
    distance = np.sqrt(((made.points - share) ** 2).sum(axis=1))
    near = distance.argsort()[:8]
    weight = 1 / distance[near] ** 2
    expected = weight @ FIXED_BOUNDS.normalize(params[near]) / weight.sum()
    np.testing.assert_allclose(made.nodes_norm[y, x], expected, rtol=1e-4)


def test_between_nodes_it_is_their_bilinear_mixture():
    from scipy.interpolate import RegularGridInterpolator

    points = np.random.default_rng(2).normal(size=(3000, 2))
    made, _ = a_map(points, is_latent=False)
    axes = [np.linspace(made.low[i], made.high[i], len(made.nodes_norm)) for i in (0, 1)]
    reference = RegularGridInterpolator(axes, made.nodes_norm.astype(float).swapaxes(0, 1))
    places = np.random.default_rng(3).normal(size=(300, 2)) * 0.5
    heard = [made.heard(place) for place in places]
    plain = [
        place for place, h in zip(places, heard, strict=True)
        if h.presence == 1 and h.distance > made.reach[h.row]
    ]  # fmt: skip
    assert len(plain) > 20
    for place in plain:
        np.testing.assert_allclose(norm_at(made, place), reference(place)[0], atol=1e-6)


def test_nothing_jumps_as_the_hand_moves():
    made, _ = a_map()
    n_steps = 4_001
    way = np.linspace(made.low, made.high, n_steps)
    values = np.array([norm_at(made, place) for place in way])
    step = np.linalg.norm(way[1] - way[0])
    fastest = np.abs(np.diff(values, axis=0)).max() / step
    halves = np.array([norm_at(made, place) for place in (way[:-1:4] + way[1::4]) / 2])
    jump = np.abs(halves - values[:-1:4]).max() / (step / 2)
    assert jump < 2 * fastest, "half a step must change about half as much"
    assert np.abs(np.diff(values, axis=0)).max() < 0.2


def test_nobody_has_been_beyond_the_usual_distance_of_ten_neighbours():
    made, _ = a_map()
    distance = np.sqrt(((made.points[:, None] - made.points) ** 2).sum(axis=2))
    tenth = np.sort(distance, axis=1)[:, N_NEIGHBORS]
    assert made.far == pytest.approx(np.percentile(tenth, 95), rel=1e-5)
    rightmost = made.dot(int(made.points[:, 0].argmax()))

    def right_of_it(times_far: float):
        return made.heard(rightmost + [times_far * made.far * (made.high - made.low)[0], 0])

    assert [right_of_it(times).presence for times in (0.9, 1.5, 2.1)] == [
        1.0, pytest.approx(0.5, abs=1e-6), 0.0,
    ]  # fmt: skip
    flat = right_of_it(2.1).params
    assert not flat[GAINS].any()
    assert np.ptp(response_db(flat, log_frequencies(64))) < 1e-9
    half, near = (right_of_it(times).params[GAINS] for times in (1.5, 0.999))
    assert np.abs(half).max() < np.abs(near).max()


def test_the_latent_itself_sounds_as_it_decodes():
    def decode(latent: np.ndarray) -> np.ndarray:
        params = np.tile(DEFAULT, (len(latent), 1))
        params[:, 0] = np.clip(latent[:, 0], -12, 12)
        params[:, 11] = np.clip(3 * latent[:, 1], -12, 12)
        return params

    points = np.random.default_rng(4).normal(size=(N_SETTINGS, 2))
    made = sound_map(some_settings(N_SETTINGS), points, points, decode, is_latent=True)
    for row in range(0, N_SETTINGS, 11):
        expected = decode(points[[row]])[0]
        np.testing.assert_allclose(made.heard(made.dot(row)).params, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("n", [1, 2, 3, 12])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_hardly_any_settings_can_be_heard_too(n, spread):
    points = np.random.default_rng(0).normal(size=(n, 2)) * spread
    made, params = a_map(points)
    heard = made.heard(made.dot(0))
    np.testing.assert_allclose(heard.params, params[0], rtol=1e-5, atol=1e-5)
    assert made.heard(made.high + 10).presence == 0


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_any_place_is_a_setting_that_can_be_played(x, y):
    check_params(LAID.heard(np.array([x, y])).params)


LAID, _ = a_map()


@pytest.mark.parametrize("place", [[0.0], [np.nan, 0.0], [np.inf, 1.0], [[0.0, 0.0]]])
def test_what_is_no_place_is_refused(place):
    with pytest.raises(ParameterError, match="two finite numbers"):
        LAID.heard(np.array(place))


def test_no_settings_and_maps_of_three_dimensions_are_refused():
    with pytest.raises(DataError, match="no setting to hear"):
        a_map(np.zeros((0, 2)))
    with pytest.raises(ParameterError, match="3 dimensions; two can be played"):
        a_map(np.zeros((5, 3)))


def test_the_bytes_hold_all_that_the_browser_needs():
    terms = np.array(["warm", "<b>ó"] * (N_SETTINGS // 2), dtype=object)
    content = LAID.to_bytes(terms, np.arange(N_SETTINGS) + 7)
    length = int.from_bytes(content[:4], "little")
    head = json.loads(content[4 : 4 + length])
    assert length % 4 == 0
    assert [head["words"][at] for at in head["word_at"]] == terms.tolist()
    assert head["ids"][:2] == [7, 8]
    numbers = np.frombuffer(content, dtype="<f4", offset=4 + length)
    n_nodes = head["n_nodes"] ** 2 * 13
    np.testing.assert_array_equal(numbers[:n_nodes], LAID.nodes_norm.ravel())
    np.testing.assert_array_equal(numbers[n_nodes:][: 2 * N_SETTINGS], LAID.points.ravel())
    assert len(numbers) == n_nodes + (2 + 13 + 1) * N_SETTINGS


@pytest.mark.parametrize(
    ("latent_dim", "method", "median_db", "p95_db"),
    [
        (32, "UMAP", 0.01, 0.05), (32, "t-SNE", 0.01, 0.05), (32, "PCA", 0.01, 0.05),
        (2, "Latent", 2.0, 4.0),  # as far as the model of two dimensions gives a setting back
    ],
)  # fmt: skip
def test_on_its_dots_a_built_in_map_sounds_as_they_do(
    built_in, latent_dim, method, median_db, p95_db
):
    from neural_eq.data.safe_db import select
    from neural_eq.model import checkpoint
    from neural_eq.ui import cached
    from neural_eq.ui.explore.maps import saved_map

    path = BUILT_IN_MODEL_PATH.with_name(f"neural_eq_{latent_dim}.pt")
    model, rows = checkpoint.load(path), select(built_in, min_examples=1)
    laid = saved_map(
        cached.sha256(path.read_bytes()), ProjectionConfig(method, n_dims=2), n=len(rows)
    )
    assert laid is not None
    made = sound_map(
        rows.params, model.encode(rows.params), laid.points, model.decode,
        is_latent=method == "Latent",
    )  # fmt: skip
    heard = np.array([made.heard(made.dot(row)).params for row in range(len(rows))])
    freq_hz = log_frequencies(128)
    error_db = np.sqrt(
        ((response_db(heard, freq_hz) - response_db(rows.params, freq_hz)) ** 2).mean(axis=1)
    )
    assert np.median(error_db) <= median_db
    assert np.percentile(error_db, 95) <= p95_db
