"""The Train page: a form on the left, what happens on the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QTabWidget

from workbench.core.control import Control
from workbench.core.errors import Failure
from workbench.core.events import HEALTH, Advice, Event, Progress, Started
from workbench.core.runs.maturity import immaturity
from workbench.ui.fold import Folding
from workbench.ui.page import Activity, Message, Page, failure_message
from workbench.ui.pages.train_compare import CompareView
from workbench.ui.pages.train_follow import RunFollower
from workbench.ui.pages.train_form import TrainForm
from workbench.ui.pages.train_jobs import (
    add_to_queue,
    change_queue,
    find_layers,
    list_runs,
    next_waits,
    read_run,
    resume,
    train,
    train_next,
    training_threads,
)
from workbench.ui.pages.train_keep import RunKeeper
from workbench.ui.pages.train_origin import Origin, read_mended, read_origin, read_slower, request_of
from workbench.ui.pages.train_queue import QueueList, read_queue
from workbench.ui.pages.train_runs import RunsList
from workbench.ui.pages.train_watch import PastRun, TrainWatch
from workbench.ui.preferences import preferences
from workbench.ui.worker import Jobs, JobThread

if TYPE_CHECKING:
    from workbench.core.runs.compare import Comparison
    from workbench.jobs.queue import Request, Turn
    from workbench.jobs.train import TrainResult


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
        self._begun_from: Origin | None = None
        self._begins_next = False
        """Whether what the form says begins when the training that is being stopped has ended."""
        self._ready = False
        self.form = TrainForm()
        self.watch = TrainWatch()
        self.runs = RunsList()
        self.queue = QueueList()
        self.comparison = CompareView(self)  # of the page, also while it is no tab: Qt deletes it with the page
        self.keeper = RunKeeper(self._jobs, self)
        self.follower = RunFollower(self.watch, self._jobs, self)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.watch, "Training")
        self.tabs.addTab(self.runs, "Runs")
        self.tabs.addTab(self.queue, "Queue")
        self.tabs.currentChanged.connect(self._list)
        self._folding = Folding(self.form, self.tabs, "Set up", "What to train, on what, for how long")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._folding)
        self.comparison.hide()
        self._connect()
        self._restore()

    def _connect(self) -> None:
        self.form.started.connect(self._start)
        self.form.queued.connect(self._queue)
        self.form.layers_asked.connect(self._find_layers)
        self.form.estimate.serve(self._jobs, self._request)
        self.watch.previews.serve(self._jobs)
        self.watch.pause.connect(lambda held: self._steer(Control.pause if held else Control.resume))
        self.watch.health.mended.connect(self._mend)
        self.watch.walk.walk.connect(lambda held: self._steer(Control.walk if held else Control.resume))
        self.watch.walk.next_part.connect(partial(self._steer, Control.next_phase))
        self.watch.stop_now.connect(self._stop_now)
        self.watch.stop_after_epoch.connect(self._stop_after_epoch)
        self.runs.opened.connect(self._open_run)
        self.runs.resumed.connect(self._resume)
        self.runs.used.connect(partial(self.hand_over.emit, "Edit"))
        self.runs.again.connect(partial(self._fill_from, step=None))
        self.watch.discard.connect(self._discard)
        self.watch.branched.connect(self._fill_from)
        self.watch.pinned.connect(self.keeper.pin)
        self.watch.rolled_back.connect(self._roll_back)
        self.queue.begin.connect(self._begin_next)
        for asked, how in ((self.queue.removed, "remove"), (self.queue.retried, "retry"), (self.queue.moved, "move")):
            asked.connect(partial(self._change_queue, how))
        self.runs.renamed.connect(self.keeper.rename)
        self.runs.deleted.connect(self.keeper.delete)
        self.runs.compared.connect(self.keeper.compare)
        self.runs.filmed.connect(self.keeper.film)
        self.runs.exported.connect(self.keeper.export)
        self.comparison.saved.connect(self.keeper.save_comparison)
        self.comparison.closed.connect(self._close_comparison)
        self.keeper.message.connect(self.message)
        self.keeper.activity.connect(self.activity)
        self.keeper.compared.connect(self._show_comparison)
        self.keeper.changed.connect(self._list)

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
        self._list()

    def open_path(self, path: str) -> None:
        """A folder, a zip or a built-in set becomes the source of data; a run is shown."""
        if (Path(path) / "run.json").is_file():
            self._open_run(path)
        else:
            self.form.source.set_source(path)
            self._folding.show_side()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not (self._training or self.watch.run) and self.tabs.currentWidget() is self.watch:
            self._folding.show_side()  # there is nothing to watch yet
        self._list()  # another program may have trained, renamed or deleted meanwhile

    def at_rest(self) -> bool:
        return self._jobs.at_rest

    def close_down(self) -> None:
        self._ready = False  # nothing new begins
        self.follower.follow(None)
        self._jobs.close()
        if self._training:
            self.watch.stopping()

    def save_state(self) -> None:
        stored = preferences()
        stored.setValue("train/splitter", self._folding.state())
        stored.setValue("train/watch", self.watch.splitter.saveState())
        self.form.save_state()

    def _restore(self) -> None:
        stored = preferences()
        restores = {"train/splitter": self._folding.restore, "train/watch": self.watch.splitter.restoreState}
        for key, restore in restores.items():
            if state := stored.value(key):
                restore(state)
        self.form.restore_state()

    @Slot(object)
    def _find_layers(self, values: Mapping[str, Any]) -> None:
        self._jobs.start(partial(find_layers, values), done=self.form.show_layers)

    # Training

    @Slot()
    def _start(self) -> None:
        self.watch.begin("New training")
        self._begun_from = self.form.origin
        by_key = self.form.start.hasFocus()
        self._run(partial(train, self._request()))
        if by_key:  # the button is off now, and Qt would go to the next, which adds the same to the queue
            self.watch.pause_button.setFocus()

    def _request(self) -> Callable[[], Request]:
        """What the form asks for now; made into a request in a job's thread."""
        form = self.form
        return partial(request_of, form.values(), form.changed, form.budget, form.origin, training_threads())

    def _fill_from(self, run: str, step: int | None) -> None:
        self._jobs.start(partial(read_origin, Path(run), step), done=self._filled)

    @Slot(object)
    def _filled(self, origin: Origin) -> None:
        self.form.fill_from(origin)
        self._folding.show_side()

    @Slot(object)
    def _mend(self, changes: Mapping[str, Any]) -> None:
        """Save and stop what is ill, and fill the form to go on from its last checkpoint in another way."""
        self._stop_now()
        if self.watch.run:
            self._jobs.start(partial(read_mended, self.watch.run, changes), done=self._filled)

    @Slot(str, int)
    def _roll_back(self, run: str, step: int) -> None:
        """Save and stop what runs, and go on from a checkpoint as a new run that learns half as fast."""
        self._stop_now()
        self._jobs.start(partial(read_slower, Path(run), step), done=self._begin_from)

    @Slot(object)
    def _begin_from(self, origin: Origin) -> None:
        if not self._ready:
            return  # the window is being closed
        self.form.fill_from(origin)
        self._begins_next = self._training is not None
        if not self._begins_next:
            self._start()

    @Slot(str)
    def _resume(self, run: str) -> None:
        self.watch.begin(Path(run).name)
        self._jobs.start(partial(read_run, Path(run), True), done=self._show_before_resuming)

    @Slot(object)
    def _show_before_resuming(self, past: PastRun) -> None:
        if self._training or not self._ready:
            return  # while the run was read another training began, or the window is being closed
        self.watch.show_past(past)
        self._run(partial(resume, past.run))

    def _run(self, make: Any, done: Callable[[Any], None] | None = None) -> None:
        self._begins_next = False
        self.message.emit(None)
        self.tabs.setCurrentWidget(self.watch)
        self._training = self._jobs.start(make, done=done or self._done, event=self._on_event, stopped=self._stopped)
        self._set_running(True)
        self.activity.emit(Activity("Training"))

    @Slot(object)
    def _on_event(self, event: Event | PastRun) -> None:
        if isinstance(event, PastRun):
            self.watch.show_past(event)
            return
        self.watch.on_event(event)
        if isinstance(event, Started):
            self._list()
            self.activity.emit(Activity("Training"))
            if self._begun_from and self.form.origin is self._begun_from:
                self.form.forget_origin()  # the next training starts from nothing again
        if isinstance(event, Progress):
            self.activity.emit(Activity(f"{event.task}: {event.done:,} {event.unit}", event.fraction))
        elif isinstance(event, Advice) and event.kind not in HEALTH:
            self.message.emit(Message(f"{event.finding} {event.remedy}", kind="advice"))

    @Slot(object)
    def _done(self, result: TrainResult) -> None:
        training = self._training
        self._set_running(False)
        if training and training.control.discarding:
            self._open_run(str(result.run))  # as it is on disk now
        self.watch.ended(result.step, result.status)
        text, doubt = f"“{result.run.name}” is saved at step {result.step:,}.", immaturity(result.step)
        use = partial(self.hand_over.emit, "Edit", str(result.run))
        self.message.emit(Message(f"{text} {doubt or ''}".strip(), "Use in Edit", use, "advice" if doubt else "info"))
        self._list()
        if self._begins_next and self._ready:
            self._start()
        elif result.status == "done":
            self._look_for_next()

    @Slot(object)
    def _turn_done(self, turn: Turn | None) -> None:
        """A training of the queue has ended."""
        if turn and turn.result:
            self._done(turn.result)
            return
        self._set_running(False)
        self._list()
        if turn:
            self.watch.state.setText("It failed, and stays in the queue with its reason.")
            self._look_for_next()

    @Slot()
    def _stopped(self) -> None:
        self._set_running(False)
        self.watch.state.setText("Stopped before the first step; nothing was made.")

    @Slot(object)
    def _failed(self, failure: Failure) -> None:
        if self._training and self.sender() is self._training:
            self._set_running(False)
            self.watch.state.setText(failure.what)
            self._list()
        self.message.emit(failure_message(failure))

    def _set_running(self, running: bool) -> None:
        if not running:
            self._training = None
            self.activity.emit(None)
        self.watch.set_running(running)
        self.form.set_running(running)
        self.runs.set_busy(running)
        self.queue.set_busy(running)

    def _steer(self, ask: Callable[[Control], None]) -> None:
        if self._training:
            ask(self._training.control)

    @Slot()
    def _stop_now(self) -> None:
        if self._training:
            self.watch.stopping()
            self._training.stop()

    @Slot()
    def _stop_after_epoch(self) -> None:
        self.watch.stopping_after_epoch()
        self._steer(Control.stop_after_epoch)

    @Slot()
    def _discard(self) -> None:
        if self._training:
            self.watch.stopping(discard=True)
            self._training.control.discard()

    # The queue

    @Slot()
    def _queue(self) -> None:
        self._jobs.start(partial(add_to_queue, self._request()), done=self._queued)

    @Slot(object)
    def _queued(self, summary: str) -> None:
        self.form.forget_origin()
        self.message.emit(Message(f"In the queue: {summary}."))
        self.tabs.setCurrentWidget(self.queue)
        self._list()

    def _change_queue(self, how: str, *given: object) -> None:
        self._jobs.start(partial(change_queue, how, given), done=self._list)

    def _look_for_next(self) -> None:
        """A training is over: the next begins, if one waits."""
        if self._ready:
            self._jobs.start(next_waits, done=self._go_on_with)

    @Slot(object)
    def _go_on_with(self, waits: bool) -> None:
        if waits:
            self._begin_next()

    @Slot()
    def _begin_next(self) -> None:
        if self._ready and not self._training:
            self.watch.begin("From the queue")
            self._run(partial(train_next, training_threads()), done=self._turn_done)

    # Runs

    @Slot()
    @Slot(object)
    def _list(self, _: object = None) -> None:
        """Look again at the runs and the queue."""
        if self._ready:
            self._jobs.look(list_runs, self.runs.set_rows)
            self._jobs.look(read_queue, self.queue.set_rows)

    @Slot(object, object)
    def _show_comparison(self, comparison: Comparison, curves: Any) -> None:
        if self.tabs.indexOf(self.comparison) < 0:
            self.tabs.addTab(self.comparison, "Compare")
        self.comparison.show_comparison(comparison, curves)
        self.tabs.setCurrentWidget(self.comparison)

    @Slot()
    def _close_comparison(self) -> None:
        self.tabs.setCurrentWidget(self.runs)
        self.tabs.removeTab(self.tabs.indexOf(self.comparison))

    @Slot(str)
    def _open_run(self, path: str) -> None:
        if self._training:
            self.message.emit(Message("A training is being watched. Stop it to look at another run.", kind="advice"))
            return
        self._jobs.start(partial(read_run, Path(path), False), done=self._show_run)

    @Slot(object)
    def _show_run(self, past: PastRun) -> None:
        if not self._training:
            self.watch.show_past(past)
            self.tabs.setCurrentWidget(self.watch)
