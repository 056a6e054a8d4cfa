"""The running jobs of the Edit page: one of each kind, and the newest counts; and what is told of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal, Slot

from workbench.core.control import Control
from workbench.core.errors import Failure
from workbench.core.events import Event, Progress
from workbench.jobs.api import Job
from workbench.ui.page import Activity, Message, failure_message
from workbench.ui.worker import Jobs, JobThread

Kind = Literal["model", "photo", "editor", "recipe", "concepts", "refine", "export"]
_TOLD: tuple[Kind, ...] = ("concepts", "refine")  # whose progress is shown


class Work(QObject):
    """Starts jobs in threads. A newer job of a kind takes the place of the older, of which nothing is heard any more.

    Args:
        failed: hears of a failure of a kind that still counted.
    """

    changed = Signal()
    """A job has ended or was stopped."""
    reported = Signal(str, object)
    """Kind and event of a job that counts."""
    rested = Signal()
    """No thread runs any more."""

    def __init__(self, parent: QObject, failed: Callable[[Kind, Failure], None]) -> None:
        super().__init__(parent)
        self._failed = failed
        self._numbers = count(1)
        self._current: dict[Kind, tuple[int, JobThread]] = {}
        self._jobs = Jobs(self, partial(failed, "editor"))
        self._jobs.rested.connect(self.rested)

    def runs(self, *kinds: Kind) -> bool:
        """Whether a job of one of these kinds is under way."""
        return any(kind in self._current for kind in kinds)

    @property
    def at_rest(self) -> bool:
        return self._jobs.at_rest

    def start(self, kind: Kind, make: Callable[[Control], Job[Any]], done: Callable[[Any], None]) -> None:
        """Run the job that `make` makes; `done` gets its result."""
        self.stop(kind)
        number = next(self._numbers)
        thread = self._jobs.start(
            make,
            done=partial(self._on_done, kind, number, done),
            event=partial(self._on_event, kind, number),
            stopped=partial(self._on_end, kind, number),
            failed=partial(self._on_failed, kind, number),
        )
        self._current[kind] = (number, thread)

    def stop(self, kind: Kind) -> None:
        """Ask the job of this kind to end, and hear no more of it."""
        if kind in self._current:
            self._current.pop(kind)[1].stop()
            self.changed.emit()

    def stop_all(self) -> None:
        """Ask every job to end, and hear no more of any; `rested` follows unless all was at rest."""
        self._current.clear()
        self._jobs.close()

    def start_last(self, make: Callable[[Control], Job[None]]) -> None:
        """Run a job of whose end only `rested` tells: by then the page may be gone."""
        self._jobs.start(make, done=_unheard)

    def _counts(self, kind: Kind, number: int) -> bool:
        return kind in self._current and self._current[kind][0] == number

    def _on_done(self, kind: Kind, number: int, done: Callable[[Any], None], result: Any) -> None:
        if self._counts(kind, number):
            del self._current[kind]
            done(result)
            self.changed.emit()

    def _on_end(self, kind: Kind, number: int) -> None:
        if self._counts(kind, number):
            del self._current[kind]
            self.changed.emit()

    def _on_failed(self, kind: Kind, number: int, failure: Failure) -> None:
        if self._counts(kind, number):
            self._on_end(kind, number)
            self._failed(kind, failure)

    def _on_event(self, kind: Kind, number: int, event: Event) -> None:
        if self._counts(kind, number):
            self.reported.emit(kind, event)


def _unheard(_: None) -> None:
    """Nobody waits for it."""


class Working(QObject):
    """A session's jobs, and what the page should say of them."""

    editor_changed = Signal()
    """There is an editor now, or none any more, or it is on its way."""
    message = Signal(object)
    activity = Signal(object)
    finding_progress = Signal(object)
    """`Progress` of finding concepts."""
    rested = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._complained = False
        self._work = Work(self, self._on_failed)
        self._work.changed.connect(self._tell)
        self._work.reported.connect(self._on_event)
        self._work.rested.connect(self.rested)

    def at_rest(self) -> bool:
        return self._work.at_rest

    @property
    def busy(self) -> str | None:
        """What is being waited for before one can edit."""
        words: dict[Kind, str] = {
            "recipe": "Opening the picture…",
            "model": "Opening the model…",
            "photo": "Opening the photo…",
            "editor": "Reading the face…",
        }
        return next((words[kind] for kind in words if self._work.runs(kind)), None)

    @property
    def finding(self) -> bool:
        """Whether concepts are being found."""
        return self._work.runs("concepts")

    @property
    def refining(self) -> bool:
        """Whether a nearer code of the face is searched for."""
        return self._work.runs("refine")

    def refine(self, make: Callable[[Control], Job[Any]], done: Callable[[Any], None]) -> None:
        """Run the search that `make` makes."""
        self._start("refine", make, done, asked=False)

    def stop_refining(self) -> None:
        self._work.stop("refine")

    def _start(
        self, kind: Kind, make: Callable[[Control], Job[Any]], done: Callable[[Any], None], asked: bool = True
    ) -> None:
        """Start a job; of one that nobody `asked` for the bar stays as it is."""
        if asked and (self._complained or kind in ("photo", "recipe")):  # what the bar says is over
            self._complained = False
            self.message.emit(None)
        self._work.start(kind, make, done)
        self.editor_changed.emit()

    def _on_failed(self, kind: Kind, failure: Failure) -> None:
        self.report(failure)

    @Slot(str, object)
    def _on_event(self, kind: Kind, event: Event) -> None:
        if isinstance(event, Progress) and kind in _TOLD:
            self.activity.emit(Activity(event.task, event.fraction))
            if kind == "concepts":
                self.finding_progress.emit(event)

    @Slot()
    def _tell(self) -> None:
        if not self._work.runs(*_TOLD):
            self.activity.emit(None)
        self.editor_changed.emit()

    @Slot(object)
    def report(self, failure: Failure) -> None:
        self.complain(failure_message(failure))

    def complain(self, message: Message) -> None:
        """Say what stands in the way, until the next thing is begun."""
        self._complained = True
        self.message.emit(message)
