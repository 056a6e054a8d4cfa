"""Changes that a discriminator sees on real and generated pictures alike (Zhao et al. 2020, "Differentiable
augmentation for data-efficient GAN training"): it cannot learn few pictures by heart, and the gradient goes through."""

from __future__ import annotations

import torch
from torch import Tensor

_SHIFT = 1 / 8
_COVERED = 1 / 2
"""Shares of the side: how far a picture is shifted at most, and how wide the square is that covers a part of it."""


def diff_augment(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each picture recoloured, shifted (edges repeated) and partly covered in its own way: float (N, 3, S, S)."""
    random = torch.rand(7, len(images), generator=generator, device=images.device)
    return _cover(_shift(_recolour(images, *random[:3]), *random[3:5]), *random[5:])


def _recolour(images: Tensor, brightness: Tensor, saturation: Tensor, contrast: Tensor) -> Tensor:
    """Random numbers (N,) in 0..1 each; the same ranges as the paper's."""
    brightness, saturation, contrast = (r[:, None, None, None] for r in (brightness, saturation, contrast))
    images = images + (brightness - 0.5)
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * (2 * saturation)
    middle = images.mean(dim=(1, 2, 3), keepdim=True)
    return middle + (images - middle) * (contrast + 0.5)


def _shift(images: Tensor, right: Tensor, down: Tensor) -> Tensor:
    side = images.shape[-1]
    most = round(side * _SHIFT)
    places = torch.arange(side, device=images.device)
    rows, columns = ((places - _whole(r, -most, most)[:, None]).clamp(0, side - 1) for r in (down, right))
    images = images.gather(2, rows[:, None, :, None].expand_as(images))
    return images.gather(3, columns[:, None, None, :].expand_as(images))


def _cover(images: Tensor, right: Tensor, down: Tensor) -> Tensor:
    side = images.shape[-1]
    half = round(side * _COVERED) // 2
    places = torch.arange(side, device=images.device)
    rows, columns = ((places - _whole(r, 0, side - 1)[:, None]).abs() < half for r in (down, right))
    covered = rows[:, :, None] & columns[:, None, :]
    return images * ~covered[:, None]


def _whole(random: Tensor, low: int, high: int) -> Tensor:
    """Numbers in 0..1 as whole ones from `low` to `high`."""
    return low + (random * (high - low + 1)).long().clamp(max=high - low)
