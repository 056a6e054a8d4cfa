"""Pictures for the screen: numpy to Qt and back, and smaller copies made before they are needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage

RGB = npt.NDArray[np.uint8]

_SMALLEST_LEVEL = 512  # pixels on the longer side


def to_qimage(rgb: RGB) -> QImage:
    """A `QImage` with its own memory from uint8 (H, W, 3).

    Contiguous, with an explicit line length (Qt assumes lines of whole 4-byte words) and copied, because a QImage
    over a numpy array shares its buffer.
    """
    rgb = np.ascontiguousarray(rgb)
    height, width, _ = rgb.shape
    return QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def packed_qimage(pixels: npt.NDArray[np.int32]) -> QImage:
    """A `QImage` with its own memory from int32 (H, W), each pixel 0xffRRGGBB: what Qt paints fastest."""
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def from_qimage(image: QImage) -> RGB:
    """uint8 (H, W, 3) from any `QImage`; transparency is dropped."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


class Pyramid:
    """A picture with its half, quarter, … sizes, so that a 24-megapixel photo paints as fast as a small one.

    Made in the thread that made the picture; painting takes the level that is at most twice too large, which bilinear
    filtering shrinks without aliasing.
    """

    def __init__(self, rgb: RGB) -> None:
        from PIL import Image

        self.size = QSize(rgb.shape[1], rgb.shape[0])
        self.levels = [to_qimage(rgb).convertToFormat(QImage.Format.Format_RGB32)]  # what Qt paints fastest
        smaller = Image.fromarray(rgb) if max(rgb.shape) > _SMALLEST_LEVEL else None
        while smaller is not None and max(smaller.size) > _SMALLEST_LEVEL:
            smaller = smaller.reduce(2)
            self.levels.append(to_qimage(np.asarray(smaller)).convertToFormat(QImage.Format.Format_RGB32))

    def level(self, scale: float) -> QImage:
        """The smallest level that still has a pixel for every screen pixel at `scale` screen pixels a pixel."""
        index = 0
        while index + 1 < len(self.levels) and scale * 2 ** (index + 1) <= 1:
            index += 1
        return self.levels[index]


@dataclass(frozen=True)
class Patch:
    """A part of the result that is newer than the rest: `image` covers `area`, in photo pixels."""

    image: QImage
    area: QRectF
