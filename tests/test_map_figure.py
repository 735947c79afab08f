"""The map's figure: the right points in the right traces, marked and labelled."""

from __future__ import annotations

import numpy as np
import pytest

from neural_eq.ui.explore import map_figure as module
from neural_eq.ui.explore.density import density_trace
from neural_eq.ui.explore.map_figure import MARK_COLOUR, MapLook, Marks, map_figure
from neural_eq.ui.explore.word_places import places_in_space, word_places
from tests.test_figures import GROUNDS, contrast

TERMS = np.array(["warm"] * 40 + ["bright"] * 10 + ["odd", "<b>strange</b>"] * 5, dtype=object)


def a_map(n_dims: int = 2, **rest):
    points = np.random.default_rng(0).normal(size=(len(TERMS), n_dims))
    rest = {"method": "UMAP", "revision": "a", "labels": {}, **rest}
    return map_figure(points, terms=TERMS, words=("warm", "bright"), **rest), points


def of_name(figure, name: str):
    return [trace for trace in figure.data if trace.name == name]


@pytest.mark.parametrize("n_dims", [2, 3])
def test_each_point_is_in_the_trace_of_its_word_with_its_row(n_dims):
    figure, points = a_map(n_dims, labels={"warm": "warm (40 by 3)"})
    assert [trace.name for trace in figure.data] == ["other words", "warm (40 by 3)", "bright"]
    seen = []
    for trace in figure.data:
        axes = (trace.x, trace.y, trace.z)[:n_dims] if n_dims == 3 else (trace.x, trace.y)
        for row, *place in zip(trace.customdata, *axes, strict=True):
            seen.append(int(row))
            np.testing.assert_allclose(place, points[row], rtol=1e-5)
            word = TERMS[row] if TERMS[row] in ("warm", "bright") else "other words"
            assert trace.name.startswith(word)
    assert sorted(seen) == list(range(len(TERMS)))


def test_words_found_stay_bright_and_others_fade_even_rare_ones():
    figure, _ = a_map(marks=Marks(found=("odd",)))
    opacity = {trace.name: trace.marker.opacity for trace in figure.data}
    assert opacity["odd"] > 0.9
    assert max(v for name, v in opacity.items() if name != "odd") < 0.2
    assert [a.text for a in figure.layout.annotations] == ["odd"]


@pytest.mark.parametrize("n_dims", [2, 3])
def test_marks_lie_on_their_points_and_take_no_clicks(n_dims):
    marks = Marks(selected=7, neighbors=[1, 2], group=[3, 4, 5], displaced=[9])
    figure, points = a_map(n_dims, marks=marks)
    rows = {"this setting": [7], "nearest ten": [1, 2], "chosen": [3, 4, 5], "displaced": [9]}
    for name, numbers in rows.items():
        (trace,) = of_name(figure, name)
        np.testing.assert_allclose(trace.x, points[numbers, 0], rtol=1e-5)
        assert trace.hoverinfo == "skip"
        assert trace.customdata is None
    assert figure.data[-1].name == "this setting"


def test_the_marks_are_seen_on_both_grounds():
    assert min(contrast(MARK_COLOUR, ground) for ground in GROUNDS.values()) >= 3


@pytest.mark.parametrize("n_dims", [2, 3])
def test_zoom_and_camera_stay_with_the_map_and_go_with_it(n_dims):
    def revision(figure):
        return (figure.layout.scene if n_dims == 3 else figure.layout).uirevision

    one = a_map(n_dims)[0]
    marked = a_map(n_dims, marks=Marks(selected=3, found=("warm",)), density=True)[0]
    assert revision(one) == revision(marked) is not None
    assert revision(a_map(n_dims, revision="b")[0]) != revision(one)


def test_a_map_is_drawn_as_it_was_left():
    flat, _ = a_map(look=MapLook(ranges=[[0, 1], [2, 3]], hidden=["warm"]))
    assert (flat.layout.xaxis.range, flat.layout.yaxis.range) == ((0, 1), (2, 3))
    visible = {trace.name: trace.visible for trace in flat.data}
    assert visible == {"other words": True, "warm": "legendonly", "bright": True}
    space, _ = a_map(3, look=MapLook(camera={"eye": {"x": 3, "y": 2, "z": 1}}))
    assert space.layout.scene.camera.eye.x == 3


def test_what_a_table_says_is_no_markup():
    figure, _ = a_map(marks=Marks(found=("<b>strange</b>",)))
    assert of_name(figure, "&lt;b&gt;strange&lt;/b&gt;")
    assert figure.layout.annotations[0].text == "&lt;b&gt;strange&lt;/b&gt;"


def test_density_draws_areas_of_words_that_have_enough_and_points_of_all():
    figure, _ = a_map(density=True)
    areas = [trace for trace in figure.data if trace.type == "contour"]
    assert [area.legendgroup for area in areas] == ["warm"]
    assert sum(len(t.customdata) for t in figure.data if t.type == "scatter") == len(TERMS)
    assert not [t for t in a_map(3, density=True)[0].data if t.type == "contour"]


def test_the_areas_hold_the_shares_that_they_say():
    points = np.random.default_rng(1).normal(size=(2000, 2)) * [1, 3]
    low, high = points.min(axis=0), points.max(axis=0)
    area = density_trace(points, low=low, high=high, colour="#d55e00", name="warm")
    columns = np.abs(area["x"][None] - points[:, :1]).argmin(axis=1)
    rows = np.abs(area["y"][None] - points[:, 1:]).argmin(axis=1)
    inside = area["z"][rows, columns]
    assert (inside >= area["contours"]["start"]).mean() == pytest.approx(0.8, abs=0.06)
    assert (inside >= area["contours"]["end"]).mean() == pytest.approx(0.5, abs=0.06)
    top, left = np.unravel_index(area["z"].argmax(), area["z"].shape)
    assert abs(area["x"][left]) < 1, "the inner area is the densest, amid the points"
    assert abs(area["y"][top]) < 3


def test_points_all_in_one_place_have_a_density():
    points = np.zeros((30, 2))
    area = density_trace(
        points, low=np.array([-1, -1]), high=np.array([1, 1]), colour="#d55e00", name="warm"
    )
    assert np.isfinite(area["z"]).all()


def test_many_points_are_there_unseen_and_say_how_to_draw_them():
    n = module.MANY_POINTS + 1
    rest = {"labels": {"warm": "warm (all)"}, "method": "PCA", "revision": "a"}
    terms = np.full(n, "warm", dtype=object)
    few = map_figure(np.zeros((n - 1, 2)), terms=terms[1:], words=("warm",), **rest)
    assert [trace.type for trace in few.data] == ["scatter"]
    in_legend, points = map_figure(np.zeros((n, 2)), terms=terms, words=("warm",), **rest).data
    assert points.type == "scattergl" and points.marker.opacity == 0 and not points.showlegend
    assert len(points.customdata) == n
    shown = few.data[0].marker
    assert points.meta == {
        "colour": shown.color, "symbol": shown.symbol, "size": shown.size,
        "opacity": shown.opacity,
    }  # fmt: skip
    # the legend looks as that of few, and hides the points with its own trace
    assert (in_legend.name, in_legend.marker.color) == ("warm (all)", shown.color)
    assert in_legend.legendgroup == points.legendgroup and in_legend.x == (None,)
    space = map_figure(np.zeros((n, 3)), terms=terms, words=("warm",), **rest)
    assert [trace.type for trace in space.data] == ["scatter3d"], "space has a drawing of its own"


@pytest.mark.parametrize("n_dims", [2, 3])
def test_an_empty_map_is_a_figure(n_dims):
    figure = map_figure(
        np.zeros((0, n_dims)), terms=np.array([], dtype=object), words=(), labels={},
        method="PCA", revision="a",
    )  # fmt: skip
    assert not figure.data


def test_words_are_written_amid_their_points_and_not_over_each_other():
    generator = np.random.default_rng(0)
    far = {"warm": (-5, 0), "bright": (5, 0), "clear": (5.2, 0.05), "thin": (5.1, -0.05)}
    terms = np.repeat(np.array(list(far), dtype=object), 20)
    points = np.concatenate([c + generator.normal(size=(20, 2)) * 0.02 for c in far.values()])
    places = word_places(points, terms, list(far))
    assert places["warm"][0] == pytest.approx(-5, abs=1)
    assert set(places) == set(far)
    span = points.max(axis=0) - points.min(axis=0)
    labels = [np.array(place) / span for place in places.values()]
    for i, one in enumerate(labels):
        for other in labels[:i]:
            assert (np.abs(one - other) > [0.12, 0.05]).any()


@pytest.mark.parametrize("zoom", [1, 4])
def test_a_word_makes_way_for_what_is_chosen_beneath_it(zoom):
    """A label is 50 by 20 px of a map of 600 by 540 at most, a ring has a radius of 13 px."""
    figure, points = a_map()
    at = {a.text: np.array([a.x, a.y]) for a in figure.layout.annotations}
    near = np.argsort(((points - at["warm"]) ** 2).sum(axis=1))
    span = np.ptp(points, axis=0) * 1.12
    ranges = [[at["warm"][i] - s / 2, at["warm"][i] + s / 2] for i, s in enumerate(span / zoom)]
    marks = Marks(selected=int(near[0]), neighbors=near[1:4].tolist())
    marked, _ = a_map(marks=marks, look=MapLook(ranges=ranges))
    now = {a.text: np.array([a.x, a.y]) for a in marked.layout.annotations}
    away = np.abs(points[near[:4]] - now["warm"]) / (span / zoom)
    assert (away > np.array([50 / 600, 2 * 13 / 540]) / 2 + [0, 10 / 540]).any(axis=1).all()
    assert np.abs(now["warm"] - at["warm"])[1] / (span[1] / zoom) < 0.35, "but not far"
    assert not np.array_equal(now["warm"], at["warm"])


def test_in_space_a_word_too_near_another_is_not_written():
    far = {"warm": (-5, 0, 0), "bright": (5, 0, 0), "clear": (5.1, 0, 0)}
    terms = np.repeat(np.array(list(far), dtype=object), 5)
    points = np.repeat(np.array(list(far.values())), 5, axis=0)
    places = places_in_space(points, terms, list(far))
    assert list(places) == ["warm", "bright"]
    assert places["warm"] == (-5, 0, 0)
