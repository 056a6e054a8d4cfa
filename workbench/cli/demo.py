"""`workbench demo`: the whole way in the terminal, on the built-in faces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import run_job
from workbench.cli.options import Json
from workbench.cli.output import note, say, say_json, say_table
from workbench.core.runs.maturity import immaturity


def demo(
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the pictures go; ~/Workbench/demo by default.")
    ] = None,
    json: Json = False,
) -> None:
    """Train briefly on the built-in faces, find concepts, edit a face and write the pictures: under three minutes."""
    from workbench.jobs.demo import demo as demo_job

    result = run_job(lambda control: demo_job(out, control))
    if json:
        say_json(result)
        return
    say(f"Trained for {result.step} steps on drawn faces. Look at:")
    say_table([(f"  {path}", what) for path, what in result.pictures.items()])
    if doubt := immaturity(result.step):
        note(doubt)
    say(f"The trained model is in '{result.run}'. It knows: {', '.join(result.concepts)}.")
    say(f"Go on with it:  workbench train --resume '{result.run}' --minutes 10")
