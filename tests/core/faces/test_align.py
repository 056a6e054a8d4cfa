"""The geometry of training and editing, to a fraction of a pixel."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.faces.align import FACES, Alignment, Points, align, frame, invert, similarity, transform, warp

EXPECTED = Points((45, 52), (83, 52), (64, 95))
"""FACES in pixels of a 128-pixel picture."""


def turned(points: Points, angle: float, scale: float, shift: tuple[float, float]) -> Points:
    a = scale * np.exp(1j * np.deg2rad(angle))
    places = (points.array() @ (1, 1j)) * a + complex(*shift)
    return Points.from_array(np.stack([places.real, places.imag], axis=1))


def smooth_picture(height: int, width: int) -> np.ndarray:
    """Slow waves: resampling them is exact to a grey level or two."""
    y, x = np.mgrid[:height, :width].astype(float)
    waves = [127 + 100 * np.sin(x / 17 + c) * np.cos(y / 23 - c) for c in range(3)]
    return np.rint(np.stack(waves, axis=2)).astype(np.uint8)


@pytest.mark.parametrize(("angle", "scale"), [(0, 1), (30, 2.5), (-90, 0.3), (170, 11)])
def test_a_turned_scaled_shifted_face_comes_exactly_to_its_place(angle: float, scale: float) -> None:
    points = turned(EXPECTED, angle, scale, (500, 300))
    matrix = similarity(points, FACES, 128)
    np.testing.assert_allclose(transform(matrix, points.array()), EXPECTED.array(), atol=1e-9)


def test_a_face_of_other_proportions_is_met_in_the_least_squares_sense() -> None:
    rng = np.random.default_rng(0)
    points = Points.from_array(EXPECTED.array() * 3 + rng.normal(0, 10, (3, 2)))
    matrix = similarity(points, FACES, 128)
    best = np.sum((transform(matrix, points.array()) - EXPECTED.array()) ** 2)
    for _ in range(200):
        a, b, c, d = rng.normal(0, 1e-3, 4)
        other = matrix + np.array([[a, -b, c], [b, a, d]])
        assert np.sum((transform(other, points.array()) - EXPECTED.array()) ** 2) > best


def test_no_face_is_ever_mirrored() -> None:
    mirrored = Points(EXPECTED.right_eye, EXPECTED.left_eye, EXPECTED.mouth)
    assert np.linalg.det(similarity(mirrored, FACES, 64)[:, :2]) > 0


def test_three_points_on_one_spot_are_refused() -> None:
    with pytest.raises(WorkbenchError, match="one spot"):
        similarity(Points((5, 5), (5, 5), (5, 5)), FACES, 64)


def test_half_the_size_means_the_same_places_of_the_picture() -> None:
    corners = [frame(similarity(turned(EXPECTED, 20, 3, (40, 50)), FACES, size), size) for size in (32, 64, 128)]
    np.testing.assert_allclose(corners[0], corners[1], atol=1e-9)
    np.testing.assert_allclose(corners[0], corners[2], atol=1e-9)


def test_a_face_that_is_in_place_gives_its_very_pixels() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    np.testing.assert_array_equal(align(pixels, similarity(EXPECTED, FACES, 128), 128), pixels)


def test_a_shift_by_whole_pixels_gives_the_very_pixels_and_repeats_the_edge() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (90, 101, 3), dtype=np.uint8)
    matrix = np.array([[1.0, 0, 20], [0, 1, -30]])
    crop = align(pixels, matrix, 128)
    rows = np.clip(np.arange(128) + 30, 0, 89)
    columns = np.clip(np.arange(128) - 20, 0, 100)
    np.testing.assert_array_equal(crop, pixels[rows][:, columns])


def test_a_quarter_turn_moves_every_pixel_to_its_place() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    matrix = np.array([[0.0, -1, 63], [1, 0, 0]])
    np.testing.assert_array_equal(align(pixels, matrix, 64), np.rot90(pixels, -1))


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.7, 3.0, 5.3])
def test_the_crop_shows_what_lies_at_its_places_in_the_photo(scale: float) -> None:
    matrix = similarity(turned(EXPECTED, 13, scale, (260, 240)), FACES, 128)
    y, x = np.mgrid[:1100, :1200].astype(float)
    period = 40 * scale
    pixels = np.rint(127 + 100 * np.sin(x / period) * np.cos(y / period)).astype(np.uint8)[..., None].repeat(3, axis=2)
    crop = align(pixels, matrix, 128)
    places = transform(invert(matrix), np.stack(np.mgrid[:128, :128][::-1], axis=2).reshape(-1, 2))
    inside = ((places > 0) & (places < (1199, 1099))).all(axis=1)
    truth = 127 + 100 * np.sin(places[:, 0] / period) * np.cos(places[:, 1] / period)
    error = np.abs(crop[..., 0].reshape(-1) - truth)[inside]
    assert inside.mean() > 0.5
    assert error.max() < 1.6


def test_a_strong_downscale_averages_instead_of_picking_pixels() -> None:
    pixels = np.zeros((2000, 2000, 3), np.uint8)
    pixels[::2] = 255  # stripes that a plain bicubic filter would turn into a pattern
    crop = align(pixels, np.array([[0.031, 0.001, 0], [-0.001, 0.031, 2]]), 60)
    assert np.abs(crop[4:-4, 4:-4].astype(int) - 127).max() <= 6


def test_a_crop_far_larger_than_the_photo_needs_no_memory_to_match() -> None:
    pixels = smooth_picture(300, 400)
    matrix = np.array([[0.0007, 0.0007, 30], [-0.0007, 0.0007, 30]])  # the photo is half a pixel of the crop
    assert align(pixels, matrix, 64).shape == (64, 64, 3)


def test_floats_are_warped_as_pictures_are() -> None:
    pixels = smooth_picture(80, 90)
    matrix = similarity(turned(EXPECTED, 25, 0.6, (10, 5)), FACES, 96)
    np.testing.assert_array_equal(warp(pixels.astype(np.float32), matrix, (96, 96)), warp(pixels, matrix, (96, 96)))


def test_a_smooth_picture_keeps_its_mean_brightness() -> None:
    pixels = smooth_picture(300, 300)
    matrix = np.array([[0.4, 0.1, 10], [-0.1, 0.4, 40]])
    truth = warp(pixels, matrix, (64, 64)).mean()
    assert abs(align(pixels, matrix, 64).mean() - truth) < 0.05  # rounded, not cut off


def test_points_and_alignments_go_through_json() -> None:
    assert Alignment.from_json(FACES.to_json()) == FACES
    assert Points.from_json(EXPECTED.to_json()) == EXPECTED
