"""One thread of the window for one job, whatever the job is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from PySide6.QtCore import QObject, QThread, Signal, Slot

from workbench.core.control import Control
from workbench.core.errors import Failure, Stopped
from workbench.jobs.api import Job, run


class JobThread(QThread):
    """Runs one job and ends with exactly one of `done`, `stopped` and `failed`.

    Create it in the window's thread; the receivers of its signals are slots of QObjects there. It is never terminated:
    it ends when its job does, which `stop()` asks for.

    Args:
        make: makes the job, in the new thread, so that it may import torch; it gets the `control` of this thread.
    """

    reported = Signal(object)
    done = Signal(object)
    stopped = Signal()
    failed = Signal(object)

    _alive: ClassVar[set[JobThread]] = set()  # a QThread collected while it runs aborts the process

    def __init__(self, make: Callable[[Control], Job[Any]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.control = Control()
        self._make = make
        self.finished.connect(self._forget)

    def start(self, priority: QThread.Priority = QThread.Priority.InheritPriority) -> None:
        """Begin the job."""
        self._alive.add(self)
        super().start(priority)

    def stop(self) -> None:
        """Ask the job to end; one of the three ends follows."""
        self.control.stop()

    def run(self) -> None:
        """Called by Qt in the new thread."""
        try:
            result = run(self._make(self.control), self.reported.emit)
        except Stopped:
            self.stopped.emit()
        except BaseException as error:  # whatever it is, the window must hear of an end
            self.failed.emit(Failure.of(error))
        else:
            self.done.emit(result)

    @Slot()
    def _forget(self) -> None:
        self.wait()
        self._alive.discard(self)


class Jobs(QObject):
    """The running jobs of one page: who hears of their ends, and whether the page may close."""

    rested = Signal()
    """The last running job has ended."""

    def __init__(self, parent: QObject, failed: Callable[[Failure], None]) -> None:
        """`failed` hears of every failure; a slot of the page."""
        super().__init__(parent)
        self._failed = failed
        self._threads: list[JobThread] = []
        self._closed = False
        self._looks: dict[Callable[[Control], Job[Any]], tuple[JobThread, Callable[[Any], None]]] = {}

    @property
    def at_rest(self) -> bool:
        """Asked of the threads themselves: Qt can lose a signal when a slot is disconnected at the same moment."""
        return all(thread.isFinished() for thread in self._threads)

    def start(
        self,
        make: Callable[[Control], Job[Any]],
        *,
        done: Callable[[Any], None],
        event: Callable[[Any], None] | None = None,
        stopped: Callable[[], None] | None = None,
        failed: Callable[[Failure], None] | None = None,
    ) -> JobThread:
        """Run the job that `make` makes; `done`, `event`, `stopped` and `failed` are slots of the page."""
        thread = JobThread(make)
        thread.done.connect(done)
        thread.failed.connect(failed or self._failed)
        if event:
            thread.reported.connect(event)
        if stopped:
            thread.stopped.connect(stopped)
        thread.finished.connect(self._ended)
        self._threads.append(thread)
        if self._closed:
            thread.stop()
        thread.start()
        return thread

    def look(self, make: Callable[[Control], Job[Any]], done: Callable[[Any], None]) -> None:
        """Run a job that reads how things are: of several looks by one `make` only the newest is told, in whatever
        order they end."""
        self._looks[make] = self.start(make, done=self._looked), done

    @Slot(object)
    def _looked(self, found: object) -> None:
        for thread, done in tuple(self._looks.values()):
            if thread is self.sender():
                done(found)

    def close(self) -> None:
        """Ask every running job to end, and each that is started from now on: an end may begin the next thing."""
        self._closed = True
        self.stop()

    def stop(self) -> None:
        """Ask every running job to end."""
        for thread in self._threads:
            thread.stop()

    @Slot()
    def _ended(self) -> None:
        self._threads = [thread for thread in self._threads if not thread.isFinished()]
        if self.at_rest:
            self.rested.emit()
