"""`workbench concepts`: directions in a model's codes that mean something."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import run_job
from workbench.cli.options import Data, Json, Model
from workbench.cli.output import note, note_opened, say_json, say_table

if TYPE_CHECKING:
    from workbench.core.concepts.concept import Concept

app = typer.Typer(help="Find what a model's codes mean: a smile, sunglasses.", no_args_is_help=True)


@app.command()
def find(
    model: Model,
    data: Data,
    labels: Annotated[
        str | None, typer.Option(metavar="A,B", help="Only these labels; all of the data by default.")
    ] = None,
    method: Annotated[
        str | None, typer.Option(metavar="NAME", help="The method that the sliders use; every one is measured.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the concepts go; the run's own folder by default.")
    ] = None,
    json: Json = False,
) -> None:
    """Find a direction for each label of the data, with its proof on pictures that were held out."""
    from workbench.jobs.find_concepts import ConceptRequest, find_concepts

    wanted = tuple(name.strip() for name in labels.split(",") if name.strip()) if labels is not None else None
    request = ConceptRequest(model=model, data=data, labels=wanted, method=method, out=out)
    _show(run_job(lambda control: find_concepts(request, control)), json)


@app.command("list")
def list_concepts(model: Model, json: Json = False) -> None:
    """List the concepts of a model: how sure each is, and how far its slider goes."""
    from workbench.core.runs.trained import open_model

    opened = open_model(model)
    note_opened(opened)
    concepts = tuple(opened.concepts.values())
    if not concepts and not json:
        note(f"'{model}' has no concepts yet. 'workbench concepts find' looks for them.")
    _show(concepts, json)


def _show(concepts: Iterable[Concept], json: bool) -> None:
    """A row a direction; the chosen one of each concept is marked."""
    found = sorted(concepts, key=lambda concept: concept.name)
    if json:
        say_json([_plain(concept) for concept in found])
        return
    rows = [
        (
            concept.name,
            method + (" *" if method == concept.chosen else ""),
            direction.auc,
            f"{direction.low:+.1f} to {direction.high:+.1f}",
            direction.counts.test_with,
            direction.counts.test_without,
        )
        for concept in found
        for method, direction in concept.directions.items()
    ]
    if rows:
        say_table(rows, header=("concept", "method", "auc", "slider", "test with", "without"))
        note("* moves the slider")


def _plain(concept: Concept) -> dict[str, object]:
    """A concept for machines: everything but the vectors, which are in its file."""
    return {
        "name": concept.name,
        "chosen": concept.chosen,
        "fingerprint": concept.fingerprint,
        "directions": {
            method: {
                "sigma": direction.sigma,
                "low": direction.low,
                "high": direction.high,
                "auc": direction.auc,
                "counts": direction.counts,
            }
            for method, direction in concept.directions.items()
        },
    }
