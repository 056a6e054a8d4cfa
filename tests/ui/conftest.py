"""What every test of the window stands on: fresh preferences, and nothing left running afterwards."""

from __future__ import annotations

import gc
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QDeadlineTimer, QEvent, QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.ui.pages.edit import EditPage
from workbench.ui.preferences import preferences
from workbench.ui.theme import theme
from workbench.ui.worker import JobThread

PATIENCE_MS = 120_000


@pytest.fixture
def qtbot(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> QtBot:
    """Waits until something is so, and still is when what was sent before has arrived.

    The threads of a page are at rest a moment before their results are there, and the picture of a state in between may
    come while one looks at that of the state before.
    """
    wait_until = qtbot.waitUntil

    def wait(callback: Callable[[], bool | None], *, timeout: int = 5000) -> None:
        wait_until(callback, timeout=timeout)
        QCoreApplication.processEvents()
        wait_until(callback, timeout=timeout)

    monkeypatch.setattr(qtbot, "waitUntil", wait)
    return qtbot


@pytest.fixture
def bare_edit_page(qtbot: QtBot, places: Path) -> Iterator[EditPage]:
    """The Edit page alone, before the libraries are there."""
    page = EditPage()
    qtbot.addWidget(page)
    page.resize(1100, 800)
    page.show()
    yield page
    page.close_down()
    qtbot.waitUntil(page.at_rest, timeout=2 * PATIENCE_MS)


@pytest.fixture
def edit_page(bare_edit_page: EditPage) -> EditPage:
    """The Edit page, ready, with nothing open."""
    bare_edit_page.set_ready()
    return bare_edit_page


@pytest.fixture(autouse=True)
def _fresh_preferences() -> None:
    """No test sees what another one remembered."""
    stored = preferences()
    stored.clear()
    stored.sync()


@pytest.fixture(autouse=True)
def _dressed(qapp: QApplication, _fresh_preferences: None) -> None:
    """Pages and widgets look as they do in the window, which dresses them once it is built."""
    theme().dress()


@pytest.fixture(autouse=True)
def _nothing_left(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test that leaves a thread, a running timer or a visible window, and says where it was started."""
    started: dict[QObject, str] = {}

    def note(kind: type[QObject]) -> None:
        begin = kind.start  # type: ignore[attr-defined]

        def start(self: QObject, *arguments: object) -> None:
            started[self] = "".join(traceback.format_stack(limit=6)[:-1])
            begin(self, *arguments)

        monkeypatch.setattr(kind, "start", start)

    note(JobThread)
    note(QTimer)
    before = set(threading.enumerate())
    gc.freeze()  # what is there now is none of this test's: looking through it takes a second once torch is there
    yield
    deadline = QDeadlineTimer(PATIENCE_MS)
    while (left := _left(before, started)) and not deadline.hasExpired():
        QCoreApplication.processEvents()
        QThread.msleep(1)
    assert not left, "left behind:\n" + "\n".join(left)
    started.clear()
    gc.collect()  # here, and not during a later test's events
    gc.unfreeze()


def _left(before: set[threading.Thread], started: dict[QObject, str]) -> list[str]:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return [
        *(f"thread {thread.name}" for thread in set(threading.enumerate()) - before if _runs(thread)),
        *(f"{thing}, started at\n{place}" for thing, place in started.items() if _is_active(thing)),
        *(f"window {widget}" for widget in QApplication.topLevelWidgets() if widget.isVisible()),
    ]


def _runs(thread: threading.Thread) -> bool:
    """Python's stand-in for a thread of Qt's stays in its list for ever; those are looked for as jobs."""
    return thread.is_alive() and not isinstance(thread, threading._DummyThread)


def _is_active(thing: QObject) -> bool:
    if not shiboken6.isValid(thing):
        return False
    return thing.isActive() if isinstance(thing, QTimer) else thing in JobThread._alive
