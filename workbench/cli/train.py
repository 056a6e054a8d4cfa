"""`workbench train`: train a model, or go on with one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import run_job
from workbench.cli.options import SOURCE_HELP
from workbench.cli.output import note, plain, say, say_json
from workbench.core.errors import ExitCode, WorkbenchError
from workbench.core.runs.maturity import immaturity

if TYPE_CHECKING:
    from workbench.core.training.budget import Budget
    from workbench.jobs.train import TrainResult

_DEFAULT_MINUTES = 10.0


def train(
    data: Annotated[str | None, typer.Option("--data", metavar="SRC", help=SOURCE_HELP)] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="What to train; 'vae' by default.")] = None,
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
    json: Annotated[
        bool,
        typer.Option("--json", help="Print one line of JSON for each event; the last is the result."),
    ] = False,
) -> None:
    """Train a model. Ctrl-C saves what there is; --resume goes on with it exactly."""
    from workbench.core.settings import parse_pairs
    from workbench.core.training.budget import Budget
    from workbench.jobs.train import TrainRequest
    from workbench.jobs.train import resume as resume_job
    from workbench.jobs.train import train as train_job

    budget = _budget(steps, epochs, minutes)
    if resume is not None:
        fixed = {
            "--data": data, "--model": model, "--preset": preset, "--size": size, "--set": settings or None,
            "--seed": seed, "--runs": runs, "--name": name,
        }  # fmt: skip
        given = [flag for flag, value in fixed.items() if value is not None]
        if given:
            raise WorkbenchError(
                f"{given[0]} cannot be changed when a run is resumed.",
                "Leave it out; a resumed run keeps its data, model and settings.",
            )
        result = run_job(
            lambda control: resume_job(resume, control, budget=budget, device=device, threads=threads), json_lines=json
        )
    else:
        if data is None:
            raise WorkbenchError("There is nothing to train on.", "Add --data FOLDER, or --data builtin:avatars.")
        request = TrainRequest(
            data=data,
            model=model or "vae",
            preset=preset,
            size=size,
            budget=budget or Budget(minutes=_DEFAULT_MINUTES),
            settings=parse_pairs(settings or []),
            seed=seed or 0,
            device=device or "auto",
            runs=runs,
            name=name,
            threads=threads,
        )
        result = run_job(lambda control: train_job(request, control), json_lines=json)
    _report(result, json)


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
