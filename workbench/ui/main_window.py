"""The window's frame: rail, message bar, pages; drag and drop, paste, and a close that loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeySequence,
    QPaintEvent,
    QShortcut,
)
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QWidget

from workbench.core.control import Control
from workbench.core.errors import Failure
from workbench.jobs.api import Job
from workbench.ui.message_bar import MessageBar, MessageFrame
from workbench.ui.page import BUG, Message, Page, failure_message
from workbench.ui.pages.data import DataPage
from workbench.ui.pages.edit import EditPage
from workbench.ui.pages.train import TrainPage
from workbench.ui.preferences import preferences
from workbench.ui.rail import Rail
from workbench.ui.routing import page_for
from workbench.ui.theme import application_icon, theme
from workbench.ui.worker import JobThread


def import_libraries(control: Control) -> Job[None]:
    """Import what is large, so that no page has to wait for it later."""
    import workbench.jobs.edit
    import workbench.jobs.train  # noqa: F401 - imported for its imports: torch
    from workbench.core.models.registry import MODELS, model_class

    for name in MODELS:
        model_class(name)
    yield from ()


class MainWindow(QMainWindow):
    """The program's one window.

    Args:
        remember: keep geometry and page for the next start; off for a window nobody sees.
    """

    ready = Signal()
    """torch is there: the pages may start jobs."""
    painted = Signal()
    """The first paint is on the screen."""
    closed = Signal()
    """Everything has been saved and nothing runs any more."""

    def __init__(self, remember: bool = True) -> None:
        super().__init__()
        theme()
        self._remember = remember
        self._painted = False
        self._closing = False
        self._pages: dict[str, Page] = {page.name: page for page in (EditPage(), TrainPage(), DataPage())}
        self._loader = JobThread(import_libraries)
        self._loader.done.connect(self._loaded)
        self._loader.failed.connect(self._loading_failed)
        self._loader.finished.connect(self._close_when_at_rest)

        self.setWindowTitle("Latent Workbench")
        self.setWindowIcon(application_icon())
        self.setAcceptDrops(True)
        self.messages = MessageBar()
        self._rail = Rail(tuple(self._pages.values()))
        self._rail.chosen.connect(self.show_page)
        self._stack = QStackedWidget()
        for page in self._pages.values():
            self._stack.addWidget(page)
            page.message.connect(self._on_message)
            page.activity.connect(self._on_activity)
            page.hand_over.connect(self.hand_over)
            page.rested.connect(self._close_when_at_rest)
        self._frame = MessageFrame(self._stack, self.messages)
        self._lay_out()
        theme().dress()
        QShortcut(QKeySequence.StandardKey.Paste, self, self._paste)
        QShortcut(QKeySequence("Ctrl+Q"), self, self.close)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.messages.dismiss)
        self._restore()

    def page(self, name: str) -> Page:
        """The page with this name."""
        return self._pages[name]

    @property
    def current_page(self) -> str:
        """The name of the page that is shown."""
        return next(name for name, page in self._pages.items() if page is self._stack.currentWidget())

    @Slot(str)
    def show_page(self, name: str) -> None:
        """Bring this page to the front."""
        self._stack.setCurrentWidget(self._pages[name])
        self._frame.make_room()
        self._rail.set_page(name)

    @Slot(str, str)
    def hand_over(self, name: str, what: str) -> None:
        """Show the page `name` and let it open `what`, a path or a data source."""
        self.show_page(name)
        self._pages[name].open_path(what)

    def open_path(self, path: str | Path) -> None:
        """Open a photo, a recipe, a run, a model, or a source of data, on the page that it belongs to."""
        self.hand_over(page_for(Path(path), self.current_page), str(path))

    def report_bug(self) -> None:
        """Say that something of ours went wrong; the traceback is in the log."""
        self.messages.show_message(BUG, self)

    def _lay_out(self) -> None:
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._rail)
        row.addWidget(self._frame, 1)
        self.setCentralWidget(body)

    # What is remembered

    def _restore(self) -> None:
        stored = preferences()
        geometry = stored.value("window/geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            self.resize(1280, 840)
        # never larger than the screen, which may have become smaller or its letters larger since it was remembered
        self.resize(self.size().boundedTo(self.screen().availableGeometry().size()))
        name = str(stored.value("window/page", "Edit"))
        self.show_page(name if name in self._pages else "Edit")
        self._stack.setFocus()  # not the rail: its ring of focus would be the first thing to see

    def _save(self) -> None:
        if not self._remember:
            return
        stored = preferences()
        stored.setValue("window/geometry", self.saveGeometry())
        stored.setValue("window/page", self.current_page)
        for page in self._pages.values():
            page.save_state()
        stored.sync()

    # The pages' signals

    @Slot(object)
    def _on_message(self, message: Message | None) -> None:
        if message:
            self.messages.show_message(message, self.sender())
        else:
            self.messages.take_back(self.sender())

    @Slot(object)
    def _on_activity(self, activity: object) -> None:
        page = self.sender()
        assert isinstance(page, Page)
        self._rail.set_activity(page.name, activity)  # type: ignore[arg-type]

    # Start and end

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self._begin)

    @Slot()
    def _begin(self) -> None:
        self.painted.emit()
        if not self._closing:
            self._loader.start()

    @Slot(object)
    def _loaded(self, _: object) -> None:
        if self._closing:
            return
        for page in self._pages.values():
            page.set_ready()
        self.ready.emit()

    @Slot(object)
    def _loading_failed(self, failure: Failure) -> None:
        self.messages.show_message(failure_message(failure), self)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._closing:
            self._closing = True
            self._save()
            for page in self._pages.values():
                page.close_down()
        if self._at_rest():
            event.accept()
            self.closed.emit()
            return
        event.ignore()
        self.messages.show_message(Message("Saving what runs, then closing…", kind="advice"), self)
        self._stack.setEnabled(False)

    def _at_rest(self) -> bool:
        return not self._loader.isRunning() and all(page.at_rest() for page in self._pages.values())

    @Slot()
    def _close_when_at_rest(self) -> None:
        if self._closing and self._at_rest():
            self.close()

    # What comes in from outside

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if not self._closing and (_paths(event.mimeData()) or event.mimeData().hasImage()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self._take(event.mimeData())

    @Slot()
    def _paste(self) -> None:
        self._take(QGuiApplication.clipboard().mimeData())

    def _take(self, data: QMimeData) -> None:
        if paths := _paths(data):
            self.open_path(paths[0])
        elif data.hasImage():
            image = data.imageData()
            if isinstance(image, QImage) and not image.isNull():
                self.show_page("Edit")
                self._pages["Edit"].open_image(image)


def _paths(data: QMimeData) -> Sequence[Path]:
    """The local files and folders in what was dropped or copied."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
