"""One owner at a time: those who only look stand in nobody's way."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Timer

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.lock import Lock

TIMES = 300


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A lock that nobody holds, any more."""
    path = tmp_path / "lock"
    with Lock(path, "Taken."):
        pass
    return path


def meanwhile(do: Callable[[], object], beside: Callable[[], object]) -> list[object]:
    """What `do` gives, again and again, while another thread does `beside` all the time."""
    over = Event()

    def beside_it() -> None:
        while not over.is_set():
            beside()

    with ThreadPoolExecutor(1) as other:
        other.submit(beside_it)
        try:
            return [do() for _ in range(TIMES)]
        finally:
            over.set()


def test_two_that_look_at_once_do_not_take_each_other_for_the_holder(path: Path) -> None:
    assert not any(meanwhile(lambda: Lock.held(path), lambda: Lock.held(path)))


def test_it_is_taken_while_another_looks(path: Path) -> None:
    def take() -> None:
        with Lock(path, "Taken."):
            pass

    meanwhile(take, lambda: Lock.held(path))  # a refusal would raise


def test_who_looks_sees_that_it_is_held_and_by_whom(path: Path) -> None:
    with Lock(path, "Taken."):
        assert Lock.held(path)
        assert Lock.holder(path)
        with pytest.raises(WorkbenchError, match="Taken \\(process"), Lock(path, "Taken.", patience=0.0):
            pass
    assert not Lock.held(path)
    assert Lock.holder(path) is None


def test_who_is_patient_gets_it_when_it_is_let_go(path: Path) -> None:
    let_go = Event()

    def end(holding: Lock) -> None:
        let_go.set()
        holding.__exit__(None, None, None)

    holding = Lock(path, "Taken.")
    holding.__enter__()
    Timer(0.2, end, (holding,)).start()
    with Lock(path, "Taken.", patience=30.0):
        assert let_go.is_set()


def test_a_full_disk_leaves_nothing_held(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, text: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(WorkbenchError, match="The disk is full"), Lock(path, "Taken."):
            pass
    assert not Lock.held(path)
