"""Trainings that wait for one another, in a file that survives a restart.

A training that begins becomes "go on with this run" in the file, so that one which was cut off or stopped goes on where
it was. One that is done leaves the queue; one that cannot start, or fails, stays with its reason until it is removed or
tried again.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.core.alone import alone_at
from workbench.core.control import Control
from workbench.core.data.source import open_source
from workbench.core.errors import Failure, Stopped, WorkbenchError, file_errors
from workbench.core.events import Advice, Event, Held
from workbench.core.files import read_json, write_json
from workbench.core.lock import Lock
from workbench.core.places import state_folder
from workbench.core.runs.folder import Run
from workbench.core.runs.trained import names_shipped
from workbench.core.tensors import check_format, damaged
from workbench.core.training.budget import Budget
from workbench.jobs.again import BranchRequest, branch
from workbench.jobs.api import Job, preceded
from workbench.jobs.train import TrainRequest, TrainResult, check, resume, train

FORMAT, VERSION = "workbench-queue", 1
_logger = logging.getLogger(__name__)

_BUSY = "The queue is being worked through by another program."


@dataclass(frozen=True)
class ResumeRequest:
    """A run to go on with; None: its own."""

    run: Path
    budget: Budget | None = None
    device: str | None = None
    threads: int | None = None


Request = TrainRequest | BranchRequest | ResumeRequest
_KINDS: Mapping[str, type[Request]] = {"train": TrainRequest, "branch": BranchRequest, "resume": ResumeRequest}


@dataclass(frozen=True)
class Waiting:
    """A training in the queue.

    Attributes:
        id: short, to name it by.
        added: UTC, ISO 8601.
        reason: why it could not start, or failed; None while it waits for its turn.
    """

    request: Request
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:6])
    added: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    reason: str | None = None

    @property
    def summary(self) -> str:
        """One line for people."""
        request = self.request
        if isinstance(request, TrainRequest):
            model = f"{request.model} {request.preset or ''}".strip()
            name = request.name or (f"as {request.like}" if request.like else model)
            return f"{name} on {Path(request.data).name or request.data}, {_said(request.budget)}"
        if isinstance(request, BranchRequest):
            at = f" at step {request.step}" if request.step is not None else ""
            return f"{request.name or 'a branch'} of {request.run.name}{at}"
        if self.active:
            return request.run.name
        return f"{request.run.name} goes on" + (f", {_said(request.budget)}" if request.budget else "")

    @property
    def where(self) -> str:
        """Where the pictures lie, or the run that is gone on with."""
        request = self.request
        return request.data if isinstance(request, TrainRequest) else str(request.run)

    @property
    def active(self) -> bool:
        """Whether a program trains it at this moment."""
        return isinstance(self.request, ResumeRequest) and Lock.held(self.request.run / "lock")

    @property
    def done(self) -> bool:
        """Whether nothing is left to do of it: its run was ended by hand, or the program ended just after it."""
        if not isinstance(self.request, ResumeRequest) or self.request.budget:
            return False
        try:
            return Run.open(self.request.run).info.status == "done"
        except WorkbenchError:
            return False  # its turn will say why not

    def to_json(self) -> dict[str, Any]:
        kind = next(name for name, kind in _KINDS.items() if isinstance(self.request, kind))
        request = json.loads(json.dumps(asdict(self.request), default=str))
        return {"id": self.id, "added": self.added, "reason": self.reason, "kind": kind, "request": request}

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Waiting:
        """Raises LookupError, TypeError or ValueError for what is none."""
        values = dict(entry["request"])
        for name in ("run", "runs"):
            if values.get(name) is not None:
                values[name] = Path(values[name])
        if values.get("budget") is not None:
            values["budget"] = Budget(**values["budget"])
        request = _KINDS[entry["kind"]](**values)
        return cls(request, str(entry["id"]), str(entry["added"]), entry["reason"])


def _said(budget: Budget) -> str:
    return next(f"{value:,.10g} {unit}" for unit, value in budget.to_json().items() if value is not None)


class Queue:
    """The user's queue of trainings: read anew at each look, so that several programs may share it."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or state_folder()
        self._file = self._folder / "queue.json"

    def waiting(self) -> tuple[Waiting, ...]:
        """All that is in it, in the order of their turns.

        Raises:
            WorkbenchError: the file is damaged or too new.
        """
        if not self._file.exists():
            return ()
        content = read_json(self._file)
        check_format(content, FORMAT, VERSION, "queue", str(self._file))
        try:
            return tuple(Waiting.from_json(entry) for entry in content["waiting"])
        except (LookupError, TypeError, ValueError) as error:
            raise damaged(self._file, "queue") from error

    def add(self, request: Request) -> Waiting:
        """Put a training at the end, and give its entry. Paths become absolute, so that it starts from anywhere."""
        entry = Waiting(_absolute(request))
        self._change(lambda entries: [*entries, entry])
        return entry

    def remove(self, id: str) -> Waiting:
        """Take a training out; raises `WorkbenchError` when there is none of that id, or it is being trained."""

        def taken_out(entry: Waiting) -> None:
            if entry.active:
                raise WorkbenchError(f"'{entry.summary}' is being trained.", "Stop it first, then remove it.")

        return _the_only(self._replace(id, taken_out), id)

    def retry(self, id: str) -> Waiting:
        """Let one that failed have its turn again; raises `WorkbenchError` when there is none of that id."""
        return _the_only(self._replace(id, lambda entry: replace(entry, reason=None)), id)

    def move(self, id: str, place: int) -> Waiting:
        """Give it another turn: 1 is the first, whatever is more than there are is the last.

        Raises:
            WorkbenchError: there is none of that id, or no such place.
        """
        if place < 1:
            raise WorkbenchError(f"There is no place {place} in the queue.", "The first is 1.")
        found: list[Waiting] = []

        def moved(entries: list[Waiting]) -> list[Waiting]:
            found.extend(entry for entry in entries if entry.id == id)
            others = [entry for entry in entries if entry.id != id]
            return [*others[: place - 1], *found, *others[place - 1 :]]

        self._change(moved)
        return _the_only(found, id)

    def next(self) -> Waiting | None:
        """Whose turn it is: the first that has not failed."""
        return next((entry for entry in self.waiting() if entry.reason is None), None)

    @contextmanager
    def worked_through(self) -> Iterator[None]:
        """One program at a time takes trainings from the queue; raises `WorkbenchError` when another does."""
        with file_errors(self._folder, "write"):
            self._folder.mkdir(parents=True, exist_ok=True)
        with Lock(self._folder / "queue-run.lock", _BUSY):
            yield

    @property
    def busy(self) -> bool:
        """Whether a program trains from it at this moment."""
        return Lock.held(self._folder / "queue-run.lock")

    def _replace(self, id: str, change: Callable[[Waiting], Waiting | None]) -> list[Waiting]:
        """Change the entry of that id, or with None take it out; what was found of it."""
        found: list[Waiting] = []

        def changed(entries: list[Waiting]) -> list[Waiting]:
            found.extend(entry for entry in entries if entry.id == id)
            new = [(entry, change(entry) if entry.id == id else entry) for entry in entries]
            return [after for _, after in new if after is not None]

        self._change(changed)
        return found

    def _change(self, change: Callable[[list[Waiting]], list[Waiting]]) -> None:
        """Read, change and write, as one step for every program that does the same."""
        with alone_at(self._file, "The queue is being changed by another program."):
            entries = [entry.to_json() for entry in change(list(self.waiting()))]
            write_json(self._file, {"format": FORMAT, "version": VERSION, "waiting": entries})

    def begun(self, id: str, run: Path) -> None:
        """It exists as a run now: from here on its turn means to go on with that. One that was taken out meanwhile is
        trained all the same."""
        self._replace(id, lambda entry: replace(entry, request=ResumeRequest(run.resolve())))

    def ended(self, id: str) -> None:
        """It is done: it leaves the queue, if it is still there."""
        self._replace(id, lambda entry: None)

    def failed(self, id: str, reason: str) -> None:
        """It could not start, or broke down: it stays, with the reason, unless it was taken out meanwhile."""
        self._replace(id, lambda entry: replace(entry, reason=reason))


def _the_only(found: list[Waiting], id: str) -> Waiting:
    if not found:
        raise WorkbenchError(f"Nothing in the queue is called '{id}'.", "See: workbench queue list.")
    return found[0]


def _absolute(request: Request) -> Request:
    if isinstance(request, TrainRequest):
        data = str(Path(request.data).resolve()) if Path(request.data).exists() else request.data
        start = request.start_from
        if start and not names_shipped(start):
            start = str(Path(start).resolve())
        runs = request.runs.resolve() if request.runs else None
        return replace(request, data=data, start_from=start, runs=runs)
    if isinstance(request, BranchRequest):
        runs = request.runs.resolve() if request.runs else None
        return replace(request, run=request.run.resolve(), runs=runs)
    return replace(request, run=request.run.resolve())


@dataclass(frozen=True)
class Turn:
    """A training that had its turn; `result` is None when it failed."""

    entry: Waiting
    result: TrainResult | None


def train_next(
    control: Control | None = None, queue: Queue | None = None, threads: int | None = None
) -> Job[Turn | None]:
    """Train what is next in the queue; None when nothing waits.

    Args:
        threads: for those that name no number of their own.

    Yields:
        what the training yields; Advice when it fails, which ends this job as any other.

    Raises:
        WorkbenchError: another program takes trainings from the queue.
    """
    control, queue = control or Control(), queue or Queue()
    with queue.worked_through():
        while (entry := queue.next()) and entry.done:
            queue.ended(entry.id)
        if entry is None:
            return None
        try:
            result = yield from _training(entry, control, queue, threads)
        except Stopped:
            raise
        except Exception as error:
            failure = Failure.of(error)
            if not failure.expected:
                _logger.exception("a training of the queue failed")
            queue.failed(entry.id, f"{failure.what} {failure.next_step}".strip())
            yield Advice(
                f"“{entry.summary}” failed: {failure.what} {failure.next_step}".strip(), "It stays in the queue."
            )
            return Turn(entry, None)
        if result.status == "done":
            queue.ended(entry.id)
        return Turn(entry, result)


def job_of(request: Request, control: Control) -> Job[TrainResult]:
    """The training that is asked for."""
    if isinstance(request, TrainRequest):
        return train(request, control)
    if isinstance(request, BranchRequest):
        return branch(request, control)
    return resume(request.run, control, request.budget, request.device, request.threads)


def check_request(request: Request) -> None:
    """What can be seen at once of a request that could never start; raises `WorkbenchError`."""
    if isinstance(request, TrainRequest):
        check(request)
        open_source(request.data)
    else:
        Run.open(request.run)


def _training(entry: Waiting, control: Control, queue: Queue, threads: int | None) -> Job[TrainResult]:
    request = entry.request
    if request.threads is None and threads is not None:
        request = replace(request, threads=threads)

    def note_begin(event: Event) -> tuple[()]:
        if isinstance(event, Held):
            queue.begun(entry.id, event.run)
        return ()

    return preceded(job_of(request, control), note_begin)


def work_through(control: Control | None = None, queue: Queue | None = None) -> Job[tuple[Turn, ...]]:
    """Train what waits in the queue, one after the other, until nothing waits or the user stops it.

    A training that is stopped is saved, and goes on first when the queue is worked through again.
    """
    control, queue = control or Control(), queue or Queue()
    turns: list[Turn] = []
    while not control.stopping:
        turn = yield from train_next(control, queue)
        if turn is None:
            break
        turns.append(turn)
        if turn.result and turn.result.status == "stopped":
            break
    return tuple(turns)
