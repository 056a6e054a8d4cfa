"""Pictures as people have them, uint8 (N, S, S, 3), and images as nets take them, float32 (N, 3, S, S) in [-1, 1]."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

UInt8 = npt.NDArray[np.uint8]


def to_images(pictures: Tensor | UInt8, device: torch.device | str = "cpu") -> Tensor:
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
