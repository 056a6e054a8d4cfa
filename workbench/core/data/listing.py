"""The files below a folder or inside a zip, seen the same way: names with forward slashes, and their content.

Nothing of a zip is ever extracted to disk, so that no name in it can lead outside.
"""

from __future__ import annotations

import bisect
import hashlib
import os
import zipfile
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from workbench.core.errors import WorkbenchError, file_errors
from workbench.core.pictures import SUFFIXES

_HIDDEN = {"__MACOSX", "Thumbs.db", "desktop.ini", "@eaDir", "$RECYCLE.BIN", "System Volume Information"}
LARGEST_FILE = 1 << 30
"""A file in a zip that unpacks to more than 1 GiB is no picture."""


class Listing(Protocol):
    """What the layouts (folder, labelled folders, CelebA) read from."""

    path: Path
    names: tuple[str, ...]
    """Every file that is not hidden, sorted."""

    def read(self, name: str) -> bytes:
        """The content of one file, from any thread; raises OSError or WorkbenchError."""
        ...

    def fingerprint(self, names: Iterable[str]) -> str:
        """A hash that changes when one of these files, or their order, changes."""
        ...


class _Names:
    """Sorted names with a row of numbers each: 16 to 40 bytes a file, where a dict of tuples takes 300."""

    def __init__(self, names: Sequence[str], numbers: npt.NDArray[np.int64]) -> None:
        order = sorted(range(len(names)), key=names.__getitem__)
        self.names = tuple(names[row] for row in order)
        self._numbers = numbers[order]

    def __getitem__(self, name: str) -> list[int]:
        numbers: list[int] = self._numbers[bisect.bisect_left(self.names, name)].tolist()
        return numbers


class FolderListing:
    """The files below a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        names: list[str] = []
        numbers = array("q")
        with file_errors(path, "read"):
            for name, status in _scan(path, ""):
                names.append(name)
                numbers.extend((status.st_size, status.st_mtime_ns))
        self._stamps = _Names(names, np.array(numbers, np.int64).reshape(-1, 2))
        self.names = self._stamps.names

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def fingerprint(self, names: Iterable[str]) -> str:
        digest = hashlib.sha256(b"folder")
        for name in names:
            size, changed = self._stamps[name]
            digest.update(f"\0{name}\0{size} {changed}".encode())
        return digest.hexdigest()


def _scan(folder: Path, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_hidden(entry.name):
                continue
            if entry.is_dir(follow_symlinks=not prefix):  # links below the first level could lead in circles
                yield from _scan(Path(entry.path), f"{prefix}{entry.name}/")
            elif entry.is_file():
                yield prefix + entry.name, entry.stat()


class ZipListing:
    """The files in a zip. Only what reading needs is kept of its directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        places = {}
        with file_errors(path, "read"):
            try:
                with zipfile.ZipFile(path) as archive:
                    for info in archive.infolist():
                        name = info.filename.replace("\\", "/").removeprefix("./")
                        if info.is_dir() or any(map(is_hidden, name.split("/"))):
                            continue
                        if info.flag_bits & 1:
                            raise WorkbenchError(
                                f"'{path}' is locked with a password.", "Unpack it, and open the folder."
                            )
                        places[name] = (
                            info.header_offset, info.compress_size, info.file_size, info.compress_type, info.CRC,
                        )  # fmt: skip
            except zipfile.BadZipFile as error:
                raise WorkbenchError(
                    f"'{path}' is damaged: its end is missing.", "Download or copy it again."
                ) from error
        self._places = _Names(list(places), np.array(list(places.values()), np.int64).reshape(-1, 5))
        self.names = self._places.names

    def read(self, name: str) -> bytes:
        offset, packed, size, method, checksum = self._places[name]
        if size > LARGEST_FILE:
            raise WorkbenchError(f"'{name}' unpacks to {size / 1e9:.0f} GB.", "Leave it out of the zip.")
        with self.path.open("rb", buffering=0) as file:  # one handle a read: no lock, nothing to close later
            file.seek(offset)
            header = file.read(30)  # its last two numbers: how long the name and the extra field are that follow it
            between = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
            file.seek(between, os.SEEK_CUR)
            data = file.read(packed)
        if method == zipfile.ZIP_DEFLATED:
            try:
                data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, size)
            except zlib.error as error:
                raise OSError("damaged in the zip") from error
        elif method != zipfile.ZIP_STORED:
            raise OSError("packed in a way that is not supported; pack the zip with 'deflate'")
        if zlib.crc32(data) != checksum:
            raise OSError("damaged in the zip")
        return data

    def fingerprint(self, names: Iterable[str]) -> str:
        digest = hashlib.sha256(b"zip")
        for name in names:
            _, _, size, _, checksum = self._places[name]
            digest.update(f"\0{name}\0{size} {checksum}".encode())
        return digest.hexdigest()


def is_hidden(name: str) -> bool:
    """Files that systems leave behind: .DS_Store, the ._ doubles of macOS, Thumbs.db."""
    return name.startswith(".") or name in _HIDDEN


def is_picture(name: str) -> bool:
    """By its suffix."""
    return "." + name.rpartition(".")[2].lower() in SUFFIXES
