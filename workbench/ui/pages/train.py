"""The Train page: a form on the left, what happens on the right."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QTabWidget

from workbench.core.control import Control
from workbench.core.errors import Failure
from workbench.core.events import Advice, Event, Progress
from workbench.core.runs.maturity import immaturity
from workbench.jobs.api import Job
from workbench.ui.page import Activity, Message, Page, failure_message
from workbench.ui.pages.train_form import TrainForm
from workbench.ui.pages.train_runs import RunRow, RunsList
from workbench.ui.pages.train_watch import PastRun, TrainWatch
from workbench.ui.preferences import preferences, whole_number
from workbench.ui.previews import KINDS
from workbench.ui.theme import GRID
from workbench.ui.worker import Jobs, JobThread

if TYPE_CHECKING:
    from workbench.core.runs.folder import Run
    from workbench.jobs.train import TrainResult

FEW_CORES = 4
"""Up to this many, a training leaves one core to the window."""


def training_threads() -> int | None:
    """Threads for a training while the window is open; None lets torch decide."""
    cores = os.cpu_count() or 1
    return max(1, cores - 1) if cores <= FEW_CORES else None


def _train(values: dict[str, Any], budget: tuple[str, int], control: Control) -> Job[TrainResult]:
    from workbench.core.training.budget import Budget
    from workbench.jobs.train import TrainRequest, train

    unit, amount = budget
    return train(TrainRequest(**values, budget=Budget(**{unit: amount}), threads=training_threads()), control)


def _resume(run: Path, control: Control) -> Job[TrainResult]:
    from workbench.jobs.train import resume

    return resume(run, control, threads=training_threads())


def _list_runs(control: Control) -> Job[list[RunRow]]:
    from workbench.core.places import runs_folder
    from workbench.core.runs.folder import list_runs

    yield from ()
    return [_row(run) for run in list_runs(runs_folder())]


def _row(run: Run) -> RunRow:
    info = run.info
    status = "cut off" if info.status == "running" and not run.active else info.status
    best = f"{info.best_psnr:.2f} dB" if info.best_psnr is not None else ""
    date = datetime.fromisoformat(info.created).astimezone().strftime("%Y-%m-%d %H:%M")
    cells = (info.name, info.model, f"{info.size} px", status, f"{info.step:,}", best, date)
    return RunRow(run.path, cells, resumable=status not in ("running", "done"))


def _read_run(path: Path, to_resume: bool, control: Control) -> Job[PastRun]:
    from workbench.core.runs.folder import Run
    from workbench.core.runs.metrics import read_clock

    yield from ()
    run = Run.open(path)
    info = run.info
    last = max((step for step, _ in run.checkpoints()), default=0) if to_resume else sys.maxsize
    losses = {
        part: (steps[steps <= last], {name: curve[steps <= last] for name, curve in values.items()})
        for part, (steps, values) in run.losses().items()
    }
    previews = {kind: [(step, file) for step, file in run.previews(kind) if step <= last] for kind in KINDS}
    summary = f"{info.model}, {info.size} px, {info.status} at step {info.step:,}"
    steps, seconds = read_clock(run.metrics_file)
    return PastRun(path, summary, losses, previews, (steps[steps <= last], seconds[steps <= last]))


class TrainPage(Page):
    """Start, watch and steer a training; look at the runs there are."""

    name = "Train"
    icon = "train"
    hint = "Train a model on faces"

    def __init__(self) -> None:
        super().__init__()
        self._jobs = Jobs(self, self._failed)
        self._jobs.rested.connect(self.rested)
        self._training: JobThread | None = None
        self._ready = False
        self.form = TrainForm()
        self.watch = TrainWatch()
        self.runs = RunsList()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.watch, "Training")
        self.tabs.addTab(self.runs, "Runs")
        self.tabs.currentChanged.connect(self._list_runs)
        self._splitter = QSplitter()
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.form)
        self._splitter.addWidget(self.tabs)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([44 * GRID, 100 * GRID])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)
        self.form.started.connect(self._start)
        self.watch.pause.connect(self._pause)
        self.watch.stop_now.connect(self._stop_now)
        self.watch.stop_after_epoch.connect(self._stop_after_epoch)
        self.runs.opened.connect(self._open_run)
        self.runs.resumed.connect(self._resume)
        self.runs.used.connect(self._use)
        self._restore()

    @property
    def training(self) -> JobThread | None:
        """The training that runs now."""
        return self._training

    def set_ready(self) -> None:
        from workbench.core.devices import usable_devices
        from workbench.core.models.registry import MODELS, model_class

        self._ready = True
        self.form.set_models({name: model_class(name) for name in MODELS})
        self.form.set_devices(usable_devices())
        self._list_runs()

    def open_path(self, path: str) -> None:
        """A folder, a zip or a built-in set becomes the source of data; a run is shown."""
        if (Path(path) / "run.json").is_file():
            self._open_run(path)
        else:
            self.form.source.set_source(path)

    def at_rest(self) -> bool:
        return self._jobs.at_rest

    def close_down(self) -> None:
        self._ready = False  # nothing new begins
        self._jobs.stop()
        if self._training:
            self.watch.stopping()

    def save_state(self) -> None:
        stored = preferences()
        stored.setValue("train/splitter", self._splitter.saveState())
        stored.setValue("train/watch", self.watch.splitter.saveState())
        stored.setValue("train/source", self.form.source.source)
        stored.setValue("train/size", self.form.picture_size)
        unit, amount = self.form.budget
        stored.setValue("train/unit", unit)
        stored.setValue("train/amount", amount)

    def _restore(self) -> None:
        stored = preferences()
        for key, splitter in (("train/splitter", self._splitter), ("train/watch", self.watch.splitter)):
            if state := stored.value(key):
                splitter.restoreState(state)
        if source := stored.value("train/source"):
            self.form.source.set_source(str(source))
        self.form.set_size(whole_number("train/size", 0))
        if amount := whole_number("train/amount", 0):
            self.form.set_budget(str(stored.value("train/unit")), amount)

    # Training

    @Slot()
    def _start(self) -> None:
        self.watch.begin("New training")
        self._run(partial(_train, self.form.values(), self.form.budget))

    @Slot(str)
    def _resume(self, run: str) -> None:
        self.watch.begin(Path(run).name)
        self._jobs.start(partial(_read_run, Path(run), True), done=self._show_before_resuming)

    @Slot(object)
    def _show_before_resuming(self, past: PastRun) -> None:
        if self._training or not self._ready:
            return  # while the run was read another training began, or the window is being closed
        self.watch.show_past(past)
        self._run(partial(_resume, past.run))

    def _run(self, make: Any) -> None:
        self.message.emit(None)
        self.tabs.setCurrentWidget(self.watch)
        self._training = self._jobs.start(make, done=self._done, event=self._on_event, stopped=self._stopped)
        self._set_running(True)
        self.activity.emit(Activity("Training"))

    @Slot(object)
    def _on_event(self, event: Event) -> None:
        self.watch.on_event(event)
        if isinstance(event, Progress):
            fraction = event.done / event.total if event.total else None
            self.activity.emit(Activity(f"{event.task}: {event.done:,} {event.unit}", fraction))
        elif isinstance(event, Advice):
            self.message.emit(Message(f"{event.finding} {event.remedy}", kind="advice"))

    @Slot(object)
    def _done(self, result: TrainResult) -> None:
        self._set_running(False)
        self.watch.state.setText(f"{result.status.capitalize()} at step {result.step:,}. Everything is saved.")
        text = f"“{result.run.name}” is saved at step {result.step:,}."
        doubt = immaturity(result.step)
        kind: Literal["info", "advice"] = "advice" if doubt else "info"  # advice stays until it is read
        use = partial(self._use, str(result.run))
        self.message.emit(Message(f"{text} {doubt}" if doubt else text, "Use in Edit", use, kind))
        self._list_runs()

    @Slot()
    def _stopped(self) -> None:
        self._set_running(False)
        self.watch.state.setText("Stopped before the first step; nothing was made.")

    @Slot(object)
    def _failed(self, failure: Failure) -> None:
        if self._training and self.sender() is self._training:
            self._set_running(False)
            self.watch.state.setText(failure.what)
        self.message.emit(failure_message(failure))

    def _set_running(self, running: bool) -> None:
        if not running:
            self._training = None
            self.activity.emit(None)
        self.watch.set_running(running)
        self.form.start.setEnabled(not running)
        self.form.start.setText("Training…" if running else "Start training")
        self.runs.set_busy(running)

    @Slot(bool)
    def _pause(self, paused: bool) -> None:
        if self._training:
            (self._training.control.pause if paused else self._training.control.resume)()

    @Slot()
    def _stop_now(self) -> None:
        if self._training:
            self.watch.stopping()
            self._training.stop()

    @Slot()
    def _stop_after_epoch(self) -> None:
        if self._training:
            self.watch.state.setText("Stops when this epoch is through…")
            self._training.control.stop_after_epoch()

    # Runs

    @Slot()
    def _list_runs(self) -> None:
        if self._ready:
            self._jobs.start(_list_runs, done=self._show_runs)

    @Slot(object)
    def _show_runs(self, rows: list[RunRow]) -> None:
        self.runs.set_rows(rows)

    @Slot(str)
    def _open_run(self, path: str) -> None:
        if self._training:
            self.message.emit(Message("A training is being watched. Stop it to look at another run.", kind="advice"))
            return
        self._jobs.start(partial(_read_run, Path(path), False), done=self._show_run)

    @Slot(object)
    def _show_run(self, past: PastRun) -> None:
        if not self._training:
            self.watch.show_past(past)
            self.tabs.setCurrentWidget(self.watch)

    @Slot(str)
    def _use(self, run: str) -> None:
        self.hand_over.emit("Edit", run)
