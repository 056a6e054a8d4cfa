"""The newest request wins; every failure comes back; nothing outlives close()."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import pytest

from workbench.core.errors import Failure, WorkbenchError
from workbench.jobs.latest import Latest

WAIT = 10.0  # seconds; far more than any of this takes


class Desk:
    """A renderer that answers a request only when it is let go on."""

    def __init__(self) -> None:
        self.begun: queue.Queue[int] = queue.Queue()
        self.go_on = threading.Semaphore(0)
        self.delivered: queue.Queue[tuple[int, object]] = queue.Queue()
        self.latest: Latest[int, int] = Latest(self.render, lambda stamp, result: self.delivered.put((stamp, result)))

    def render(self, request: int) -> int:
        self.begun.put(request)
        assert self.go_on.acquire(timeout=WAIT)
        if request < 0:
            raise WorkbenchError("It is negative.", "Ask for more.")
        if request == 0:
            raise ZeroDivisionError
        return request * 10


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.go_on.release(100)
    desk.latest.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "renderer"]


def test_a_request_is_answered_under_its_stamp(desk: Desk) -> None:
    desk.go_on.release()
    stamp = desk.latest.ask(7)
    assert desk.delivered.get(timeout=WAIT) == (stamp, 70)


def test_the_newest_request_takes_the_place_of_those_that_wait(desk: Desk) -> None:
    first = desk.latest.ask(1)
    assert desk.begun.get(timeout=WAIT) == 1
    stamps = [desk.latest.ask(number) for number in range(2, 50)]
    desk.go_on.release(2)
    assert desk.delivered.get(timeout=WAIT) == (first, 10)
    assert desk.delivered.get(timeout=WAIT) == (stamps[-1], 490)
    assert desk.begun.get(timeout=WAIT) == 49
    assert desk.begun.empty()


def test_stamps_rise(desk: Desk) -> None:
    stamps = [desk.latest.ask(number) for number in range(1, 20)]
    assert stamps == sorted(set(stamps))


def test_no_thread_is_started_before_the_first_request() -> None:
    before = threading.active_count()
    Latest(lambda request: request, lambda stamp, result: None).close()
    assert threading.active_count() == before


def test_a_users_mistake_comes_back_as_its_sentence_and_the_next_request_is_served(desk: Desk) -> None:
    desk.go_on.release(2)
    desk.latest.ask(-1)
    _, failure = desk.delivered.get(timeout=WAIT)
    assert isinstance(failure, Failure)
    assert (failure.what, failure.next_step, failure.expected) == ("It is negative.", "Ask for more.", True)
    desk.latest.ask(3)
    assert desk.delivered.get(timeout=WAIT)[1] == 30


def test_a_bug_comes_back_with_its_traceback(desk: Desk) -> None:
    desk.go_on.release()
    desk.latest.ask(0)
    _, failure = desk.delivered.get(timeout=WAIT)
    assert isinstance(failure, Failure)
    assert not failure.expected
    assert "ZeroDivisionError" in failure.traceback


def test_close_waits_for_the_thread_and_nothing_is_delivered_afterwards(desk: Desk) -> None:
    desk.latest.ask(1)
    desk.begun.get(timeout=WAIT)
    desk.latest.ask(2)
    closing = threading.Thread(target=desk.latest.close)
    closing.start()
    desk.go_on.release(2)
    closing.join(WAIT)
    assert not closing.is_alive()
    assert desk.begun.empty()
    assert all(result != 20 for _, result in list(desk.delivered.queue))
    with pytest.raises(RuntimeError):
        desk.latest.ask(3)
