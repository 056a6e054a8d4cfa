from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from skimage import data

from workbench.core.concepts.draw import draw_sunglasses
from workbench.core.faces.align import FACES, Points, align, similarity

Picture = npt.NDArray[np.uint8]


@pytest.fixture(scope="module", params=[32, 64, 128])
def face(request: pytest.FixtureRequest) -> Picture:
    """The astronaut's face, aligned."""
    points = Points(left_eye=(203, 109), right_eye=(247, 109), mouth=(228, 158))
    return align(data.astronaut(), similarity(points, FACES, request.param), request.param)


def drawn(face: Picture, count: int) -> list[Picture]:
    rng = np.random.default_rng(0)
    return [draw_sunglasses(face, FACES, rng) for _ in range(count)]


def around(face: Picture, place: tuple[float, float], reach: float) -> tuple[slice, slice]:
    """The square of half the side `reach` around `place`, both as fractions of the picture's side."""
    return tuple(slice(int((p - reach) * len(face)), int((p + reach) * len(face)) + 1) for p in place[::-1])


def test_every_pair_covers_both_eyes_and_darkens_them(face: Picture) -> None:
    for picture in drawn(face, 30):
        for eye in (FACES.left_eye, FACES.right_eye):
            place = around(face, eye, 0.06)
            assert picture[place].mean() < 0.8 * face[place].mean()
            assert (picture[place] != face[place]).any(axis=-1).mean() > 0.9


def test_mouth_chin_and_forehead_stay_to_the_bit(face: Picture) -> None:
    for picture in drawn(face, 30):
        assert picture.shape == face.shape
        assert picture.dtype == np.uint8
        below, above = int(0.69 * len(face)), int(0.2 * len(face))
        assert np.array_equal(picture[below:], face[below:])
        assert np.array_equal(picture[:above], face[:above])


def test_the_same_seed_draws_the_same_and_the_picture_is_left_alone(face: Picture) -> None:
    before = face.copy()
    first, second = drawn(face, 5), drawn(face, 5)
    assert np.array_equal(first, second)
    assert np.array_equal(face, before)


def test_no_two_pairs_are_alike(face: Picture) -> None:
    pictures = drawn(face, 20)
    assert len({picture.tobytes() for picture in pictures}) == 20
    assert np.std([picture[around(face, FACES.left_eye, 0.06)].mean() for picture in pictures]) > 3  # tint and opacity
    covered = [(picture != face).any(axis=-1).sum() for picture in pictures]
    assert max(covered) > 1.2 * min(covered)  # shape and size


def test_both_lenses_are_alike(face: Picture) -> None:
    grey = np.full_like(face, 160)
    for picture in drawn(grey, 20):
        left, right = (picture[around(grey, eye, 0.05)].mean() for eye in (FACES.left_eye, FACES.right_eye))
        assert left == pytest.approx(right, abs=30)
