"""`workbench runs`: the trainings on this computer, and keeping order among them."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import Json
from workbench.cli.options import Run as RunFolder
from workbench.cli.output import note, say, say_json, say_table, say_written
from workbench.core.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.core.runs.folder import Run

app = typer.Typer(help="Look at trainings, and keep order among them.", no_args_is_help=True)

Step = Annotated[int | None, typer.Argument(metavar="STEP", help="Of the checkpoint; the newest by default.")]


@app.command("list")
def list_runs(
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="Where runs are; ~/Workbench/runs.")] = None,
    json: Json = False,
) -> None:
    """List the runs in a folder, the newest first."""
    from workbench.core.places import runs_folder
    from workbench.core.runs import folder as run_folders

    if folder is not None and not folder.is_dir():
        raise WorkbenchError(f"'{folder}' is no folder.", "Choose the folder that your runs are in.")
    where = folder or runs_folder()
    found = [_summary(run) for run in run_folders.list_runs(where)]
    if json:
        say_json(found)
    elif not found:
        note(f"There are no runs in '{where}'. 'workbench train --data builtin:avatars' makes one.")
    else:
        say_table([tuple(summary.values()) for summary in found], header=tuple(found[0]))


@app.command()
def show(
    run: RunFolder,
    json: Json = False,
) -> None:
    """Show one run: its settings, how far it is, its losses and what it has saved."""
    from workbench.core.runs.folder import Run
    from workbench.core.runs.manage import megabytes

    opened = Run.open(run)
    details = _details(opened)
    if json:
        say_json(details)
        return
    details |= {"checkpoints": _marked(opened), "disk": {k: megabytes(v) for k, v in details["disk"].items()}}
    for key, value in details.items():
        if isinstance(value, dict):
            say(f"{key}:")
            say_table([(f"  {name}", item) for name, item in value.items()])
        elif isinstance(value, list):
            say(f"{key}: {', '.join(map(str, value)) or 'none yet'}")
        else:
            say(f"{key}: {'-' if value is None else value}")


@app.command()
def rename(
    run: RunFolder,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it shall be called.")],
    json: Json = False,
) -> None:
    """Give a run and its folder another name."""
    from workbench.core.runs import manage
    from workbench.core.runs.folder import Run

    say_written(manage.rename(Run.open(run), name).path, json)


@app.command()
def delete(run: RunFolder, json: Json = False) -> None:
    """Move a run to the system's trash; a run that is being trained is left alone."""
    from workbench.core.runs import manage
    from workbench.core.runs.folder import Run

    manage.delete(Run.open(run))
    if json:
        say_json({"deleted": run})
    else:
        say(f"'{run}' is in the trash.")


@app.command()
def pin(run: RunFolder, step: Step = None, json: Json = False) -> None:
    """Keep a checkpoint for good. Of the others the last three and the best are kept."""
    from workbench.core.runs import manage
    from workbench.core.runs.folder import Run

    opened = Run.open(run)
    manage.pin(opened, step)
    _say_pinned(opened, json)


@app.command()
def unpin(run: RunFolder, step: Step = None, json: Json = False) -> None:
    """Let a pinned checkpoint be forgotten again."""
    from workbench.core.runs import manage
    from workbench.core.runs.folder import Run

    opened = Run.open(run)
    manage.unpin(opened, step)
    _say_pinned(opened, json)


@app.command()
def stop(
    run: RunFolder,
    after_epoch: Annotated[
        bool, typer.Option("--after-epoch", help="Save and stop when its epoch is through.")
    ] = False,
    discard: Annotated[bool, typer.Option("--discard", help="Forget what it did since its last checkpoint.")] = False,
    json: Json = False,
) -> None:
    """Stop a training that runs in another terminal or in the window: save and stop now, unless said otherwise."""
    from workbench.core.runs.folder import Run
    from workbench.core.runs.stop_request import How, request_stop

    if after_epoch and discard:
        raise WorkbenchError("--after-epoch and --discard contradict each other.", "Give only one of them.")
    how: How = "epoch" if after_epoch else "discard" if discard else "now"
    request_stop(Run.open(run), how)
    if json:
        say_json({"run": run, "asked": how})
    else:
        say("It was asked to stop.")


def _say_pinned(run: Run, json: bool) -> None:
    from workbench.core.runs import manage

    steps = manage.pinned(run)
    if json:
        say_json({"pinned": steps})
    else:
        say(f"pinned: {', '.join(map(str, steps)) or 'none'}")


def _marked(run: Run) -> list[str]:
    """The steps of the checkpoints, with why they are kept."""
    from workbench.core.runs import manage

    pinned, best = manage.pinned(run), run.info.best_step
    marks = {
        step: [*(["best"] if step == best else []), *(["pinned"] if step in pinned else [])]
        for step, _ in run.checkpoints()
    }
    return [f"{step} ({', '.join(why)})" if why else str(step) for step, why in marks.items()]


def _summary(run: Run) -> dict[str, Any]:
    """One line of the list."""
    from workbench.core.runs.manage import disk_use, megabytes

    info = run.info
    return {
        "name": run.path.name,
        "model": info.model,
        "preset": info.preset,
        "size": info.size,
        "step": info.step,
        "status": run.status,
        "psnr": info.best_psnr,
        "disk": megabytes(disk_use(run).total),
        "created": info.created,
        "data": info.data.source,
    }


def _details(run: Run) -> dict[str, Any]:
    """All that `run.json` says, the last losses, and what lies in the folder."""
    from workbench.core.runs import manage

    use = manage.disk_use(run)
    return {
        "path": run.path,
        **run.info.model_dump(exclude={"format", "version"}),
        "status": run.status,
        "losses": {
            f"{part} {name}": float(values[-1])
            for part, (_, curves) in run.losses().items()
            for name, values in curves.items()
            if len(values) and math.isfinite(values[-1])
        },
        "checkpoints": [step for step, _ in run.checkpoints()],
        "pinned": list(manage.pinned(run)),
        "disk": {**dataclasses.asdict(use), "total": use.total},
        "previews": len(run.previews("samples")),
        "concepts": sorted(path.stem for path in run.concepts.glob("[!.]*.safetensors")),
    }
