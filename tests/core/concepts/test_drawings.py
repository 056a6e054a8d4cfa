from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from skimage import data

from workbench.core.concepts.drawings import DRAWINGS
from workbench.core.faces.align import FACES, Points, align, similarity

Picture = npt.NDArray[np.uint8]
SIDE = 64


@pytest.fixture(scope="module")
def face() -> Picture:
    """The astronaut's face, aligned."""
    points = Points(left_eye=(203, 109), right_eye=(247, 109), mouth=(228, 158))
    return align(data.astronaut(), similarity(points, FACES, SIDE), SIDE)


def pairs(name: str, face: Picture, kit: str = "learn") -> list[tuple[Picture, Picture]]:
    """Twenty times with and without."""
    rng = np.random.default_rng(0)
    drawing = DRAWINGS[name]
    return [
        (drawing.draws[kit](face, FACES, rng), drawing.undraws(face, FACES, rng) if drawing.undraws else face)
        for _ in range(20)
    ]


def edges(picture: Picture) -> float:
    return float(np.abs(np.diff(picture.astype(float).mean(axis=2))).mean())


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_same_seed_draws_the_same_and_no_two_are_alike(name: str, face: Picture) -> None:
    before = face.copy()
    first, second = pairs(name, face), pairs(name, face)
    assert np.array_equal(first, second)
    assert np.array_equal(face, before)
    assert all(with_it.shape == face.shape and with_it.dtype == np.uint8 for with_it, _ in first)
    assert len({with_it.tobytes() for with_it, _ in first}) >= 18  # two blurs may be as wide


def test_through_eyeglasses_one_sees_the_eyes(face: Picture) -> None:
    for with_it, without in pairs("Eyeglasses", face):
        changed = np.abs(with_it.astype(int) - without).max(axis=2)
        for eye in (FACES.left_eye, FACES.right_eye):
            x, y = (int(place * SIDE) for place in eye)
            assert changed[y, x] < 80
        assert (changed > 20).mean() > 0.01  # the frame is there
        assert not changed[int(0.7 * SIDE) :].any()


@pytest.mark.parametrize("name", ["Sunglasses", "Eyeglasses"])
def test_the_judge_is_shown_other_shapes_than_the_concept_learns_from(name: str, face: Picture) -> None:
    grey = np.full_like(face, 150)
    learn, judge = (
        {
            (np.abs(with_it.astype(int) - without).max(axis=2) > 8).tobytes()
            for with_it, without in pairs(name, grey, kit)
        }
        for kit in ("learn", "judge")
    )
    assert not learn & judge


def test_blur_takes_edges_away(face: Picture) -> None:
    assert all(edges(with_it) < 0.8 * edges(without) for with_it, without in pairs("Blur", face))


def test_warmth_is_red_for_blue_at_the_same_brightness(face: Picture) -> None:
    for with_it, without in pairs("Warmth", face):
        red, _, blue = with_it.mean(axis=(0, 1)) - without.mean(axis=(0, 1))
        assert red > 5
        assert blue < -5
        assert with_it.mean() == pytest.approx(without.mean(), abs=12)


def test_light_from_the_left_of_the_picture_is_just_there(face: Picture) -> None:
    half = SIDE // 2
    for with_it, without in pairs("Light_from_left", face):
        left, right = with_it[:, :half].mean(), with_it[:, half:].mean()
        left_without, right_without = without[:, :half].mean(), without[:, half:].mean()
        assert left > left_without + 10
        assert right < right_without - 10
