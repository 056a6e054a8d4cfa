"""Changes that a discriminator sees on real and generated pictures alike (Zhao et al. 2020, "Differentiable
augmentation for data-efficient GAN training"): it cannot learn few pictures by heart, and the gradient goes through."""

from __future__ import annotations

import torch
from torch import Tensor

_SHIFT = 1 / 8
_COVERED = 1 / 2
"""Shares of the side: how far a picture is shifted at most, and how wide the square is that covers a part of it."""

_FRESH, _KNOWN = 10, 40
"""Rounds through the pictures: until the first nothing is learned by heart, from the second on all is."""


def by_heart(rounds: float) -> float:
    """The share of pictures to change, 0 to 1, once each has been seen so many times.

    A discriminator that has seen a picture but a few times cannot know it by heart, and changed pictures then only make
    it learn later: `benchmarks/NOTES.md` has what that costs. So the share rises with the rounds, as it rises with
    what is known by heart in Karras et al. 2020.
    """
    return min(max((rounds - _FRESH) / (_KNOWN - _FRESH), 0.0), 1.0)


def diff_augment(images: Tensor, generator: torch.Generator, share: float = 1.0) -> Tensor:
    """A share of the pictures, each recoloured, shifted (edges repeated) and partly covered in its own way.

    Args:
        images: float (N, 3, S, S).
        generator: of its randomness.
        share: the chance of each picture to be changed, 0 to 1.
    """
    if share <= 0:
        return images
    random = torch.rand(8, len(images), generator=generator, device=images.device)
    changed = _cover(_shift(_recolour(images, *random[:3]), *random[3:5]), *random[5:7])
    return torch.where((random[7] < share)[:, None, None, None], changed, images)


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
