"""A folder or zip of pictures: with an attributes.csv, with one subfolder per label, or plain."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from workbench.core.data.listing import Listing, ZipListing, is_picture
from workbench.core.data.table import Int8, Table
from workbench.core.errors import WorkbenchError
from workbench.core.events import Skipped
from workbench.core.faces.align import Alignment

ATTRIBUTES = "attributes.csv"
ALIGNMENT = "alignment.json"
_LABEL_VALUES = {"1": 1, "1.0": 1, "+1": 1, "-1": -1, "-1.0": -1, "0": 0, "0.0": 0, "": 0}
_PARTITION_VALUES = {"0": 0, "1": 1, "2": 2, "": -1}
_PARTITIONS = "0 (train), 1 (validation), 2 (test) or blank"
_LABELS = "1 (yes), -1 (no) or blank (unknown)"
_TYPO_SHARE = 0.9
"""A column of which this share is 1 or -1 is a label, and its other values are mistakes; below, it is text."""


class FolderSource:
    """Pictures of a listing, with the table that goes with them."""

    def __init__(
        self,
        listing: Listing,
        kind: str,
        files: Sequence[str],
        table: Table,
        skipped: tuple[Skipped, ...] = (),
        alignment: Alignment | None = None,
    ) -> None:
        self.kind = kind
        self.name = listing.path.stem if isinstance(listing, ZipListing) else listing.path.name
        self.location = str(listing.path)
        self.table = table
        self.skipped = skipped
        self.alignment = alignment
        self.fingerprint = listing.fingerprint(files)
        self._listing = listing
        self._files = files

    def read(self, row: int) -> bytes:
        """The content of one file."""
        return self._listing.read(self._files[row])


def open_folder(listing: Listing) -> FolderSource:
    """The pictures of `listing`, which holds at least one; raises `WorkbenchError` for a table with mistakes."""
    files = tuple(name for name in listing.names if is_picture(name))
    kind = "zip" if isinstance(listing, ZipListing) else "folder"
    table_file = _attributes(listing)
    if table_file is not None:
        base = table_file.removesuffix(ATTRIBUTES)
        files = tuple(name for name in files if name.startswith(base))
        where = f"{listing.path}/{table_file}"
        table, skipped = read_table(_text(listing, table_file), [name.removeprefix(base) for name in files], where)
        return FolderSource(listing, kind, files, table, skipped, _alignment(listing, base))
    if labels := _labels_of_folders(files):
        return FolderSource(listing, "labelled folders", files, Table(files, labels))
    return FolderSource(listing, kind, files, Table(files), alignment=_alignment(listing, ""))


def read_table(text: str, files: Sequence[str], where: str) -> tuple[Table, tuple[Skipped, ...]]:
    """The table of an attributes.csv for `files`.

    Its first column names the file. `partition` is 0, 1, 2 or blank; `person` is text; of the other columns those of
    1, -1 and blank (or 0) are labels, the others text; a column that is blank throughout says nothing and is left out.
    A file that it does not name has no labels.

    Args:
        text: the content, separated by commas, semicolons or tabs.
        files: the pictures that are there.
        where: what errors call the table.

    Returns:
        The table, one row for each of `files`, and the rows that name no such file.

    Raises:
        WorkbenchError: no header, columns without or with the same name, no known file, values out of place.
    """
    header, rows = _parse(text, where)
    number = {name: row for row, name in enumerate(files)}
    cells: list[list[str] | None] = [None] * len(files)
    lines = [0] * len(files)
    skipped = []
    for line, row in rows:
        name = row[0].replace("\\", "/").removeprefix("./")
        if name not in number:
            skipped.append(Skipped(name, f"named in line {line} of {ATTRIBUTES}, but there is no such picture"))
        elif cells[number[name]] is not None:
            skipped.append(Skipped(name, f"named again in line {line} of {ATTRIBUTES}; the first line counts"))
        else:
            cells[number[name]] = row
            lines[number[name]] = line
    if not any(cells):
        raise WorkbenchError(
            f"'{where}' names no picture that is there: its first column, '{header[0]}', should be the file.",
            f"Write paths as they are below the table, for example '{files[0]}'.",
        )
    blank = [""] * len(header)
    columns = list(zip(*(row or blank for row in cells), strict=True))
    labels: dict[str, Int8] = {}
    others: dict[str, tuple[str, ...]] = {}
    partition = person = None
    for name, column in zip(header[1:], columns[1:], strict=True):
        if name == "partition":
            partition = _numbers(column, _PARTITION_VALUES, _PARTITIONS, name, lines, where)
        elif name == "person":
            person = column
        elif not any(column):
            continue
        elif _is_label(column):
            labels[name] = _numbers(column, _LABEL_VALUES, _LABELS, name, lines, where)
            if "0" in column and not (labels[name] < 0).any():
                raise WorkbenchError(
                    f"Column '{name}' of '{where}' has 1 and 0, but no -1.",
                    "Write -1 for no; 0 or blank means unknown.",
                )
        else:
            others[name] = column
    return Table(tuple(files), labels, partition, person, others), tuple(skipped)


def _parse(text: str, where: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and rows with their line numbers, every cell stripped, every row as long as the header."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(row)]
    except csv.Error as error:
        raise WorkbenchError(
            f"'{where}' is damaged in line {reader.line_num}: {error}.", "Save it again as CSV."
        ) from error
    if not any(header):
        raise WorkbenchError(f"'{where}' is empty.", "Its first line should name the columns, the file first.")
    if is_picture(header[0]):
        raise WorkbenchError(
            f"'{where}' has no header: its first line is already a picture, '{header[0]}'.",
            "Put a line with the names of the columns above it, for example 'file,Smiling'.",
        )
    for number, name in enumerate(header[1:], 2):
        if not name:
            raise WorkbenchError(f"Column {number} of '{where}' has no name.", "Name it in the first line.")
        if header.index(name) + 1 < number:
            raise WorkbenchError(f"'{where}' has two columns '{name}'.", "Rename or remove one.")
    for line, row in rows:
        if len(row) > len(header):
            raise WorkbenchError(
                f"Line {line} of '{where}' has {len(row)} columns, but the first line names {len(header)}.",
                "Put text that contains the separator in double quotes, or name the missing column.",
            )
        row += [""] * (len(header) - len(row))
    return header, rows


def _is_label(column: Sequence[str]) -> bool:
    """Whether its values are 1, -1 and unknown, a few mistakes forgiven here and named later."""
    said = [value for value in column if _LABEL_VALUES.get(value, 1) != 0]
    known = sum(value in _LABEL_VALUES for value in said)
    return known > 0 and known >= _TYPO_SHARE * len(said)


def _numbers(
    column: Sequence[str], values: dict[str, int], allowed: str, name: str, lines: Sequence[int], where: str
) -> Int8:
    for value, line in zip(column, lines, strict=True):
        if value not in values:
            raise WorkbenchError(f"Column '{name}' of '{where}' has '{value}' in line {line}.", f"Write {allowed}.")
    return np.array([values[value] for value in column], np.int8)


def _attributes(listing: Listing) -> str | None:
    """The attributes.csv at the top, or in the one folder that everything is in."""
    if ATTRIBUTES in listing.names:
        return ATTRIBUTES
    tops = {name.partition("/")[0] for name in listing.names}
    inside = f"{next(iter(tops))}/{ATTRIBUTES}"
    return inside if len(tops) == 1 and inside in listing.names else None


def _alignment(listing: Listing, base: str) -> Alignment | None:
    """What an alignment.json beside the table says of where the faces have their eyes and mouth."""
    if (name := base + ALIGNMENT) not in listing.names:
        return None
    try:
        return Alignment.from_json(json.loads(_text(listing, name)))
    except (ValueError, KeyError, TypeError) as error:
        raise WorkbenchError(
            f"'{listing.path}/{name}' does not say where the faces have their eyes and mouth.",
            "Write it as docs/formats.md says, or remove it.",
        ) from error


def _text(listing: Listing, name: str) -> str:
    try:
        return listing.read(name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WorkbenchError(
            f"'{listing.path}/{name}' is not text in UTF-8.", "Save it as 'CSV UTF-8' in your spreadsheet program."
        ) from error


def _labels_of_folders(files: Sequence[str]) -> dict[str, Int8]:
    """One label a subfolder: 1 for its own pictures, -1 for those of the others. Empty unless there are two or more
    subfolders and every picture is in one."""
    parts = [PurePosixPath(name).parts for name in files]
    depth = 0
    while all(len(path) > depth + 2 and path[depth] == parts[0][depth] for path in parts):
        depth += 1  # folders around the labelled ones
    if any(len(path) < depth + 2 for path in parts):
        return {}
    owners = np.array([path[depth] for path in parts])
    names = sorted(set(owners.tolist()))
    if len(names) < 2:
        return {}
    return {name: np.where(owners == name, 1, -1).astype(np.int8) for name in names}
