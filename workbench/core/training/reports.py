"""What a training's numbers become when they leave the device: events."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

from workbench.core.events import Gradients, Losses, Phase, Progress, read_only
from workbench.core.models.base import Losses as StepLosses
from workbench.core.models.base import Phase as ModelPhase
from workbench.core.models.images import to_pictures
from workbench.core.training.clock import Speed
from workbench.core.training.previews import grid

if TYPE_CHECKING:
    from workbench.core.training.training import Training


def on_host(pending: list[tuple[int, StepLosses]], seconds: float) -> Losses:
    """The losses of several steps, brought to the CPU at once."""
    names = list(pending[0][1])
    table = torch.stack([torch.stack([losses[name] for name in names]) for _, losses in pending]).float().cpu().numpy()
    return Losses(
        "train",
        read_only(np.array([step for step, _ in pending], dtype=np.int64)),
        {name: read_only(table[:, column]) for column, name in enumerate(names)},
        seconds,
    )


def gradients_at(step: int, layers: Mapping[str, float]) -> Gradients:
    """The lengths of the gradients by layer, in their order."""
    return Gradients(step, tuple(layers), read_only(np.array([*layers.values()], dtype=np.float32)))


def progress(training: Training, speed: Speed) -> Progress:
    """How far it is, how fast it goes, and how long that leaves."""
    seconds, fraction = training.clock.seconds, training.fraction
    per_second = speed.steps_per_second
    total = training.budget.total_steps(training.batches.batches_per_epoch)
    return Progress(
        task="Training",
        done=training.step,
        total=total
        if total is not None
        else max(training.step, round(training.step / fraction))
        if fraction > 0.02
        else None,
        unit="steps",
        rate=per_second * training.batches.batch_size if per_second else None,
        seconds_left=speed.seconds_left(fraction, seconds),
    )


def told(training: Training, phase: ModelPhase, with_picture: bool) -> Phase:
    """A phase of the step under way as an event."""
    picture = None
    if with_picture and phase.images is not None:
        pictures = to_pictures(phase.images)
        picture = grid(pictures, columns=math.ceil(math.sqrt(2 * len(pictures))))
    return Phase(training.step + 1, phase.number, training.net.phases[phase.number - 1], phase.note(), picture)
