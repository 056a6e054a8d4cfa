"""Keeping order among runs, and the queue, as plain functions: what `workbench runs` and `workbench queue` do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.api import OnEvent, ignore
from workbench.core.control import Control
from workbench.core.places import runs_folder
from workbench.core.runs import export_metrics as exporting
from workbench.core.runs import folder as run_folders
from workbench.core.runs import manage, stop_request
from workbench.core.runs.folder import Run
from workbench.core.training.budget import Budget
from workbench.jobs import queue as queue_job
from workbench.jobs.api import run
from workbench.jobs.queue import Queue, Turn, Waiting
from workbench.jobs.train import TrainRequest


def list_runs(folder: str | Path | None = None) -> list[Run]:
    """The runs in `folder` (None: `~/Workbench/runs`), newest first, each with its `path`, `info` and `status`."""
    return run_folders.list_runs(Path(folder) if folder else runs_folder())


def rename_run(folder: str | Path, name: str) -> Path:
    """Give a run and its folder another name, and give the new folder."""
    return manage.rename(Run.open(Path(folder)), name).path


def delete_run(folder: str | Path) -> None:
    """Move a run to the system's trash; one that is being trained is refused."""
    manage.delete(Run.open(Path(folder)))


def pin_checkpoint(folder: str | Path, step: int | None = None) -> int:
    """Keep a checkpoint of a run for good (None: the newest), and give its step."""
    return manage.pin(Run.open(Path(folder)), step)


def unpin_checkpoint(folder: str | Path, step: int | None = None) -> int:
    """Let a pinned checkpoint (None: the newest) be forgotten again, and give its step."""
    return manage.unpin(Run.open(Path(folder)), step)


def stop_run(folder: str | Path, how: stop_request.How = "now") -> None:
    """Ask the program that trains a run to stop: "now", after this "epoch", or "discard" what came after its last
    checkpoint. A training of one's own is stopped through its `control`."""
    stop_request.request_stop(Run.open(Path(folder)), how)


def export_metrics(folder: str | Path, out: str | Path) -> Path:
    """Write a run's losses and measures: a table where `out` ends with .csv, else a new folder for TensorBoard."""
    return exporting.export_metrics(Run.open(Path(folder)), Path(out))


def queue_training(
    data: str | Path,
    *,
    steps: int | None = None,
    epochs: float | None = None,
    minutes: float | None = None,
    **options: Any,
) -> str:
    """Put a training at the end of the user's queue, with `train`'s arguments, and give the id it has there."""
    budget = Budget(steps=steps, epochs=epochs, minutes=minutes)
    request = TrainRequest(data=str(data), budget=budget, **options)
    queue_job.check_request(request)
    return Queue().add(request).id


def queued() -> tuple[Waiting, ...]:
    """What waits in the queue, in the order of its turns: each with `id`, `summary`, and a `reason` if it failed."""
    return Queue().waiting()


def unqueue(id: str) -> None:
    """Take a training out of the queue; a run that it has begun stays as it is."""
    Queue().remove(id)


def move_queued(id: str, place: int) -> None:
    """Give a training in the queue another turn: 1 is the first."""
    Queue().move(id, place)


def retry_queued(id: str) -> None:
    """Let one that could not start, or failed, have its turn again."""
    Queue().retry(id)


def run_queue(*, on_event: OnEvent = ignore, control: Control | None = None) -> tuple[Turn, ...]:
    """Train what waits, one after the other, and give how each ended: `entry`, and `result` if it did not fail."""
    return run(queue_job.work_through(control), on_event)
