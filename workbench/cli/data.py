"""`workbench data`: what is there to train on."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.console import run_job
from workbench.cli.options import SOURCE_HELP, Json
from workbench.cli.output import say, say_json, say_table

app = typer.Typer(help="Look at pictures before training on them.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `data info` two words while it is the only command here."""


@app.command()
def info(source: Annotated[str, typer.Argument(metavar="SRC", help=SOURCE_HELP)], json: Json = False) -> None:
    """Say what is there: counts, sizes, labels, partitions, and what is skipped and why."""
    from workbench.jobs.prepare_data import describe_data

    found = run_job(lambda control: describe_data(source, control))
    if json:
        say_json(found)
        return
