"""A net made ready to answer quickly, one picture at a time on the CPU.

One small picture is little arithmetic and many calls: what counts is to make fewer of them, and to move no number
that can stay. In a prepared decoder the channels of a pixel lie next to each other, (N, H, W, C), from the first layer
to the last, so that mixing them is a matrix product without a copy; and its layers are plain functions, because of
modules one after the other a fifth of the time goes into calling them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core.models.base import Model
from workbench.core.models.blocks import ResidualBlock
from workbench.core.models.nets import Decoder

SMALL = 64
"""Pixels up to which nine products of a whole map take less time than the set-up of a convolution."""

Layer = Callable[[Tensor], Tensor]


class PreparedDecoder(nn.Module):
    """Codes (N, latent) to images (N, 3, S, S), by a `Decoder`'s weights as they are now."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        linear, fold, *middle, _, last = decoder
        layers = [_block(part) if isinstance(part, ResidualBlock) else _upsample(_convolution(part)) for part in middle]
        self._layers: Sequence[Layer] = (_first(linear, fold), *layers, _last(_convolution(last)))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self._layers:
            x = layer(x)
        return x


@torch.no_grad()
def prepared(net: Model) -> Model:
    """A copy of `net` that decodes to the same pictures up to the last bits of a float32, and sooner.

    It is in evaluation mode, stays on the CPU and cannot be trained.
    """
    ready = copy.deepcopy(net).eval().requires_grad_(False).to(memory_format=torch.channels_last)
    for module in list(ready.modules()):
        for name, part in list(module.named_children()):
            if isinstance(part, Decoder):
                setattr(module, name, PreparedDecoder(part))
    return ready


def _convolution(part: nn.Module) -> nn.Conv2d:
    """The convolution of an `upsample`, which a shuffle follows."""
    assert isinstance(part, nn.Sequential)
    convolution = part[0]
    assert isinstance(convolution, nn.Conv2d)
    return convolution


def _first(linear: nn.Module, fold: nn.Module) -> Layer:
    """The linear layer and the fold of its outputs: (N, latent) to (N, H, W, C)."""
    assert isinstance(linear, nn.Linear)
    assert isinstance(fold, nn.Unflatten)
    channels, side, _ = (int(length) for length in fold.unflattened_size)
    weight = linear.weight.view(channels, side * side, -1).transpose(0, 1).flatten(0, 1).contiguous()
    bias = linear.bias.view(channels, side * side).t().flatten()
    return lambda codes: F.linear(codes, weight, bias).view(-1, side, side, channels)


def _block(block: ResidualBlock) -> Layer:
    """A residual block with its gain in the weights of the mix, working in place wherever nobody looks any more."""
    assert isinstance(block.activation, nn.SiLU)
    assert block.mix.bias is not None
    look = _look(block.look)
    weight = (block.gain * block.mix.weight[:, :, 0, 0]).t().contiguous()
    bias = block.gain * block.mix.bias

    def forward(x: Tensor) -> Tensor:
        y = F.silu(look(F.silu(x)), inplace=True)
        return torch.addmm(bias, y.flatten(0, 2), weight).view(x.shape).add_(x)

    return forward


def _look(convolution: nn.Conv2d) -> Layer:
    """A depthwise 3 x 3 convolution: (N, H, W, C) to the same."""
    assert convolution.bias is not None
    weight, bias = convolution.weight, convolution.bias
    taps = weight[:, 0].permute(1, 2, 0)[:, :, None, None, None].contiguous()

    def forward(x: Tensor) -> Tensor:
        count, height, width, channels = x.shape
        if count * height * width > SMALL:
            looked = F.conv2d(x.permute(0, 3, 1, 2), weight, bias, padding=1, groups=channels)
            return looked.permute(0, 2, 3, 1)
        padded = F.pad(x, (0, 0, 1, 1, 1, 1))
        _, row, column, _ = padded.stride()
        neighbours = padded.as_strided((3, 3, *x.shape), (row, column, *padded.stride()))
        products = torch.mul(neighbours, taps, out=torch.empty(neighbours.shape))  # else in an order that adds slowly
        return products.sum((0, 1)).add_(bias)

    return forward


def _upsample(convolution: nn.Conv2d) -> Layer:
    """A 1 x 1 convolution and the shuffle of its channels: (N, H, W, C) to (N, 2 H, 2 W, C')."""
    assert convolution.bias is not None
    weight, bias = _by_place(convolution.weight[:, :, 0, 0]).t().contiguous(), _by_place(convolution.bias)

    def forward(x: Tensor) -> Tensor:
        return _shuffled(torch.addmm(bias, x.flatten(0, 2), weight).view(*x.shape[:3], -1))

    return forward


def _last(convolution: nn.Conv2d) -> Layer:
    """The activation, the convolution that makes colours and its shuffle: (N, H, W, C) to images (N, 3, 2 H, 2 W)."""
    assert convolution.bias is not None
    weight, bias, padding = _by_place(convolution.weight), _by_place(convolution.bias), convolution.kernel_size[0] // 2

    def forward(x: Tensor) -> Tensor:
        coloured = F.conv2d(F.silu(x, inplace=True).permute(0, 3, 1, 2), weight, bias, padding=padding)
        return _shuffled(coloured.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    return forward


def _by_place(weight: Tensor) -> Tensor:
    """Outputs before a shuffle, by channel and place in a square of 2 x 2: now by place and channel."""
    return weight.view(-1, 4, *weight.shape[1:]).transpose(0, 1).flatten(0, 1).contiguous()


def _shuffled(x: Tensor) -> Tensor:
    """(N, H, W, 4 C), ordered by place in a square and channel, to (N, 2 H, 2 W, C)."""
    count, height, width, channels = x.shape
    squares = x.view(count, height, width, 2, channels // 2).transpose(2, 3)
    return squares.reshape(count, 2 * height, 2 * width, channels // 4)
