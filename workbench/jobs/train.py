"""Train a model, or go on with a run that was stopped or cut off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch

from workbench import __version__
from workbench.core.control import Control
from workbench.core.data.cache import Dataset
from workbench.core.devices import choose_device, fast_precision, set_threads
from workbench.core.errors import ExitCode, WorkbenchError, file_errors, out_of_memory
from workbench.core.events import Advice, Measured
from workbench.core.faces.align import FACES
from workbench.core.files import need_space
from workbench.core.models.base import check_size, preset_settings, usual_size
from workbench.core.models.registry import model_class
from workbench.core.places import runs_folder
from workbench.core.runs.folder import DataInfo, Run, RunInfo
from workbench.core.training.budget import Budget
from workbench.core.training.loop import Training, train_loop
from workbench.jobs.api import Job
from workbench.jobs.prepare_data import prepare_data

RUN_BYTES = 500_000_000
"""Free disk that a run asks for: five checkpoints of an ordinary model and its previews."""


@dataclass(frozen=True)
class TrainRequest:
    """What to train.

    Attributes:
        data: a source, as `open_source` takes it.
        size: the pictures' side in pixels; None: the one that the model is usually trained at.
        settings: by name, on top of the preset's; values or their texts.
        runs: the folder for the new run; None: the user's.
        name: of the run; None: made from model, size and data.
        threads: cores to use; None: all.
    """

    data: str
    budget: Budget
    model: str = "vae"
    preset: str | None = None
    size: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    device: str = "auto"
    runs: Path | None = None
    name: str | None = None
    threads: int | None = None


@dataclass(frozen=True)
class TrainResult:
    """How a training ended. `values` are those measured on held-out pictures at its end, `psnr` in dB among them."""

    run: Path
    step: int
    status: Literal["done", "stopped"]
    values: Mapping[str, float]


def train(request: TrainRequest, control: Control | None = None) -> Job[TrainResult]:
    """Train a model in a new run folder; stopped or not, its last step is saved.

    Raises:
        WorkbenchError: anything in the request that cannot be; nothing is written then. Later: the training diverged,
            memory or disk ran out; the last checkpoint stands.
    """
    control = control or Control()
    model = model_class(request.model)
    settings = preset_settings(model, request.preset, request.settings)
    size = usual_size(model, settings) if request.size is None else request.size
    check_size(model, settings, size)
    device = choose_device(request.device)
    folder = request.runs or runs_folder()
    need_space(folder, RUN_BYTES)
    data = yield from prepare_data(request.data, size, control)
    threads = set_threads(request.threads)
    precision = fast_precision(device) if settings.precision == "auto" else settings.precision
    name = request.name or _free_name(folder, f"{request.model}-{size}-{Path(data.name).stem}")
    if Path(name).name != name or name.startswith("."):
        raise WorkbenchError(f"A run cannot be called '{name}'.", "Choose a name without slashes.")
    info = RunInfo(
        name=name,
        model=request.model,
        preset=request.preset or next(iter(model.presets)),
        size=size,
        seed=request.seed,
        settings=settings.model_dump(),
        budget=request.budget.to_json(),
        data=DataInfo(
            source=data.source,
            fingerprint=data.fingerprint,
            pictures=len(data),
            train=len(data.rows(0)),
            validation=len(data.rows(1)),
            parting=data.parting,
        ),
        alignment=(data.alignment or FACES).to_json(),
        device=str(device),
        precision=precision,
        threads=threads,
        program=__version__,
        torch=torch.__version__,
    )
    return (yield from _run(Run.create(folder / name, info), data, device, control))


def resume(
    path: Path,
    control: Control | None = None,
    budget: Budget | None = None,
    device: str | None = None,
    threads: int | None = None,
) -> Job[TrainResult]:
    """Go on with a run exactly where its newest checkpoint stands.

    Args:
        path: the run folder.
        budget: a new limit, counted from the run's first step; None: the run's own.
        device: None: the run's own.
        threads: None: as many as before.

    Raises:
        WorkbenchError: no run, one that is finished or trained elsewhere, or its pictures have changed.
    """
    control = control or Control()
    run = Run.open(path)
    chosen = choose_device(device or run.info.device)
    set_threads(threads or run.info.threads)
    data = yield from prepare_data(run.info.data.source, run.info.size, control)
    if not _same_data(run.info.data, data):
        raise WorkbenchError(
            f"The pictures in '{run.info.data.source}' are not those that '{run.name}' was trained on.",
            "Bring them back, or train a new run.",
        )
    _refuse_finished(run, budget)
    if run.checkpoints():
        yield Advice(f"'{run.name}' goes on at step {run.checkpoints()[-1][0]}, with the same settings.", "")
    return (yield from _run(run, data, chosen, control, budget))


def _same_data(then: DataInfo, data: Dataset) -> bool:
    """Whether these are the pictures that a run was trained on, each in the part that it was in."""
    counts = (len(data.rows(0)), len(data.rows(1)))
    parted_alike = then.parting in ("", data.parting)
    return then.fingerprint == data.fingerprint and (then.train, then.validation) == counts and parted_alike


def _refuse_finished(run: Run, budget: Budget | None) -> None:
    if run.info.status == "done" and budget is None:
        raise WorkbenchError(
            f"The run '{run.name}' is finished: {run.info.step} steps.", "Give it more steps, epochs or minutes."
        )


def _run(
    run: Run, data: Dataset, device: torch.device, control: Control, budget: Budget | None = None
) -> Job[TrainResult]:
    """Train in `run`; it is written to only while it is locked. A `budget` replaces the run's own."""
    values: Mapping[str, float] = {}
    with run.locked():
        _refuse_finished(run, budget)  # by another program, while this one prepared the pictures
        with _failures(run):
            run.update(status="running", error=None, budget=budget.to_json() if budget else run.info.budget)
            training = Training(run, data, device)
            for event in train_loop(training, control):
                if isinstance(event, Measured):
                    values = event.values
                yield event
            status: Literal["done", "stopped"] = "done" if training.fraction >= 1 else "stopped"
            run.update(status=status)
    return TrainResult(run.path, training.step, status, values)


@contextmanager
def _failures(run: Run) -> Iterator[None]:
    """Note in the run that it failed; say in words that memory ran out."""
    try:
        with file_errors(run.path, "write"):
            yield
    except Exception as error:
        if out_of_memory(error):
            batch = int(run.info.settings["batch_size"])
            run.update(status="failed", error="Memory ran out.")
            raise WorkbenchError(
                f"Memory ran out with {batch} pictures in a batch.",
                f"Try a batch size of {max(2, batch // 2)} (--set batch_size={max(2, batch // 2)}).",
                ExitCode.RESOURCES,
            ) from error
        run.update(status="failed", error=str(error))
        raise
    except GeneratorExit:
        run.update(status="stopped")
        raise


def _free_name(folder: Path, name: str) -> str:
    number = 1
    while (folder / (candidate := name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return candidate
