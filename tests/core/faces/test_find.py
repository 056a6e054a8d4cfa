"""Faces in real photos: found, and their eyes and mouth placed."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from skimage import data

from workbench.core.faces.align import FACES, Points, align, similarity, transform
from workbench.core.faces.find import find_boxes, find_faces
from workbench.core.faces.landmarks import place_points

TRUTH = Points((203.0, 100.5), (246.5, 102.8), (223.1, 140.0))
"""The astronaut's eye centres and mouth centre, read off the enlarged photo."""
EYE_DISTANCE = TRUTH.right_eye[0] - TRUTH.left_eye[0]


def error(points: Points, truth: np.ndarray, eye_distance: float) -> float:
    """The worst of the three places, in eye distances."""
    return float(np.linalg.norm(points.array() - truth, axis=1).max() / eye_distance)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return data.astronaut()


@pytest.mark.parametrize("scale", [0.35, 1.0, 2.9])
def test_a_face_is_found_and_its_eyes_and_mouth_placed_at_any_size(photo: np.ndarray, scale: float) -> None:
    size = round(512 * scale)
    scaled = np.asarray(Image.fromarray(photo).resize((size, size), Image.Resampling.LANCZOS))
    face = find_faces(scaled)[0]
    factor = size / 512
    assert error(face.points, (TRUTH.array() + 0.5) * factor - 0.5, EYE_DISTANCE * factor) < 0.08
    left, top, right, bottom = face.box
    assert left < face.points.left_eye[0] < face.points.right_eye[0] < right
    assert top < face.points.left_eye[1] < face.points.mouth[1] < bottom


@pytest.mark.parametrize("degrees", [-15, 15])
def test_a_tilted_head_is_followed(photo: np.ndarray, degrees: float) -> None:
    turned = np.asarray(Image.fromarray(photo).rotate(degrees, Image.Resampling.BICUBIC))
    turn = np.exp(-1j * np.deg2rad(degrees))
    places = (TRUTH.array() @ (1, 1j) - (255.5 + 255.5j)) * turn + 255.5 + 255.5j
    truth = np.stack([places.real, places.imag], axis=1)
    assert error(find_faces(turned)[0].points, truth, EYE_DISTANCE) < 0.12


def test_the_crop_of_a_found_face_has_eyes_and_mouth_where_a_model_expects_them(photo: np.ndarray) -> None:
    matrix = similarity(find_faces(photo)[0].points, FACES, 128)
    assert align(photo, matrix, 128).shape == (128, 128, 3)
    np.testing.assert_allclose(transform(matrix, TRUTH.array()), FACES.array() * 128 - 0.5, atol=4)


def test_a_box_that_is_a_little_off_gives_nearly_the_same_points(photo: np.ndarray) -> None:
    left, top, right, bottom = find_boxes(photo)[0].box
    side = right - left
    rng = np.random.default_rng(0)
    for _ in range(5):
        off = rng.normal(0, 0.05 * side, 4)
        points = place_points(photo, (left + off[0], top + off[1], right + off[2], bottom + off[3]))
        assert error(points, TRUTH.array(), EYE_DISTANCE) < 0.1


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_face_that_is_turned_by_quarters_is_found_with_its_own_left_and_right(
    photo: np.ndarray, quarters: int
) -> None:
    turned = np.ascontiguousarray(np.rot90(photo, -quarters))  # clockwise
    places = (TRUTH.array() @ (1, 1j) - (255.5 + 255.5j)) * 1j**quarters + 255.5 + 255.5j
    truth = np.stack([places.real, places.imag], axis=1)
    (face,) = find_faces(turned)
    assert error(face.points, truth, EYE_DISTANCE) < 0.08
    left, top, right, bottom = face.box
    assert all(left < x < right and top < y < bottom for x, y in truth)


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
def test_a_face_that_the_border_cuts_is_found(photo: np.ndarray, side: str) -> None:
    left, top, right, bottom = (round(edge) for edge in find_boxes(photo)[0].box)
    cut = round(0.1 * (right - left))
    x, y = (left + cut if side == "left" else 0), (top + cut if side == "top" else 0)
    inside = photo[y : bottom - cut if side == "bottom" else None, x : right - cut if side == "right" else None]
    face = find_faces(np.ascontiguousarray(inside))[0]
    assert error(face.points, TRUTH.array() - np.array([x, y]), EYE_DISTANCE) < 0.15


@pytest.mark.parametrize(("factor", "limit"), [(1.0, 0.1), (0.5, 0.12)])
def test_a_small_face_in_a_large_photo_is_found(photo: np.ndarray, factor: float, limit: float) -> None:
    side = round(512 * factor)
    large = np.full((1500, 2200, 3), 90, np.uint8)  # the face is a twenty-fifth, or a fiftieth, of the long side
    small = np.asarray(Image.fromarray(photo).resize((side, side), Image.Resampling.LANCZOS))
    large[700 : 700 + side, 1100 : 1100 + side] = small
    (face,) = find_faces(large)
    truth = (TRUTH.array() + 0.5) * factor - 0.5 + np.array([1100, 700])
    assert error(face.points, truth, factor * EYE_DISTANCE) < limit


def test_two_faces_are_told_apart_the_larger_first(photo: np.ndarray) -> None:
    half = np.asarray(Image.fromarray(photo).resize((330, 330), Image.Resampling.LANCZOS))
    both = np.zeros((512, 842, 3), np.uint8)
    both[:, :512], both[:330, 512:] = photo, half
    faces = find_faces(both)
    assert len(faces) == 2
    assert faces[0].points.left_eye[0] < 512 < faces[1].points.left_eye[0]


def test_a_photo_without_a_face_gives_none() -> None:
    assert find_faces(data.coffee()) == ()
    assert find_faces(np.full((40, 3, 3), 128, np.uint8)) == ()


def test_the_finder_is_importable_without_torch_and_dlib() -> None:
    code = "import sys, workbench.core.faces.find; sys.exit(bool({'torch', 'dlib'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
