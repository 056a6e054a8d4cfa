"""The exponential moving average (EMA) of the weights: everything shown, saved as a model or measured uses it."""

from __future__ import annotations

import torch
from torch import nn

from workbench.core.models.base import Model


class Average:
    """A copy of a model whose weights follow the trained ones.

    The decay is ramped, `min(decay, (1 + n) / (10 + n))` after n steps, so that the first weights are soon forgotten.
    """

    def __init__(self, net: Model, decay: float) -> None:
        self.net: Model = type(net)(net.settings, net.size)
        device = next(net.parameters()).device
        # as the trained net has it: looking is a third slower otherwise, and following it too
        self.net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.net.load_state_dict(net.state_dict())
        self.net.requires_grad_(False).eval()
        self.decay = decay

    @torch.no_grad()
    def update(self, net: nn.Module, step: int) -> None:
        """Take in the weights after step number `step` (from 1)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.net.parameters()), list(net.parameters()), 1.0 - decay)
        for ours, theirs in zip(self.net.buffers(), net.buffers(), strict=True):
            ours.copy_(theirs)
