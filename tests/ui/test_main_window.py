from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QtMsgType, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.core.control import Control
from workbench.core.events import Progress
from workbench.jobs.api import Job
from workbench.ui import app
from workbench.ui.main_window import MainWindow
from workbench.ui.page import Activity, Message
from workbench.ui.preferences import preferences
from workbench.ui.routing import page_for
from workbench.ui.theme import theme

PATIENCE_MS = 240_000
"""For a busy machine; on a quiet one nothing here takes a second."""


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    def close(window: MainWindow) -> None:
        window.close()
        qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE_MS)  # it waits for what it has begun

    window = MainWindow()
    qtbot.addWidget(window, before_close_func=close)
    with qtbot.waitSignal(window.ready, timeout=PATIENCE_MS):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


@pytest.fixture
def opened(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the pages of `window` were asked to open: page and path."""
    asked: list[tuple[str, str]] = []

    def record(name: str) -> Callable[[str], None]:
        return lambda path: asked.append((name, path))

    for name in ("Edit", "Train", "Data"):
        monkeypatch.setattr(window.page(name), "open_path", record(name))
    return asked


def drop(window: MainWindow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    what = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(9, 9), *what)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(9, 9), *what))


def test_the_window_is_dressed_once_it_is_built(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theme(), "_dressed", False)
    qapp.setStyleSheet("")
    sheets: list[str] = []
    lay_out = MainWindow._lay_out
    monkeypatch.setattr(MainWindow, "_lay_out", lambda window: (lay_out(window), sheets.append(qapp.styleSheet())))
    window = MainWindow(remember=False)
    qtbot.addWidget(window)
    assert sheets == [""]
    assert theme().colours.accent in qapp.styleSheet()


def test_the_window_needs_neither_torch_nor_sklearn_to_be_painted() -> None:
    code = "import sys, workbench.ui.main_window; print(sorted({'torch', 'sklearn', 'torchvision'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_check_opens_and_closes_a_window_that_nobody_sees(places: Path) -> None:
    assert app.check() == 0
    assert not (places / "preferences" / "window.ini").exists()


def test_the_pages_have_keys(qtbot: QtBot, window: MainWindow) -> None:
    for number, name in enumerate(("Edit", "Train", "Data"), 1):
        qtbot.keyClick(window, getattr(Qt.Key, f"Key_{number}"), Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda name=name: window.current_page == name)
        assert window.page(name).isVisible()


def test_a_window_that_was_larger_than_the_screen_comes_back_as_large_as_the_screen(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.resize(3000, 2000)
    with qtbot.waitSignal(window.closed, timeout=PATIENCE_MS):
        window.close()
    again = MainWindow()
    qtbot.addWidget(again)
    room = again.screen().availableGeometry()
    assert again.width() <= room.width()
    assert again.height() <= room.height()


def test_size_and_page_are_remembered(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(790, 690)  # the screen of the tests is 800 by 800
    window.show_page("Data")
    with qtbot.waitSignal(window.closed, timeout=PATIENCE_MS):
        window.close()
    again = MainWindow()
    qtbot.addWidget(again)
    assert again.height() == 690
    assert again.current_page == "Data"


@pytest.mark.parametrize(
    ("name", "current", "page"),
    [
        ("photo.jpg", "Train", "Edit"),
        ("faces.zip", "Edit", "Data"),
        ("faces.zip", "Train", "Train"),
        ("recipe.json", "Data", "Edit"),
        ("smile.workbench", "Train", "Edit"),
        ("no-idea.xyz", "Data", "Edit"),
    ],
)
def test_a_file_goes_to_the_page_that_opens_it(name: str, current: str, page: str) -> None:
    assert page_for(Path(name), current) == page


def test_a_folder_is_data_unless_it_is_a_run(tmp_path: Path) -> None:
    assert page_for(tmp_path, "Edit") == "Data"
    assert page_for(tmp_path, "Train") == "Train"
    (tmp_path / "run.json").write_text("{}")
    assert page_for(tmp_path, "Train") == "Edit"


def test_what_is_dropped_opens_on_its_page(window: MainWindow, opened: list[tuple[str, str]], tmp_path: Path) -> None:
    photo, folder = tmp_path / "photo.png", tmp_path / "faces"
    folder.mkdir()
    drop(window, photo)
    drop(window, folder)
    assert opened == [("Edit", str(photo)), ("Data", str(folder))]
    assert window.current_page == "Data"


def test_a_pasted_picture_opens_in_edit(
    qtbot: QtBot, window: MainWindow, opened: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pasted = []
    monkeypatch.setattr(window.page("Edit"), "open_image", pasted.append)
    window.show_page("Data")
    QGuiApplication.clipboard().setImage(QImage(8, 6, QImage.Format.Format_RGB888))
    qtbot.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert [(image.width(), image.height()) for image in pasted] == [(8, 6)]
    assert window.current_page == "Edit"
    assert opened == []


def test_a_page_hands_on_to_another(window: MainWindow, opened: list[tuple[str, str]]) -> None:
    window.page("Data").hand_over.emit("Train", "builtin:avatars")
    assert window.current_page == "Train"
    assert opened == [("Train", "builtin:avatars")]


def test_messages_of_pages_come_and_go(window: MainWindow) -> None:
    page = window.page("Train")
    page.message.emit(Message("The disk is full.", kind="error"))
    assert window.messages.isVisible()
    page.message.emit(None)
    assert window.messages.isHidden()


def test_the_ring_shows_what_runs_and_leads_to_it(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("Edit")
    page = window.page("Train")
    page.activity.emit(Activity("Training: 10 steps", 0.25))
    ring = window._rail.ring
    assert ring.isVisible()
    assert "Training: 10 steps" in ring.toolTip()
    qtbot.mouseClick(ring, Qt.MouseButton.LeftButton)
    assert window.current_page == "Train"
    page.activity.emit(None)
    assert ring.isHidden()


def for_ever(control: Control) -> Job[None]:
    while True:
        control.check()
        yield Progress("Counting", 0, None, "numbers")


def test_closing_waits_for_what_runs_without_freezing(qtbot: QtBot, window: MainWindow) -> None:
    page = window.page("Data")
    thread = page._jobs.start(for_ever, done=page._show_runs)  # type: ignore[attr-defined]
    window.close()
    assert window.isVisible()
    assert window.messages.current == Message("Saving what runs, then closing…", kind="advice")
    with qtbot.waitSignal(window.closed, timeout=PATIENCE_MS):
        pass
    assert thread.isFinished()
    assert not window.isVisible()


def test_a_bug_is_said_with_a_way_to_the_log(window: MainWindow) -> None:
    window.report_bug()
    assert window.messages.current is not None
    assert (window.messages.current.text, window.messages.current.button) == ("Something went wrong.", "Open the log")


def test_messages_of_qt_go_into_the_log_without_the_known_noise(caplog: pytest.LogCaptureFixture) -> None:
    app._log_qt(QtMsgType.QtWarningMsg, None, "This plugin does not support propagateSizeHints()")
    app._log_qt(QtMsgType.QtWarningMsg, None, "QPainter::begin: no device")
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "QPainter::begin: no device")
    ]
    caplog.clear()


def test_what_keeps_the_window_from_opening_is_said_in_the_terminal(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    app._log_qt(QtMsgType.QtFatalMsg, None, "no Qt platform plugin could be initialized")
    assert "The window cannot open. no Qt platform plugin" in capsys.readouterr().err
    caplog.clear()


def test_preferences_are_a_file_that_a_person_can_read(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.closed, timeout=PATIENCE_MS):
        window.close()
    text = Path(preferences().fileName()).read_text(encoding="utf-8")
    assert "page=Edit" in text


def test_ctrl_q_closes_the_window_and_saves_as_closing_does(qtbot: QtBot, window: MainWindow) -> None:
    page = window.page("Data")
    thread = page._jobs.start(for_ever, done=page._show_runs)  # type: ignore[attr-defined]
    with qtbot.waitSignal(window.closed, timeout=PATIENCE_MS):
        qtbot.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert thread.isFinished()
    assert preferences().value("window/page") == "Edit"
