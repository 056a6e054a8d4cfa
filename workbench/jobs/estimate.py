"""How long a training will take and how much memory, before it starts: from a few real steps of it."""

from __future__ import annotations

from workbench.core.control import Control
from workbench.core.devices import fast_precision, set_threads
from workbench.core.events import Progress
from workbench.core.training.estimate import Estimate, Probe
from workbench.jobs.api import Job
from workbench.jobs.first_steps import tried
from workbench.jobs.prepare_data import prepare_data
from workbench.jobs.train import TrainRequest, check


def estimate(request: TrainRequest, control: Control | None = None) -> Job[Estimate]:
    """Take a few steps of what `request` asks for and say what all of it takes; nothing of it is kept.

    Yields:
        what preparing the data yields, then Progress.

    Raises:
        WorkbenchError: anything in the request that cannot be.
        Stopped: the user asked for it.
    """
    control = control or Control()
    model, settings, size, device = check(request)
    data = yield from prepare_data(request.data, size, control)
    set_threads(request.threads)
    precision = fast_precision(device) if settings.precision == "auto" else settings.precision
    probe = Probe(model, settings, size, device, precision, max(2, len(data.rows(0))))
    yield Progress("Trying some steps", 0, probe.at_a_time, "pictures")
    costs = yield from tried(probe, control)
    return probe.estimate(costs, request.budget)
