"""The prepared pictures of a training, read from their file and not through a memory map.

A map is as quick, but where its file has gone, with a disk that was unplugged or a network that is down, touching it
ends the program at once. A read that fails is an error that one can wait out.
"""

from __future__ import annotations

import weakref
from io import FileIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.core.data.table import Int64

UInt8 = npt.NDArray[np.uint8]


class PicturesGone(Exception):  # noqa: N818 - a state of the world, waited out by the training
    """The file of the pictures cannot be read now; `path` is where it was."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"cannot read '{path}'")
        self.path = path


class PictureFile:
    """Pictures of a `.npy` file, uint8 (N, S, S, 3): `pictures[rows]` reads those rows.

    Args:
        pictures: the memory map whose file is to be read.
    """

    def __init__(self, pictures: np.memmap) -> None:
        self._path = Path(str(pictures.filename))
        self._start = int(pictures.offset)
        self.shape = pictures.shape
        self._bytes = int(np.prod(pictures.shape[1:]))
        self._whole = self._start + len(pictures) * self._bytes
        self._file: FileIO | None = None

    @staticmethod
    def over(pictures: UInt8) -> UInt8 | PictureFile:
        """A reader of the file below `pictures`; an array in memory is its own reader."""
        return PictureFile(pictures) if isinstance(pictures, np.memmap) else pictures

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, rows: Int64) -> UInt8:
        """uint8 (n, S, S, 3); raises `PicturesGone`."""
        found = np.empty((len(rows), *self.shape[1:]), np.uint8)
        try:
            file = self._opened()
            for place, row in enumerate(rows):
                file.seek(self._start + int(row) * self._bytes)
                if file.readinto(found[place].data) != self._bytes:
                    raise OSError("cut off")
        except OSError as error:
            self.close()
            raise PicturesGone(self._path) from error
        return found

    def back(self) -> bool:
        """Whether the file is there again, as long as it was."""
        self.close()
        try:
            return self._path.stat().st_size >= self._whole and bool(len(self[np.zeros(1, np.int64)]))
        except (OSError, PicturesGone):
            return False

    def close(self) -> None:
        """Let go of the file; the next read opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> FileIO:
        if self._file is None:
            self._file = self._path.open("rb", buffering=0)
            weakref.finalize(self, self._file.close)  # a training that ends lets go of it
        return self._file
