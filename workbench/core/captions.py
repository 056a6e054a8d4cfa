"""Words in pictures: a strip with a line of text, drawn with the font that Pillow brings."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

HEIGHT = 28
"""Of a strip, in pixels."""


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=16)


def strip(text: str, width: int) -> npt.NDArray[np.uint8]:
    """`text` in black on white, cut where it is too long: uint8 (HEIGHT, width, 3)."""
    picture = Image.new("RGB", (width, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    while text and draw.textlength(text, _font()) > width - 8:
        text = text.rstrip("…")[:-1] + "…" if len(text) > 1 else ""
    draw.text((4, HEIGHT // 2), text, fill="black", font=_font(), anchor="lm")
    return np.asarray(picture)
