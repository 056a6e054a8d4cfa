"""Which faces of ordinary photos are fit to learn from, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from workbench.core.faces.align import Alignment, Matrix, Points, align, frame, similarity
from workbench.core.quality.sharpness import sharpness_each

LARGEST_GROWTH = 2.0
"""A face may be enlarged this much; beyond it a model would learn what enlarging looks like."""

OUTSIDE = 0.1
"""Share of a crop that may lie outside its photo, where the photo's edge is repeated."""

_BLURRED = {64: 120.0, 128: 15.0}
"""Laplacian variance, by side, below which a crop is blurred. Of 800 aligned press and portrait photographs a two
hundredth lies below 170 and 32; blurred by two pixels of 128 half of them lie below 90 and 7."""

_SIMILAR = 0.96
"""Correlation above which two faces are one picture twice. Of 3,000 aligned faces the nearest two different pictures
reach 0.94; one picture saved at two sizes and qualities reaches 0.98 as a rule."""

_COPY_SIDE = 24

UInt8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Cut:
    """A face cut out of a photo: uint8 (size, size, 3); or why it was not, in words, and no pixels."""

    pixels: UInt8 | None
    reason: str = ""


def cut_out(photo: UInt8, points: Points, alignment: Alignment, size: int) -> Cut:
    """The face at `points`, aligned, if it is large, whole and sharp enough.

    Args:
        photo: uint8 (H, W, 3).
        points: eyes and mouth in photo pixels.
        alignment: where the crop shall have them.
        size: the side of the crop.
    """
    matrix = similarity(points, alignment, size)
    growth = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if growth > LARGEST_GROWTH:
        return Cut(None, f"too small: the face would be enlarged {growth:.1f} times")
    outside = _outside(matrix, size, photo)
    if outside > OUTSIDE:
        return Cut(None, f"too near the border: {outside:.0%} of the crop lie outside the photo")
    pixels = align(photo, matrix, size)
    side = 128 if size >= 128 else 64
    judged = pixels if size == side else np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BOX))
    if sharpness_each(judged[None])[0] < _BLURRED[side]:
        return Cut(None, "blurred")
    return Cut(pixels)


def _outside(matrix: Matrix, size: int, photo: UInt8) -> float:
    """The share of the crop that lies outside the photo."""
    corners = frame(matrix, size)
    line = (np.arange(32) + 0.5) / 32
    right, down = corners[1] - corners[0], corners[3] - corners[0]
    places = corners[0] + line[:, None, None] * right + line[None, :, None] * down
    height, width = photo.shape[:2]
    inside = ((places > -0.5) & (places < (width - 0.5, height - 0.5))).all(axis=2)
    return float(1 - inside.mean())


class Copies:
    """Faces that were seen, to notice one that comes again: at another size, brightness or quality."""

    def __init__(self) -> None:
        self._seen = np.zeros((256, _COPY_SIDE**2), np.float32)
        self._names: list[str] = []

    def find(self, pixels: UInt8) -> str | None:
        """The name under which nearly the same face was added, or None."""
        if not self._names:
            return None
        alike = self._seen[: len(self._names)] @ _fingerprint(pixels)
        nearest = int(np.argmax(alike))
        return self._names[nearest] if alike[nearest] > _SIMILAR else None

    def add(self, name: str, pixels: UInt8) -> None:
        """Remember a face, uint8 (size, size, 3)."""
        if len(self._names) == len(self._seen):
            self._seen = np.concatenate([self._seen, np.zeros_like(self._seen)])
        self._seen[len(self._names)] = _fingerprint(pixels)
        self._names.append(name)


def _fingerprint(pixels: UInt8) -> npt.NDArray[np.float32]:
    """A small grey picture with mean 0 and length 1, so that a product of two is their correlation."""
    small = Image.fromarray(pixels).convert("L").resize((_COPY_SIDE, _COPY_SIDE), Image.Resampling.BOX)
    values = np.asarray(small, np.float32).ravel()
    values = values - values.mean()
    length: npt.NDArray[np.float32] = values / (np.linalg.norm(values) + 1e-6)
    return length
