"""A run that another program trains is followed while it is looked at: about once a second, what is new in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from PySide6.QtCore import QObject, QTimer, Slot

from workbench.core.control import Control
from workbench.core.errors import Failure
from workbench.core.events import Event, Losses, Preview, Recovered, Saved
from workbench.jobs.api import Job
from workbench.ui.pages.train_jobs import advice_of, read_run, summary_of
from workbench.ui.pages.train_watch import PastRun, TrainWatch
from workbench.ui.previews import KINDS
from workbench.ui.worker import Jobs, JobThread

if TYPE_CHECKING:
    from workbench.core.runs.metrics import Tail

EVERY_MS = 1000


@dataclass
class Followed:
    """A run, and how much of it is shown already; changed by one look at a time."""

    run: Path
    tail: Tail | None
    """None while nobody trains it."""
    newest: dict[str, int]
    """The step of the last grid by kind."""
    checkpoints: set[int]
    ills: set[str]
    """What kinds of findings are open."""

    @classmethod
    def of(cls, past: PastRun) -> Self:
        newest = {kind: files[-1][0] for kind, files in past.previews.items() if files}
        return cls(past.run, past.tail, newest, set(), {finding.kind for finding in past.findings})


def look(followed: Followed, control: Control) -> Job[str]:
    """What another program has added to a run since the last look.

    Yields:
        Losses, Preview, Saved when there are other checkpoints, Advice and Recovered; or, where that program has just
        begun, or went back to an earlier step, the whole `PastRun` anew.

    Returns:
        What the run is when its training is just over; empty otherwise.
    """
    from workbench.core.pictures import read_photo
    from workbench.core.runs.folder import Run

    over = not Run.open(followed.run).active  # asked before reading: what was written until then is read
    if over and followed.tail is None:
        return ""
    run = Run.open(followed.run)
    curves = followed.tail.read() if followed.tail else {}
    if followed.tail is None or followed.tail.began_again:
        yield cast(Event, (yield from read_run(run.path, False, control)))
        return ""
    for part, (steps, values) in curves.items():
        yield Losses("validation" if part == "validation" else "train", steps, values, followed.tail.seconds)
    for kind in KINDS:
        for step, file in run.previews(kind):
            if step > followed.newest.get(kind, -1):
                followed.newest[kind] = step
                yield Preview(step, cast(Any, kind), read_photo(file).pixels)
    if (there := {step for step, _ in run.checkpoints()}) != followed.checkpoints:
        followed.checkpoints = there
        yield Saved(run.path, "checkpoint")
    ills = {finding.kind: finding for finding in run.info.findings if finding.recovered is None}
    for kind in ills.keys() - followed.ills:
        yield advice_of(ills[kind])
    for kind in followed.ills - ills.keys():
        yield Recovered(run.info.step, kind)
    followed.ills = set(ills)
    if not over:
        return ""
    followed.tail = None
    return summary_of(run)


class RunFollower(QObject):
    """Looks again and again at the run that `watch` shows, while it is not trained here and somebody can see it."""

    def __init__(self, watch: TrainWatch, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watch = watch
        self._jobs = jobs
        self._followed: Followed | None = None
        self._look: JobThread | None = None
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._tick)
        watch.shown.connect(self.follow)

    @Slot(object)
    def follow(self, past: PastRun | None) -> None:
        """Follow this run; None: nothing any more."""
        self._look = None  # what a look at another run still reports is passed over
        self._followed = Followed.of(past) if past else None
        if self._followed:
            self._clock.start(EVERY_MS)
        else:
            self._clock.stop()

    @Slot()
    def _tick(self) -> None:
        if self._followed and self._look is None and self._watch.isVisible() and not self._watch.running:
            make = partial(look, self._followed)
            self._look = self._jobs.start(make, done=self._looked, event=self._on_event, failed=self._failed)

    @Slot(object)
    def _on_event(self, event: Event | PastRun) -> None:
        if self.sender() is not self._look:
            return
        if isinstance(event, PastRun):
            self._watch.show_past(event)
            return
        self._watch.on_event(event)
        if isinstance(event, Losses) and event.part == "train":
            self._watch.step.set_text(f"{event.steps[-1]:,}")

    @Slot(object)
    def _looked(self, summary: str) -> None:
        if self.sender() is self._look:
            self._look = None
            if summary:
                self._watch.state.setText(summary)

    @Slot(object)
    def _failed(self, failure: Failure) -> None:
        if self.sender() is self._look:
            self.follow(None)  # the run was deleted or renamed
            self._watch.state.setText(failure.what)
