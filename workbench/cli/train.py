"""`workbench train`: train a model, or go on with one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.console import run_job
from workbench.cli.options import SOURCE_HELP
from workbench.cli.output import note, plain, say, say_json
from workbench.core.errors import ExitCode, WorkbenchError
from workbench.core.runs.maturity import immaturity

if TYPE_CHECKING:
    from workbench.core.control import Control
    from workbench.core.training.budget import Budget
    from workbench.jobs.api import Job
    from workbench.jobs.queue import Request
    from workbench.jobs.train import TrainResult

_DEFAULT_MINUTES = 10.0
_FIXED_BY_RESUME = ("data", "model", "preset", "size", "settings", "seed", "runs", "name")
_FIXED_BY_START = ("model", "preset", "size")
_FIXED_BY_BRANCH = ("data", "model", "preset", "size", "seed")


def train(
    data: Annotated[str | None, typer.Option("--data", metavar="SRC", help=SOURCE_HELP)] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What to train; by default the model that has the preset, or 'vae'."),
    ] = None,
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="A named set of settings of the model.")] = None,
    size: Annotated[
        int | None,
        typer.Option(
            metavar="PIXELS", help="Side of the pictures: 32, 64 or 128; by default what suits the model, mostly 64."
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Stop after this many steps.")] = None,
    epochs: Annotated[float | None, typer.Option(min=0.001, help="Stop after this many rounds of the data.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.001, help=f"Stop after this much time; {_DEFAULT_MINUTES:g} by default.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the model; may be repeated.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed on the same device gives the same weights.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or mps; the best there is by default.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Cores to use; all of them by default.")] = None,
    runs: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the run's folder is made.")] = None,
    name: Annotated[str | None, typer.Option(help="What the run's folder is called.")] = None,
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help="Go on with this run instead.")] = None,
    like: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Train a new run as this one was; what else is given here overrides."),
    ] = None,
    branch: Annotated[
        str | None,
        typer.Option(metavar="RUN[@STEP]", help="Train a new run that begins at a checkpoint of this one."),
    ] = None,
    start_from: Annotated[
        str | None,
        typer.Option("--from", metavar="MODEL", help="Begin with the weights of this trained model, on any pictures."),
    ] = None,
    estimate: Annotated[
        bool,
        typer.Option("--estimate", help="Only say how long it would take and how much memory, from a few real steps."),
    ] = False,
    json: Annotated[
        bool,
        typer.Option("--json", help="Print one line of JSON for each event; the last is the result."),
    ] = False,
) -> None:
    """Train a model. Ctrl-C saves what there is; --resume goes on with it exactly.

    'workbench runs stop' stops a training from another terminal: now, after its epoch, or without its last steps.
    """
    request = requested(
        data=data, model=model, preset=preset, size=size, steps=steps, epochs=epochs, minutes=minutes,
        settings=settings, seed=seed, device=device, threads=threads, runs=runs, name=name, resume=resume, like=like,
        branch=branch, start_from=start_from,
    )  # fmt: skip
    if estimate:
        _estimate(request, json)
        return
    _report(run_job(lambda control: _job(request, control), json_lines=json), json)


def requested(
    *,
    steps: int | None,
    epochs: float | None,
    minutes: float | None,
    settings: list[str] | None,
    resume: Path | None,
    like: Path | None,
    branch: str | None,
    **others: Any,
) -> Request:
    """What the options of `train` ask for; those that contradict each other raise `WorkbenchError`."""
    from workbench.core.models.registry import model_of
    from workbench.core.settings import parse_pairs
    from workbench.core.training.budget import Budget
    from workbench.jobs.again import BranchRequest, parse_branch, request_like
    from workbench.jobs.queue import ResumeRequest
    from workbench.jobs.train import TrainRequest

    ways = {"--resume": resume, "--like": like, "--branch": branch, "--from": others.get("start_from")}
    said = [flag for flag, value in ways.items() if value is not None]
    if len(said) > 1:
        raise WorkbenchError(f"{' and '.join(said)} contradict each other.", "Give only one of them.")
    budget = _budget(steps, epochs, minutes)
    given = {name: value for name, value in others.items() if value is not None}
    if "preset" in given and "model" not in given and not said:
        given["model"] = model_of(given["preset"])
    changes = parse_pairs(settings or [])
    if changes:
        given["settings"] = changes
    if resume is not None:
        _refuse(given, _FIXED_BY_RESUME, "when a run is resumed", "a resumed run keeps its data, model and settings")
        return ResumeRequest(resume, budget=budget, **given)
    if budget:
        given["budget"] = budget
    if branch is not None:
        _refuse(given, _FIXED_BY_BRANCH, "in the middle of a training", "or train a new run with --like")
        run, step = parse_branch(branch)
        return BranchRequest(run, step, **given)
    if like is not None:
        return request_like(like, given)
    if "start_from" in given:
        _refuse(given, _FIXED_BY_START, "of a trained model", "or train a new one without --from")
    if "data" not in given:
        raise WorkbenchError("There is nothing to train on.", "Add --data FOLDER, or --data builtin:avatars.")
    return TrainRequest(**{"budget": Budget(minutes=_DEFAULT_MINUTES), **given})


def _refuse(given: dict[str, Any], fixed: tuple[str, ...], when: str, instead: str) -> None:
    for name in fixed:
        if name in given:
            flag = "--set" if name == "settings" else f"--{name}"
            raise WorkbenchError(f"{flag} cannot be changed {when}.", f"Leave it out; {instead}.")


def _job(request: Request, control: Control) -> Job[TrainResult]:
    from workbench.jobs.queue import job_of

    return job_of(request, control)


def _estimate(request: Request, json: bool) -> None:
    """What the training would take, printed; nothing is trained."""
    from workbench.core.training.clock import finely
    from workbench.jobs.estimate import estimate
    from workbench.jobs.train import TrainRequest

    if not isinstance(request, TrainRequest):
        raise WorkbenchError("Only a new training can be estimated.", "Give --data or --like with --estimate.")
    found = run_job(lambda control: estimate(request, control))
    if json:
        say_json({**plain(found), "fits": found.fits})
        return
    if found.steps:
        say(f"One step with {found.batch_size} pictures takes {finely(found.step_seconds)} on {found.device}.")
        say(
            f"In all {finely(found.seconds)}: {found.steps:,} steps, {found.pictures:,} pictures, "
            f"each of them {found.epochs:.3g} times."
        )
    say(f"Memory: {found.memory / 1e9:.2f} GB; {found.free / 1e9:.1f} GB are free.")
    if 0 < found.measured_with < found.batch_size:
        note(f"Measured with up to {found.measured_with} pictures at a time; the rest is extrapolated.")
    if not found.fits:
        note(f"It will not fit. {found.remedy}")


def _budget(steps: int | None, epochs: float | None, minutes: float | None) -> Budget | None:
    """How long to train, or None when nothing was said."""
    from workbench.core.training.budget import Budget

    given = {"--steps": steps, "--epochs": epochs, "--minutes": minutes}
    said = [flag for flag, value in given.items() if value is not None]
    if len(said) > 1:
        raise WorkbenchError(f"{' and '.join(said)} contradict each other.", "Give only one of them.")
    return Budget(steps=steps, epochs=epochs, minutes=minutes) if said else None


def _report(result: TrainResult, json: bool) -> None:
    """Say the result; a training that was stopped has saved and returned, but it is not done."""
    stopped = result.status == "stopped"
    if json:
        say_json({"event": "result", **plain(result)}, indent=None)
    else:
        say(f"{'Stopped' if stopped else 'Done'} after {result.step} steps: {result.run}")
        for measure, value in result.values.items():
            say(f"  {measure}  {value:.4g}")
    if doubt := immaturity(result.step):
        note(doubt)
    if stopped:
        note(f"Everything is saved. Go on with: workbench train --resume '{result.run}'")
        raise typer.Exit(ExitCode.STOPPED)
