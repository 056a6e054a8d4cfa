"""The first steps of a training that is not begun yet: what one takes, and a word where that is long."""

from __future__ import annotations

import torch

from workbench.core.control import Control
from workbench.core.data.cache import Dataset
from workbench.core.errors import Stopped, out_of_memory
from workbench.core.events import Advice, Progress
from workbench.core.models.registry import model_class
from workbench.core.runs.folder import Run
from workbench.core.training.budget import Budget
from workbench.core.training.clock import finely
from workbench.core.training.descent import Diverged
from workbench.core.training.estimate import SLOW, Cost, Probe
from workbench.jobs.api import Job


def tried(probe: Probe, control: Control) -> Job[list[Cost]]:
    """What steps of a growing batch take.

    Yields:
        Progress.

    Raises:
        Stopped: the user asked for it.
    """
    going = probe.costs(control)
    while True:
        control.check()
        try:
            batch = next(going)
        except StopIteration as end:
            return list(end.value)
        yield Progress("Trying some steps", batch, probe.at_a_time, "pictures")


def say_if_slow(run: Run, data: Dataset, device: torch.device, control: Control) -> Job[None]:
    """Say before the start how long a step and all of the training take, where a step takes more than two seconds."""
    if device.type == "cuda":
        return  # nothing that fits takes as long there
    info = run.info
    model = model_class(info.model)
    settings = model.Settings.parse(info.settings)
    probe = Probe(model, settings, info.size, device, info.precision, max(2, len(data.rows(0))))
    try:
        if not probe.slow(control):
            return
        costs = yield from tried(probe, control)
    except (Stopped, Diverged):
        return  # the training says it itself
    except Exception as error:
        if not out_of_memory(error):
            raise
        return
    found = probe.estimate(costs, Budget(**info.budget))  # type: ignore[arg-type]
    if found.step_seconds > SLOW:
        yield Advice(
            f"One step with {found.batch_size} pictures takes about {finely(found.step_seconds)} here; all of the "
            f"training about {finely(found.seconds)}, {found.steps:,} steps.",
            "A smaller width, batch size or picture size is quicker, and so is a GPU.",
            "slow",
        )
