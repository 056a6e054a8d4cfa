"""What a job is, and the simplest host for one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.core.events import Advice, Event

if TYPE_CHECKING:
    from workbench.core.runs.trained import TrainedModel

Result = TypeVar("Result")
Job = Generator[Event, None, Result]
"""Yields events while it works and returns its result. It ends in exactly one of three ways: it returns (done), it
raises `Stopped`, or it raises another exception (failed). A training that is stopped saves and returns."""


def notices(model: TrainedModel) -> Iterator[Advice]:
    """What a user should know of how `model` was opened."""
    if model.notice:
        yield Advice(model.notice, "")


def preceded(job: Job[Result], before: Callable[[Event], Iterable[Any]]) -> Generator[Any, None, Result]:
    """`job`, and ahead of each of its events what `before` gives for it."""
    with closing(job):
        while True:
            try:
                event = next(job)
            except StopIteration as end:
                result: Result = end.value
                return result
            yield from before(event)
            yield event


def run(job: Job[Result], on_event: Callable[[Event], None] = lambda event: None) -> Result:
    """Drive `job` to its end in this thread, handing each event to `on_event`, and give its result."""
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            result: Result = end.value
            return result
        on_event(event)
