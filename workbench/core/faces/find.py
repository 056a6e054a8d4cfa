"""The faces of a photo: dlib's HOG finder gives boxes, our own net places the eyes and the mouth in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from workbench.core.errors import WorkbenchError
from workbench.core.faces.align import Points
from workbench.core.pictures import to_grey

UInt8 = npt.NDArray[np.uint8]

_LONG_SIDE = 1024
"""Larger photos are scaled down to this: the finder sees faces of 80 pixels and more, which is then a face that takes
a thirteenth of the photo. Smaller faces are looked for when there is none of that size, at four times the cost."""

_CLEAR = 0.2
"""Boxes of a lower score are often no faces: they count only where there is nothing better."""

_SURE = 0.4
"""What a box must score when it is seen only after the photo was turned, or at the very finest: a face is there more
seldom than something else looks like one."""

_FINEST = 2.0
"""A photo is enlarged this much at most: faces of 40 pixels are the smallest that can be found."""

_SMALL = 480
"""Smaller photos are scaled up to this long side."""

_RIM = 0.2
"""How much of its long side a photo is widened by, for faces that its border cuts."""


@dataclass(frozen=True, slots=True)
class Found:
    """A box of the finder: left, top, right, bottom in photo pixels.

    Its score is about 0 for doubtful faces, 1 and more for clear ones. `quarters` is how many quarters of a turn,
    clockwise, the face is away from upright.
    """

    box: tuple[float, float, float, float]
    score: float
    quarters: int = 0


@dataclass(frozen=True, slots=True)
class Face:
    """A face in a photo: the finder's box and score (see `Found`), and where its eyes and its mouth are."""

    box: tuple[float, float, float, float]
    points: Points
    score: float


def find_faces(pixels: UInt8) -> tuple[Face, ...]:
    """The roughly frontal faces of a photo, large and clear ones first; empty when there is none.

    They are looked for upright; where there is none, also cut by the border, turned by a quarter or a half, and small.

    Args:
        pixels: uint8 (H, W, 3).
    """
    from workbench.core.faces.landmarks import place_points  # it needs torch

    return tuple(
        Face(found.box, place_points(pixels, found.box, found.quarters), found.score) for found in find_boxes(pixels)
    )


def no_face(photo: str) -> WorkbenchError:
    """What is said of a photo in which none was found, at every door; `photo` is what it is called."""
    return WorkbenchError(
        f"No face was found in {photo}.",
        "Choose a photo in which a face looks at the camera, or say where its eyes and mouth are.",
    )


def find_boxes(pixels: UInt8) -> list[Found]:
    """The boxes of a photo's faces, large and clear ones first."""
    doubtful: list[Found] = []
    for seen in _Looks(pixels):
        if clear := [face for face in seen if face.score >= (_SURE if face.quarters else _CLEAR)]:
            return sorted(clear, key=_prominence, reverse=True)
        doubtful = doubtful or [face for face in seen if not face.quarters]
    return sorted(doubtful, key=_prominence, reverse=True)


class _Looks:
    """One way of looking at a photo after the other: each gives the boxes it saw.

    Args:
        pixels: uint8 (H, W, 3).
    """

    def __init__(self, pixels: UInt8) -> None:
        self._height, self._width = pixels.shape[:2]
        long_side = max(self._height, self._width)
        self._scale = min(1.0, _LONG_SIDE / long_side) if long_side >= _SMALL else _SMALL / long_side
        self._pixels = pixels

    def __iter__(self) -> Iterator[list[Found]]:
        grey = self._grey(self._scale)
        yield _boxes(grey, 1 / self._scale)
        rim = round(_RIM * max(grey.shape))
        yield _boxes(np.pad(grey, rim, mode="edge"), 1 / self._scale, rim)
        yield [self._turn_back(face) for quarters in (1, 2, 3) for face in self._turned(grey, quarters)]
        yield _boxes(self._grey(2 * self._scale), 0.5 / self._scale)
        if (finest := min(4 * self._scale, _FINEST)) > 2 * self._scale:
            yield [face for face in _boxes(self._grey(finest), 1 / finest) if face.score >= _SURE]

    def _grey(self, scale: float) -> UInt8:
        width, height = (max(1, round(side * scale)) for side in (self._width, self._height))
        fewer = max(1, int(0.5 / scale))  # averaging whole blocks first is cheap for large photos
        grey = Image.fromarray(to_grey(self._pixels, fewer))
        return np.asarray(grey.resize((width, height), Image.Resampling.BILINEAR))

    def _turned(self, grey: UInt8, quarters: int) -> list[Found]:
        """The boxes of the photo when it is turned back by `quarters`."""
        upright = np.ascontiguousarray(np.rot90(grey, quarters))
        return [replace(face, quarters=quarters) for face in _boxes(upright, 1 / self._scale)]

    def _turn_back(self, face: Found) -> Found:
        """A box of the turned photo as one of the photo."""
        left, top, right, bottom = face.box
        last_x, last_y = self._width - 1, self._height - 1
        box = {
            1: (last_x - bottom, left, last_x - top, right),
            2: (last_x - right, last_y - bottom, last_x - left, last_y - top),
            3: (top, last_y - right, bottom, last_y - left),
        }[face.quarters]
        return replace(face, box=box)


def _boxes(grey: UInt8, scale: float, rim: int = 0) -> list[Found]:
    """What the finder sees in a picture whose pixels, less `rim`, are the photo's divided by `scale`."""
    rectangles, scores, _ = _finder().run(grey, 0, 0.0)
    edges = [np.array([r.left(), r.top(), r.right() + 1, r.bottom() + 1]) - rim for r in rectangles]
    return [Found(tuple((edge * scale - 0.5).tolist()), score) for edge, score in zip(edges, scores, strict=True)]


def _prominence(found: Found) -> float:
    left, top, right, bottom = found.box
    return (right - left) * (bottom - top) * min(found.score, 1.0)


@cache
def _finder() -> Any:
    import dlib  # only when there is a photo to look at

    return dlib.get_frontal_face_detector()
