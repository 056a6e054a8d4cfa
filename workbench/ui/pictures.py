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
    """A `QImage` with its own memory from uint8 (H, W, 3)."""
    return _shared(np.ascontiguousarray(rgb)).copy()


def _shared(rgb: RGB) -> QImage:
    """A `QImage` over the memory of a contiguous uint8 (H, W, 3), which has to live as long.

    With an explicit line length, since Qt assumes lines of whole 4-byte words.
    """
    height, width, _ = rgb.shape
    return QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888)


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
    filtering shrinks without aliasing. A large picture is no copy: it is painted from the memory of `rgb`, which
    nobody may change any more, and only its smaller sizes are in the format that Qt paints fastest.
    """

    def __init__(self, rgb: RGB) -> None:
        from workbench.core.pictures import in_strips  # it needs Pillow, which the first paint does not wait for

        self._rgb = rgb = np.ascontiguousarray(rgb)  # kept, since the first level lies in its memory
        self.size = QSize(rgb.shape[1], rgb.shape[0])
        large = max(rgb.shape) > _SMALLEST_LEVEL
        self.levels = [_shared(rgb) if large else _quick(rgb)]
        while max(rgb.shape) > _SMALLEST_LEVEL:
            rgb = in_strips(rgb, 2, lambda strip: strip.reduce(2))
            self.levels.append(_quick(rgb))

    def level(self, scale: float) -> QImage:
        """The smallest level that still has a pixel for every screen pixel at `scale` screen pixels a pixel."""
        index = 0
        while index + 1 < len(self.levels) and scale * 2 ** (index + 1) <= 1:
            index += 1
        return self.levels[index]


def _quick(rgb: RGB) -> QImage:
    """A `QImage` with its own memory in the format that Qt paints fastest."""
    return _shared(rgb).convertToFormat(QImage.Format.Format_RGB32)


@dataclass(frozen=True)
class Patch:
    """A part of the result that is newer than the rest: `image` covers `area`, in photo pixels."""

    image: QImage
    area: QRectF
