"""One step of an optimiser, with a look at loss and gradient before any weight moves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from workbench.core.errors import ExitCode, WorkbenchError
from workbench.core.training.settings import TrainSettings


class Diverged(WorkbenchError):  # noqa: N818 - named like `Stopped`
    """A loss or its gradient is no number any more; no weight has moved."""


class Descent:
    """Moves the weights of one optimiser down the gradient of a loss: what a model's steps call `step.descend`.

    A batch may come in parts, one after the other: their gradients add up, and the weights move after the last. Of a
    loss that is a mean over pictures the sum of the parts' gradients is the gradient of the whole batch.

    Args:
        net: whose layers are named.
        optimisers: by name.
        settings: the limits of the gradient.
    """

    def __init__(
        self, net: nn.Module, optimisers: Mapping[str, torch.optim.Optimizer], settings: TrainSettings
    ) -> None:
        self.settings = settings
        self.step = 0
        """Number of the step under way, from 1: for those who read that it diverged."""
        self.look = True
        """Whether to note the gradient of each layer in the next step."""
        self.layers: dict[str, Tensor] = {}
        """What was noted: the length of the gradient by layer, in the order of the net's layers."""
        self._optimisers = optimisers
        self._layer_of = {
            id(weight): name.rpartition(".")[0] for name, weight in net.named_parameters() if weight.dim() > 1
        }
        self._norms: dict[str, list[Tensor]] = {}
        self._losses: dict[str, Tensor] = {}
        self._moved: set[str] = set()
        self._done: frozenset[str] = frozenset()
        self._share, self._first, self._last = 1.0, True, True

    def begin(self, step: int) -> None:
        """A new step begins."""
        self.step = step
        self._moved = set(self._done)
        self.layers = {}

    def part(self, share: float, first: bool, last: bool) -> None:
        """What comes now is of so large a share of the step's batch."""
        self._share, self._first, self._last = share, first, last

    def end(self) -> None:
        """The step is over, and all that it was to move has moved."""
        self._done = frozenset()
        self.look = False

    def again(self, restored: bool) -> None:
        """The step broke off and is taken again; what had moved stays as it is, unless it was `restored`."""
        self._done = frozenset() if restored else frozenset(self._moved)
        for optimiser in self._optimisers.values():
            optimiser.zero_grad(set_to_none=True)

    def __call__(self, loss: Tensor, optimiser: str) -> None:
        """Take the step of `optimiser`, or its part of it.

        Raises:
            Diverged: the loss or its gradient is not a number; no weight has moved.
        """
        if optimiser in self._done:
            return
        moved = self._optimisers[optimiser]
        if self._first:
            moved.zero_grad(set_to_none=True)
            self._losses.pop(optimiser, None)
        if self._share != 1.0:
            loss = loss * self._share
        loss.backward()  # type: ignore[no-untyped-call]
        self._losses[optimiser] = self._losses.get(optimiser, 0.0) + loss.detach()
        if not self._last:
            torch.clear_autocast_cache()
            return
        weights = [weight for group in moved.param_groups for weight in group["params"] if weight.grad is not None]
        gradients = [weight.grad for weight in weights]
        norm = torch.nn.utils.get_total_norm(gradients)
        if not torch.isfinite(torch.stack([self._losses.pop(optimiser), norm])).all():
            raise Diverged(
                f"The training diverged at step {self.step}: its loss is no longer a number. No weight was spoiled.",
                f"Train a new run that learns slower (--set learning_rate={self.settings.learning_rate / 2:g}).",
                ExitCode.FAILED,
            )
        self._norms.setdefault(optimiser, []).append(norm)
        if self.look:
            self._note_layers(weights)
        if limit := self.settings.clip_value:
            torch.nn.utils.clip_grad_value_(weights, limit)
        if (limit := self.settings.clip_norm) and norm > limit:
            torch._foreach_mul_(gradients, limit / norm)
        moved.step()
        self._moved.add(optimiser)
        torch.clear_autocast_cache()  # it may hold the weights as they were

    def _note_layers(self, weights: list[nn.Parameter]) -> None:
        matrices = [weight for weight in weights if id(weight) in self._layer_of]
        norms = torch._foreach_norm([weight.grad for weight in matrices if weight.grad is not None])
        for weight, norm in zip(matrices, norms, strict=True):
            self.layers[self._layer_of[id(weight)]] = norm

    def take_norms(self) -> dict[str, npt.NDArray[np.float32]]:
        """The length of the gradient of every step since the last call, by optimiser, before any limit."""
        norms = {name: torch.stack(found).float().cpu().numpy() for name, found in self._norms.items()}
        self._norms = {}
        return norms

    def take_layers(self) -> dict[str, float]:
        """The gradients of the layers that were noted last, in the order of the net's layers; empty: none since."""
        order = {name: place for place, name in enumerate(dict.fromkeys(self._layer_of.values()))}
        noted, self.layers = self.layers, {}
        return {name: float(norm) for name, norm in sorted(noted.items(), key=lambda pair: order[pair[0]])}
