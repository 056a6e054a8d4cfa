"""Where in an aligned face a concept is at home, as far as its name says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.faces.align import Alignment

_WORDS = {
    "mouth": ("smil", "mouth", "lip", "teeth", "laugh", "beard", "goatee", "mustache", "moustache", "facial_hair",
              "chin", "shadow"),
    "eyes": ("glasses", "eye", "brow", "bags"),
    "hair": ("hair", "bangs", "bald", "hat", "fringe"),
}  # fmt: skip
_BOXES = {
    "mouth": ((-0.85, 0.75), (0.85, 1.85)),
    "eyes": ((-1.25, -0.45), (1.25, 0.55)),
}
"""Left, top and right, bottom in eye distances from the middle between the eyes; the mouth is 1.13 below it."""
_FOREHEAD = -0.45


def region_of(name: str) -> str:
    """Where the concept of this name is: "mouth", "eyes", "hair", or "" where the name does not say.

    >>> region_of("Smiling"), region_of("Facial_Hair"), region_of("Long_Hair"), region_of("Male")
    ('mouth', 'mouth', 'hair', '')
    """
    lower = name.lower().replace(" ", "_")
    return next((region for region, words in _WORDS.items() if any(word in lower for word in words)), "")


def mask_of(region: str, alignment: Alignment, size: int) -> npt.NDArray[np.bool_]:
    """The pixels of a region: bool (size, size); of "" none."""
    if not region:
        return np.zeros((size, size), bool)
    left, right = (complex(*eye) * size for eye in (alignment.left_eye, alignment.right_eye))
    rows, columns = np.mgrid[0:size, 0:size] + 0.5
    places = (columns + 1j * rows - (left + right) / 2) / (right - left)
    if region == "hair":  # above the brows, and beside the head
        around: npt.NDArray[np.bool_] = (places.imag < _FOREHEAD) | (np.abs(places.real) > 1.15)
        return around
    (x0, y0), (x1, y1) = _BOXES[region]
    mask: npt.NDArray[np.bool_] = (places.real > x0) & (places.real < x1) & (places.imag > y0) & (places.imag < y1)
    return mask
