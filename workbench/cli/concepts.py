"""`workbench concepts`: directions in a model's codes that mean something."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import run_job
from workbench.cli.options import Data, Json, Model, strengths_of
from workbench.cli.output import note, note_opened, say_json, say_table, say_written

if TYPE_CHECKING:
    from workbench.core.concepts.concept import Concept

Where = Annotated[
    str | None,
    typer.Option("--where", metavar="COLUMN=VALUE", help="Labels count only where this column says so: source=lfw."),
]

app = typer.Typer(help="Find what a model's codes mean: a smile, sunglasses.", no_args_is_help=True)


@app.command()
def find(
    model: Model,
    data: Data,
    labels: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Only these; by default all labels of the data, and all that can be drawn."),
    ] = None,
    method: Annotated[
        str | None, typer.Option(metavar="NAME", help="The method that the sliders use; every one is measured.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the concepts go; the model's own folder by default.")
    ] = None,
    where: Where = None,
    trial: Annotated[
        bool, typer.Option("--try", help="Try them on validation faces first, and clean them; minutes more.")
    ] = False,
    json: Json = False,
) -> None:
    """Find a direction for each label of the data, with its proof on pictures that were held out."""
    from workbench.jobs.find_concepts import ConceptRequest, find_concepts

    request = ConceptRequest(model, data, _names(labels), method, out, where, trial)
    _show(run_job(lambda control: find_concepts(request, control)), json)


@app.command()
def prove(
    model: Model,
    data: Data,
    names: Annotated[
        str | None, typer.Option(metavar="A,B", help="Only these concepts; all of the model by default.")
    ] = None,
    every_method: Annotated[
        bool, typer.Option("--every-method", help="Prove every method's direction, not only the slider's.")
    ] = False,
    faces: Annotated[int, typer.Option(min=10, max=2000, help="How many test faces are edited.")] = 200,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where they go; the model's own folder by default.")
    ] = None,
    where: Where = None,
    json: Json = False,
) -> None:
    """Prove concepts on held-out faces: edit them, and let a classifier that only sees pictures judge."""
    from workbench.jobs.prove_concepts import ProofRequest, prove_concepts

    request = ProofRequest(model, data, _names(names), every_method, faces, where, out)
    _show_proofs(run_job(lambda control: prove_concepts(request, control)), json)


@app.command()
def teach(
    model: Model,
    name: Annotated[str, typer.Option(metavar="NAME", help="What the pictures have in common, as in Beard.")],
    with_it: Annotated[
        list[str],
        typer.Option(
            "--with", metavar="PICTURES", help="A picture or a folder of those that have it; may be repeated."
        ),
    ],
    without: Annotated[
        list[str], typer.Option("--without", metavar="PICTURES", help="Those that have it not; may be repeated.")
    ],
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="SRC", help="Take the piles from this source: --with and --without name its files."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the concept goes; the model's own folder by default.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a concept of this name.")] = False,
    json: Json = False,
) -> None:
    """Teach a concept of your own from five pictures with it and five without, or better twenty."""
    from workbench.jobs.teach_concept import TeachRequest, teach_concept

    request = TeachRequest(model, name, tuple(with_it), tuple(without), data, out, replace)
    _show([run_job(lambda control: teach_concept(request, control))], json)


@app.command()
def report(
    model: Model,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The page to write: .html.")],
    seed: Annotated[int, typer.Option(min=0, help="Of the made-up faces on it.")] = 0,
    json: Json = False,
) -> None:
    """Write a page with the proof of every concept; each face on it is made up by the model."""
    from workbench.core.concepts.report import write_report
    from workbench.core.runs.trained import open_model

    opened = open_model(model)
    note_opened(opened)
    say_written(write_report(opened, out, seed), json)


@app.command()
def discover(
    model: Model,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The picture to write: .png, .jpg or .webp.")],
    count: Annotated[int, typer.Option(min=1, max=64, help="Directions of each method.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Of the made-up faces in it.")] = 0,
    json: Json = False,
) -> None:
    """Show directions that have no name yet as strips; 'name' keeps one as a concept, 'dismiss' hides it."""
    from workbench.core.concepts.strips import invented, sheet, strip
    from workbench.core.concepts.unnamed import to_look_at
    from workbench.core.pictures import write_picture
    from workbench.core.runs.trained import open_model

    opened = open_model(model)
    note_opened(opened)
    faces = invented(opened, 2, seed)
    found = to_look_at(opened, count)
    if not found:
        note("All of these have been named or dismissed; a larger --count shows more.")
        return
    write_picture(out, sheet([(u.name, strip(opened, faces, u.direction)) for u in found]), ai="generated")
    say_written(out, json)


@app.command()
def name(
    model: Model,
    direction: Annotated[str, typer.Argument(metavar="DIRECTION", help="As 'discover' calls it: pca-3.")],
    called: Annotated[str, typer.Argument(metavar="NAME", help="What it changes: 'Hair volume'.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the concept goes; the model's own folder by default.")
    ] = None,
    json: Json = False,
) -> None:
    """Keep a direction without a name as a concept."""
    from workbench.core.runs.trained import open_model
    from workbench.jobs.name_direction import name_direction

    opened = open_model(model)
    note_opened(opened)
    _show([run_job(lambda control: name_direction(opened, direction, called, out, control))], json)


@app.command()
def combine(
    model: Model,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the new slider is called: Joyful.")],
    of: Annotated[
        list[str],
        typer.Option(metavar="CONCEPT=WEIGHT", help="A part and how much of it, as in Male=-0.5; may be repeated."),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the concept goes; the model's own folder by default.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a concept of this name.")] = False,
    json: Json = False,
) -> None:
    """Make one slider of several concepts: its strength 1 is, of each part, a strength of its weight."""
    from workbench.jobs.combine_concepts import CombineRequest, combine_concepts

    request = CombineRequest(model, name, strengths_of(of), out, replace)
    _show([run_job(lambda control: combine_concepts(request, control))], json)


@app.command()
def dismiss(
    model: Model,
    direction: Annotated[str, typer.Argument(metavar="DIRECTION", help="As 'discover' calls it: pca-3.")],
) -> None:
    """Do not show a direction without a name again."""
    from workbench.core.concepts import unnamed
    from workbench.core.runs.trained import open_model

    opened = open_model(model)
    note_opened(opened)
    unnamed.dismiss(opened, direction)
    note(f"'{direction}' will not be shown again.")


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


def _show_proofs(concepts: Iterable[Concept], json: bool) -> None:
    """A row for each direction that was proven."""
    found = sorted(concepts, key=lambda concept: concept.name)
    if json:
        say_json([_plain(concept) for concept in found])
        return
    rows = []
    for concept in found:
        for method, direction in concept.directions.items():
            if (proof := direction.proof) is None:
                continue
            worst = proof.collateral
            rows.append(
                (
                    concept.name,
                    method + (" *" if method == concept.chosen else ""),
                    direction.auc,
                    f"{direction.low:+.1f} to {direction.high:+.1f}",
                    proof.flip_on,
                    proof.flip_off,
                    f"{worst[0]} {worst[1]:+.2f}" if worst else "-",
                    proof.recognised,
                    proof.inside,
                    proof.angle,
                )
            )
    say_table(
        rows,
        header=("concept", "method", "auc", "slider", "flips on", "off", "takes along", "same face", "inside", "angle"),
    )
    note("* moves the slider")


def _names(text: str | None) -> tuple[str, ...] | None:
    """`"A, B"` as names."""
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())


def _plain(concept: Concept) -> dict[str, object]:
    """A concept for machines: everything but the vectors, which are in its file."""
    return {
        "name": concept.name,
        "chosen": concept.chosen,
        "why": concept.why,
        "fingerprint": concept.fingerprint,
        "directions": {
            method: {
                "sigma": direction.sigma,
                "low": direction.low,
                "high": direction.high,
                "auc": direction.auc,
                "counts": direction.counts,
                "proof": direction.proof,
            }
            for method, direction in concept.directions.items()
        },
    }
