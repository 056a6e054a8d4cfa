"""What the training in the form would take, asked before it starts: time and memory from a few real steps of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.core.control import Control
from workbench.core.errors import Failure
from workbench.core.events import Event, Progress
from workbench.core.training.clock import duration
from workbench.jobs.api import Job
from workbench.ui.theme import GRID, muted
from workbench.ui.widgets import push_button
from workbench.ui.worker import Jobs, JobThread

if TYPE_CHECKING:
    from workbench.core.training.estimate import Estimate
    from workbench.jobs.queue import Request


def estimate(request: Callable[[], Request], control: Control) -> Job[Estimate]:
    from workbench.jobs.estimate import estimate as estimate_job
    from workbench.jobs.train import TrainRequest

    asked = request()
    assert isinstance(asked, TrainRequest)  # of what goes on from a checkpoint nothing is asked
    return (yield from estimate_job(asked, control))


def sentence(found: Estimate) -> str:
    """What a training takes, as one line; what to lower, where it does not fit."""
    from workbench.core.runs.manage import megabytes

    memory, free = f"{megabytes(found.memory)} of memory", f"{megabytes(found.free)} are free"
    if not found.fits:
        return f"It would not fit: it needs {memory}, {free}. {found.remedy}"
    shown = f"{found.steps:,} steps, each picture {found.epochs:.2g} times"
    return f"About {duration(found.seconds)}: {shown}. {memory}, {free}."


class EstimateLine(QWidget):
    """A button that asks, and below it the answer, until something in the form changes."""

    lowered = Signal(object)
    """Settings by name with which it would fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs: Jobs | None = None
        self._request: Callable[[], Callable[[], Request]] | None = None
        self._thread: JobThread | None = None
        self._changes: Mapping[str, Any] = {}
        self.button = push_button("How long will it take?", "clock", "Try a few steps: says the time and the memory")
        self.button.clicked.connect(self._ask)
        self.button.setEnabled(False)
        self.text = muted()
        self.text.setAccessibleName("What the training would take")
        self.lower_button = push_button("Lower it", "check", "Change the settings above so that it fits")
        self.lower_button.clicked.connect(lambda: self.lowered.emit(dict(self._changes)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        for widget in (self.button, self.text, self.lower_button):
            layout.addWidget(widget)
        self._say("")

    def serve(self, jobs: Jobs, request: Callable[[], Callable[[], Request]]) -> None:
        """Ask with these jobs, for what `request` says when it is asked."""
        self._jobs, self._request = jobs, request

    def set_usable(self, usable: bool) -> None:
        """Whether it can be asked: not while a training runs, beside which what is measured would be wrong."""
        if not usable:
            self.forget()
        self.button.setEnabled(usable)

    @Slot()
    def forget(self) -> None:
        """The form has changed, or a training starts: what was asked is of no use any more."""
        if self._thread:
            self._thread.stop()
            self._thread = None
            self.button.setEnabled(True)
        self._say("")

    @Slot()
    def _ask(self) -> None:
        if not self._jobs or not self._request:
            return
        self.forget()
        self.button.setEnabled(False)
        self._say("Trying some steps…")
        self._thread = self._jobs.start(
            partial(estimate, self._request()),
            done=self._done,
            event=self._on_event,
            stopped=self._stopped,
            failed=self._failed,
        )

    def _say(self, text: str, changes: Mapping[str, Any] | None = None) -> None:
        self._changes = changes or {}
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.lower_button.setVisible(bool(self._changes))

    @property
    def _asked(self) -> bool:
        """Whether a thread's signal that has come is of what was asked last."""
        return self._thread is not None and self.sender() is self._thread

    def _end(self, text: str, changes: Mapping[str, Any] | None = None) -> None:
        if self._asked:
            self._thread = None
            self.button.setEnabled(True)
            self._say(text, changes)

    @Slot(object)
    def _on_event(self, event: Event) -> None:
        if self._asked and isinstance(event, Progress) and event.total:
            self._say(f"{event.task}: {event.done:,} of {event.total:,} {event.unit}")

    @Slot(object)
    def _done(self, found: Estimate) -> None:
        self._end(sentence(found), found.changes)

    @Slot()
    def _stopped(self) -> None:
        self._end("")

    @Slot(object)
    def _failed(self, failure: Failure) -> None:
        self._end(f"{failure.what} {failure.next_step}".strip())
