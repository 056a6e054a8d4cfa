from __future__ import annotations

import sys
import threading

import pytest
from PySide6.QtCore import QObject, Signal, Slot
from pytestqt.qtbot import QtBot

from workbench.core.control import Control
from workbench.core.errors import Failure, WorkbenchError
from workbench.core.events import Progress
from workbench.jobs.api import Job
from workbench.ui.worker import Jobs, JobThread


class Listener(QObject):
    """Hears of everything, as a page does."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[object] = []
        self.ends: list[object] = []
        self.threads: set[int] = set()

    def listen(self, thread: JobThread) -> JobThread:
        thread.reported.connect(self.on_event)
        thread.done.connect(self.on_end)
        thread.stopped.connect(self.on_stopped)
        thread.failed.connect(self.on_end)
        return thread

    @Slot(object)
    def on_event(self, event: object) -> None:
        self.events.append(event)
        self.threads.add(threading.get_ident())

    @Slot(object)
    def on_end(self, result: object) -> None:
        self.ends.append(result)

    @Slot()
    def on_stopped(self) -> None:
        self.ends.append("stopped")


def progress(done: int) -> Progress:
    return Progress("Counting", done, None, "numbers")


def count_to_three(control: Control) -> Job[str]:
    for number in range(3):
        yield progress(number)
    return "three"


def count_for_ever(control: Control) -> Job[None]:
    pace = threading.Event()
    number = 0
    while True:
        control.check()
        yield progress(number)
        number += 1
        pace.wait(0.005)  # as real jobs do: a flood of signals crashes Qt when a slot is disconnected under it


def test_events_and_result_arrive_in_the_thread_of_the_window(qtbot: QtBot) -> None:
    listener = Listener()
    thread = listener.listen(JobThread(count_to_three))
    with qtbot.waitSignal(thread.finished):
        thread.start()
    qtbot.waitUntil(lambda: bool(listener.ends))
    assert listener.events == [progress(0), progress(1), progress(2)]
    assert listener.ends == ["three"]
    assert listener.threads == {threading.get_ident()}


def test_a_stopped_job_ends_once_as_stopped(qtbot: QtBot) -> None:
    listener = Listener()
    thread = listener.listen(JobThread(count_for_ever))
    thread.start()
    qtbot.waitUntil(lambda: bool(listener.events))
    with qtbot.waitSignal(thread.finished):
        thread.stop()
    qtbot.waitUntil(lambda: listener.ends == ["stopped"])


def test_a_paused_job_rests_until_it_goes_on(qtbot: QtBot) -> None:
    """After a pause at most the event that was under way arrives; after it everything goes on."""
    resting, going_on = threading.Event(), threading.Event()

    def job(control: Control) -> Job[None]:
        yield progress(0)
        resting.wait(10)
        control.check()
        going_on.set()
        yield progress(1)

    thread = JobThread(job)
    with qtbot.waitSignal(thread.reported):
        thread.start()
    thread.control.pause()
    resting.set()
    assert not going_on.wait(0.1)
    with qtbot.waitSignal(thread.finished):
        thread.control.resume()
    assert going_on.is_set()


def test_an_error_of_the_user_arrives_as_its_sentences(qtbot: QtBot) -> None:
    def job(control: Control) -> Job[None]:
        yield progress(0)
        raise WorkbenchError("No pictures in 'holiday'.", "Choose another folder.")

    thread = JobThread(job)
    with qtbot.waitSignal(thread.failed) as caught, qtbot.waitSignal(thread.finished):
        thread.start()
    failure = caught.args[0]
    assert (failure.what, failure.next_step, failure.expected) == (
        "No pictures in 'holiday'.",
        "Choose another folder.",
        True,
    )


def test_a_bug_arrives_with_its_traceback_and_without_the_exception(qtbot: QtBot) -> None:
    def job(control: Control) -> Job[None]:
        yield progress(0)
        raise ZeroDivisionError("oh")

    thread = JobThread(job)
    with qtbot.waitSignal(thread.failed) as caught, qtbot.waitSignal(thread.finished):
        thread.start()
    failure = caught.args[0]
    assert isinstance(failure, Failure)
    assert not failure.expected
    assert "ZeroDivisionError: oh" in failure.traceback


def test_a_job_that_cannot_even_begin_fails_too(qtbot: QtBot) -> None:
    def make(control: Control) -> Job[None]:
        raise WorkbenchError("There is no model 'vea'.", "Did you mean 'vae'?")

    thread = JobThread(make)
    with qtbot.waitSignal(thread.failed), qtbot.waitSignal(thread.finished):
        thread.start()


class Host(QObject):
    failures = Signal(object)

    @Slot(object)
    def done(self, result: object) -> None:
        pass

    @Slot(object)
    def failed(self, failure: object) -> None:
        self.failures.emit(failure)


@pytest.fixture
def host() -> Host:
    return Host()


def test_a_page_is_at_rest_when_its_last_job_has_ended(qtbot: QtBot, host: Host) -> None:
    jobs = Jobs(host, host.failed)
    assert jobs.at_rest
    jobs.start(count_for_ever, done=host.done)
    jobs.start(count_for_ever, done=host.done)
    assert not jobs.at_rest
    with qtbot.waitSignal(jobs.rested):
        jobs.stop()
    assert jobs.at_rest


def test_what_is_begun_while_the_page_closes_is_asked_to_end_at_once(qtbot: QtBot, host: Host) -> None:
    jobs = Jobs(host, host.failed)
    jobs.close()
    with qtbot.waitSignal(jobs.rested):
        jobs.start(count_for_ever, done=host.done)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="True cannot die there")
def test_signals_keep_their_references_to_true(qtbot: QtBot) -> None:
    """PySide6 6.12.0 loses one with each emit, until the interpreter aborts."""
    host = Host()
    before = sys.getrefcount(True)
    for _ in range(200):
        host.failures.emit(None)
    assert sys.getrefcount(True) > before - 100


def test_of_several_looks_the_newest_is_told_though_an_older_one_ends_after_it(qtbot: QtBot) -> None:
    listener = Listener()
    jobs = Jobs(listener, listener.on_end)
    first, begun = threading.Event(), iter(range(2))

    def look(control: Control) -> Job[str]:
        yield progress(0)
        if next(begun) == 0:
            first.wait(60)
            return "old"
        return "new"

    jobs.look(look, listener.on_end)
    qtbot.waitUntil(lambda: begun.__length_hint__() == 1)
    jobs.look(look, listener.on_end)
    qtbot.waitUntil(lambda: listener.ends == ["new"])
    first.set()
    qtbot.waitUntil(lambda: jobs.at_rest)
    qtbot.wait(50)
    assert listener.ends == ["new"]
