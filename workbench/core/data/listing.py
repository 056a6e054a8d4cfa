"""The files below a folder or inside a zip, seen the same way: names with forward slashes, and their content.

Nothing of a zip is ever extracted to disk, so that no name in it can lead outside.
"""

from __future__ import annotations

import bisect
import errno
import hashlib
import os
import threading
import zipfile
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Protocol, Self

import numpy as np
import numpy.typing as npt

from workbench.core.errors import WorkbenchError, file_errors
from workbench.core.pictures import SUFFIXES

_HIDDEN = {"__MACOSX", "Thumbs.db", "desktop.ini", "@eaDir", "$RECYCLE.BIN", "System Volume Information"}
LARGEST_FILE = 1 << 30
"""A file in a zip that unpacks to more than 1 GiB is no picture."""


class SourceLostError(WorkbenchError):
    """A source was taken away, or became another one, while it was read: no picture of it is to blame."""

    @classmethod
    def gone(cls, path: Path) -> Self:
        return cls(
            f"'{path}' is gone: it was there when the import began.",
            "Connect the disk again; the import goes on where it was.",
        )

    @classmethod
    def changed(cls, path: Path) -> Self:
        return cls(
            f"'{path}' was changed while it was read, and its pictures with it.",
            "Open it again when nothing writes to it any more.",
        )


class Listing(Protocol):
    """What the layouts (folder, labelled folders, CelebA) read from."""

    path: Path
    names: tuple[str, ...]
    """Every file that is not hidden, sorted."""

    def read(self, name: str) -> bytes:
        """The content of one file, from any thread.

        Raises:
            OSError, WorkbenchError: it cannot be read; `SourceLostError` when none can any more.
        """
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

    def get(self, name: str) -> list[int] | None:
        row = bisect.bisect_left(self.names, name)
        if self.names[row : row + 1] != (name,):
            return None
        numbers: list[int] = self._numbers[row].tolist()
        return numbers

    def __getitem__(self, name: str) -> list[int]:
        numbers = self.get(name)
        if numbers is None:
            raise KeyError(name)
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
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError as error:
            if self.path.exists():
                raise
            raise SourceLostError.gone(self.path) from error

    def fingerprint(self, names: Iterable[str]) -> str:
        digest = hashlib.sha256(b"folder")
        for name in names:
            size, changed = self._stamps[name]
            digest.update(f"\0{name}\0{size} {changed}".encode())
        return digest.hexdigest()


def _scan(folder: Path, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    """The files below a folder; one that goes away meanwhile is none of them."""
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        if not prefix:
            raise
        return
    with entries:
        for entry in entries:
            if is_hidden(entry.name):
                continue
            if entry.is_dir(follow_symlinks=not prefix):  # links below the first level could lead in circles
                yield from _scan(Path(entry.path), f"{prefix}{entry.name}/")
            elif entry.is_file():
                try:
                    status = entry.stat()
                except FileNotFoundError:
                    continue
                yield prefix + entry.name, status


class ZipListing:
    """The files in a zip. Only what reading needs is kept of its directory.

    A zip is replaced as a whole when a label is written to it: its files then lie elsewhere, and are found again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with file_errors(path, "read"), path.open("rb") as file:
            self._places = _directory(file, path)
            self._now = _stamp(file), self._places
        self._look_again = threading.Lock()
        self.names = self._places.names

    def read(self, name: str) -> bytes:
        try:
            file = self.path.open("rb", buffering=0)  # one handle a read: no lock, nothing to close later
        except FileNotFoundError as error:
            raise SourceLostError.gone(self.path) from error
        with file:
            offset, packed, size, method, checksum = self._place(name, file)
            if size > LARGEST_FILE:
                raise WorkbenchError(f"'{name}' unpacks to {size / 1e9:.0f} GB.", "Leave it out of the zip.")
            file.seek(offset)
            header = file.read(30)  # its last two numbers: how long the name and the extra field are that follow it
            between = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
            file.seek(between, os.SEEK_CUR)
            data = file.read(packed)
        if method == zipfile.ZIP_DEFLATED:
            try:
                data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, size)
            except zlib.error as error:
                raise _damaged() from error
        elif method != zipfile.ZIP_STORED:
            raise OSError("packed in a way that is not supported; pack the zip with 'deflate'")
        if zlib.crc32(data) != checksum:
            raise _damaged()
        return data

    def _place(self, name: str, file: IO[bytes]) -> list[int]:
        """Where a file lies in the zip that is open now, which may be another one than at the start."""
        stamp, places = self._now
        if _stamp(file) != stamp:
            with self._look_again:
                stamp, places = self._now
                if _stamp(file) != stamp:
                    try:
                        places = _directory(file, self.path)
                    except WorkbenchError as error:
                        raise SourceLostError.changed(self.path) from error
                    self._now = _stamp(file), places
        place = places.get(name)
        _, _, size, _, checksum = self._places[name]
        if place is None or (place[2], place[4]) != (size, checksum):
            raise SourceLostError.changed(self.path)
        return place

    def fingerprint(self, names: Iterable[str]) -> str:
        digest = hashlib.sha256(b"zip")
        for name in names:
            _, _, size, _, checksum = self._places[name]
            digest.update(f"\0{name}\0{size} {checksum}".encode())
        return digest.hexdigest()


def _stamp(file: IO[bytes]) -> tuple[int, int, int]:
    """Differs when another file, or other content, lies at the path by now."""
    status = os.fstat(file.fileno())
    return status.st_ino, status.st_size, status.st_mtime_ns


def _directory(file: IO[bytes], path: Path) -> _Names:
    """Of each file in a zip: where it begins, its size packed and unpacked, how it is packed, and its checksum."""
    places = {}
    try:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                name = info.filename.replace("\\", "/").removeprefix("./")
                if info.is_dir() or any(map(is_hidden, name.split("/"))):
                    continue
                if info.flag_bits & 1:
                    raise WorkbenchError(f"'{path}' is locked with a password.", "Unpack it, and open the folder.")
                places[name] = (
                    info.header_offset, info.compress_size, info.file_size, info.compress_type, info.CRC,
                )  # fmt: skip
    except zipfile.BadZipFile as error:
        raise WorkbenchError(f"'{path}' is damaged: its end is missing.", "Download or copy it again.") from error
    return _Names(list(places), np.array(list(places.values()), np.int64).reshape(-1, 5))


def _damaged() -> OSError:
    """Read again next time: a copy that is whole has the same directory, and so the same fingerprint."""
    return OSError(errno.EIO, "damaged in the zip")


def is_hidden(name: str) -> bool:
    """Files that systems leave behind: .DS_Store, the ._ doubles of macOS, Thumbs.db."""
    return name.startswith(".") or name in _HIDDEN


def is_picture(name: str) -> bool:
    """By its suffix."""
    return "." + name.rpartition(".")[2].lower() in SUFFIXES
