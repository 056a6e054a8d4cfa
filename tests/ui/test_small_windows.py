"""Small screens and large letters: every page fits, and everything on it can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollArea, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from workbench.core.events import Advice, Losses, Phase, Preview, Started
from workbench.ui.fold import Folding
from workbench.ui.main_window import MainWindow
from workbench.ui.theme import theme

PATIENCE_MS = 60_000
SMALL = QSize(640, 400)
"""A screen of 1280 by 800 pixels where a point is two of them; 700 by 480 holds it as well."""
NAMES = ("total", "reconstruction", "kl", "discriminator", "generator", "accuracy")


@pytest.fixture(params=[1, 2], ids=["normal letters", "double letters"])
def window(request: pytest.FixtureRequest, qtbot: QtBot, trained_run: Path) -> Iterator[MainWindow]:
    """The window with something on every page; with doubled letters it has the room of 1280 by 800."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    before = app.font()
    font = app.font()
    font.setPointSizeF(request.param * before.pointSizeF())
    app.setFont(font)
    theme()._follow()
    try:
        window = MainWindow(remember=False)  # not added to qtbot, which closes before anyone can hear of it
        with qtbot.waitSignal(window.ready, timeout=PATIENCE_MS):
            window.show()
        window.open_path(trained_run)
        session = window.page("Edit").session  # type: ignore[attr-defined]
        qtbot.waitUntil(lambda: session.model is not None, timeout=PATIENCE_MS)
        session.random_face(1)
        qtbot.waitUntil(lambda: session.editable, timeout=PATIENCE_MS)
        watch(window, trained_run)
        window.resize(request.param * SMALL.width(), request.param * SMALL.height())
        yield window
        with qtbot.waitSignal(window.closed, timeout=PATIENCE_MS):
            window.close()
        window.deleteLater()
    finally:
        app.setFont(before)
        theme()._follow()


def watch(window: MainWindow, run: Path) -> None:
    """As if a training with much to tell was running."""
    view = window.page("Train").watch  # type: ignore[attr-defined]
    view.begin("A run whose name is so long that no window could ever show all of it at once, and it need not")
    view.set_running(True)
    view.on_event(Started(run, 0, "cpu", {}, ("draw pictures", "encode", "decode", "compare", "learn", "average")))
    view.on_event(Phase(1, 2, "encode", "Codes of 32 faces.", None))
    steps = np.arange(1, 9)
    view.on_event(Losses("train", steps, {name: np.ones(8, np.float32) for name in NAMES}))
    view.on_event(Preview(8, "samples", np.zeros((64, 256, 3), np.uint8)))
    view.on_event(Preview(8, "reconstructions", np.zeros((64, 256, 3), np.uint8)))
    view.on_event(Advice("The codes say nothing of the faces.", "A smaller beta helps.", "posterior_collapse", 8))
    view.look_at_checkpoints()


def unreachable(page: QWidget) -> list[str]:
    """The buttons that are visible in principle, and cannot be brought to where they are seen in whole."""
    missing = []
    for button in page.findChildren(QAbstractButton):
        if not button.isVisible() or not button.accessibleName():  # scroll bars and tabs have nameless ones
            continue
        for area in page.findChildren(QScrollArea):
            if area.isAncestorOf(button):
                area.ensureWidgetVisible(button)
        QApplication.processEvents()
        if button.visibleRegion().boundingRect() != button.rect():
            missing.append(f"{button.accessibleName()} {button.visibleRegion().boundingRect()} of {button.rect()}")
    return missing


def test_the_window_fits_and_every_button_can_be_reached(qtbot: QtBot, window: MainWindow) -> None:
    size = window.size()
    train = window.page("Train")
    tabs = train.findChild(QTabWidget)
    assert tabs is not None
    for name in ("Edit", "Train", "Data"):
        window.show_page(name)
        qtbot.waitUntil(window.page(name).at_rest, timeout=PATIENCE_MS)
        for tab in range(tabs.count()) if name == "Train" else [0]:
            tabs.setCurrentIndex(tab)
            QApplication.processEvents()
            assert window.minimumSizeHint().width() <= size.width()
            assert window.minimumSizeHint().height() <= size.height()
            assert window.size() == size
            assert not unreachable(window.page(name))


def test_the_form_is_a_tab_where_there_is_no_room_beside(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("Train")
    folding = window.findChild(Folding)
    assert folding is not None
    assert folding.folded
    train = window.page("Train")
    train.open_path("builtin:avatars")  # as "Train on this" of the Data page does
    assert train.form.isVisible()  # type: ignore[attr-defined]
    window.resize(3 * window.width(), 3 * window.height())
    qtbot.waitUntil(lambda: not folding.folded)
    assert train.form.isVisible()  # type: ignore[attr-defined]
    assert train.watch.isVisible()  # type: ignore[attr-defined]
    window.resize(window.width() // 3, window.height() // 3)
    qtbot.waitUntil(lambda: folding.folded)
