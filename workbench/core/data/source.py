"""What is at this path? A built-in set, a folder, a zip, one folder a label, or CelebA."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from workbench.core.data.listing import FolderListing, Listing, ZipListing, is_picture
from workbench.core.data.table import Table
from workbench.core.errors import WorkbenchError, file_errors
from workbench.core.events import Skipped
from workbench.core.faces.align import Alignment

__all__ = ["Source", "Table", "open_source"]

_WHAT_WORKS = (
    "Choose a folder or a zip of pictures, with an attributes.csv or not; a folder with one subfolder per label; "
    "the folder of CelebA; or builtin:avatars."
)


class Source(Protocol):
    """Pictures and what is known of them, ready to be read in any order and from any thread.

    Attributes:
        kind: "built-in", "folder", "zip", "labelled folders" or "CelebA".
        name: short, for people.
        location: text that `open_source` opens again.
        table: one row a picture.
        skipped: what was found and left out, with the reason.
        alignment: where the faces have their eyes and mouth, when that is known.
        fingerprint: hex; changes with the pictures and their order, not with their labels.
    """

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def location(self) -> str: ...
    @property
    def table(self) -> Table: ...
    @property
    def skipped(self) -> tuple[Skipped, ...]: ...
    @property
    def alignment(self) -> Alignment | None: ...
    @property
    def fingerprint(self) -> str: ...

    def read(self, row: int) -> bytes | npt.NDArray[np.uint8]:
        """The file's content, or its pixels: uint8 (H, W, 3).

        Raises:
            OSError, WorkbenchError: a bad file; `SourceLostError` when none can be read any more.
        """
        ...


def open_source(where: str | Path) -> Source:
    """Open a data source without decoding a picture.

    Args:
        where: `builtin:NAME`, or the path of a folder or a zip.

    Raises:
        WorkbenchError: nothing there, nothing in it, or nothing that we know how to read.
    """
    from workbench.core.data import builtin, celeba, folder

    if str(where).startswith(builtin.PREFIX):
        return builtin.open_builtin(str(where))
    listing = _listing(Path(where).expanduser())
    if not any(is_picture(name) for name in listing.names):
        raise WorkbenchError(
            f"No pictures in '{where}'.", "Choose a folder that contains JPEG, PNG, WebP, TIFF or HEIC files."
        )
    return celeba.open_celeba(listing) or folder.open_folder(listing)


def _listing(path: Path) -> Listing:
    with file_errors(path, "read"):
        if path.is_dir():
            return FolderListing(path.absolute())
        with path.open("rb") as file:
            start = file.read(512).lstrip().lower()
    if zipfile.is_zipfile(path):
        return ZipListing(path.absolute())
    if start.startswith((b"<!doctype html", b"<html")):
        raise WorkbenchError(
            f"'{path}' is a web page, not a zip: the download gave a page in place of the file.",
            "Open the link in a browser, download it there, and choose that file.",
        )
    if start.startswith(b"pk\x03\x04"):
        raise WorkbenchError(f"'{path}' is damaged: its end is missing.", "Download or copy it again.")
    if is_picture(path.name):
        raise WorkbenchError(f"'{path}' is one picture, not a data source.", "Choose the folder that contains it.")
    if path.suffix.lower() == ".csv":
        raise WorkbenchError(f"'{path}' is a table, not a data source.", "Choose the folder that contains it.")
    raise WorkbenchError(f"'{path}' is no data source.", _WHAT_WORKS)
