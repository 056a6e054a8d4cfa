"""What the command line says: results on standard output, as text or as JSON; everything else on standard error."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from workbench.core.runs.trained import TrainedModel


def say(text: str = "") -> None:
    """A line of the result."""
    typer.echo(text)


def note(text: str) -> None:
    """A line beside the result: what was left out, where it is saved, what went wrong."""
    typer.echo(text, err=True)


def note_opened(model: TrainedModel) -> None:
    """What a user should know of how a model was opened."""
    if model.notice:
        note(model.notice)


def say_json(value: Any, *, indent: int | None = 2) -> None:
    """The result as one JSON document; with `indent=None` on a single line."""
    typer.echo(json.dumps(plain(value), indent=indent, allow_nan=False))


def say_written(path: Path, json: bool) -> None:
    """The result of a command that writes one file."""
    if json:
        say_json({"file": path})
    else:
        say(str(path))


def say_table(rows: Sequence[Sequence[object]], *, header: Sequence[str] = ()) -> None:
    """Rows in aligned columns, never cut or wrapped, so that they can be piped; numbers to the right."""
    cells = [[*map(str, header)], *([_cell(value) for value in row] for row in rows)] if header else None
    cells = cells or [[_cell(value) for value in row] for row in rows]
    numeric = [all(isinstance(row[i], (int, float)) for row in rows) for i in range(len(cells[0]))] if rows else []
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))] if cells else []
    for row in cells:
        aligned = (
            cell.rjust(width) if numeric and numeric[i] else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        say("  ".join(aligned).rstrip())


def plain(value: Any) -> Any:
    """`value` in JSON's own types: dataclasses become objects, paths texts, arrays lists, NaN and infinity null."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):  # settings
        return plain(value.model_dump())
    if hasattr(value, "tolist"):  # arrays and their scalars
        return plain(value.tolist())
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)
