"""Pictures of a training as it improves: always from the same noise and the same held-out faces."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torchvision.utils import make_grid

from workbench.core.models.base import Model

UInt8 = npt.NDArray[np.uint8]


def to_images(pictures: Tensor | npt.NDArray[np.uint8], device: torch.device | str = "cpu") -> Tensor:
    """uint8 pictures (N, S, S, 3) as a net takes them: float32 (N, 3, S, S) in [-1, 1], channels-last in memory."""
    tensor = torch.as_tensor(pictures).to(device, non_blocking=True)
    return tensor.permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1.0


def to_values(images: Tensor) -> npt.NDArray[np.float32]:
    """What a net gives, (N, 3, S, S) in [-1, 1], as float32 (N, S, S, 3) in [0, 255], not rounded."""
    values: npt.NDArray[np.float32] = ((images.float() + 1.0) * 127.5).permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return values


def to_pictures(images: Tensor) -> UInt8:
    """What a net gives, (N, 3, S, S) in [-1, 1], as uint8 pictures (N, S, S, 3)."""
    return np.clip(np.rint(to_values(images)), 0, 255).astype(np.uint8)


def grid(pictures: npt.NDArray[Any], columns: int) -> UInt8:
    """Pictures (N, S, S, 3) uint8 side by side on white, two pixels apart: uint8 (H, W, 3), read-only."""
    tiles = torch.as_tensor(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    sheet = np.ascontiguousarray(make_grid(tiles, nrow=columns, padding=2, pad_value=255).permute(1, 2, 0).numpy())
    sheet.flags.writeable = False
    return sheet


class Previewer:
    """Makes the two grids of a training.

    Args:
        faces: uint8 (N, S, S, 3), held out; up to eight are shown, each above its reconstruction.
        seed: of the noise that the samples are made from.
    """

    columns = 8

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
