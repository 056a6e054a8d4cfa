"""The jobs of the Train page: a training from the form or the queue, and what is read from disk to be shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtGui import QImage

from workbench.core.control import Control
from workbench.core.events import Advice, Event, Started
from workbench.jobs.api import Job, preceded, run
from workbench.ui.pages.train_queue import read_queue
from workbench.ui.pages.train_runs import FACES, RunRow
from workbench.ui.pages.train_watch import PastRun
from workbench.ui.previews import KINDS

if TYPE_CHECKING:
    from workbench.core.models.layers import Layer
    from workbench.core.runs.folder import FindingInfo, Run
    from workbench.jobs.queue import Request, Turn
    from workbench.jobs.train import TrainResult

Result = TypeVar("Result")

FEW_CORES = 4
"""Up to this many, a training leaves one core to the window."""


def training_threads() -> int | None:
    """Threads for a training while the window is open; None lets torch decide."""
    cores = os.cpu_count() or 1
    return max(1, cores - 1) if cores <= FEW_CORES else None


def resume(run: Path, control: Control) -> Job[TrainResult]:
    from workbench.jobs.train import resume as resume_job

    return resume_job(run, control, threads=training_threads())


def train(request: Callable[[], Request], control: Control) -> Job[TrainResult]:
    from workbench.jobs.queue import job_of

    return (yield from preceded(job_of(request(), control), _past))


def train_next(threads: int | None, control: Control) -> Job[Turn | None]:
    from workbench.jobs import queue

    return (yield from preceded(queue.train_next(control, threads=threads), _past))


def _past(event: Event) -> Iterator[PastRun]:
    """Of a training that goes on, what its run has to show at its newest checkpoint."""
    if isinstance(event, Started) and event.step > 0:
        yield run(read_run(event.run, True, Control()))


def add_to_queue(request: Callable[[], Request], control: Control) -> Job[str]:
    from workbench.jobs.queue import Queue, check_request

    yield from ()
    asked = request()
    check_request(asked)
    return Queue().add(asked).summary


def change_queue(how: str, given: tuple[object, ...], control: Control) -> Job[None]:
    """`how` is a method of the queue."""
    from workbench.jobs.queue import Queue

    yield from ()
    getattr(Queue(), how)(*given)


def next_waits(control: Control) -> Job[bool]:
    """Whether a training of the queue waits for its turn, and no other program takes them."""
    from workbench.jobs.queue import Queue

    rows = yield from read_queue(control)
    return any(row.waits for row in rows) and not Queue().busy


def list_runs(control: Control) -> Job[list[RunRow]]:
    from workbench.core.places import runs_folder
    from workbench.core.runs import folder

    yield from ()
    return [_row(run) for run in folder.list_runs(runs_folder())]


def _row(run: Run) -> RunRow:
    from workbench.core.runs.manage import disk_use, megabytes

    info = run.info
    status = run.status
    best = f"{info.best_psnr:.2f} dB" if info.best_psnr is not None else ""
    disk = megabytes(disk_use(run).total)
    date = datetime.fromisoformat(info.created).astimezone().strftime("%Y-%m-%d %H:%M")
    model = f"{info.model}, {info.preset.replace('-', ' ')}"
    cells = (info.name, model, f"{info.size} px", status, f"{info.step:,}", best, disk, date)
    return RunRow(run.path, cells, _faces(run), resumable=status not in ("running", "done"), active=run.active)


def _faces(run: Run) -> QImage:
    """The first faces of the run's newest samples; empty when there are none."""
    for _, grid in run.previews("samples")[-1:]:
        with suppress(FileNotFoundError):  # the run is thrown away or goes back to a checkpoint at this moment
            return _first_faces(grid, run.info.size, grid.stat().st_mtime_ns)
    return QImage()


@lru_cache(maxsize=256)
def _first_faces(grid: Path, side: int, written: int) -> QImage:
    """`written` tells a grid from that of the same step taken again."""
    from workbench.core.training.previews import GAP

    width = FACES * (side + GAP) - GAP
    return QImage(str(grid)).copy(GAP, GAP, width, side)


def read_run(path: Path, to_resume: bool, control: Control) -> Job[PastRun]:
    from workbench.core.runs.folder import Run
    from workbench.core.runs.metrics import Tail, read_clock

    yield from ()
    run = Run.open(path)
    tail = Tail(run.metrics_file)
    last = max((step for step, _ in run.checkpoints()), default=0) if to_resume else sys.maxsize
    losses = {
        part: (steps[steps <= last], {name: curve[steps <= last] for name, curve in values.items()})
        for part, (steps, values) in tail.read().items()
    }
    previews = {kind: [(step, file) for step, file in run.previews(kind) if step <= last] for kind in KINDS}
    steps, seconds = read_clock(run.metrics_file)
    findings = tuple(advice_of(found) for found in run.info.findings if found.recovered is None and found.step <= last)
    return PastRun(
        path,
        summary_of(run),
        losses,
        previews,
        (steps[steps <= last], seconds[steps <= last]),
        findings,
        tail if run.active and not to_resume else None,
    )


def summary_of(run: Run) -> str:
    """What a run is and how far, in a line or two."""
    info = run.info
    summary = f"{info.model}, {info.size} px, {run.status} at step {info.step:,}"
    if run.active:
        summary = f"{info.model}, {info.size} px. Another program trains it now: here it can be looked at and used."
    if branch := info.branched_from:
        summary += f", branched from “{branch.run}” at step {branch.step:,}"
    return summary


def advice_of(found: FindingInfo) -> Advice:
    """What a run has noted, as it was said."""
    return Advice(found.finding, found.remedy, found.kind, found.step, found.trick, found.changes)


def find_layers(values: Mapping[str, Any], control: Control) -> Job[tuple[Layer, ...]]:
    """The layers of the model that a form describes; its weights are only counted, never made."""
    import torch

    from workbench.core.models.base import preset_settings
    from workbench.core.models.layers import layer_table
    from workbench.core.models.registry import model_class

    yield from ()
    model = model_class(values["model"])
    with torch.device("meta"):
        net = model(preset_settings(model, values["preset"], values["settings"]), values["size"])
        return layer_table(net)
