"""One owner at a time, by the operating system's own file lock: it is let go even by a program that is killed.

The file says who holds it, as JSON; what it says counts only while it is locked.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from workbench.core.errors import WorkbenchError, file_errors

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # a locked byte cannot be read by others: one far behind the text

    def _take(handle: int, shared: bool) -> bool:
        """Windows has no shared lock here: two that look at once stand in each other's way for a moment."""
        try:
            os.lseek(handle, _FAR, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _take(handle: int, shared: bool) -> bool:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


_LOOK_SECONDS = 0.05 if sys.platform == "win32" else 0.0
_TAKE_SECONDS = 0.5
_AGAIN_SECONDS = 0.005


def _take_within(handle: int, seconds: float, *, shared: bool = False) -> bool:
    """Try for so long: who only looks whether a lock is held holds it too, for a moment."""
    deadline = time.monotonic() + seconds
    while not _take(handle, shared):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_AGAIN_SECONDS)
    return True


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock: a process of a computer, since when (UTC, ISO 8601)."""

    process: int
    computer: str
    since: str

    def __str__(self) -> str:
        since = datetime.fromisoformat(self.since).astimezone()
        return f"process {self.process} on '{self.computer}', since {since:%H:%M}"


class Lock:
    """Held inside the `with` block.

    Args:
        path: an empty file that is made and stays.
        taken: the sentence of the `WorkbenchError` when another holds it; who does is added.
        next_step: what to do then.
        patience: seconds to wait for another that holds it.
    """

    def __init__(
        self,
        path: Path,
        taken: str,
        next_step: str = "Wait for it, or stop it there.",
        patience: float = _TAKE_SECONDS,
    ) -> None:
        self._path = path
        self._patience = patience
        self._taken = taken
        self._next_step = next_step
        self._handle: int | None = None

    def __enter__(self) -> Self:
        with file_errors(self._path, "write"):
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                self._hold()
            except BaseException:  # a full disk, a file system without locks: nobody would let go of it
                os.close(self._handle)
                raise
        return self

    def _hold(self) -> None:
        assert self._handle is not None
        if not _take_within(self._handle, self._patience):
            who = Lock.holder(self._path)
            raise WorkbenchError(f"{self._taken.rstrip('.')} ({who})." if who else self._taken, self._next_step)
        me = Holder(os.getpid(), platform.node(), datetime.now(UTC).isoformat(timespec="seconds"))
        self._say(json.dumps(asdict(me)) + "\n")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._handle is not None
        try:
            self._say("")
        except OSError:
            pass  # a full disk must not hide the error that ends the block; nobody reads a lock that is not held
        finally:
            os.close(self._handle)  # lets go of the lock

    def _say(self, text: str) -> None:
        assert self._handle is not None
        os.ftruncate(self._handle, 0)
        os.lseek(self._handle, 0, os.SEEK_SET)
        os.write(self._handle, text.encode())

    @staticmethod
    def holder(path: Path) -> Holder | None:
        """Who holds the lock at `path` now, as far as its file says."""
        if not Lock.held(path):
            return None
        try:
            return Holder(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

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
            return not _take_within(handle, _LOOK_SECONDS, shared=True)
        finally:
            os.close(handle)
