"""Light, warmth and sharpness of a face, changed in the picture: the same face before and after."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from workbench.core.faces.align import Alignment

UInt8 = npt.NDArray[np.uint8]
Float64 = npt.NDArray[np.float64]

_GAMMA = 2.2  # pictures keep about the root of the light, so light is added and tinted before it is taken


def draw_blur(picture: UInt8, alignment: Alignment, rng: np.random.Generator) -> UInt8:
    """`picture` out of focus: a Gaussian of 1 to 3 hundredths of the side."""
    del alignment  # the whole picture is out of focus
    radius = float(rng.uniform(0.01, 0.03)) * len(picture)
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def draw_warmth(picture: UInt8, alignment: Alignment, rng: np.random.Generator) -> UInt8:
    """`picture` under warmer light: more red, less blue, its brightness as before."""
    del alignment
    return _tinted(picture, float(rng.uniform(0.15, 0.45)))


def draw_cold(picture: UInt8, alignment: Alignment, rng: np.random.Generator) -> UInt8:
    """`picture` under colder light."""
    del alignment
    return _tinted(picture, -float(rng.uniform(0.15, 0.45)))


def draw_light_from_left(picture: UInt8, alignment: Alignment, rng: np.random.Generator) -> UInt8:
    """`picture` with more light on the left of the face, the left of the picture, and less on the right."""
    return _lit(picture, alignment, -1, rng)


def draw_light_from_right(picture: UInt8, alignment: Alignment, rng: np.random.Generator) -> UInt8:
    """`picture` with more light on the right of the face, and less on the left."""
    return _lit(picture, alignment, 1, rng)


def _tinted(picture: UInt8, warmth: float) -> UInt8:
    """Red light times e^warmth, blue times e^-warmth, green so that the mean brightness stays."""
    light = _light(picture)
    tinted = light * np.exp([warmth, 0.0, -warmth])
    brightness = np.array([0.2126, 0.7152, 0.0722])  # ITU-R BT.709, of linear light
    return _picture(tinted * ((light @ brightness).mean() / max(float((tinted @ brightness).mean()), 1e-9)))


def _lit(picture: UInt8, alignment: Alignment, side: int, rng: np.random.Generator) -> UInt8:
    """Light that rises along the line through the eyes, turned up to 25 degrees, and bends round the head.

    The light on the far side of a head falls off as the cosine to its surface does; across a face, about a cylinder as
    wide as one and three quarters eye distances to each side, that is a sine of the place.
    """
    size = len(picture)
    left, right = (complex(*eye) * size for eye in (alignment.left_eye, alignment.right_eye))
    unit = (right - left) * np.exp(1j * rng.uniform(-0.45, 0.45))
    rows, columns = np.mgrid[0:size, 0:size] + 0.5
    across = ((columns + 1j * rows - (left + right) / 2) / unit).real / 1.75
    rise = np.sin(np.clip(across, -1, 1) * np.pi / 2) * side
    return _picture(_light(picture) * np.exp(rng.uniform(0.35, 0.9) * rise)[..., None])


def _light(picture: UInt8) -> Float64:
    light: Float64 = (picture / 255.0) ** _GAMMA
    return light


def _picture(light: Float64) -> UInt8:
    return np.rint(255 * np.clip(light, 0, 1) ** (1 / _GAMMA)).astype(np.uint8)
