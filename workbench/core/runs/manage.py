"""Keeping order among runs: rename, pin a checkpoint, see what takes up the disk, delete to the system's trash."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import ExitCode, WorkbenchError, file_errors
from workbench.core.files import entries, write_file
from workbench.core.lock import Lock
from workbench.core.runs.folder import PINNED, Run, check_name


@dataclass(frozen=True, slots=True)
class DiskUse:
    """Bytes of a run's folder, by what they are for."""

    checkpoints: int
    previews: int
    concepts: int
    other: int

    @property
    def total(self) -> int:
        return self.checkpoints + self.previews + self.concepts + self.other


def disk_use(run: Run) -> DiskUse:
    """How much disk a run takes. Files that go while they are counted are not counted."""
    parts = {name: _size(run.path / name) for name in ("checkpoints", "previews", "concepts")}
    return DiskUse(**parts, other=_size(run.path) - sum(parts.values()))


def _size(folder: Path) -> int:
    total = 0
    for entry in entries(folder):
        with suppress(FileNotFoundError):
            inside = entry.is_dir(follow_symlinks=False)
            total += _size(Path(entry.path)) if inside else entry.stat(follow_symlinks=False).st_size
    return total


def megabytes(count: int) -> str:
    """Bytes as people read them: "340 kB", "12.3 MB", "1.2 GB"."""
    if count < 1_000_000:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e6:.1f} MB" if count < 1_000_000_000 else f"{count / 1e9:.1f} GB"


@contextmanager
def _at_rest(run: Run, doing: str) -> Iterator[None]:
    """Nobody trains the run while the block begins; `doing` is a participle: "renamed"."""
    if run.active:
        who = Lock.holder(run.path / "lock")
        by = f" ({who})" if who else ""
        raise WorkbenchError(
            f"The run '{run.name}' is being trained{by}, so it cannot be {doing}.",
            f"Stop it first: workbench runs stop '{run.path}'.",
        )
    with file_errors(run.path, "change"):
        yield


def rename(run: Run, name: str) -> Run:
    """Give a run and its folder another name, and give it as it is then.

    Raises:
        WorkbenchError: it is being trained, the name is taken, or cannot be one.
    """
    name = name.strip()
    check_name(name)
    path = run.path.resolve()
    new = path.with_name(name)
    if name == run.name and new == path:
        return run
    with _at_rest(run, "renamed"):
        same = new.exists() and new.samefile(path)  # only upper and lower case differ, on Windows or macOS
        if new.exists() and not same:
            raise WorkbenchError(f"'{new}' exists already.", "Choose another name.")
        path.rename(new)
    renamed = Run(new, run.info)
    renamed.update(name=name)
    return renamed


def delete(run: Run) -> None:
    """Move a run to the system's trash, from where it can be brought back.

    Raises:
        WorkbenchError: it is being trained, or this system has no trash for its disk.
    """
    from send2trash import TrashPermissionError, send2trash

    with _at_rest(run, "deleted"):
        try:
            send2trash(run.path.resolve())
        except (TrashPermissionError, OSError) as error:
            raise WorkbenchError(
                f"'{run.path}' cannot be moved to the trash: {error}.",
                "Delete its folder in the file manager.",
                ExitCode.FAILED,
            ) from error


def pin(run: Run, step: int | None = None) -> int:
    """Keep the checkpoint of `step` (None: the newest) for good, and give its step. A running training may go on.

    Raises:
        WorkbenchError: there is no such checkpoint.
    """
    path = run.latest_checkpoint() if step is None else run.checkpoint(step)
    write_file(path / PINNED, "")
    return int(path.name)


def unpin(run: Run, step: int | None = None) -> int:
    """Let a pinned checkpoint be forgotten again once it is neither the best nor one of the last three."""
    path = run.latest_checkpoint() if step is None else run.checkpoint(step)
    with file_errors(path, "change"):
        (path / PINNED).unlink(missing_ok=True)
    return int(path.name)


def pinned(run: Run) -> tuple[int, ...]:
    """Steps of the pinned checkpoints, rising."""
    return tuple(step for step, path in run.checkpoints() if (path / PINNED).exists())
