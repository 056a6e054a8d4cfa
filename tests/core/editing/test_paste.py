"""An edit laid over the photo: in its place, without a seam, and nothing at all when nothing changes."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.editing.paste import change_mask, paste
from workbench.core.faces.align import FACES, Points, frame, invert, similarity, transform

SIZE = 64


def photo(height: int = 301, width: int = 403) -> np.ndarray:
    return np.random.default_rng(0).integers(60, 190, (height, width, 3), dtype=np.uint8)


def face_at(x: float, y: float, eye_distance: float, degrees: float = 0) -> np.ndarray:
    """The matrix of a face whose eyes' middle is at (x, y)."""
    turn = np.exp(1j * np.deg2rad(degrees)) * eye_distance
    places = complex(x, y) + turn * np.array([-0.5, 0.5, 1j * 43 / 38])
    return similarity(Points.from_array(np.stack([places.real, places.imag], axis=1)), FACES, SIZE)


def decoded(level: float = 120) -> np.ndarray:
    return np.full((SIZE, SIZE, 3), level, np.float32)


def spot(x: float, y: float, radius: float, amount: float) -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    blob = amount * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * radius**2))
    return (decoded() + blob[..., None]).astype(np.float32)


def test_no_change_gives_the_very_pixels() -> None:
    pixels = photo()
    before = np.random.default_rng(1).normal(120, 40, (SIZE, SIZE, 3)).astype(np.float32)
    np.testing.assert_array_equal(paste(pixels, before, before.copy(), face_at(200, 120, 47.3, 11)), pixels)


def test_the_photo_itself_is_never_written_to() -> None:
    pixels = photo()
    kept = pixels.copy()
    paste(pixels, decoded(), spot(32, 40, 6, 80), face_at(200, 120, 47.3))
    np.testing.assert_array_equal(pixels, kept)


@pytest.mark.parametrize(("eye_distance", "degrees"), [(9, 0), (19, 20), (40, -35), (70, 90)])
def test_a_change_arrives_at_its_place(eye_distance: float, degrees: float) -> None:
    pixels = np.full((500, 600, 3), 120, np.uint8)  # as the model sees it
    matrix = face_at(310, 240, eye_distance, degrees)
    out = paste(pixels, decoded(), spot(36, 44, 5, 90), matrix)
    change = out[..., 0].astype(float) - 120
    rows, columns = np.mgrid[:500, :600]
    middle = np.array([(columns * change).sum(), (rows * change).sum()]) / change.sum()
    np.testing.assert_allclose(middle, transform(invert(matrix), [(36, 44)])[0], atol=0.03 * eye_distance + 0.1)
    assert 80 <= change.max() <= 91


def test_a_change_of_the_whole_face_arrives_whole_and_shows_no_seam() -> None:
    pixels = np.full((500, 600, 3), 120, np.uint8)
    matrix = face_at(300, 200, 60, 10)
    out = paste(pixels, decoded(), decoded(160), matrix).astype(int)
    middle = np.rint(transform(invert(matrix), [(32, 32)])[0]).astype(int)
    assert (out[middle[1], middle[0]] == 160).all()
    steps = max(np.abs(np.diff(out, axis=axis)).max() for axis in (0, 1))
    assert steps <= 4  # 40 levels spread over the border; a seam would be one step of 40


def test_only_the_crop_is_touched() -> None:
    pixels = photo()
    matrix = face_at(200, 120, 30, 15)
    out = paste(pixels, decoded(), decoded(200), matrix)
    corners = frame(matrix, SIZE)
    low, high = np.floor(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int)
    outside = np.ones(pixels.shape[:2], bool)
    outside[low[1] : high[1] + 1, low[0] : high[0] + 1] = False
    np.testing.assert_array_equal(out[outside], pixels[outside])
    assert (out != pixels).any()


@pytest.mark.parametrize(("x", "y"), [(5, 8), (400, 290), (0, 150)])
def test_a_face_at_the_edge_of_the_photo_is_edited_as_far_as_it_is_in_it(x: float, y: float) -> None:
    pixels = photo()
    out = paste(pixels, decoded(), decoded(180), face_at(x, y, 50))
    assert out.shape == pixels.shape
    assert (out != pixels).any()


def test_a_face_outside_the_photo_changes_nothing() -> None:
    pixels = photo()
    np.testing.assert_array_equal(paste(pixels, decoded(), decoded(180), face_at(2000, 2000, 30)), pixels)


def test_light_and_dark_stay_within_bounds() -> None:
    pixels = np.full((200, 200, 3), 250, np.uint8)
    assert paste(pixels, decoded(), decoded(250), face_at(100, 80, 30)).max() == 255
    pixels[:] = 5
    assert paste(pixels, decoded(), decoded(0), face_at(100, 80, 30)).min() == 0


def test_the_grain_of_the_photo_survives_the_change() -> None:
    pixels = photo()
    matrix = face_at(200, 120, 40)
    out = paste(pixels, decoded(), decoded(150), matrix)
    x, y = np.rint(transform(invert(matrix), [(32, 32)])[0]).astype(int)
    grain, left = (a[y - 5 : y + 6, x - 5 : x + 6].astype(float).ravel() for a in (pixels, out))
    assert np.corrcoef(grain, left)[0, 1] > 0.999
    assert left.std() / grain.std() == pytest.approx((255 - 150) / (255 - 120), rel=0.02)  # nearer to white, calmer


@pytest.mark.parametrize(("before", "after", "hidden"), [(150, 30, 230), (105, 225, 25)])
def test_what_is_covered_goes_with_its_cover(before: int, after: int, hidden: int) -> None:
    """The white of an eye behind dark glass is dark, a lip where a tooth is now is light: no ghost of them stays."""
    pixels = np.full((200, 200, 3), before, np.uint8)
    pixels[80:100, 90:95] = hidden  # finer than what the model sees
    matrix = face_at(100, 80, 40)
    out = paste(pixels, decoded(before), decoded(after), matrix).astype(int)
    kept = np.abs(out[82:98, 90:95] - after).mean() / abs(hidden - before)
    assert np.abs(out[85:95, 110:120] - after).max() <= 1
    assert kept == pytest.approx(0.2, abs=0.03)


def test_what_the_model_sees_far_too_dark_is_not_blown_up() -> None:
    pixels = np.full((200, 200, 3), 200, np.uint8)
    out = paste(pixels, decoded(20), decoded(10), face_at(100, 80, 40))
    assert out[80:100, 95:105].min() == 180  # twice the change, not ten times


def test_the_mask_follows_the_change_and_leaves_the_rest_alone() -> None:
    mask = change_mask(spot(32, 47, 4, 60) - decoded())
    assert mask[47, 32] == pytest.approx(1, abs=1e-3)
    assert mask[20, 20] == 0
    assert mask[[0, -1]].max() == mask[:, [0, -1]].max() == 0
    assert 0 <= mask.min() <= mask.max() <= 1


def test_the_mask_is_the_same_for_a_small_and_a_large_change() -> None:
    small, large = (change_mask(spot(30, 40, 6, amount) - decoded()) for amount in (1, 100))
    np.testing.assert_allclose(small, large, atol=1e-3)
