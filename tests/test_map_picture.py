"""The map's picture: the right points in the right groups, marked and labelled."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from neural_eq.ui.explore.density import SHARES, density_areas
from neural_eq.ui.explore.map_picture import MARK_COLOUR, Marks, map_picture
from neural_eq.ui.explore.word_places import places_in_space, word_places
from tests.test_figures import GROUNDS, contrast

TERMS = np.array(["warm"] * 40 + ["bright"] * 10 + ["odd", "<b>strange</b>"] * 5, dtype=object)


def a_map(n_dims: int = 2, **rest):
    points = np.random.default_rng(0).normal(size=(len(TERMS), n_dims))
    rest = {"method": "UMAP", "revision": "a", "labels": {}, **rest}
    return map_picture(points, terms=TERMS, words=("warm", "bright"), **rest), points


def unpacked(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=kind)


@pytest.mark.parametrize("n_dims", [2, 3])
def test_each_point_is_in_the_group_of_its_word(n_dims):
    picture, points = a_map(n_dims, labels={"warm": "warm (40 by 3)"})
    groups = picture["groups"]
    assert [group["label"] for group in groups] == ["other words", "warm (40 by 3)", "bright"]
    seen = []
    for group in groups:
        for row in unpacked(group["rows"], "<i4").tolist():
            seen.append(row)
            word = TERMS[row] if TERMS[row] in ("warm", "bright") else "other words"
            assert group["name"] == word
    assert sorted(seen) == list(range(len(TERMS)))
    places = unpacked(picture["points"], "<f4").reshape(-1, n_dims)
    np.testing.assert_allclose(places, points, rtol=1e-5)
    assert picture["axes"] == [f"UMAP {i + 1} (no unit)" for i in range(n_dims)]


def test_words_found_stay_bright_and_others_fade_even_rare_ones():
    picture, _ = a_map(marks=Marks(found=("odd",)))
    opacity = {group["name"]: group["opacity"] for group in picture["groups"]}
    assert opacity["odd"] > 0.9
    assert max(v for name, v in opacity.items() if name != "odd") < 0.2
    assert [label["name"] for label in picture["labels"]] == ["odd"]


def test_marks_are_rows_of_their_points():
    marks = Marks(selected=7, neighbors=[1, 2], group=np.array([3, 4, 5]), displaced=[9])
    assert a_map(marks=marks)[0]["marks"] == {
        "selected": [7], "neighbors": [1, 2], "group": [3, 4, 5], "displaced": [9],
    }  # fmt: skip


def test_the_marks_are_seen_on_both_grounds():
    assert min(contrast(MARK_COLOUR, ground) for ground in GROUNDS.values()) >= 3


def test_density_draws_areas_of_words_that_have_enough_and_points_of_all():
    picture, _ = a_map(density=True)
    areas = {group["name"]: len(group["areas"]) for group in picture["groups"]}
    assert areas == {"other words": 0, "warm": 2, "bright": 0}
    assert sum(len(unpacked(g["rows"], "<i4")) for g in picture["groups"]) == len(TERMS)
    assert not any(group["areas"] for group in a_map(3, density=True)[0]["groups"])
    json.dumps(picture, allow_nan=False)


def inside(outlines: list[list[float]], points: np.ndarray) -> np.ndarray:
    """Which points lie within an odd number of outlines."""
    from matplotlib.path import Path

    closed = [np.array(line).reshape(-1, 2) for line in outlines]
    assert all(np.allclose(line[0], line[-1]) for line in closed)
    return sum(Path(line).contains_points(points).astype(int) for line in closed) % 2 == 1


def test_the_areas_hold_the_shares_that_they_say():
    points = np.random.default_rng(1).normal(size=(2000, 2)) * [1, 3]
    outer, inner = density_areas(points, of_map=points)
    for share, outlines in zip(SHARES, (outer, inner), strict=True):
        assert inside(outlines, points).mean() == pytest.approx(share, abs=0.06)
    assert inside(inner, np.zeros((1, 2)))[0], "the inner area is the densest, amid the points"
    assert not (inside(inner, points) & ~inside(outer, points)).any()


def test_points_all_in_one_place_have_a_density():
    points = np.zeros((30, 2))
    around = np.array([[-1.0, -1], [1, 1]])
    for of_map in (np.concatenate([points, around]), points):
        areas = density_areas(points, of_map=of_map)
        assert all(inside(outlines, np.zeros((1, 2)))[0] for outlines in areas)


@pytest.mark.parametrize("n_dims", [2, 3])
def test_an_empty_map_is_a_picture(n_dims):
    picture = map_picture(
        np.zeros((0, n_dims)), terms=np.array([], dtype=object), words=(), labels={},
        method="PCA", revision="a",
    )  # fmt: skip
    assert picture["groups"] == picture["labels"] == []


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


def test_in_space_a_word_too_near_another_is_not_written():
    far = {"warm": (-5, 0, 0), "bright": (5, 0, 0), "clear": (5.1, 0, 0)}
    terms = np.repeat(np.array(list(far), dtype=object), 5)
    points = np.repeat(np.array(list(far.values())), 5, axis=0)
    places = places_in_space(points, terms, list(far))
    assert list(places) == ["warm", "bright"]
    assert places["warm"] == (-5, 0, 0)
