"""The layout of CelebA (Liu et al. 2015): `img_align_celeba/`, `list_attr_celeba.txt`, `list_eval_partition.txt`,
and `identity_CelebA.txt`, in one folder, in its `Anno`, `Eval` and `Img` folders, or in a zip of these.

Own reader: torchvision's accepts only the complete set, by the MD5 sums of its original archives.
"""

from __future__ import annotations

from pathlib import PurePosixPath

import numpy as np

from workbench.core.data.folder import FolderSource
from workbench.core.data.listing import Listing, is_picture
from workbench.core.data.table import Int8, Table
from workbench.core.errors import WorkbenchError
from workbench.core.events import Skipped
from workbench.core.faces.align import Alignment

_WIDTH, _HEIGHT = 178, 218
_TOP = (_HEIGHT - _WIDTH) / 2
ALIGNMENT = Alignment(
    left_eye=((69 + 0.5) / _WIDTH, (111 + 0.5 - _TOP) / _WIDTH),
    right_eye=((108 + 0.5) / _WIDTH, (111 + 0.5 - _TOP) / _WIDTH),
    mouth=((89 + 0.5) / _WIDTH, (152 + 0.5 - _TOP) / _WIDTH),
)
"""Of the aligned pictures, 178 x 218, after the middle square is cut out."""

_ATTRIBUTES, _PARTITION, _IDENTITY = "list_attr_celeba.txt", "list_eval_partition.txt", "identity_CelebA.txt"
_FOLDER = "img_align_celeba"


def open_celeba(listing: Listing) -> FolderSource | None:
    """The set, or None when this is another layout; raises `WorkbenchError` for one that lacks its pictures."""
    found = {PurePosixPath(name).name: name for name in listing.names if name.endswith(".txt")}
    if _ATTRIBUTES not in found:
        return None
    pictures = [name for name in listing.names if is_picture(name) and _FOLDER in PurePosixPath(name).parts[:-1]]
    if not pictures:
        raise WorkbenchError(
            f"'{listing.path}' has {_ATTRIBUTES}, but no pictures in '{_FOLDER}/'.", f"Unpack {_FOLDER}.zip there."
        )
    files = {PurePosixPath(name).name: name for name in pictures}
    header, values = _attributes(_lines(listing, found[_ATTRIBUTES]), found[_ATTRIBUTES])
    rows = {name: row for row, name in enumerate(files)}
    labels = np.zeros((len(header), len(files)), np.int8)
    missing = []
    for name, numbers in values.items():
        if name in rows:
            labels[:, rows[name]] = numbers
        else:
            missing.append(Skipped(name, f"named in {_ATTRIBUTES}, but there is no such picture"))
    partition: Int8 | None = None
    person: tuple[str, ...] | None = None
    if _PARTITION in found:
        parts = _pairs(_lines(listing, found[_PARTITION]), found[_PARTITION])
        partition = np.array([int(parts.get(name, "-1")) for name in files], np.int8)
    if _IDENTITY in found:
        people = _pairs(_lines(listing, found[_IDENTITY]), found[_IDENTITY])
        person = tuple(people.get(name, "") for name in files)
    table = Table(tuple(files), dict(zip(header, labels, strict=True)), partition, person)
    return FolderSource(listing, "CelebA", tuple(files.values()), table, tuple(missing), ALIGNMENT)


def _lines(listing: Listing, name: str) -> list[str]:
    return listing.read(name).decode("utf-8", "replace").splitlines()


def _attributes(lines: list[str], where: str) -> tuple[list[str], dict[str, Int8]]:
    """First line the count, second the names, then a file and its 1 and -1 a line."""
    header = lines[1].split() if len(lines) > 1 else []
    values = {}
    for number, line in enumerate(lines[2:], 3):
        name, *cells = line.split() or [""]
        if name:
            if len(cells) != len(header) or not set(cells) <= {"1", "-1", "0"}:
                raise WorkbenchError(f"Line {number} of '{where}' is damaged: '{line[:40]}'.", "Download it again.")
            values[name] = np.array(cells, np.int8)
    if not values:
        raise WorkbenchError(f"'{where}' is empty.", "Download it again.")
    return header, values


def _pairs(lines: list[str], where: str) -> dict[str, str]:
    pairs = {}
    for number, line in enumerate(lines, 1):
        cells = line.split()
        if len(cells) == 2 and cells[1].isdigit():
            pairs[cells[0]] = cells[1]
        elif cells:
            raise WorkbenchError(f"Line {number} of '{where}' is damaged: '{line[:40]}'.", "Download it again.")
    return pairs
