"""An edit brought back into the photo at its own size.

Decoded pictures are soft, so none is ever pasted: only the change between two of them is,

    out = photo + share * warp_back(mask * (after - before)),

which leaves skin, hair and grain as they were, and at no change the photo's very pixels. The share is 1 where the
photo is as the model sees it. Otherwise a darker shade takes of each pixel in proportion to its light, and a lighter
one in proportion to what it lacks of white (the "multiply" and "screen" of painting programs): behind dark glass an eye
is dark too, and on a tooth the lip that was there is gone.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.faces.align import Matrix, invert, transform, warp

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

_INNER = 0.7
"""The mask is whole within this part of the circle that fits the crop, and falls to zero at the circle: the corners
are background, and no seam shows."""

_SMOOTHING = 0.05
"""Standard deviation of the mask's smoothing, in sides of the crop: wide enough to carry the change's own edges."""

_STRIP = 128
"""Rows of the photo that are worked on at a time: the numbers in between stay in the processor's cache."""

_FLOOR, _FULL = 0.04, 0.25
"""A change this small next to the largest is dropped (the decoder's murmur); from the second on it is kept whole."""

_MOST = 2.0
"""Of the change that a pixel takes at most: what the model sees far too dark is not blown up."""

_THIRDS = np.full(3, 1 / 3, np.float32)
"""The mean of three channels as a product, in a tenth of the time of `mean`."""


def paste(photo: UInt8, before: Float32, after: Float32, matrix: Matrix) -> UInt8:
    """The photo with the change from `before` to `after` laid over its face.

    Args:
        photo: uint8 (H, W, 3).
        before: the decoded face as it is, float32 (S, S, 3) in 0..255, not rounded.
        after: the decoded face as it shall be, likewise.
        matrix: photo pixels to crop pixels.

    Returns:
        uint8 (H, W, 3), a new array; bit for bit the photo when nothing changes.
    """
    out = photo.copy()
    change = masked_change(before, after)
    rows, columns = (np.flatnonzero(change.any(axis=(2, other))) for other in (1, 0))
    if not rows.size:
        return out
    # Only the part of the crop that changes is warped, with room for the filter's two zeros around it.
    top, bottom = max(rows[0] - 2, 0), min(rows[-1] + 3, len(change))
    left, right = max(columns[0] - 2, 0), min(columns[-1] + 3, len(change))
    part = np.ascontiguousarray(change[top:bottom, left:right])
    back = invert(matrix)
    corners = transform(back, [(x, y) for x in (left, right - 1) for y in (top, bottom - 1)])
    limits = np.array([photo.shape[1], photo.shape[0]])
    x0, y0 = np.clip(np.floor(corners.min(axis=0)), 0, limits).astype(int)
    x1, y1 = np.clip(np.ceil(corners.max(axis=0)) + 1, 0, limits).astype(int)
    if x0 == x1:
        return out
    for y in range(y0, y1, _STRIP):
        strip = out[y : min(y + _STRIP, y1), x0:x1]
        here, shape = back.copy(), (strip.shape[1], strip.shape[0])
        here[:, 2] -= x0, y
        seen = warp(before, here, shape)
        here[:, 2] += back[:, :2] @ (left, top)
        moved = warp(part, here, shape)
        darker = moved < 0
        moved *= share(np.where(darker, strip, 255 - strip), np.where(darker, seen, 255 - seen))
        moved += strip
        np.rint(moved, out=moved)
        strip[:] = np.clip(moved, 0, 255, out=moved)
    return out


def share(light: npt.NDArray[Any], seen: Float32) -> Float32:
    """How much of a change each pixel takes, 0 to `_MOST`.

    Args:
        light: of the photo where the change darkens it; where it lightens it, what the photo lacks of white: uint8 or
            float32 of any shape, in 0..255.
        seen: of the face as the model sees it likewise, float32 of the same shape.
    """
    found: Float32 = np.minimum(light / np.maximum(seen, 1), _MOST)
    return found


def masked_change(before: Float32, after: Float32) -> Float32:
    """What an edit adds to the face at the model's size: mask * (after - before), float32 (S, S, 3)."""
    difference = after - before
    masked: Float32 = difference * change_mask(difference)[..., None]
    return masked


def change_mask(difference: Float32) -> Float32:
    """How much of a change is kept: float32 (S, S) in 0..1, smooth, where the decode changes, zero at the border.

    Args:
        difference: after - before, float32 (S, S, 3).
    """
    size = len(difference)
    inside, blur = _round(size), _blur(size)
    amount = blur @ (np.abs(difference) @ _THIRDS) @ blur.T
    largest = (amount * inside).max()
    if largest == 0:
        return np.zeros((size, size), np.float32)
    mask: Float32 = inside * _smoothstep((amount / largest - _FLOOR) / (_FULL - _FLOOR))
    return mask


def _smoothstep(x: Float32) -> Float32:
    """0 below 0, 1 above 1, and between them a curve that starts and ends level."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


@cache
def _round(size: int) -> Float32:
    """1 in the middle of a square, falling to 0 on the circle that touches its sides: float32 (size, size)."""
    across = np.linspace(-1, 1, size, dtype=np.float32)
    inside = _smoothstep((1 - np.sqrt(across**2 + across[:, None] ** 2)) / (1 - _INNER))
    inside.flags.writeable = False
    return inside


@cache
def _blur(size: int) -> Float32:
    """A Gaussian blur, edges repeated, as a matrix (size, size): `blur @ rows`, `columns @ blur.T`.

    Prepared once a size, because it is in every frame of a dragged slider.
    """
    sigma = _SMOOTHING * size
    reach = int(np.ceil(3 * sigma))
    away = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (away / sigma) ** 2)
    matrix = np.zeros((size, size), np.float64)
    for row in range(size):
        np.add.at(matrix[row], np.clip(row + away, 0, size - 1), kernel / kernel.sum())
    blur = matrix.astype(np.float32)
    blur.flags.writeable = False
    return blur
