"""Give a model that was trained without one an encoder, so that photos have codes: see `core.models.inverter`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workbench.core.control import Control
from workbench.core.devices import choose_device
from workbench.core.errors import WorkbenchError
from workbench.core.events import Saved
from workbench.core.files import need_writable
from workbench.core.models.base import cannot_encode
from workbench.core.models.inverter import Inverter, train_inverter
from workbench.core.runs.folder import Run
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.core.training.budget import Budget
from workbench.jobs.api import Job, notices

USUAL = Budget(minutes=2)


def fit_encoder(
    where: str | Path,
    control: Control | None = None,
    *,
    budget: Budget = USUAL,
    seed: int = 0,
    device: str = "auto",
) -> Job[Inverter]:
    """Learn an encoder from pictures that the model of a run makes up, and keep it with the run.

    Args:
        where: the run's folder.
        control: to pause or stop.
        budget: how long, in minutes or steps.
        seed: of the pictures.
        device: as `choose_device` takes it.

    Yields:
        Progress, then Saved.

    Raises:
        WorkbenchError: no run, or one whose model has an encoder of its own.
        Stopped: the user asked for it; nothing is kept.
    """
    model = open_model(where)
    yield from notices(model)
    if model.net.encodes:
        raise WorkbenchError(f"A {model.net.title} has an encoder of its own.", "Use it: it needs no other.")
    return (yield from _fit(model, control or Control(), budget, seed, device))


def with_encoder(model: TrainedModel, control: Control) -> Job[TrainedModel]:
    """`model` with an encoder: as it is, or after it has learned one, which its run keeps.

    Raises:
        WorkbenchError: it has none, and no run of its own to keep it in.
        Stopped: the user asked for it; nothing is kept.
    """
    if model.encodes:
        return model
    return replace(model, inverter=(yield from _fit(model, control, USUAL, 0, "auto")))


def _fit(model: TrainedModel, control: Control, budget: Budget, seed: int, device: str) -> Job[Inverter]:
    if model.kind != "run":
        raise cannot_encode(model.net)
    run = Run.open(model.path)
    need_writable(run.path)  # said now, not after minutes
    inverter = yield from train_inverter(model.net, budget, control, device=choose_device(device), seed=seed)
    inverter.save(run.encoder_file, model.fingerprint)
    yield Saved(run.encoder_file, "encoder")
    return inverter
