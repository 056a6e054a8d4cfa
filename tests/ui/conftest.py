"""What every test of the window stands on: fresh preferences, and nothing left running afterwards."""

from __future__ import annotations

import gc
import threading
import traceback
from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QDeadlineTimer, QEvent, QThread, QTimer
from PySide6.QtWidgets import QApplication

from workbench.ui.preferences import preferences
from workbench.ui.worker import JobThread

PATIENCE_MS = 30_000


@pytest.fixture(autouse=True)
def _fresh_preferences() -> None:
    """No test sees what another one remembered."""
    stored = preferences()
    stored.clear()
    stored.sync()


@pytest.fixture(autouse=True)
def _nothing_left(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test that leaves a thread, a running timer or a visible window, and says where the job was started."""
    started: dict[int, str] = {}
    begin = JobThread.start

    def note(self: JobThread, *arguments: object) -> None:
        started[id(self)] = "".join(traceback.format_stack(limit=6)[:-1])
        begin(self)

    monkeypatch.setattr(JobThread, "start", note)
    before = set(threading.enumerate())
    yield
    deadline = QDeadlineTimer(PATIENCE_MS)
    while (left := _left(before)) and not deadline.hasExpired():
        QCoreApplication.processEvents()
        QThread.msleep(1)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()  # here, and not during a later test's events
    places = "\n".join(started[id(job)] for job in JobThread._alive if id(job) in started)
    assert not left, f"left behind: {', '.join(left)}\n{places}"


def _left(before: set[threading.Thread]) -> list[str]:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return [
        *(f"thread {thread.name}" for thread in set(threading.enumerate()) - before if _runs(thread)),
        *(f"job {job}" for job in JobThread._alive),
        *(f"timer of {timer.parent()}" for timer in gc.get_objects() if _ticks(timer)),
        *(f"window {widget}" for widget in QApplication.topLevelWidgets() if widget.isVisible()),
    ]


def _runs(thread: threading.Thread) -> bool:
    """Python's stand-in for a thread of Qt's stays in its list for ever; those are looked for as jobs."""
    return thread.is_alive() and not isinstance(thread, threading._DummyThread)


def _ticks(thing: object) -> bool:
    return issubclass(type(thing), QTimer) and shiboken6.isValid(thing) and thing.isActive()
