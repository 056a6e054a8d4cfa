"""The options that several commands share, so that each is named, explained and checked in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from workbench.core.errors import WorkbenchError

Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]

MODEL_HELP = "A run folder, a checkpoint folder, a NAME.workbench file, or the name of a shipped model."

Model = Annotated[Path, typer.Argument(metavar="MODEL", help=MODEL_HELP)]

Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")]

Photo = Annotated[Path, typer.Argument(metavar="PHOTO", help="A photo with a face in it.")]

SOURCE_HELP = (
    "A built-in set (builtin:avatars), a folder or zip of pictures, a folder of labelled folders, or CelebA's folder."
)

Data = Annotated[str, typer.Option("--data", metavar="SRC", help=SOURCE_HELP)]

PriorOption = Annotated[
    Literal["mixture", "normal"],
    typer.Option(
        "--prior",
        help="Draw random codes from the mixture fitted to the model's codes, or from the standard normal.",
    ),
]


def strengths_of(pairs: list[str]) -> dict[str, float]:
    """`["Smiling=1.5"]` as names and numbers."""
    strengths = {}
    for pair in pairs:
        name, _, text = (part.strip() for part in pair.partition("="))
        try:
            strengths[name] = float(text)
        except ValueError:
            name = ""
        if not name:
            raise WorkbenchError(
                f"'{pair}' is not a concept with its strength.", "Write it as name=number, for example Smiling=1.5."
            )
    return strengths
