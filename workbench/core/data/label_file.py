"""Labels given by hand, written into the attributes.csv of a folder or zip."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path

from workbench.core.alone import alone_at
from workbench.core.data.folder import ATTRIBUTES
from workbench.core.data.source import open_source
from workbench.core.errors import WorkbenchError, file_errors, unknown
from workbench.core.files import write_file

_TAKEN = ("partition", "person")


def set_labels(where: Path, label: str, values: Mapping[str, int]) -> None:
    """Say of pictures whether they have a label; what is known of others, and every other column, stays.

    Args:
        where: a folder or zip of pictures, with an attributes.csv or without.
        label: its column; made when there is none.
        values: by picture, named as in the table: 1 yes, -1 no, 0 unknown.

    Raises:
        WorkbenchError: no such picture, a name that is no label's, a source whose labels are elsewhere, a file that
            cannot be written, or another who writes labels there for long.
    """
    source = open_source(where)
    label = label.strip()
    check_label(str(where), source.kind, label, source.table.text)
    names = set(source.table.names)
    for name in values:
        if name not in names:
            raise unknown("picture", name, names)
    with alone_at(where, f"'{where}' is being labelled by another window or command."), file_errors(where, "write"):
        if source.kind == "folder":
            file = _place([path.relative_to(where).as_posix() for path in where.glob(f"*/{ATTRIBUTES}")], where)
            text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
            write_file(file, _with(text, label, values, source.table.names))
        else:
            _rewrite(where, label, values, source.table.names)


def check_label(source: str, kind: str, label: str, columns: Collection[str]) -> None:
    """Raise `WorkbenchError` where `label` cannot be written to a source.

    Args:
        source, kind: its name for people, and what it is, as `Source.kind` says.
        columns: its other columns, which are no labels.
    """
    if kind not in ("folder", "zip"):
        raise WorkbenchError(
            f"The labels of '{source}' ({kind}) cannot be changed.",
            "Label a folder or a zip of your own.",
        )
    if not label or label in _TAKEN or label in columns or not label.isprintable():
        raise WorkbenchError(f"'{label}' cannot be a label here.", "Choose another name.")


def _place(inside: list[str], where: Path) -> Path:
    """The table at the top, or the one in the one folder that everything is in."""
    top = where / ATTRIBUTES
    return top if top.exists() or not inside else where / inside[0]


def _rewrite(where: Path, label: str, values: Mapping[str, int], names: tuple[str, ...]) -> None:
    """A zip cannot be changed in its middle: it is copied with the new table, and replaced as a whole."""

    def write(path: Path) -> None:
        with zipfile.ZipFile(where) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
            tables = [name for name in old.namelist() if name == ATTRIBUTES or name.endswith(f"/{ATTRIBUTES}")]
            table = min(tables, key=len, default=ATTRIBUTES)
            text = old.read(table).decode("utf-8-sig") if tables else ""
            new.writestr(table, _with(text, label, values, names))
            for item in old.infolist():
                if item.filename != table:
                    new.writestr(item, old.read(item))

    try:
        write_file(where, write)
    except (zipfile.BadZipFile, zlib.error) as error:
        raise WorkbenchError(
            f"Some files in '{where}' are damaged; it stays as it was, without the label.", "Download or copy it again."
        ) from error


def _with(text: str, label: str, values: Mapping[str, int], names: tuple[str, ...]) -> str:
    """A table's text with these values in it."""
    delimiter = max(",;\t", key=text.partition("\n")[0].count) if text else ","
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    rows = rows or [["file"], *([name] for name in names)]
    header = [cell.strip() for cell in rows[0]]
    if label not in header:
        header.append(label)
    column = header.index(label)
    left = dict(values)
    for row in rows[1:]:
        row += [""] * (len(header) - len(row))
        name = row[0].strip().replace("\\", "/").removeprefix("./")
        if name in left:
            row[column] = str(left.pop(name) or "")
    for name, value in left.items():  # pictures that the table did not name
        rows.append([name, *([""] * (len(header) - 1))])
        rows[-1][column] = str(value or "")
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([header, *rows[1:]])
    return out.getvalue()
