"""The newest checkpoint that is as it was written: damage on disk costs the steps since the one before, not the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from workbench.core.errors import WorkbenchError
from workbench.core.runs import checkpoint
from workbench.core.runs.folder import Run

Content = TypeVar("Content")


@dataclass(frozen=True)
class Sound(Generic[Content]):
    """A checkpoint that could be read.

    Attributes:
        content: what was read of it.
        damaged: the newer ones that could not be, newest first.
    """

    step: int
    path: Path
    content: Content
    damaged: tuple[Path, ...]

    @property
    def notice(self) -> str:
        """A sentence about the damage; empty when there is none."""
        if not self.damaged:
            return ""
        steps = ", ".join(str(int(path.name)) for path in reversed(self.damaged))
        which = f"checkpoint of step {steps} is" if len(self.damaged) == 1 else f"checkpoints of steps {steps} are"
        return f"The {which} damaged on disk; the one of step {self.step} is used instead."


def newest_sound(run: Run, read: Callable[[Path], Content]) -> Sound[Content]:
    """The newest checkpoint that `read` can read.

    Raises:
        WorkbenchError: there is none yet, or every one is damaged.
    """
    run.latest_checkpoint()  # says that there is none
    damaged: list[Path] = []
    while left := [(step, path) for step, path in run.checkpoints() if path not in damaged]:
        step, path = left[-1]
        try:
            return Sound(step, path, read(path), tuple(damaged))
        except WorkbenchError:
            if path.exists():  # else it was forgotten for newer ones while we read: look again
                damaged.append(path)
    raise WorkbenchError(
        f"Every checkpoint of the run '{run.name}' is damaged on disk.", "Use a backup, or train it again."
    )


def whole(path: Path) -> None:
    """All that a training needs of a checkpoint can be read; raises `WorkbenchError` when not."""
    checkpoint.check(path)
    for name in ("weights", "average", "optimiser"):
        checkpoint.read_weights(path / f"{name}.safetensors")
    checkpoint.read_state(path)


def set_damaged_aside(run: Run) -> str:
    """Make the newest checkpoint one that a training can go on from, and give what is to be said about it.

    The run must be locked. Damaged ones stay in its folder as `000500.damaged`, for who can mend them.

    Raises:
        WorkbenchError: every one is damaged.
    """
    if not run.checkpoints():
        return ""
    sound = newest_sound(run, whole)
    for path in sound.damaged:
        path.rename(path.with_name(f"{path.name}.damaged"))
    if sound.damaged and sound.step < run.info.step:
        state = checkpoint.read_state(sound.path)
        run.update(step=sound.step, seconds=round(float(state["seconds"]), 2))
    return sound.notice
