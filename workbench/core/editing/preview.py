"""A change of a face on its photo at the screen's resolution, quick enough to follow a hand.

`paste` works on the photo's own pixels with a careful filter; this is the same sum, photo + share * change, on a
smaller copy of the face's surroundings with everything prepared that does not move with the sliders.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from workbench.core.editing.paste import share
from workbench.core.faces.align import Matrix, frame, transform

Float32 = npt.NDArray[np.float32]

LONGEST = 224
"""The longest side of a preview: more would be slower than the decoder, and less sharp than the eye sees in motion."""

_OPAQUE = -(1 << 24)
"""0xff above the red of a pixel."""


class Preview:
    """One face of one photo.

    Args:
        pixels: uint8 (H, W, 3), the photo.
        matrix: photo pixels to crop pixels.
        before: the decoded face as it is, float32 (S, S, 3) in 0..255.
        scale: screen pixels a photo pixel; the preview is never larger than the photo.
    """

    def __init__(self, pixels: npt.NDArray[np.uint8], matrix: Matrix, before: Float32, scale: float) -> None:
        height, width = pixels.shape[:2]
        corners = frame(matrix, len(before)) + 0.5  # a pixel's corner at whole numbers from here on
        middle, radius = corners.mean(axis=0), math.dist(corners[0], corners[1]) / 2
        left, top = np.clip(np.floor(middle - radius), 0, (width - 1, height - 1)).astype(int)
        right, bottom = np.clip(np.ceil(middle + radius), (left + 1, top + 1), (width, height)).astype(int)
        self.area = (int(left), int(top), int(right), int(bottom))
        """Left, top, right, bottom in photo pixels: the box of the circle that an edit stays in, as far as it is in the
        photo."""
        part = Image.fromarray(pixels[top:bottom, left:right])
        scale = min(1.0, scale, LONGEST / max(part.size))
        small = part.resize(
            (max(1, math.ceil(part.width * scale)), max(1, math.ceil(part.height * scale))), Image.Resampling.BILINEAR
        )
        half = np.float32(0.5)  # so that cutting off the fraction rounds
        photo = np.asarray(small).transpose(2, 0, 1).astype(np.float32, order="C")
        self._photo = torch.from_numpy(photo + half)
        self._colours = torch.empty(self._photo.shape, dtype=torch.int32)  # kept: fresh memory costs more than the sum
        self._grid = self._places(small.size, matrix, len(before))
        seen = self._warped(before).numpy()
        darker, lighter = share(photo, seen), share(255 - photo, 255 - seen)
        self._even, self._odd = torch.from_numpy((lighter + darker) / 2), torch.from_numpy((lighter - darker) / 2)

    def _places(self, size: tuple[int, int], matrix: Matrix, crop: int) -> Tensor:
        """Where each pixel of the preview lies in the crop: float32 (1, h, w, 2), -1 and 1 at the crop's edges."""
        left, top, right, bottom = self.area
        x = left + (np.arange(size[0]) + 0.5) * (right - left) / size[0] - 0.5
        y = top + (np.arange(size[1]) + 0.5) * (bottom - top) / size[1] - 0.5
        places = transform(matrix, np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))
        grid = (places + 0.5) / crop * 2 - 1
        return torch.from_numpy(grid.reshape(1, size[1], size[0], 2).astype(np.float32))

    @torch.inference_mode()
    def __call__(self, change: Float32) -> npt.NDArray[np.int32]:
        """Photo + share * change: int32 (h, w), to be shown over `area`; a pixel is 0xffRRGGBB, as a screen takes it.

        One thread at a time: the numbers in between have one place.

        Args:
            change: float32 (size, size, 3) in 0..255 steps, already masked so that it fades towards the edge.
        """
        moved = self._warped(change)
        shown = torch.addcmul(self._photo, moved, self._even)  # even * x + odd * |x|: no choice for each pixel
        shown.addcmul_(moved.abs_(), self._odd).clamp_(0, 255)
        red, green, blue = self._colours.copy_(shown)
        packed: npt.NDArray[np.int32] = blue.add(green.add(red, alpha=256), alpha=256).add_(_OPAQUE).numpy()
        return packed

    def _warped(self, face: Float32) -> Tensor:
        """A picture of the crop, float32 (S, S, 3), where the preview's pixels lie: (3, h, w), 0 outside."""
        there = torch.from_numpy(np.ascontiguousarray(face.transpose(2, 0, 1)))[None]
        warped = functional.grid_sample(there, self._grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        return warped[0]
