"""Decoded pictures on disk: one uint8 array per source and size, memory-mapped, made once.

    cache_folder()/data/<fingerprint>-<size>/
        pictures.npy        uint8 (N, S, S, 3): the readable ones, in the order of the source
        index.json          format, fingerprint, what was skipped, and which of it for a reason that may pass (a disk
                            that did not answer); written last, so that with it the cache is whole
        pictures.part       while an import runs: as much of pictures.npy as is done
        journal.jsonl       while an import runs: a line per picture handled: null, or why it was skipped (in a list
                            where that may pass)
        lock                held (by the operating system) by the one import that runs

The journal is written after the pictures it speaks of are on disk, so a killed import goes on where it was. Labels are
not cached: they are read from the source each time, so that an edited table counts at once.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from workbench.core.data.source import Source
from workbench.core.data.table import Int8, Int64
from workbench.core.errors import WorkbenchError, file_errors
from workbench.core.events import Skipped
from workbench.core.faces.align import Alignment
from workbench.core.files import need_space, read_json, write_file, write_json
from workbench.core.pictures import decode_picture
from workbench.core.places import cache_folder

UInt8 = npt.NDArray[np.uint8]
FORMAT, VERSION = "workbench-pictures", 1
SMALLEST, LARGEST = 8, 1024
_HEADER = 128
"""Bytes of a .npy header of four dimensions; numpy pads it so that the first one can grow in place."""


@dataclass(frozen=True)
class Dataset:
    """Prepared pictures, N of them, and what is known of each.

    Attributes:
        folder: of the cache.
        fingerprint: of the pictures and their order (hex), whatever their size or labels.
        source: where they came from, as `open_source` takes it.
        name, kind: of the source, for people.
        size: side S in pixels.
        pictures: uint8 (N, S, S, 3), RGB, memory-mapped and read-only.
        names: the files.
        labels: by name, int8 (N,): 1 yes, -1 no, 0 unknown.
        partition: int8 (N,): 0 train, 1 validation, 2 test.
        person: who it shows, or None when the source does not say.
        text: other columns, by name.
        skipped: files that were left out, and why.
        alignment: where the faces have their eyes and mouth, when the source says.
    """

    folder: Path
    fingerprint: str
    source: str
    name: str
    kind: str
    size: int
    pictures: UInt8
    names: tuple[str, ...]
    labels: dict[str, Int8]
    partition: Int8
    person: tuple[str, ...] | None
    text: dict[str, tuple[str, ...]]
    skipped: tuple[Skipped, ...]
    alignment: Alignment | None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def parting(self) -> str:
        """Fingerprint (hex) of which picture belongs to which part."""
        return hashlib.sha256(self.partition.astype(np.int8).tobytes()).hexdigest()

    def rows(self, partition: int | None = None) -> Int64:
        """Row numbers of one part (0 train, 1 validation, 2 test), or all: int64 (n,), rising."""
        if partition is None:
            return np.arange(len(self), dtype=np.int64)
        return np.flatnonzero(self.partition == partition).astype(np.int64)


def cache_path(source: Source, size: int) -> Path:
    """Where the pictures of `source` at `size` are or will be."""
    return cache_folder() / "data" / f"{source.fingerprint[:20]}-{size}"


def square(picture: Image.Image, size: int) -> UInt8:
    """The middle square of an RGB picture at `size`: uint8 (size, size, 3).

    Lanczos, whose window widens with the reduction, so nothing aliases, and which keeps the most detail of Pillow's
    filters. `reducing_gap` averages whole blocks first where a picture is more than six times too large, which costs a
    fraction and differs by less than a grey level on average.
    """
    width, height = picture.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    if side == size:
        return np.asarray(picture.crop((left, top, left + side, top + side)))
    box = (left, top, left + side, top + side)
    return np.asarray(picture.resize((size, size), Image.Resampling.LANCZOS, box, reducing_gap=3.0))


def load_picture(source: Source, row: int, size: int) -> UInt8:
    """One picture of `source`, decoded and resized: uint8 (size, size, 3). Raises OSError or WorkbenchError."""
    content = source.read(row)
    if isinstance(content, np.ndarray):
        return content if content.shape[:2] == (size, size) else square(Image.fromarray(content), size)
    return square(decode_picture(content, source.table.names[row], at_least=2 * size), size)


def open_cache(source: Source, size: int) -> Dataset | None:
    """The whole cache of `source` at `size`, or None when there is none yet or it is damaged."""
    folder = cache_path(source, size)
    try:
        index = read_json(folder / "index.json")
        if (index["format"], index["version"], index["fingerprint"]) != (FORMAT, VERSION, source.fingerprint):
            return None
        reasons = {int(row): reason for row, reason in index["skipped"].items()}
        pictures = np.load(folder / "pictures.npy", mmap_mode="r")
    except (WorkbenchError, OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    kept = np.array([row for row in range(len(source.table)) if row not in reasons], np.int64)
    if pictures.dtype != np.uint8 or pictures.shape != (len(kept), size, size, 3):
        return None
    table = source.table.take(kept)
    return Dataset(
        folder=folder,
        fingerprint=source.fingerprint,
        source=source.location,
        name=source.name,
        kind=source.kind,
        size=size,
        pictures=pictures,
        names=table.names,
        labels=dict(table.labels),
        partition=table.parts(),
        person=table.person,
        text=dict(table.text),
        skipped=(*source.skipped, *(Skipped(source.table.names[row], reason) for row, reason in reasons.items())),
        alignment=source.alignment,
    )


class Unread(str):
    """Why a picture was skipped, when that may pass: it could not be read, whatever is in it."""

    __slots__ = ()


_PASSING = frozenset(
    getattr(errno, name)
    for name in ("EIO", "ESTALE", "ETIMEDOUT", "EBUSY", "EAGAIN", "EMFILE", "ENFILE", "EACCES", "EPERM", "ENODEV",
                 "ENXIO", "ENETDOWN", "ENETUNREACH", "EHOSTDOWN", "EHOSTUNREACH", "ECONNRESET", "ECONNABORTED",
                 "ENOTCONN", "EREMOTEIO")
    if hasattr(errno, name)
)  # fmt: skip


def of_the_disk(error: OSError) -> bool:
    """Whether the disk, the network or a permission is to blame, and not what is in the file."""
    return error.errno in _PASSING


def unread_rows(folder: Path) -> list[int]:
    """The rows of the source that a whole cache lacks for a reason that may have passed."""
    try:
        return [int(row) for row in read_json(folder / "index.json")["unread"]]
    except (WorkbenchError, LookupError, TypeError, ValueError):
        return []


def forget(folder: Path) -> None:
    """Let the pictures be imported anew."""
    with file_errors(folder, "write"):
        (folder / "index.json").unlink(missing_ok=True)


class CacheWriter:
    """Fills the cache of one source and size, row after row, and takes up what a broken-off import left.

    Plain file writes, not a writable memory map: pages of a map would count as the program's memory until written.
    """

    def __init__(self, folder: Path, rows: int, size: int) -> None:
        self.folder = folder
        self._row_bytes = size * size * 3
        self._shape = (size, size, 3)
        self._part, self._journal = folder / "pictures.part", folder / "journal.jsonl"
        self._reasons = self._take_up(rows)
        need_space(folder, (rows - self.done) * self._row_bytes + 1_000_000)
        with file_errors(folder, "write"):
            self._pictures: BinaryIO = self._part.open("r+b" if self._part.exists() else "w+b")
            self._pictures.truncate(_HEADER + self.kept * self._row_bytes)
            self._pictures.seek(0, os.SEEK_END)
            write_file(self._journal, _as_lines(self._reasons))
            self._lines = self._journal.open("a", encoding="utf-8", newline="\n")
        self._unsaved: list[str | None] = []

    @property
    def done(self) -> int:
        """Rows of the source handled so far, kept or skipped."""
        return len(self._reasons)

    @property
    def kept(self) -> int:
        """Pictures stored so far."""
        return sum(reason is None for reason in self._reasons)

    @property
    def reasons(self) -> Sequence[str | None]:
        """Of each row handled so far: why it was skipped, or None."""
        return self._reasons

    def add(self, results: Sequence[UInt8 | str]) -> None:
        """The next rows: pictures, or reasons to skip them."""
        with file_errors(self.folder, "write"):
            for result in results:
                reason = result if isinstance(result, str) else None
                if not isinstance(result, str):
                    self._pictures.write(np.ascontiguousarray(result).data)
                self._reasons.append(reason)
                self._unsaved.append(reason)

    def save(self) -> None:
        """Bring everything added so far to disk: pictures first, then the journal that vouches for them."""
        if self._pictures.closed:
            return  # `finish` has saved it all; an error after that must not be hidden by one about closed files
        with file_errors(self.folder, "write"):
            self._pictures.flush()
            os.fsync(self._pictures.fileno())
            self._lines.write(_as_lines(self._unsaved))
            self._lines.flush()
            os.fsync(self._lines.fileno())
            self._unsaved.clear()

    def finish(self, fingerprint: str) -> None:
        """All rows are in: give the file its header and its name, and the cache its index."""
        self.save()
        kept = self.kept
        with file_errors(self.folder, "write"):
            self._pictures.seek(0)
            header = {"descr": "|u1", "fortran_order": False, "shape": (kept, *self._shape)}
            np.lib.format.write_array_header_1_0(self._pictures, header)
            if self._pictures.tell() != _HEADER:
                raise RuntimeError("numpy's header is not of the size that was left for it")
            self._pictures.flush()
            os.fsync(self._pictures.fileno())
            self.close()
            self._part.replace(self.folder / "pictures.npy")
        skipped = {row: reason for row, reason in enumerate(self._reasons) if reason is not None}
        write_json(
            self.folder / "index.json",
            {
                "format": FORMAT,
                "version": VERSION,
                "fingerprint": fingerprint,
                "pictures": kept,
                "skipped": skipped,
                "unread": [row for row, reason in skipped.items() if isinstance(reason, Unread)],
            },
        )
        self._journal.unlink()

    def close(self) -> None:
        """Let go of the files; what was saved can be taken up later."""
        with file_errors(self.folder, "write"), closing(self._lines):
            self._pictures.close()

    def _take_up(self, rows: int) -> list[str | None]:
        """What an earlier import vouched for, as far as its pictures are there too."""
        try:
            text = self._journal.read_text(encoding="utf-8")
            stored = (self._part.stat().st_size - _HEADER) // self._row_bytes
        except (OSError, UnicodeDecodeError):
            return []
        reasons: list[str | None] = []
        for line in text.split("\n")[:-1][:rows]:  # what follows the last line break was cut off while written
            try:
                reason = json.loads(line)
            except json.JSONDecodeError:
                break
            if reason is None:
                if stored == 0:
                    break
                stored -= 1
            reasons.append(Unread(reason[0]) if isinstance(reason, list) else reason)
        return reasons


def _as_lines(reasons: Sequence[str | None]) -> str:
    return "".join(json.dumps([reason] if isinstance(reason, Unread) else reason) + "\n" for reason in reasons)
