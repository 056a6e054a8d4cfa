"""A net made ready to answer quickly, one picture at a time on the CPU."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core.models.base import Model
from workbench.core.models.blocks import ResidualBlock


class Mix(nn.Module):
    """A 1 x 1 convolution as the matrix product that it is: of one small picture, a third of the time."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.weight = nn.Parameter(convolution.weight.detach()[:, :, 0, 0].clone(), requires_grad=False)
        self.bias = convolution.bias

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.permute(0, 2, 3, 1), self.weight, self.bias).permute(0, 3, 1, 2)


class Block(nn.Module):
    """A residual block with its gain in the weights of the mix, working in place wherever nobody looks any more."""

    def __init__(self, block: ResidualBlock) -> None:
        super().__init__()
        self.look = block.look
        self.activation = block.activation
        self.activation_in_place = copy.copy(block.activation)
        self.activation_in_place.inplace = True  # type: ignore[assignment]
        weight = block.gain * block.mix.weight[:, :, 0, 0]
        self.weight = nn.Parameter(weight.t().contiguous(), requires_grad=False)
        assert block.mix.bias is not None
        self.bias = nn.Parameter(block.gain * block.mix.bias, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.activation_in_place(self.look(self.activation(x))).permute(0, 2, 3, 1)
        mixed = torch.addmm(self.bias, y.flatten(0, 2), self.weight)
        return mixed.view(y.shape).permute(0, 3, 1, 2).add_(x)


@torch.no_grad()
def prepared(net: Model) -> Model:
    """A copy of `net` that gives the same pictures up to the last bits of a float32, and sooner.

    Channels lie next to each other in memory, as the kernels of a processor like them, and a convolution that only
    mixes channels is a matrix product. The copy is in evaluation mode and cannot be trained.
    """
    ready = copy.deepcopy(net).to(memory_format=torch.channels_last)
    for module in list(ready.modules()):
        for name, part in list(module.named_children()):
            if isinstance(part, ResidualBlock):
                setattr(module, name, Block(part))
            elif isinstance(part, nn.Conv2d) and _only_mixes(part):
                setattr(module, name, Mix(part))
    model: Model = ready.eval().requires_grad_(False)
    return model


def _only_mixes(convolution: nn.Conv2d) -> bool:
    return (
        type(convolution) is nn.Conv2d  # not one that does something more
        and convolution.kernel_size == (1, 1)
        and convolution.stride == (1, 1)
        and convolution.padding == (0, 0)
        and convolution.groups == 1
    )
