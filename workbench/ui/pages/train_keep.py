"""What the Train page does with runs that lie on disk, each as a job: rename, delete, compare, film, export, pin."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from workbench.core.control import Control
from workbench.core.errors import Failure
from workbench.core.events import Advice, Event, Progress
from workbench.jobs.api import Job
from workbench.ui.page import Activity, Message, failure_message
from workbench.ui.worker import Jobs

if TYPE_CHECKING:
    from workbench.core.runs.compare import Comparison


def _rename(path: Path, name: str, control: Control) -> Job[str]:
    from workbench.core.runs.folder import Run
    from workbench.core.runs.manage import rename

    yield from ()
    run = Run.open(path)
    return f"“{run.name}” is called “{rename(run, name).name}” now."


def _delete(paths: list[Path], control: Control) -> Job[str]:
    from workbench.core.runs.folder import Run
    from workbench.core.runs.manage import delete

    names: list[str] = []
    for path in paths:
        yield Progress("Moving to the trash", len(names), len(paths), "runs")
        run = Run.open(path)
        delete(run)
        names.append(f"“{run.name}”")
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} in the system's trash."


def _compare(first: Path, second: Path, control: Control) -> Job[tuple[Comparison, Any]]:
    from workbench.jobs.compare import compare

    found = yield from compare(first, second, control=control)
    return found, tuple(run.losses() for run in found.runs)


def _save_comparison(comparison: Comparison, path: str, control: Control) -> Job[str]:
    from workbench.core.runs.compare import write_comparison

    yield from ()
    write_comparison(comparison, Path(path))
    return f"The comparison is saved as “{Path(path).name}”."


def _film(run: Path, kind: Any, path: str, control: Control) -> Job[str]:
    from workbench.jobs.film import FilmRequest, make_film

    written = yield from make_film(FilmRequest(run, Path(path), kind), control)
    return f"The film is saved as “{written.name}”."


def _export(run: Path, path: str, control: Control) -> Job[str]:
    from workbench.core.runs.export_metrics import export_metrics
    from workbench.core.runs.folder import Run

    yield from ()
    export_metrics(Run.open(run), Path(path))
    return f"The losses are saved as “{Path(path).name}”."


def _pin(run: Path, step: int, keep: bool, control: Control) -> Job[str]:
    from workbench.core.runs.folder import Run
    from workbench.core.runs.manage import pin, unpin

    yield from ()
    (pin if keep else unpin)(Run.open(run), step)
    return f"The checkpoint of step {step:,} is kept for good." if keep else f"Step {step:,} may be forgotten again."


class RunKeeper(QObject):
    """Runs those jobs for the page and says how they ended."""

    message = Signal(object)
    activity = Signal(object)
    changed = Signal()
    """Runs are not what they were: list them again."""
    compared = Signal(object, object)
    """A `Comparison` and the losses of both runs."""

    def __init__(self, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs

    @Slot(str, str)
    def rename(self, run: str, name: str) -> None:
        self._start(partial(_rename, Path(run), name))

    @Slot(list)
    def delete(self, runs: list[str]) -> None:
        self._start(partial(_delete, [Path(run) for run in runs]))

    @Slot(str, str, str)
    def film(self, run: str, kind: str, path: str) -> None:
        self._start(partial(_film, Path(run), kind, path))

    @Slot(str, str)
    def export(self, run: str, path: str) -> None:
        self._start(partial(_export, Path(run), path))

    @Slot(str, int, bool)
    def pin(self, run: str, step: int, keep: bool) -> None:
        self._start(partial(_pin, Path(run), step, keep))

    @Slot(object, str)
    def save_comparison(self, comparison: Comparison, path: str) -> None:
        self._start(partial(_save_comparison, comparison, path))

    @Slot(str, str)
    def compare(self, first: str, second: str) -> None:
        make = partial(_compare, Path(first), Path(second))
        self._jobs.start(make, done=self._compared, event=self._on_event, failed=self._failed)

    def _start(self, make: Any) -> None:
        self._jobs.start(make, done=self._done, event=self._on_event, failed=self._failed)

    @Slot(object)
    def _compared(self, found: tuple[Comparison, Any]) -> None:
        self.activity.emit(None)
        self.compared.emit(*found)

    @Slot(object)
    def _done(self, sentence: str) -> None:
        self.activity.emit(None)
        self.message.emit(Message(sentence))
        self.changed.emit()

    @Slot(object)
    def _failed(self, failure: Failure) -> None:
        self.activity.emit(None)
        self.message.emit(failure_message(failure))
        self.changed.emit()

    @Slot(object)
    def _on_event(self, event: Event) -> None:
        if isinstance(event, Progress):
            self.activity.emit(Activity(f"{event.task}: {event.done:,} {event.unit}", event.fraction))
        elif isinstance(event, Advice):
            self.message.emit(Message(f"{event.finding} {event.remedy}".strip(), kind="advice"))
