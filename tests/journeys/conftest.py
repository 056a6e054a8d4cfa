"""Hands for the journeys: a script of real mouse and key events, played inside the program's own event loop."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QElapsedTimer, QObject, QTimer, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from workbench.__main__ import main
from workbench.ui.main_window import MainWindow

PATIENCE_MS = 120_000

Script = Iterator[Callable[[], bool]]
Play = Callable[[Callable[[], Script], list[str]], int]


class Hands(QObject):
    """Plays a script: each condition that it yields is waited for."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self.error: BaseException | None = None
        self._script = script
        self._until: Callable[[], bool] = lambda: opened() is not None
        self._patience = QElapsedTimer()
        self._patience.start()
        self._timer = QTimer(self, interval=10)
        self._timer.timeout.connect(self._act)
        self._timer.start()

    def _act(self) -> None:
        try:
            if self._until():
                self._patience.restart()
                self._until = next(self._script)
            elif self._patience.hasExpired(PATIENCE_MS):
                raise TimeoutError("waited in vain")
        except StopIteration:
            self._timer.stop()
        except BaseException as error:  # told to the test when the program has ended
            self._timer.stop()
            self.error = error
            if window := opened():
                window.close()


def opened() -> MainWindow | None:
    """The program's window, once it is there."""
    windows = (w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible())
    return next(windows, None)


@pytest.fixture
def play(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Play:
    """`play(script, paths)` runs the real `main()` until the script has closed its window; the exit code."""

    def run(script: Callable[[], Script], paths: list[str]) -> int:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "excepthook", sys.excepthook)  # the program sets its own
            handler = qInstallMessageHandler(None)
            hands = Hands(script())
            try:
                code = main(paths)
            finally:
                qInstallMessageHandler(handler)
        if hands.error:
            raise hands.error
        return code

    return run
