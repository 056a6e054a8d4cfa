"""Pictures of a training as it improves: always from the same noise and the same held-out faces."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from workbench.core.models.base import Model
from workbench.core.models.images import to_images, to_pictures

UInt8 = npt.NDArray[np.uint8]

GAP = 2
"""White pixels between two pictures, and around them all."""


def grid(pictures: npt.NDArray[Any], columns: int) -> UInt8:
    """Pictures (N, S, S, 3) uint8 side by side on white, two pixels apart: uint8 (H, W, 3), read-only."""
    columns = min(columns, len(pictures))
    step = pictures.shape[1] + GAP
    sheet = np.full((-(-len(pictures) // columns) * step + GAP, columns * step + GAP, 3), 255, np.uint8)
    for number, picture in enumerate(pictures):
        top, left = (GAP + place * step for place in divmod(number, columns))
        sheet[top : top + step - GAP, left : left + step - GAP] = picture
    sheet.flags.writeable = False
    return sheet


class Previewer:
    """Makes the two grids of a training.

    Args:
        faces: uint8 (N, S, S, 3), held out; up to eight are shown, each above its reconstruction.
        seed: of the noise that the samples are made from.
    """

    columns = 8
    pictures = 5 * columns
    """That it makes each time, about."""

    def __init__(self, faces: UInt8, seed: int) -> None:
        self.faces = np.array(faces[: self.columns])
        self.seed = seed

    @torch.no_grad()
    def samples(self, net: Model) -> UInt8:
        """32 random pictures, from the same noise each time."""
        device = next(net.parameters()).device
        noise = torch.Generator(device).manual_seed(self.seed)
        return grid(to_pictures(net.sample(4 * self.columns, noise)), self.columns)

    @torch.no_grad()
    def reconstructions(self, net: Model) -> UInt8:
        """The held-out faces, and below each what its code decodes to."""
        device = next(net.parameters()).device
        decoded = to_pictures(net.decode(net.encode(to_images(self.faces, device))))
        return grid(np.concatenate([self.faces, decoded]), max(1, len(self.faces)))
