"""`workbench runs`: the trainings on this computer."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import Json
from workbench.cli.output import note, say, say_json, say_table
from workbench.core.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.core.runs.folder import Run

app = typer.Typer(help="Look at trainings.", no_args_is_help=True)


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
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    json: Json = False,
) -> None:
    """Show one run: its settings, how far it is, its losses and what it has saved."""
    from workbench.core.runs.folder import Run

    details = _details(Run.open(run))
    if json:
        say_json(details)
        return
    for key, value in details.items():
        if isinstance(value, dict):
            say(f"{key}:")
            say_table([(f"  {name}", item) for name, item in value.items()])
        elif isinstance(value, list):
            say(f"{key}: {', '.join(map(str, value)) or 'none yet'}")
        else:
            say(f"{key}: {'-' if value is None else value}")


def _summary(run: Run) -> dict[str, Any]:
    """One line of the list."""
    info = run.info
    return {
        "name": run.path.name,
        "model": info.model,
        "size": info.size,
        "step": info.step,
        "status": _status(run),
        "psnr": info.best_psnr,
        "created": info.created,
        "data": info.data.source,
    }


def _details(run: Run) -> dict[str, Any]:
    """All that `run.json` says, the last losses, and what lies in the folder."""
    return {
        "path": run.path,
        **run.info.model_dump(exclude={"format", "version"}),
        "status": _status(run),
        "losses": {
            f"{part} {name}": float(values[-1])
            for part, (_, curves) in run.losses().items()
            for name, values in curves.items()
            if len(values) and math.isfinite(values[-1])
        },
        "checkpoints": [step for step, _ in run.checkpoints()],
        "previews": len(run.previews("samples")),
        "concepts": sorted(path.stem for path in run.concepts.glob("[!.]*.safetensors")),
    }


def _status(run: Run) -> str:
    """A run whose program was killed still calls itself running."""
    return "cut off" if run.info.status == "running" and not run.active else run.info.status
