"""Parts that the nets share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """`x + gain * mix(silu(look(silu(x))))`: look at the neighbours in each channel, then mix the channels.

    A depthwise 3 x 3 and a 1 x 1 convolution (the separable convolution of Chollet 2017) take a ninth of the arithmetic
    of a full 3 x 3 one; on a CPU, where arithmetic is dear, several of them learn more in the same time.
    The learned gain, small at first, stands in for normalisation: BatchNorm would couple the pictures of a batch, so
    that what one picture decodes to would depend on its neighbours (compare "SkipInit", De and Smith 2020).
    """

    def __init__(self, channels: int, activation: nn.Module | None = None) -> None:
        super().__init__()
        self.look = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.mix = nn.Conv2d(channels, channels, 1)
        self.gain = nn.Parameter(torch.full((), 0.1))
        self.activation = activation or nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.gain * self.mix(self.activation(self.look(self.activation(x))))
        return y


class Dropout(nn.Module):
    """Sets a random share of the values to 0 in training and scales up the rest (Srivastava et al. 2014).

    Unlike torch's, it draws from a generator of its owner's, so that a seed fixes a training and a resumed one goes on
    exactly; until it is given one by `seed_dropout` it drops nothing.
    """

    generator: torch.Generator | None = None

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.generator is None or not self.share:
            return x
        kept = torch.empty_like(x).bernoulli_(1 - self.share, generator=self.generator)
        return x * kept / (1 - self.share)

    def extra_repr(self) -> str:
        return f"share={self.share}"


def seed_dropout(module: nn.Module, generator: torch.Generator) -> None:
    """From now on every dropout in `module` draws from `generator`."""
    for part in module.modules():
        if isinstance(part, Dropout):
            part.generator = generator


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Within the block nothing of `module` can be learned: no weight gets a gradient, no running statistic moves."""
    weights = [weight for weight in module.parameters() if weight.requires_grad]
    norms = [part for part in module.modules() if isinstance(part, nn.BatchNorm2d) and part.track_running_stats]
    for weight in weights:
        weight.requires_grad_(False)
    for norm in norms:
        norm.track_running_stats = False  # the statistics of the batch still serve, and are forgotten
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)
        for norm in norms:
            norm.track_running_stats = True


def downsample(channels_in: int, channels_out: int, factor: int = 2) -> nn.Conv2d:
    """A smaller side by a strided convolution whose kernel is its stride: every pixel counts once."""
    return nn.Conv2d(channels_in, channels_out, factor, stride=factor)


def upsample(channels_in: int, channels_out: int, kernel: int = 1) -> nn.Sequential:
    """Twice the side by sub-pixel convolution (Shi et al. 2016), free of a transposed convolution's checkerboards."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out * 4, kernel, padding=kernel // 2),
        nn.PixelShuffle(2),
    )


@torch.no_grad()
def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw every weight of `module` from `generator`, so that a seed fixes the model (He et al. 2015; biases 0)."""
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            fan_in = nn.init._calculate_correct_fan(part.weight, "fan_in")
            bound = math.sqrt(3.0 / fan_in)  # variance 1 / fan_in
            part.weight.uniform_(-bound, bound, generator=generator)
            if part.bias is not None:
                part.bias.zero_()
