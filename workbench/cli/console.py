"""The terminal as the host of a job: its events become bars, Ctrl-C becomes a request to stop."""

from __future__ import annotations

import dataclasses
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from workbench.cli.output import note, say_json
from workbench.core.control import Control
from workbench.core.training.clock import duration

if TYPE_CHECKING:
    from workbench.core.events import Advice, Event
    from workbench.core.events import Progress as ProgressEvent
    from workbench.jobs.api import Job

Result = TypeVar("Result")

_SKIPPED_SHOWN = 5


def run_job(
    start: Callable[[Control], Job[Result]], *, json_lines: bool = False, heard: list[Advice] | None = None
) -> Result:
    """Run a job to its end and give its result. The only place where the command line hosts one.

    Args:
        start: makes the job, given its remote control.
        json_lines: print each event as one line of JSON on standard output, instead of bars on standard error.
        heard: where advice is added as it comes, for a result that is printed as JSON.

    Raises:
        Stopped: the user pressed Ctrl-C, and the job is not one that saves and returns.
    """
    from workbench.jobs.api import run

    control = Control()
    with _stop_on_signal(control):
        if json_lines:
            return run(start(control), _say_event)
        with Display(heard) as display:
            return run(start(control), display.show)


@contextmanager
def _stop_on_signal(control: Control) -> Iterator[None]:
    """While the block runs, Ctrl-C and a polite kill ask the job to stop; a second Ctrl-C breaks it off."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread receives signals
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if control.stopping:
            raise KeyboardInterrupt
        note("Stopping, and saving what there is to save. Press Ctrl-C again to break off at once.")
        control.stop()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say_event(event: Event) -> None:
    """An event as one line of JSON: `{"event": "losses", "part": "train", ...}`; pictures stay in the run folder."""
    fields = {field.name: getattr(event, field.name) for field in dataclasses.fields(event) if field.name != "picture"}
    say_json({"event": type(event).__name__.lower(), **fields}, indent=None)


class Display:
    """Shows events on standard error: bars when it is a terminal, otherwise only what should be read."""

    def __init__(self, heard: list[Advice] | None = None) -> None:
        self._heard = heard if heard is not None else []
        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[count]}"),
            TextColumn("[dim]{task.fields[detail]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._losses: dict[str, float] = {}
        self._skipped = 0
        self._run: Path | None = None
        self._checkpoint: Path | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bars.stop()
        if self._skipped > _SKIPPED_SHOWN:
            rest = self._skipped - _SKIPPED_SHOWN
            note(
                f"… and {rest} more were left out; 'workbench data info', or the new set's import.json, lists them all."
            )

    def show(self, event: Event) -> None:
        """Show one event."""
        from workbench.core import events

        match event:
            case events.Progress():
                self._show_progress(event)
            case events.Losses(part=part, values=values):
                prefix = "" if part == "train" else "validation "
                self._losses |= {prefix + name: float(curve[-1]) for name, curve in values.items() if len(curve)}
            case events.Started(run=run, step=step, device=device):
                self._run = run
                where = f" from step {step}" if step else ""
                self._say(f"Training on {device}{where}; everything goes to '{run}'.")
            case events.Saved(path=path, kind="checkpoint"):
                self._checkpoint = path
            case events.Advice():
                self._heard.append(event)
                self._say(f"{event.finding} {event.remedy}".strip())
                if event.trick:
                    self._say(f"  From the bag of tricks: {event.trick}")
                if command := self._command(event.changes):
                    self._say(f"  {command}")
            case events.Recovered(kind=kind, step=step):
                self._say(f"At step {step} that is over: {kind.replace('_', ' ')}.")
            case events.Skipped(name=name, reason=reason):
                self._skipped += 1
                if self._skipped <= _SKIPPED_SHOWN:
                    self._say(f"Left out '{name}': {reason}")
            case _:
                pass  # previews, saved files and measures are in the result

    def _command(self, changes: Mapping[str, object]) -> str:
        """What goes on with these settings, from the newest checkpoint or else from the start; "" without any."""
        if not changes or self._run is None:
            return ""
        sets = " ".join(
            f"--set {name}={value:g}" if isinstance(value, float) else f"--set {name}={value}"
            for name, value in changes.items()
        )
        if self._checkpoint is None:
            return f"workbench train --like '{self._run}' {sets}"
        return f"workbench train --branch '{self._run}@{int(self._checkpoint.name)}' {sets}"

    def _say(self, text: str) -> None:
        """A line above the bars."""
        self._bars.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _show_progress(self, event: ProgressEvent) -> None:
        total = "" if event.total is None else f"/{event.total}"
        count = f"{event.done}{total} {event.unit}"
        details = [f"{name} {value:.4g}" for name, value in self._losses.items()]
        if event.rate is not None:
            details.append(f"{event.rate:.0f}/s")
        if event.seconds_left is not None:
            details.append(f"{duration(event.seconds_left)} left")
        if event.task not in self._tasks:
            self._tasks[event.task] = self._bars.add_task(event.task, total=event.total, count="", detail="")
        self._bars.update(
            self._tasks[event.task], completed=event.done, total=event.total, count=count, detail=", ".join(details)
        )
