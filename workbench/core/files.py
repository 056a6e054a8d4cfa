"""Files that are whole or not there: written beside their place, flushed to disk, then renamed."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.core.errors import ExitCode, WorkbenchError, file_errors


def _sync(path: Path) -> None:
    """Flush a file, or a folder's list of names, to disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a folder; its rename is journalled
    flags = os.O_RDONLY if path.is_dir() else os.O_RDWR
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _beside(path: Path) -> Path:
    """A hidden name in the same folder, so that a rename never crosses a file system."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder; nothing where it is missing, or goes away at this moment, or may not be read."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []


def write_file(path: Path, write: bytes | str | Callable[[Path], None]) -> None:
    """Write `path` as a whole or not at all.

    Args:
        path: where the file will be; its folder is made.
        write: the content, or a function that writes it to the path it is given.

    Raises:
        WorkbenchError: no permission, or the disk is full; an older file at `path` is untouched.
    """
    with file_errors(path, "write"):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _beside(path)
        try:
            if isinstance(write, bytes):
                part.write_bytes(write)
            elif isinstance(write, str):
                part.write_text(write, encoding="utf-8", newline="\n")
            else:
                write(part)
            _sync(part)
            part.replace(path)
            _sync(path.parent)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def write_folder(path: Path) -> Iterator[Path]:
    """A folder that appears at `path` only when the block ends well; `path` must not exist yet.

    >>> with write_folder(target) as part:            # doctest: +SKIP
    ...     (part / "weights.safetensors").write_bytes(data)
    """
    with file_errors(path, "write"):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _beside(path)
        part.mkdir()
        try:
            yield part
            for file in part.rglob("*"):
                _sync(file)
            _sync(part)
            part.replace(path)
            _sync(path.parent)
        finally:
            if part.exists():
                shutil.rmtree(part, ignore_errors=True)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON that a person can read."""
    write_file(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file; a damaged one raises `WorkbenchError`."""
    with file_errors(path, "read"):
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise WorkbenchError(
                f"'{path}' is damaged: it is not valid JSON.", "Use a backup, or make it again."
            ) from error


def remove_parts(folder: Path) -> None:
    """Remove what a killed program left half-written in `folder`."""
    for part in folder.glob(".*.part"):
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                part.unlink()


def need_space(folder: Path, bytes_needed: int) -> None:
    """Raise `WorkbenchError` when `folder`, which need not exist yet, cannot be written or its disk has less than
    `bytes_needed` free."""
    need_writable(folder)
    free = shutil.disk_usage(_existing(folder)).free
    if free < bytes_needed:
        raise WorkbenchError(
            f"'{folder}' needs {bytes_needed / 1e6:.0f} MB, but only {free / 1e6:.0f} MB are free.",
            "Free some space, or choose another folder.",
            ExitCode.RESOURCES,
        )


def need_writable(folder: Path) -> None:
    """Raise `WorkbenchError` when nothing can be written into `folder`, or it cannot be made where it is missing.

    A file is opened there and thrown away: what permissions say is not all there is, on a disk that is read-only, for
    one.
    """
    with file_errors(folder, "write"):
        existing = _existing(folder)
        if not existing.is_dir():
            raise WorkbenchError(f"'{existing}' is a file, not a folder.", "Choose a folder.")
        try:
            with tempfile.TemporaryFile(dir=existing):
                pass
        except FileNotFoundError as error:  # a file system that only looks like one, as /proc
            raise PermissionError(errno.EPERM, error.strerror, str(existing)) from error


def _existing(folder: Path) -> Path:
    """`folder`, or the nearest folder above it that there is."""
    return next((path for path in (folder, *folder.absolute().parents) if path.exists()), Path())


def unused_path(path: Path) -> Path:
    """`path`, or `path` with the first number that is not taken: nothing is overwritten unasked."""
    if not path.exists():
        return path
    number = 2
    while (candidate := path.with_name(f"{path.stem}-{number}{path.suffix}")).exists():
        number += 1
    return candidate
