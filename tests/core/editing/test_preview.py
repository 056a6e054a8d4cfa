"""What one sees while the hand moves."""

from __future__ import annotations

import numpy as np

from workbench.core.editing.preview import Preview
from workbench.core.faces.align import FACES, Points, similarity

POINTS = Points((60.0, 50.0), (98.0, 50.0), (79.0, 93.0))


def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (160, 160, 3), np.uint8)


def preview(pixels: np.ndarray | None = None, seen: float = 128) -> Preview:
    before = np.full((32, 32, 3), seen, np.float32)
    return Preview(photo() if pixels is None else pixels, similarity(POINTS, FACES, 32), before, 1.0)


def unpacked(pixels: np.ndarray) -> np.ndarray:
    """0xAARRGGBB as (h, w, 4): red, green, blue, alpha."""
    return np.stack([pixels.astype(np.int64) >> shift & 0xFF for shift in (16, 8, 0, 24)], axis=-1)


def test_without_a_change_the_preview_is_the_photo_and_opaque() -> None:
    made = preview()
    left, top, right, bottom = made.area
    shown = unpacked(made(np.zeros((32, 32, 3), np.float32)))
    assert np.array_equal(shown[..., :3], photo()[top:bottom, left:right])
    assert (shown[..., 3] == 255).all()


def test_a_change_is_added_channel_by_channel_and_stops_at_black_and_white() -> None:
    change = np.zeros((32, 32, 3), np.float32)
    change[12:20, 12:20] = (40.0, -40.0, 500.0)
    shown = unpacked(preview(np.full((160, 160, 3), 128, np.uint8))(change))
    y, x = shown.shape[0] // 2, shown.shape[1] // 2
    assert np.abs(shown[y, x, :3] - (168, 88, 255)).max() <= 1


def test_the_preview_takes_of_a_change_what_the_photo_does() -> None:
    """See test_paste: in proportion to its light where it darkens, to its dark where it lightens."""
    change = np.zeros((32, 32, 3), np.float32)
    change[12:20, 12:20] = (-100.0, 100.0, 0.0)
    for level in (60, 200):
        shown = unpacked(preview(np.full((160, 160, 3), level, np.uint8), seen=150)(change))
        y, x = shown.shape[0] // 2, shown.shape[1] // 2
        expected = (level * 50 / 150, 255 - (255 - level) * 5 / 105, level)
        assert np.abs(shown[y, x, :3] - expected).max() <= 1


def test_a_picture_that_was_shown_stays_as_it_is_when_the_next_one_is_made() -> None:
    made = preview()
    first = made(np.zeros((32, 32, 3), np.float32))
    kept = first.copy()
    made(np.full((32, 32, 3), 50.0, np.float32))
    assert np.array_equal(first, kept)
