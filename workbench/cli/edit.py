"""`workbench edit`, `encode` and `sample`: pictures into codes and codes into pictures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import run_job
from workbench.cli.options import MODEL_HELP, Json, Model, Photo, PriorOption, strengths_of
from workbench.cli.output import note_opened, say_json, say_written
from workbench.core.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.core.events import Advice
    from workbench.core.faces.align import Points

FaceOption = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Which face, when there are several; 1, the largest, by default.")
]
RefineOption = Annotated[
    bool | None,
    typer.Option(
        "--refine/--no-refine",
        help="Bring the model's face nearer to the photo's, in seconds; done anyway with a model that has no encoder "
        "of its own.",
    ),
]
_OUT_HELP = "The picture to write: .png, .jpg or .webp."
_POINTS_HELP = (
    "Where the face's eyes and mouth are, in photo pixels, as in '203,100 246,103 223,140' (the eye on the left of the "
    "picture first); 'workbench faces find' says where they were found."
)


def edit(
    photo: Photo,
    out: Annotated[Path, typer.Option(metavar="FILE", help=_OUT_HELP)],
    model: Annotated[str | None, typer.Option(metavar="MODEL", help=MODEL_HELP)] = None,
    concept: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=STRENGTH", help="Move this slider, as in Smiling=1.5; may be repeated."),
    ] = None,
    lock: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Keep this concept unchanged while others move; may be repeated; 'auto' softly keeps all the rest.",
        ),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Repeat this edit: a recipe's JSON, or an exported picture.")
    ] = None,
    face_only: Annotated[bool, typer.Option("--face-only", help="Write the face alone, at the model's size.")] = False,
    face: FaceOption = None,
    points: Annotated[str | None, typer.Option(metavar="PLACES", help=_POINTS_HELP)] = None,
    refine: RefineOption = None,
    quality: Annotated[int, typer.Option(min=1, max=100, help="Of a JPEG or WebP picture.")] = 92,
    save_recipe: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the recipe as JSON too.")] = None,
    json: Json = False,
) -> None:
    """Change a face in a photo by the strength of concepts, and write the whole photo."""
    from workbench.jobs.edit import EditRequest
    from workbench.jobs.edit import edit as edit_job

    request = EditRequest(
        photo=photo,
        model=model,
        out=out,
        strengths=strengths_of(concept or []),
        locks=tuple(lock or ()),
        mode="face" if face_only else "photo",
        face=face,
        refine=refine,
        points=_points(points) if points else None,
        recipe=recipe,
        quality=quality,
        save_recipe=save_recipe,
    )
    heard: list[Advice] = []
    written = run_job(lambda control: edit_job(request, control), heard=heard)
    if json:
        warnings = [{"kind": e.kind, "finding": e.finding, "remedy": e.remedy} for e in heard]
        say_json({"file": written, "warnings": warnings})
    else:
        say_written(written, json)


def encode(
    photo: Photo,
    model: Annotated[Path, typer.Option(metavar="MODEL", help=MODEL_HELP)],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The code to write: .safetensors.")],
    face: FaceOption = None,
    refine: RefineOption = None,
    json: Json = False,
) -> None:
    """Write the code of the face in a photo."""
    from workbench.jobs.edit import encode_photo

    say_written(run_job(lambda control: encode_photo(photo, model, out, control, face, refine)), json)


def sample(
    model: Model,
    out: Annotated[Path, typer.Option(metavar="FILE", help=_OUT_HELP)],
    count: Annotated[int, typer.Option(min=1, max=10_000, help="How many pictures.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same pictures.")] = 0,
    prior: PriorOption = "mixture",
    json: Json = False,
) -> None:
    """Write a grid of random pictures as the model imagines them."""
    from workbench.core.pictures import format_of, write_picture
    from workbench.core.runs.trained import open_model
    from workbench.core.training.previews import grid

    format_of(out)  # before anything that takes a while
    opened = open_model(model, prior)
    note_opened(opened)
    pictures = opened.sample(count, seed)
    write_picture(out, grid(pictures, math.ceil(math.sqrt(count))), ai="generated")
    say_written(out, json)


def _points(text: str) -> Points:
    """`"203,100 246,103 223,140"` as left eye, right eye and mouth."""
    from workbench.core.faces.align import Points

    try:
        places = [[float(number) for number in place.split(",")] for place in text.split()]
    except ValueError:
        places = []
    if [len(place) for place in places] != [2, 2, 2] or not all(math.isfinite(x) for place in places for x in place):
        raise WorkbenchError(
            f"'{text}' is not the place of two eyes and a mouth.",
            "Write three places as x,y with blanks between, for example '203,100 246,103 223,140'.",
        )
    return Points.from_array(places)
