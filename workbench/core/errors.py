"""The only error a user ever reads: what is wrong, and what to do next.

Anything else that is raised is a bug of ours: it is logged with its traceback and shown as such.
"""

from __future__ import annotations

import difflib
import errno
import os
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

_NAMED = 20
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


class ExitCode(IntEnum):
    """What the command line returns to its caller."""

    DONE = 0
    FAILED = 1  # an error of ours
    USAGE = 2  # wrong input or usage
    STOPPED = 3  # by the user
    RESOURCES = 4  # out of memory or disk


class WorkbenchError(Exception):
    """Something a user can mend.

    Args:
        what: one sentence that says what is wrong.
        next_step: one sentence that says what to do about it.
        code: the exit code of the command line.
    """

    def __init__(self, what: str, next_step: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(f"{what} {next_step}".strip())
        self.what = what
        self.next_step = next_step
        self.code = code


class Stopped(Exception):  # noqa: N818 - not an error: the user asked for it
    """Raised inside a job at its next yield after the user asked it to stop."""


def unknown(kind: str, name: str, known: Iterable[str]) -> WorkbenchError:
    """The error for a name that is not in a list, with the nearest known name, or else the first of them.

    >>> print(unknown("setting", "latnet", ["latent", "width"]))
    There is no setting 'latnet'. Did you mean 'latent'?
    """
    names = sorted(known)
    near = difflib.get_close_matches(name.lower(), [n.lower() for n in names], n=1, cutoff=0.6)
    if near:
        match = next(n for n in names if n.lower() == near[0])
        hint = f"Did you mean '{match}'?"
    else:
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        hint = f"Known: {', '.join(names[:_NAMED])}{more}." if names else ""
    return WorkbenchError(f"There is no {kind} '{name}'.", hint)


@contextmanager
def file_errors(path: Path, doing: str) -> Iterator[None]:
    """Turn the operating system's refusals about `path` into a sentence. `doing` is a verb: 'read', 'write'."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise WorkbenchError(
                f"The disk is full: cannot {doing} '{path}'.",
                "Free some space, or choose another folder.",
                ExitCode.RESOURCES,
            ) from error
        if error.errno in _FORBIDDEN:
            home = os.environ.get("WORKBENCH_HOME")
            ours = home is not None and path.absolute().is_relative_to(Path(home).absolute())
            remedy = "WORKBENCH_HOME says to keep things there: let it name" if ours else "Choose"
            raise WorkbenchError(
                f"No permission to {doing} '{path}'.", f"{remedy} another folder, or change its permissions."
            ) from error
        if isinstance(error, FileNotFoundError):
            raise WorkbenchError(f"'{path}' does not exist.", "Check the path.") from error
        if (
            isinstance(error, (NotADirectoryError, FileExistsError))
            and error.filename
            and Path(error.filename).is_file()
        ):
            raise WorkbenchError(f"'{error.filename}' is a file, not a folder.", "Choose another folder.") from error
        if isinstance(error, (IsADirectoryError, NotADirectoryError, FileExistsError)):
            raise WorkbenchError(f"Cannot {doing} '{path}': {error.strerror}.", "Check the path.") from error
        raise


def explain(error: BaseException) -> WorkbenchError | None:
    """What an exception means to a user who can do something about it, or None when it is a bug of ours.

    For the hosts of jobs: memory and disk can run out anywhere. Needs no import of torch to know its errors.
    """
    if isinstance(error, WorkbenchError):
        return error
    if out_of_memory(error):
        return WorkbenchError(
            "The computer ran out of memory.",
            "Close other programs, or work with smaller pictures.",
            ExitCode.RESOURCES,
        )
    if isinstance(error, OSError) and error.errno in (*_FULL, *_FORBIDDEN):
        try:
            with file_errors(Path(error.filename or "the disk"), "use"):
                raise error
        except WorkbenchError as explained:
            return explained
    return None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something failed, in texts only: the exception itself would keep its frames, and with them tensors, alive."""

    what: str
    next_step: str
    traceback: str
    expected: bool
    """Something the user can mend; otherwise a bug of ours."""

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """`error` as texts."""
        text = "".join(traceback.format_exception(error))
        if explained := explain(error):
            return cls(explained.what, explained.next_step, text, expected=True)
        return cls("Something went wrong.", "", text, expected=False)


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that memory ran out: Python's, CUDA's, Apple's or the CPU allocator's way of saying it."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & {"MemoryError", "OutOfMemoryError"}:
        return True
    ways = ("out of memory", "can't allocate memory", "not enough memory")  # Apple's; Linux's; Windows'
    return isinstance(error, RuntimeError) and any(way in str(error).lower() for way in ways)
