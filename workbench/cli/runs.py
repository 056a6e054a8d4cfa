"""`workbench runs`: the trainings on this computer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import Json
from workbench.cli.output import note, say, say_json, say_table

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
    from workbench.core.runs.folder import list_runs as find_runs

    where = folder or runs_folder()
    runs = find_runs(where)
    if json:
        say_json([_summary(run) for run in runs])
    elif not runs:
        note(f"There are no runs in '{where}'. 'workbench train --data builtin:avatars' makes one.")
    else:
        rows = [(i.name, i.model, i.size, i.step, i.status, i.created, i.data) for i in (run.info for run in runs)]
        say_table(rows, header=("name", "model", "size", "step", "status", "created", "data"))


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
            say(key)
            say_table([(f"  {name}", item) for name, item in value.items()])
        else:
            say(f"{key:12}  {value}")
