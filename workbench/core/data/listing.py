"""The files below a folder or inside a zip, seen the same way: names with forward slashes, and their content.

Nothing of a zip is ever extracted to disk, so that no name in it can lead outside.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Protocol

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


class FolderListing:
    """The files below a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamps: dict[str, tuple[int, int]] = {}
        with file_errors(path, "read"):
            self._scan(path, "")
        self.names = tuple(sorted(self._stamps))

    def _scan(self, folder: Path, prefix: str) -> None:
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_hidden(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=not prefix):
                    self._scan(Path(entry.path), f"{prefix}{entry.name}/")
                elif entry.is_file():
                    status = entry.stat()
                    self._stamps[prefix + entry.name] = (status.st_size, status.st_mtime_ns)

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def fingerprint(self, names: Iterable[str]) -> str:
        digest = hashlib.sha256(b"folder")
        for name in names:
            digest.update(f"\0{name}\0{self._stamps[name]}".encode())
        return digest.hexdigest()


class ZipListing:
    """The files in a zip. Only what reading needs is kept of its directory, a few bytes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[str, tuple[int, int, int, int, int]] = {}
        with file_errors(path, "read"):
            try:
                with zipfile.ZipFile(path) as archive:
                    for info in archive.infolist():
                        name = info.filename.replace("\\", "/")
                        if info.is_dir() or any(is_hidden(part) for part in PurePosixPath(name).parts):
                            continue
                        if info.flag_bits & 1:
                            raise WorkbenchError(
                                f"'{path}' is locked with a password.", "Unpack it, and open the folder."
                            )
                        place = (info.header_offset, info.compress_size, info.file_size, info.compress_type, info.CRC)
                        self._places[name] = place
            except zipfile.BadZipFile as error:
                raise WorkbenchError(
                    f"'{path}' is damaged: its end is missing.", "Download or copy it again."
                ) from error
        self.names = tuple(sorted(self._places))

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
            unpack = zlib.decompressobj(-zlib.MAX_WBITS)
            try:
                data = unpack.decompress(data, size)
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
    return PurePosixPath(name).suffix.lower() in SUFFIXES
