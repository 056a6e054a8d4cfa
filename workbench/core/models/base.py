"""The contract that every model keeps; one parametrised test holds them all to it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from workbench.core.errors import WorkbenchError, unknown
from workbench.core.models import blocks
from workbench.core.models.mixture import Mixture
from workbench.core.training.settings import TrainSettings

Losses = dict[str, Tensor]
"""Losses by name, each a detached scalar on the model's device; "total" is always there."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One named part of a step that is worth watching, and after which a step may be given up.

    Attributes:
        number: 1 for the first of the step; the model's `phases` say what it is called.
        note: says what came of it, in one sentence with its numbers; called only when somebody watches.
        images: what it made or used, float (N, 3, S, S) in [-1, 1]; None when there is nothing to see.
    """

    number: int
    note: Callable[[], str]
    images: Tensor | None = None


Steps = Generator[Phase, None, Losses]
"""A step as it goes: yields the phases it has, most models none, and returns the losses."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the training loop hands to a model for one step.

    Attributes:
        number: of the step, from 0.
        fraction: how much of the budget is spent, 0 to 1.
        generator: noise is drawn from it, on the model's device, and from nowhere else.
        descend: `descend(loss, optimiser)` takes the one optimiser step: gradients, the check that loss and gradient
            norm are finite (before any weight moves), the limits of the gradient, then the step.
        pictures: how many pictures the training has to learn from.
        labels: what is known of each picture of the batch, (N, L) on the model's device: 1 yes, -1 no, 0 unknown; the
            labels that the settings name, in their order.
    """

    number: int
    fraction: float
    generator: torch.Generator
    descend: Callable[[Tensor, str], None]
    pictures: int
    labels: Tensor | None = None


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
    about_presets: ClassVar[Mapping[str, str]] = {}
    """One sentence for people who choose between presets, by preset."""
    preset_sizes: ClassVar[Mapping[str, int]] = {}
    """The side in pixels that a preset is made for, where that is not `USUAL_SIZE`."""
    training_only: ClassVar[tuple[str, ...]] = ()
    """Its nets that only a training needs: a small file to share leaves them out."""
    phases: ClassVar[tuple[str, ...]] = ()
    """What the phases of its steps are called, in their order."""
    encodes: ClassVar[bool] = True
    """Whether pictures have codes: a GAN only goes from codes to pictures."""

    def __init__(self, settings: TrainSettings, size: int) -> None:
        super().__init__()
        check_size(type(self), settings, size)
        self.settings = settings
        self.size = size

    @property
    def phased(self) -> bool:
        """Whether a step is long enough to be watched and given up between its phases."""
        return False

    @classmethod
    def sizes(cls, settings: TrainSettings) -> tuple[int, ...]:
        """The sides in pixels that a net with these settings can have."""
        return (32, 64, 128)

    @abstractmethod
    def parts(self) -> Mapping[str, tuple[nn.Sequential, tuple[int, ...]]]:
        """The nets it consists of, by name: each with the shape of one input, without the batch."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the data that its steps learn from, if there are any: in `Step.labels` in this order."""
        return ()

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

    def drop_training_nets(self) -> None:
        """Go on without the nets that only a training needs; a training from it begins with new ones."""
        for name in self.training_only:
            setattr(self, name, nn.Sequential())

    mixture: Mixture | None = None
    """Where its codes really lie, once that was fitted; random pictures are drawn from it."""

    codes: Tensor | None = None
    """Those of the pictures that it learned from last, (B, latent), where it made some."""

    @property
    def prior(self) -> str:
        """What random codes are drawn from, in a word."""
        return "mixture" if self.mixture else "normal"

    @property
    def deviation(self) -> float:
        """The standard deviation of each number of a code that is drawn from no mixture."""
        return 1.0

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` random codes, float32 (count, latent): from the mixture, or else from a standard normal."""
        if self.mixture:
            return self.mixture.draw(count, generator)
        return torch.randn(count, self.latent, generator=generator, device=generator.device)

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` random pictures, (count, 3, S, S)."""
        return self.decode(self.draw(count, generator))

    @abstractmethod
    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """Fresh optimisers by name, each for the part of the weights that it may move."""

    @abstractmethod
    def steps(self, images: Tensor, step: Step) -> Steps:
        """Learn from one batch, with one or more `step.descend`; returns the losses before it."""

    @abstractmethod
    def measure(self, images: Tensor, generator: torch.Generator) -> Losses:
        """The same losses on held-out pictures, nothing learned."""

    def rate(self, step: int, fraction: float) -> float:
        """Factor on the learning rate: rises over the warm-up steps, then falls as a half cosine to 5 %."""
        warmup = min(1.0, (step + 1) / max(1, self.settings.warmup_steps))
        return warmup * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, fraction))))


USUAL_SIZE = 64


def usual_size(model: type[Model], settings: TrainSettings, preset: str | None = None) -> int:
    """The side in pixels that these settings are trained at when nobody says another."""
    sizes = model.sizes(settings)
    usual = model.preset_sizes.get(preset or "", USUAL_SIZE)
    return usual if usual in sizes else sizes[0]


def check_size(model: type[Model], settings: TrainSettings, size: int) -> None:
    """Raise `WorkbenchError` when a net with these settings cannot have this side."""
    sizes = model.sizes(settings)
    if size not in sizes:
        raise WorkbenchError(
            f"A {model.title} with these settings cannot be {size} pixels wide.",
            f"Choose one of: {', '.join(map(str, sorted(sizes)))}.",
        )


def check_shape(
    model: type[Model], size: int, before: Mapping[str, Any], settings: TrainSettings, next_step: str
) -> None:
    """Raise `WorkbenchError` when weights that were trained with other settings would not fit; it names the setting.

    Args:
        before: the settings of those weights.
        settings: those to go on with.
        next_step: what to do instead; {name} and {value} are the setting's.
    """
    earlier = _shape(model(model.Settings.parse(before), size))
    if _shape(model(settings, size)) == earlier:
        return
    name, value = "", None
    for name, value in settings.model_dump().items():
        if value != before.get(name) and _shape(model(model.Settings.parse({**before, name: value}), size)) != earlier:
            break
    raise WorkbenchError(
        f"'{name}' changes the shape of the net, so it cannot change in the middle of a training.",
        next_step.format(name=name, value=value),
    )


def _shape(net: Model) -> list[Any]:
    """The shapes of all weights and of what each optimiser moves."""
    weights = [(name, tuple(tensor.shape)) for name, tensor in net.state_dict().items()]
    moved = [
        (name, type(optimiser).__name__, [tuple(p.shape) for group in optimiser.param_groups for p in group["params"]])
        for name, optimiser in net.optimisers().items()
    ]
    return [weights, moved]


def cannot_encode(model: Model) -> WorkbenchError:
    """The error for whatever needs codes of pictures, which this model does not give."""
    return WorkbenchError(
        f"A {model.title} cannot encode photos: it only goes from codes to pictures.",
        "Let its run learn an encoder first: workbench models encoder RUN.",
    )


def preset_settings(model: type[Model], preset: str | None, values: Mapping[str, Any]) -> TrainSettings:
    """A model's settings: its defaults, overridden by the preset, overridden by `values`.

    Raises:
        WorkbenchError: an unknown preset or setting, a value of the wrong kind or out of range.
    """
    name = preset or next(iter(model.presets))
    if name not in model.presets:
        raise unknown(f"preset of '{model.name}' called", name, model.presets)
    return model.Settings.parse({**model.presets[name], **values})
