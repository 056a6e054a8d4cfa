from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.flow import Flow, button_row

NAMES = ("Show", "Resume", "Train again", "Compare")


@pytest.fixture
def shown(qtbot: QtBot) -> Callable[[Flow], QWidget]:
    """Puts a flow above something that takes the rest of the room."""

    def show(flow: Flow) -> QWidget:
        box = QWidget()
        qtbot.addWidget(box)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(flow)
        layout.addWidget(QWidget(), 1)
        box.resize(900, 300)
        box.show()
        return box

    return show


def lines(flow: Flow) -> list[list[str]]:
    """The words of the buttons as they stand, line by line."""
    found: dict[int, list[str]] = {}
    for button in flow.findChildren(QPushButton):
        if button.isVisible():
            found.setdefault(button.y(), []).append(button.text())
    return list(found.values())


def test_buttons_stand_in_one_line_and_go_into_more_when_it_gets_narrow(
    qtbot: QtBot, shown: Callable[[Flow], QWidget]
) -> None:
    flow = Flow(*(QPushButton(name) for name in NAMES))
    box = shown(flow)
    assert lines(flow) == [list(NAMES)]
    box.resize(flow.sizeHint().width() - 1, 300)
    qtbot.waitUntil(lambda: lines(flow) == [list(NAMES[:3]), [NAMES[3]]])
    box.resize(flow.minimumSizeHint().width(), 300)
    qtbot.waitUntil(lambda: lines(flow) == [[name] for name in NAMES])
    for button in flow.findChildren(QPushButton):
        assert flow.rect().contains(button.geometry())


def test_a_button_that_hides_or_grows_makes_the_others_move(qtbot: QtBot, shown: Callable[[Flow], QWidget]) -> None:
    flow = Flow(*(QPushButton(name) for name in NAMES))
    box = shown(flow)
    first, *_, last = flow.findChildren(QPushButton)
    box.resize(flow.sizeHint().width(), 300)
    first.setText("Show its losses")
    qtbot.waitUntil(lambda: len(lines(flow)) == 2)
    first.hide()
    qtbot.waitUntil(lambda: lines(flow) == [list(NAMES[1:])])
    assert last.geometry().right() < flow.width()


def test_a_row_of_buttons_does_what_each_says(qtbot: QtBot, shown: Callable[[Flow], QWidget]) -> None:
    pressed: list[str] = []
    one, menu = QPushButton("One"), QPushButton("Menu")
    box = shown(button_row(((one, lambda: pressed.append("one")), (menu, None))))
    assert box.isVisible()
    qtbot.mouseClick(one, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton)
    assert pressed == ["one"]
