"""A model's layers as a table: what the lecture's slides print of a net."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workbench.core.models.base import Model
from workbench.core.models.blocks import Dropout


@dataclass(frozen=True, slots=True)
class Layer:
    """One row of the table.

    Attributes:
        part: the net it belongs to: "encoder", "generator".
        name: its kind and number within the part: "Conv2d 3".
        detail: what a reader wants to know of it: kernel and stride, where it has them.
        shape: of one picture after it, height and width before channels as the slides have it.
        parameters: numbers that it learns.
    """

    part: str
    name: str
    detail: str
    shape: tuple[int, ...]
    parameters: int


@torch.no_grad()
def layer_table(model: Model) -> tuple[Layer, ...]:
    """The layers of every part in the order that data goes through them.

    Nothing is computed: the shapes are worked out on torch's meta device, so that the largest net takes milliseconds.
    """
    rows = []
    for part, (net, shape) in model.parts().items():
        x = torch.empty(2, *shape, device="meta")
        counts: Counter[str] = Counter()
        for layer in _flat(net):
            x = _on_meta(layer, x)
            kind = type(layer).__name__
            counts[kind] += 1
            parameters = sum(weight.numel() for weight in layer.parameters())
            rows.append(Layer(part, f"{kind} {counts[kind]}", _detail(layer), _shown(x), parameters))
    return tuple(rows)


def _flat(net: nn.Sequential) -> list[nn.Module]:
    """Its layers, those of a nested sequence among them."""
    return [inner for layer in net for inner in (_flat(layer) if isinstance(layer, nn.Sequential) else [layer])]


def _on_meta(layer: nn.Module, x: Tensor) -> Tensor:
    weights = {name: torch.empty_like(w, device="meta") for name, w in layer.state_dict(keep_vars=True).items()}
    result: Tensor = torch.func.functional_call(layer, weights, (x,))
    return result


def _shown(x: Tensor) -> tuple[int, ...]:
    shape = tuple(x.shape[1:])
    return (*shape[1:], shape[0]) if len(shape) == 3 else shape


def _detail(layer: nn.Module) -> str:
    if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
        kernel, stride = layer.kernel_size[0], layer.stride[0]
        return f"{kernel} x {kernel}" + (f", stride {stride}" if stride != 1 else "")
    if isinstance(layer, nn.MaxPool2d):
        return f"{layer.kernel_size} x {layer.kernel_size}"
    if isinstance(layer, nn.LeakyReLU):
        return f"slope {layer.negative_slope:g}"
    return f"{layer.share:g}" if isinstance(layer, Dropout) else ""
