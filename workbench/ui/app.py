"""Starting and checking the window."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType

from PySide6.QtCore import QEventLoop, QMessageLogContext, QSocketNotifier, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QWidget

from workbench import __version__

logger = logging.getLogger(__name__)

_NOISE = ("propagateSizeHints",)
"""Lines of Qt that say nothing to anybody: a platform without a window manager has no size hints to pass on."""
_WITHOUT_WINDOW = "'python3 packaging/bootstrap.py run' installs what is missing; 'workbench --help' needs no window."
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def main(paths: Sequence[str] = ()) -> int:
    """Open the window, and in it `paths`; returns when it is closed, with the exit code of the program."""
    app = application()
    from workbench.ui.main_window import MainWindow

    window = MainWindow()

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        logger.critical("Unexpected error", exc_info=(kind, error, trace))
        window.report_bug()

    sys.excepthook = report  # an exception in a slot never reaches Python's own top level
    window.show()
    for path in paths:
        window.open_path(path)
    with closing_on_signals(window):
        return app.exec()


@contextmanager
def closing_on_signals(window: QWidget) -> Iterator[None]:
    """Let a log-out, a shutdown, a polite kill and Ctrl-C in the terminal close the window, which saves what runs.

    Python runs its handlers only when it has something to do, and Qt's loop gives it nothing: so a signal also writes a
    byte to a socket that the loop listens to.
    """
    here, there = socket.socketpair()
    there.setblocking(False)
    notifier = QSocketNotifier(here.fileno(), QSocketNotifier.Type.Read)

    def close() -> None:
        here.recv(16)
        window.close()

    notifier.activated.connect(close)
    before = {number: signal.signal(number, lambda number, frame: None) for number in (signal.SIGTERM, signal.SIGINT)}
    wakeup = signal.set_wakeup_fd(there.fileno())
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        notifier.setEnabled(False)
        here.close()
        there.close()


def check(seconds: float = 60) -> int:
    """Open the window where nobody sees it, wait for its first paint, close it; 0 when all went well in time."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application()
    from workbench.ui.main_window import MainWindow

    loop = QEventLoop()
    window = MainWindow(remember=False)
    window.painted.connect(window.close)
    window.closed.connect(lambda: loop.exit(0))
    limit = QTimer()
    limit.setSingleShot(True)
    limit.setInterval(int(1000 * seconds))
    limit.timeout.connect(lambda: loop.exit(1))
    limit.start()
    window.show()
    code = loop.exec()
    limit.stop()
    window.deleteLater()
    return code


def application() -> QApplication:
    """The one QApplication, with its names, its theme and its log."""
    qInstallMessageHandler(_log_qt)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("latent-workbench")
    app.setApplicationDisplayName("Latent Workbench")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("latent-workbench")
    return app


def _log_qt(kind: QtMsgType, context: QMessageLogContext | None, text: str) -> None:
    """Qt's own messages go where ours go; the last one before it ends the program also to who started it."""
    if not any(noise in text for noise in _NOISE):
        logger.log(_LEVELS.get(kind, logging.WARNING), "%s", text)
    if kind is QtMsgType.QtFatalMsg:
        sys.stderr.write(f"The window cannot open. {text.strip()}\n{_WITHOUT_WINDOW}\n")
