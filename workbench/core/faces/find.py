"""The faces of a photo: dlib's HOG finder gives boxes, our own net places the eyes and the mouth in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from workbench.core.faces.align import Points

_LONG_SIDE = 1024
"""Larger photos are scaled down to this: the finder sees faces of 80 pixels and more, which is then a face that takes
a thirteenth of the photo. Smaller faces are looked for when there is none of that size, at four times the cost."""

_CLEAR = 0.2
"""Boxes of a lower score are often no faces: they count only where there is nothing better."""

_SMALL = 480
"""Smaller photos are scaled up to this long side."""


@dataclass(frozen=True, slots=True)
class Found:
    """A box of the finder: left, top, right, bottom in photo pixels; its score is about 0 for doubtful faces, 1 and
    more for clear ones."""

    box: tuple[float, float, float, float]
    score: float


@dataclass(frozen=True, slots=True)
class Face:
    """A face in a photo: the finder's box and score (see `Found`), and where its eyes and its mouth are."""

    box: tuple[float, float, float, float]
    points: Points
    score: float


def find_faces(pixels: npt.NDArray[np.uint8]) -> tuple[Face, ...]:
    """The upright, roughly frontal faces of a photo, large and clear ones first; empty when there is none.

    Args:
        pixels: uint8 (H, W, 3).
    """
    from workbench.core.faces.landmarks import place_points  # it needs torch

    return tuple(Face(found.box, place_points(pixels, found.box), found.score) for found in find_boxes(pixels))


def find_boxes(pixels: npt.NDArray[np.uint8]) -> list[Found]:
    """The boxes of a photo's faces, large and clear ones first."""
    grey = Image.fromarray(pixels).convert("L")
    for scale in _scales(max(grey.size)):
        width, height = (max(1, round(side * scale)) for side in grey.size)
        looked_at = grey.resize((width, height), Image.Resampling.BILINEAR)
        rectangles, scores, _ = _finder().run(np.asarray(looked_at), 0, 0.0)
        if rectangles:
            edges = [np.array([r.left(), r.top(), r.right() + 1, r.bottom() + 1]) / scale - 0.5 for r in rectangles]
            found = [Found(tuple(edge.tolist()), score) for edge, score in zip(edges, scores, strict=True)]
            clear = [face for face in found if face.score >= _CLEAR]
            return sorted(clear or found, key=_prominence, reverse=True)
    return []


def _prominence(found: Found) -> float:
    left, top, right, bottom = found.box
    return (right - left) * (bottom - top) * min(found.score, 1.0)


def _scales(long_side: int) -> list[float]:
    """The scales at which a photo is looked at, one after the other, until there is a face."""
    first = min(1.0, _LONG_SIDE / long_side) if long_side >= _SMALL else _SMALL / long_side
    return [first, 2 * first]


@cache
def _finder() -> Any:
    import dlib  # only when there is a photo to look at

    return dlib.get_frontal_face_detector()
