"""Augmentation of a batch: each picture gets its own changes, all drawn from one generator."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch.nn import functional

Augment = Literal["none", "mirror", "strong"]

_TURN = math.radians(6)
_SCALE, _SHIFT = 0.06, 0.04
_BRIGHTNESS, _CONTRAST, _SATURATION = 0.15, 0.15, 0.2
"""How far a strong change goes, to either side: radians; shares of the side; factors."""


def augment(images: torch.Tensor, kind: Augment, generator: torch.Generator) -> torch.Tensor:
    """Change each picture a little, so that a model learns faces and not these pictures.

    Args:
        images: float (B, 3, S, S) in [-1, 1].
        kind: "none"; "mirror" swaps left and right in half of them; "strong" also turns, scales and shifts them a
            little (edges repeated) and changes brightness, contrast and saturation.
        generator: on the CPU, whatever the device of `images`, so that every device draws the same.

    Returns:
        float (B, 3, S, S) in [-1, 1], on the same device; `images` itself is not changed.
    """
    if kind == "none":
        return images
    swap = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(swap.to(images.device)[:, None, None, None], images.flip(-1), images)
    if kind == "mirror":
        return images
    change = (torch.rand(len(images), 7, generator=generator) * 2 - 1).to(images.device, images.dtype)
    return _recolour(_move(images, *change[:, :4].T), *change[:, 4:].T)


def _move(
    images: torch.Tensor, turn: torch.Tensor, scale: torch.Tensor, right: torch.Tensor, down: torch.Tensor
) -> torch.Tensor:
    """Each picture by its own similarity transform; every argument but the first is (B,) in [-1, 1]."""
    angle, factor = turn * _TURN, torch.exp(scale * _SCALE)
    cosine, sine = torch.cos(angle) / factor, torch.sin(angle) / factor
    # from where in the picture (coordinates in [-1, 1]) each pixel of the result comes
    rows = torch.stack(
        [
            torch.stack([cosine, -sine, right * 2 * _SHIFT], 1),
            torch.stack([sine, cosine, down * 2 * _SHIFT], 1),
        ],
        1,
    )
    grid = functional.affine_grid(rows, list(images.shape), align_corners=False)
    moved: torch.Tensor = functional.grid_sample(images, grid, "bicubic", "border", False)
    return moved


def _recolour(
    images: torch.Tensor, brightness: torch.Tensor, contrast: torch.Tensor, saturation: torch.Tensor
) -> torch.Tensor:
    """Each picture by its own factors; (B,) in [-1, 1] each."""
    bright, contrasted, saturated = (
        (1 + value * most)[:, None, None, None]
        for value, most in ((brightness, _BRIGHTNESS), (contrast, _CONTRAST), (saturation, _SATURATION))
    )
    light = (images + 1) / 2 * bright
    grey = _grey(light)
    light = grey + (light - grey) * saturated
    middle = grey.mean((2, 3), keepdim=True)
    light = middle + (light - middle) * contrasted
    recoloured: torch.Tensor = light.clamp(0, 1) * 2 - 1
    return recoloured


def _grey(images: torch.Tensor) -> torch.Tensor:
    """The luma of ITU-R BT.601: (B, 3, S, S) to (B, 1, S, S)."""
    red, green, blue = images[:, :1], images[:, 1:2], images[:, 2:]
    grey: torch.Tensor = red.mul(0.2989).add_(green, alpha=0.587).add_(blue, alpha=0.114)
    return grey
