"""`workbench faces`: where the faces are in photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.console import run_job
from workbench.cli.options import Json
from workbench.cli.output import note, say_json, say_table

if TYPE_CHECKING:
    from workbench.core.faces.find import Face

app = typer.Typer(help="Find the faces in photos.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `faces find` two words while it is the only command here."""


@app.command()
def find(
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Photos to look at.")],
    json: Json = False,
) -> None:
    """Say where each photo's faces have their eyes and mouth, in photo pixels; the largest face is number 1.

    `workbench edit --face NUMBER` takes the same numbers, and `--points` the places of the eyes and the mouth.
    """
    from workbench.core.faces.find import no_face
    from workbench.jobs.find_faces import faces_of_photos

    found = run_job(lambda control: faces_of_photos(photos, control))
    if json:
        say_json(
            [
                {
                    "photo": photo.path,
                    "width": photo.width,
                    "height": photo.height,
                    "faces": [_as_json(face) for face in photo.faces],
                }
                for photo in found
            ]
        )
        return
    for photo in found:
        if not photo.faces:
            note(str(no_face(f"'{photo.path}'")))
    rows = [_row(str(photo.path), number, face) for photo in found for number, face in enumerate(photo.faces, 1)]
    if rows:
        say_table(rows, header=("photo", "face", "box", "left eye", "right eye", "mouth", "score"))


def _as_json(face: Face) -> dict[str, Any]:
    return {"box": _whole(face.box), **{k: _tenths(v) for k, v in face.points.to_json().items()}, "score": face.score}


def _row(photo: str, number: int, face: Face) -> tuple[object, ...]:
    places = (",".join(f"{x:.1f}" for x in place) for place in face.points.to_json().values())
    return (photo, number, ",".join(map(str, _whole(face.box))), *places, round(face.score, 2))


def _whole(box: tuple[float, ...]) -> list[int]:
    """Left, top, right, bottom: the finder is not more exact than that."""
    return [round(edge) for edge in box]


def _tenths(place: list[float]) -> list[float]:
    return [round(x, 1) for x in place]
