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
from workbench.core.errors import ExitCode, Stopped, WorkbenchError, file_errors, out_of_memory
from workbench.core.events import Advice, Held, Measured
from workbench.core.faces.align import FACES
from workbench.core.files import need_space, unused_path
from workbench.core.models.base import Model, check_shape, check_size, preset_settings, usual_size
from workbench.core.models.registry import model_class
from workbench.core.places import runs_folder
from workbench.core.runs import checkpoint
from workbench.core.runs.differences import going_on
from workbench.core.runs.folder import DataInfo, Run, RunInfo, StartInfo, check_name, name_like
from workbench.core.runs.sound import set_damaged_aside
from workbench.core.runs.stop_request import take_stop_request
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.core.training.budget import Budget
from workbench.core.training.hole import look_for_hole
from workbench.core.training.loop import train_loop
from workbench.core.training.settings import TrainSettings
from workbench.core.training.training import Training
from workbench.jobs.api import Job
from workbench.jobs.first_steps import say_if_slow
from workbench.jobs.fit_mixture import fit_mixture
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
        like: the name of a run that this one is like; it is called the same, with a number, if it has no `name`.
        start_from: a trained model, as `open_model` takes it, whose weights to begin with instead of random ones; what
            it is, its size and its settings hold then, but for `settings`.
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
    like: str | None = None
    start_from: str | None = None
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
    start = open_model(request.start_from) if request.start_from else None
    model, settings, size, device = check(request)
    folder = request.runs or runs_folder()
    need_space(folder, RUN_BYTES)
    data = yield from prepare_data(request.data, size, control)
    _refuse_too_few(data)
    threads = set_threads(request.threads)
    precision = fast_precision(device) if settings.precision == "auto" else settings.precision
    name = request.name or free_name(folder, request.like or f"{model.name}-{size}-{Path(data.name).stem}")
    info = RunInfo(
        name=name,
        model=model.name,
        preset=start.info.preset if start else request.preset or next(iter(model.presets)),
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
        started_from=StartInfo(model=str(request.start_from), fingerprint=start.fingerprint) if start else None,
    )
    return (yield from run_training(Run.create(folder / name, info), data, device, control, start=start))


def check(request: TrainRequest) -> tuple[type[Model], TrainSettings, int, torch.device]:
    """Look at all of a request but its data, which may take a while: its model, settings, size and device.

    Raises:
        WorkbenchError: one of them cannot be.
    """
    if request.start_from:
        start = open_model(request.start_from)
        model, size = type(start.net), start.size
        settings = model.Settings.parse({**start.info.settings, **request.settings})
        check_shape(model, size, start.info.settings, settings, "Leave it out, or begin with random weights.")
    else:
        model = model_class(request.model)
        settings = preset_settings(model, request.preset, request.settings)
        size = usual_size(model, settings, request.preset) if request.size is None else request.size
        check_size(model, settings, size)
    if request.name is not None:
        check_name(request.name)
    return model, settings, size, choose_device(request.device)


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
    used = set_threads(threads or run.info.threads)
    data = yield from prepare_data(run.info.data.source, run.info.size, control)
    check_pictures(run, data)
    now: dict[str, Any] = {
        "device": str(chosen),
        "threads": used,
        "program": __version__,
        "torch": torch.__version__,
    }
    if budget:
        now["budget"] = budget.to_json()
    _refuse_finished(run, now)
    start = _started_from(run) if not run.checkpoints() else None
    return (yield from run_training(run, data, chosen, control, now, start))


def _started_from(run: Run) -> TrainedModel | None:
    """The model whose weights a run without a checkpoint began with; None where they were random."""
    if (start := run.info.started_from) is None:
        return None
    model = open_model(start.model)
    if model.fingerprint != start.fingerprint:
        raise WorkbenchError(
            f"'{start.model}' is not the model any more that '{run.name}' began with.", "Train a new run."
        )
    return model


def _refuse_too_few(data: Dataset) -> None:
    """Raise `WorkbenchError` where there is nothing to learn from."""
    if (count := len(data.rows(0))) < 2:
        raise WorkbenchError(f"'{data.name}' has too few pictures to train on: {count}.", "Give it more, at least 10.")


def check_pictures(run: Run, data: Dataset) -> None:
    """Raise `WorkbenchError` unless `data` is what `run` was trained on, each picture in the part that it was in."""
    then = run.info.data
    counts = (len(data.rows(0)), len(data.rows(1)))
    parted_alike = then.parting in ("", data.parting)
    if then.fingerprint != data.fingerprint or (then.train, then.validation) != counts or not parted_alike:
        raise WorkbenchError(
            f"The pictures in '{run.info.data.source}' are not those that '{run.name}' was trained on.",
            "Bring them back, or train a new run.",
        )


def _refuse_finished(run: Run, now: Mapping[str, Any]) -> None:
    """Raise `WorkbenchError` for a run that is done, unless it has a new budget `now`."""
    if run.info.status == "done" and "budget" not in now:
        raise WorkbenchError(
            f"The run '{run.name}' is finished: {run.info.step} steps.", "Give it more steps, epochs or minutes."
        )


def run_training(
    run: Run,
    data: Dataset,
    device: torch.device,
    control: Control,
    now: Mapping[str, Any] | None = None,
    start: TrainedModel | None = None,
) -> Job[TrainResult]:
    """Train in `run`; it is written to only while it is locked.

    Args:
        now: what of its description is new.
        start: whose weights a new run begins with.
    """
    values: Mapping[str, float] = {}
    now = now or {}
    with run.locked():
        _refuse_finished(run, now)  # by another program, while this one prepared the pictures
        with _failures(run):
            take_stop_request(run)  # one that came too late for an earlier training
            if notice := set_damaged_aside(run):
                yield Advice(notice, "The steps after it are taken again.")
            goes_on = going_on(run, run.checkpoints()[-1][0], now) if run.checkpoints() and now else None
            run.update(**{"status": "running", "error": None, **now})
            yield Held(run.path)
            yield from say_if_slow(run, data, device, control)
            if goes_on:
                yield goes_on  # what is said last stays in sight
            training = Training(run, data, device)
            if start is not None:
                training.begin_with(start.net)
            if missing := [name for name in training.net.labels if name not in data.labels]:
                yield Advice(
                    f"These pictures have no labels called {', '.join(missing)}; the codes do not learn to tell them.",
                    "The setting 'labels' names those to learn.",
                )
            for event in train_loop(training, control):
                if isinstance(event, Measured):
                    values = event.values
                yield event
            over = training.fraction >= 1 and not control.discarding
            status: Literal["done", "stopped"] = "done" if over else "stopped"
            if status == "done":
                yield from _random_faces(training, data, control)
            elif not control.discarding and (mixture := training.recent.mixture()):  # who stops does not want to wait
                mixture.save(run.mixture_file, checkpoint.fingerprint(checkpoint.weights_of(training.average.net)))
            run.update(status=status)
    return TrainResult(run.path, training.step, status, values)


def _random_faces(training: Training, data: Dataset, control: Control) -> Job[None]:
    """What a finished training is given on top: without it there are random faces too, only worse ones."""
    try:
        mixture = yield from fit_mixture(training.run, data, control)
        if mixture and (advice := look_for_hole(training, mixture)):
            training.run.note(advice)
            yield advice
    except Stopped:
        pass
    except WorkbenchError as error:
        if error.code is ExitCode.RESOURCES:
            raise
        yield Advice(error.what, error.next_step)


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


def free_name(folder: Path, name: str) -> str:
    """`name` as far as a run can have it, with the first number that no run in `folder` has where it is taken."""
    return unused_path(folder / name_like(name)).name
