"""A training as a film: its previews one after the other, each with its step below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from workbench.core.captions import strip
from workbench.core.errors import WorkbenchError
from workbench.core.optional import need

UInt8 = npt.NDArray[np.uint8]
FORMATS = (".gif", ".webp", ".mp4")
FASTEST = 25
"""Frames a second at most: of more previews than that, some are left out."""
_TICK = 10
"""Milliseconds that a GIF counts in."""


def check_format(path: Path) -> None:
    """Raise `WorkbenchError` when no film can be written as `path`, or its library is missing."""
    if path.suffix.lower() not in FORMATS:
        raise WorkbenchError(f"A film cannot be written as '{path.name}'.", f"End the name with {', '.join(FORMATS)}.")
    if path.suffix.lower() == ".mp4":
        _av()


def chosen(count: int, seconds: float) -> list[int]:
    """Which of `count` previews a film of this length shows: all of them, or evenly some; the first and last always."""
    most = max(2, round(FASTEST * seconds))
    if count <= most:
        return list(range(count))
    return sorted({round(number) for number in np.linspace(0, count - 1, most)})


def durations(frames: int, seconds: float) -> list[int]:
    """Milliseconds of each frame, whole ticks of a GIF, that add up to the length of the film."""
    ends = [round(1000 * seconds * (number + 1) / frames / _TICK) * _TICK for number in range(frames)]
    return [max(_TICK, end - start) for start, end in zip([0, *ends], ends, strict=False)]


def frames(previews: Sequence[tuple[int, Path]], captions: bool) -> Iterator[UInt8]:
    """The pictures of the film, uint8 (H, W, 3), all of one size; a preview that cannot be read is left out."""
    size: tuple[int, ...] | None = None
    for step, path in previews:
        try:
            with Image.open(path) as file:
                picture = np.asarray(file.convert("RGB"))
        except OSError:
            continue
        if captions:
            picture = np.concatenate([picture, strip(f"step {step:,}", picture.shape[1])])
        size = size or picture.shape
        if picture.shape == size:
            yield picture


def write_animation(path: Path, pictures: Iterator[UInt8], milliseconds: Sequence[int]) -> None:
    """An animated GIF or WebP that repeats for ever. `path` has the suffix of what is meant."""
    images = [Image.fromarray(picture) for picture in pictures]
    shown = list(milliseconds[: len(images)])
    if path.suffix.lower() == ".gif":
        palettes = [image.quantize(256, dither=Image.Dither.NONE) for image in images]
        palettes[0].save(path, "GIF", save_all=True, append_images=palettes[1:], duration=shown, loop=0)
    else:
        images[0].save(
            path, "WEBP", save_all=True, append_images=images[1:], duration=shown, loop=0, quality=90, method=4
        )


def write_mp4(path: Path, pictures: Iterator[UInt8], milliseconds: Sequence[int]) -> None:
    """H.264 in MP4, as browsers and phones play it; each picture is shown as long as it says."""
    av = _av()
    with av.open(str(path), "w", format="mp4") as container:
        stream = None
        at = 0
        for picture, duration in zip(pictures, milliseconds, strict=False):
            height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2  # the format halves the colours
            if stream is None:
                stream = container.add_stream("libx264", rate=FASTEST, options={"crf": "16"})
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for _ in range(max(1, round(duration * FASTEST / 1000))):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), format="rgb24")
                frame.pts, frame.time_base = at, Fraction(1, FASTEST)
                at += 1
                container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode())


def _av() -> Any:  # it has no types where it is not installed
    return need("av", "av", "An MP4 film", "write a .gif or .webp")
