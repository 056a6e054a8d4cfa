"""Where a face lies in a photo and where a model expects it: the one geometry of training and of editing.

Pixel centres are at whole numbers, x to the right, y down; "left" is the left of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from workbench.core.errors import WorkbenchError

Matrix = npt.NDArray[np.float64]
"""The upper two rows (2, 3) of a transform of the plane: `matrix @ (x, y, 1)`."""


@dataclass(frozen=True, slots=True)
class _Triangle:
    """Two eye centres and the mouth centre, the three places that every alignment here rests on."""

    left_eye: tuple[float, float]
    right_eye: tuple[float, float]
    mouth: tuple[float, float]

    def array(self) -> npt.NDArray[np.float64]:
        """The places as rows: float64 (3, 2)."""
        return np.array([self.left_eye, self.right_eye, self.mouth], np.float64)

    @classmethod
    def from_array(cls, places: npt.ArrayLike) -> Self:
        """The triangle whose rows (3, 2) are left eye, right eye, mouth."""
        left, right, mouth = np.asarray(places, np.float64).tolist()
        return cls(tuple(left), tuple(right), tuple(mouth))

    def to_json(self) -> dict[str, list[float]]:
        """The three places by name, each as [x, y]."""
        return {name: list(place) for name, place in asdict(self).items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; a missing place raises KeyError."""
        return cls.from_array([value["left_eye"], value["right_eye"], value["mouth"]])


@dataclass(frozen=True, slots=True)
class Points(_Triangle):
    """A face in a photo, in photo pixels."""


@dataclass(frozen=True, slots=True)
class Alignment(_Triangle):
    """Where a model expects the three places, as fractions of the picture's side: (pixel + 0.5) / side."""


FACES = Alignment(left_eye=(45.5 / 128, 52.5 / 128), right_eye=(83.5 / 128, 52.5 / 128), mouth=(64.5 / 128, 95.5 / 128))
"""The whole face with forehead, chin and some hair: eyes 38/128 of the side apart, the mouth 43/128 below them."""


def similarity(points: Points, alignment: Alignment, size: int) -> Matrix:
    """The turn, scale and shift that bring a face to where a model expects it.

    Least squares over the three places, never a mirror image (Umeyama 1991; with the plane's points as complex
    numbers it is the regression w = a·z + b).

    Args:
        points: the face in photo pixels.
        alignment: the places the model expects.
        size: the side of the model's pictures.

    Returns:
        float64 (2, 3): photo pixels to crop pixels.

    Raises:
        WorkbenchError: the three points lie on one spot.
    """
    z, w = (places @ (1, 1j) for places in (points.array(), alignment.array() * size - 0.5))
    z_mean, w_mean = z.mean(), w.mean()
    spread = np.sum(np.abs(z - z_mean) ** 2)
    a = np.sum(np.conj(z - z_mean) * (w - w_mean)) / spread if spread > 0 else 0j
    if abs(a) < 1e-9:
        raise WorkbenchError("The eyes and the mouth are on one spot.", "Drag them to where they are in the photo.")
    b = w_mean - a * z_mean
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def invert(matrix: Matrix) -> Matrix:
    """The transform that undoes `matrix`."""
    turn = np.linalg.inv(matrix[:, :2])
    return np.column_stack([turn, -turn @ matrix[:, 2]])


def transform(matrix: Matrix, places: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Places (n, 2) after `matrix`."""
    moved: npt.NDArray[np.float64] = np.asarray(places, np.float64) @ matrix[:, :2].T + matrix[:, 2]
    return moved


def frame(matrix: Matrix, size: int) -> npt.NDArray[np.float64]:
    """The crop's four corners in the photo, clockwise from the upper left: float64 (4, 2) photo pixels."""
    low, high = -0.5, size - 0.5
    return transform(invert(matrix), [(low, low), (high, low), (high, high), (low, high)])


def align(pixels: npt.NDArray[np.uint8], matrix: Matrix, size: int) -> npt.NDArray[np.uint8]:
    """The crop that `matrix` cuts from a photo, as a model sees it.

    Args:
        pixels: uint8 (H, W, 3).
        matrix: photo pixels to crop pixels, from `similarity`.
        size: the side of the crop.

    Returns:
        uint8 (size, size, 3); where the crop leaves the photo, the photo's edge is repeated.
    """
    return np.rint(warp(pixels, matrix, (size, size))).clip(0, 255).astype(np.uint8)


def warp(picture: npt.NDArray[Any], matrix: Matrix, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """`picture` moved by `matrix`: bicubic where it grows, antialiased where it shrinks, its edge repeated outside.

    Args:
        picture: uint8 or float32 (H, W, C).
        matrix: pixels of `picture` to pixels of the result.
        size: width and height of the result.

    Returns:
        float32 (height, width, C); a sharp edge may overshoot a little, as with every bicubic filter.
    """
    inverse = invert(matrix)
    shrink = math.sqrt(abs(np.linalg.det(inverse[:, :2])))  # pixels of the picture to one of the result
    factor = max(1, int(shrink / 2))  # averaged at once, before anything is turned: cheap for large photos
    finer = max(1, math.ceil(shrink / factor - 1e-6))  # sampled so finely that no pixel is passed over
    part, (left, top) = _region(picture, inverse, size, factor)
    # Pillow's coordinates have their origin at a pixel's corner, half a pixel off ours.
    turn = inverse[:, :2]
    shift = (inverse[:, 2] - turn @ (0.5, 0.5) + 0.5 - (left, top)) / factor
    affine = tuple(np.column_stack([turn / (factor * finer), shift]).ravel())
    result = np.empty((size[1], size[0], picture.shape[2]), np.float32)
    for channel in range(picture.shape[2]):
        band = Image.fromarray(part[..., channel]).transform(
            (size[0] * finer, size[1] * finer), Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC
        )
        result[..., channel] = np.asarray(band.resize(size, Image.Resampling.LANCZOS))  # as it is, if not finer
    return result


def _region(
    picture: npt.NDArray[Any], inverse: Matrix, size: tuple[int, int], factor: int
) -> tuple[npt.NDArray[np.float32], tuple[int, int]]:
    """The part of `picture` that the result looks at, `factor` times smaller, its edge repeated where it leaves.

    Also gives that part's upper left corner in pixels of `picture`.
    """
    width, height = size
    corners = transform(inverse, [(-0.5, -0.5), (width - 0.5, -0.5), (width - 0.5, height - 0.5), (-0.5, height - 0.5)])
    reach = 3 * factor  # a bicubic filter looks two pixels further
    wanted = np.array([np.floor(corners.min(axis=0)) - reach, np.ceil(corners.max(axis=0)) + reach + 1])
    limits = np.array([picture.shape[1], picture.shape[0]])
    first = np.clip(wanted[0], 0, limits - 1).astype(int)
    last = np.clip(wanted[1], first + 1, limits).astype(int)
    inside = picture[first[1] : last[1], first[0] : last[0]]
    bands = [Image.fromarray(np.ascontiguousarray(inside[..., c])).reduce(factor) for c in range(picture.shape[2])]
    part = np.stack([np.asarray(band, np.float32) for band in bands], axis=2)
    before = np.ceil(np.maximum(first - wanted[0], 0) / factor).astype(int)
    after = np.ceil(np.maximum(wanted[1] - last, 0) / factor).astype(int)
    part = np.pad(part, [(before[1], after[1]), (before[0], after[0]), (0, 0)], mode="edge")
    left, top = first - before * factor
    return part, (int(left), int(top))
