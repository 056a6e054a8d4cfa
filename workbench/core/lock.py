"""One owner at a time, by the operating system's own file lock: it is let go even by a program that is killed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from workbench.core.errors import WorkbenchError, file_errors

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class Lock:
    """Held inside the `with` block.

    Args:
        path: an empty file that is made and stays.
        taken: the sentence of the `WorkbenchError` when another holds it.
    """

    def __init__(self, path: Path, taken: str) -> None:
        self._path = path
        self._taken = taken
        self._handle: int | None = None

    def __enter__(self) -> Self:
        with file_errors(self._path, "write"):
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT)
        if not _take(self._handle):
            os.close(self._handle)
            raise WorkbenchError(self._taken, "Wait for it, or stop it there.")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._handle is not None
        os.close(self._handle)  # lets go of the lock

    @staticmethod
    def held(path: Path) -> bool:
        """Whether somebody holds the lock at `path` now."""
        if not path.exists():
            return False
        try:
            handle = os.open(path, os.O_RDWR)
        except OSError:
            return False  # a read-only copy: nobody can train there
        try:
            return not _take(handle)
        finally:
            os.close(handle)
