"""The contract that every model keeps; one parametrised test holds them all to it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from workbench.core.errors import WorkbenchError, unknown
from workbench.core.models import blocks
from workbench.core.training.settings import TrainSettings

Losses = dict[str, Tensor]
"""Losses by name, each a detached scalar on the model's device; "total" is always there."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the training loop hands to a model for one step.

    Attributes:
        fraction: how much of the budget is spent, 0 to 1.
        generator: noise is drawn from it, on the model's device, and from nowhere else.
        descend: `descend(loss, optimiser)` takes the one optimiser step: gradients, the check that loss and gradient
            norm are finite (before any weight moves), the limit of their norm, then the step.
    """

    fraction: float
    generator: torch.Generator
    descend: Callable[[Tensor, str], None]


class Model(nn.Module, ABC):
    """A latent model of pictures.

    Pictures are float32 (N, 3, S, S) in [-1, 1], RGB; codes are float32 (N, latent). Forward passes may run under
    autocast and in any memory format; both ends are float32.

    Args:
        settings: of the class's own `Settings`.
        size: the pictures' side S, one of `sizes`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    """One sentence for people who choose a model."""
    Settings: ClassVar[type[TrainSettings]]
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"standard": {}}
    """Settings by preset; what a preset does not name keeps its default."""
    sizes: ClassVar[tuple[int, ...]] = (32, 64, 128)

    def __init__(self, settings: TrainSettings, size: int) -> None:
        super().__init__()
        if size not in self.sizes:
            raise WorkbenchError(
                f"A {self.title} cannot be {size} pixels wide.", f"Choose one of: {', '.join(map(str, self.sizes))}."
            )
        self.settings = settings
        self.size = size

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the initial weights from `generator`."""
        blocks.initialise(self, generator)

    @property
    @abstractmethod
    def latent(self) -> int:
        """Numbers in a code."""

    @abstractmethod
    def encode(self, images: Tensor) -> Tensor:
        """The code of each picture: (N, 3, S, S) to (N, latent)."""

    @abstractmethod
    def decode(self, codes: Tensor) -> Tensor:
        """The picture of each code: (N, latent) to (N, 3, S, S) in [-1, 1]."""

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` random pictures, (count, 3, S, S): codes from a standard normal, decoded."""
        device = next(self.parameters()).device
        return self.decode(torch.randn(count, self.latent, generator=generator, device=device))

    @abstractmethod
    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """Fresh optimisers by name, each for the part of the weights that it may move."""

    @abstractmethod
    def steps(self, images: Tensor, step: Step) -> Losses:
        """Learn from one batch: one or more `step.descend`; the losses before it."""

    @abstractmethod
    def measure(self, images: Tensor, generator: torch.Generator) -> Losses:
        """The same losses on held-out pictures, nothing learned."""

    def rate(self, step: int, fraction: float) -> float:
        """Factor on the learning rate: rises over the warm-up steps, then falls as a half cosine to 5 %."""
        warmup = min(1.0, (step + 1) / max(1, self.settings.warmup_steps))
        return warmup * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, fraction))))


def preset_settings(model: type[Model], preset: str | None, values: Mapping[str, Any]) -> TrainSettings:
    """A model's settings: its defaults, overridden by the preset, overridden by `values`.

    Raises:
        WorkbenchError: an unknown preset or setting, a value of the wrong kind or out of range.
    """
    name = preset or next(iter(model.presets))
    if name not in model.presets:
        raise unknown(f"preset of '{model.name}' called", name, model.presets)
    return model.Settings.parse({**model.presets[name], **values})
