"""`workbench data`: what is there to train on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from workbench.cli.console import run_job
from workbench.cli.options import SOURCE_HELP, Json
from workbench.cli.output import note, say, say_json, say_table
from workbench.core.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.jobs.prepare_data import DataInfo

app = typer.Typer(help="Look at pictures before training on them.", no_args_is_help=True)


@app.command()
def info(
    source: Annotated[str, typer.Argument(metavar="SRC", help=SOURCE_HELP)],
    check: Annotated[
        bool, typer.Option("--check", help="Decode every picture too: finds those that are cut off or damaged inside.")
    ] = False,
    json: Json = False,
) -> None:
    """Say what is there: counts, sizes, labels, partitions, and what is skipped and why.

    Without --check only the beginning of each picture is read.
    """
    from workbench.jobs.prepare_data import describe_data

    found = run_job(lambda control: describe_data(source, control, check))
    if json:
        say_json(found)
    else:
        _show(found)


@app.command("import")
def import_(
    photos: Annotated[str, typer.Argument(metavar="PHOTOS", help="A folder or zip of ordinary photos.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The set to make: NAME.zip, or a folder.")],
    size: Annotated[int, typer.Option(help="Side of the faces in pixels.")] = 128,
    several: Annotated[
        Literal["skip", "largest", "all"],
        typer.Option(help="A photo with several faces: leave it out, take its largest, or take all."),
    ] = "skip",
    json: Json = False,
) -> None:
    """Find the faces in ordinary photos and cut them out, aligned, as a set to train on.

    Ctrl-C keeps what is done; the same command goes on. What is left out is listed, and in the set's import.json.
    """
    from workbench.jobs.import_photos import ImportRequest, import_photos

    request = ImportRequest(photos, out, size, several)
    made = run_job(lambda control: import_photos(request, control))
    if json:
        say_json(made)
        return
    say_table([("set", str(made.path)), ("faces", made.faces), ("photos", made.photos)])
    if made.left_out:
        say()
        say(f"{len(made.left_out)} left out:")
        say_table([(f"  {reason}", count) for reason, count in made.reasons.items()])


@app.command()
def label(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="A folder or zip of pictures.")],
    name: Annotated[str, typer.Option(help="The label, as in Smiling.")],
    yes: Annotated[list[str] | None, typer.Option(metavar="PICTURE", help="Has it; may be repeated.")] = None,
    no: Annotated[list[str] | None, typer.Option(metavar="PICTURE", help="Has it not; may be repeated.")] = None,
    json: Json = False,
) -> None:
    """Say which pictures have a label and which have it not, in the set's own attributes.csv.

    Pictures are named as below the set, for example 000012.jpg.
    """
    from workbench.core.data.label_file import set_labels

    values = {**dict.fromkeys(yes or (), 1), **dict.fromkeys(no or (), -1)}
    if not values or set(yes or ()) & set(no or ()):
        raise WorkbenchError("Each picture has the label or has it not.", "Name pictures with --yes and with --no.")
    set_labels(source, name, values)
    if json:
        say_json({"set": source, "label": name, "with": len(yes or ()), "without": len(no or ())})
    else:
        say(f"{name}: {len(yes or ())} with, {len(no or ())} without, in '{source}'.")


def _show(found: DataInfo) -> None:
    smallest, median, largest = (f"{width} x {height}" for width, height in found.sizes)
    sizes = smallest if smallest == largest else f"{smallest} to {largest}, half of them at least {median}"
    parts = ", ".join(f"{count} {part}" for part, count in found.partitions.items())
    rows = [
        ("source", f"{found.source} ({found.kind})"),
        ("pictures", f"{found.pictures}, {sizes}"),
        ("partitions", f"{parts} ({_who_parted(found)})"),
    ]
    if found.persons is not None:
        rows.append(("persons", str(found.persons)))
    if found.columns:
        rows.append(("columns", ", ".join(found.columns)))
    say_table(rows)
    if found.labels:
        say()
        say_table(
            [(label, *(f"{yes} / {no}" for yes, no in counts.values())) for label, counts in found.labels.items()],
            header=("label (with / without)", *found.partitions),
        )
    if found.skipped:
        say()
        say(f"{len(found.skipped)} left out:")
        say_table([(f"  {skipped.name}", skipped.reason) for skipped in found.skipped])
    if found.checked:
        say()
        say(f"Every {'other ' if found.skipped else ''}picture was decoded to its end.")
    elif found.kind != "built-in":
        note("Only the beginning of each picture was read; --check decodes them all and finds damaged ones.")


def _who_parted(found: DataInfo) -> str:
    """Where the partitions come from."""
    if not found.partitions_made:
        return "said by the source"
    if found.partitions_made == found.pictures:
        return "made by the program"
    return f"said by the source, but for {found.partitions_made} pictures"
