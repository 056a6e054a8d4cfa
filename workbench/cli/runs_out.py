"""What `workbench runs` makes of trainings for others to look at: a comparison, a film, a table."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import run_job
from workbench.cli.options import Json, Run
from workbench.cli.output import note, say, say_json, say_table, say_written


class Kind(StrEnum):
    """Which previews."""

    SAMPLES = "samples"
    RECONSTRUCTIONS = "reconstructions"


def add_to(app: typer.Typer) -> None:
    """Make these commands of `workbench runs`."""
    app.command()(compare)
    app.command()(film)
    app.command("export-metrics")(export_metrics)


def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    second: Annotated[Path, typer.Argument(metavar="RUN", help="Another one.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="PAGE.html|DIR", help="Write a page with curves and samples, or a folder of all of them."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the noise that both make samples from.")] = 0,
    json: Json = False,
) -> None:
    """Compare two runs: what was set differently, what came out; with --out also curves, and samples side by side."""
    from workbench.core.runs.compare import check_out, write_comparison
    from workbench.jobs.compare import compare as compare_job

    if out is not None:
        check_out(out)
    found = run_job(lambda control: compare_job(first, second, seed, control))
    written = write_comparison(found, out) if out is not None else ()
    if json:
        say_json({**found.to_json(), "files": written})
        return
    for line in found.in_words():
        say(line)
    say()
    say_table(found.results, header=("", *found.names))
    for text in found.notes:
        note(text)
    for path in written:
        say(str(path))


def film(
    run: Run,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The film to write: .gif, .webp or .mp4.")],
    kind: Annotated[Kind, typer.Option(help="What to show of the training.")] = Kind.SAMPLES,
    seconds: Annotated[float, typer.Option(min=0.5, max=600, help="How long the film is.")] = 8.0,
    captions: Annotated[bool, typer.Option(help="Say the step below each picture.")] = True,
    json: Json = False,
) -> None:
    """Write a training as a film of its samples or reconstructions."""
    from workbench.jobs.film import FilmRequest, make_film

    request = FilmRequest(run=run, out=out, kind=kind.value, seconds=seconds, captions=captions)
    say_written(run_job(lambda control: make_film(request, control)), json)


def export_metrics(
    run: Run,
    out: Annotated[
        Path, typer.Option(metavar="FILE.csv|DIR", help="A table for a spreadsheet, or a new folder for TensorBoard.")
    ],
    json: Json = False,
) -> None:
    """Write the losses and measures of a run for other programs."""
    from workbench.core.runs import export_metrics as exporting
    from workbench.core.runs.folder import Run as RunFolder

    say_written(exporting.export_metrics(RunFolder.open(run), out), json)
