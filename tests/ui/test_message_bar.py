from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.message_bar import MessageBar, MessageFrame
from workbench.ui.page import Message


@pytest.fixture
def bar(qtbot: QtBot) -> MessageBar:
    bar = MessageBar()
    qtbot.addWidget(bar)
    return bar


def test_it_is_hidden_until_there_is_something_to_say(bar: MessageBar) -> None:
    assert bar.isHidden()
    bar.show_message(Message("No face was found.", kind="error"), "Edit")
    assert not bar.isHidden()
    assert bar._text.text() == "No face was found."
    assert bar.accessibleDescription() == "No face was found."
    assert bar._button.isHidden()


def test_it_closes_when_the_cause_is_gone(bar: MessageBar) -> None:
    bar.show_message(Message("No face was found."), "Edit")
    bar.take_back("Train")
    assert not bar.isHidden()
    bar.take_back("Edit")
    assert bar.isHidden()


def test_an_older_message_that_still_holds_comes_back(bar: MessageBar) -> None:
    bar.show_message(Message("Older.", kind="error"), "Edit")
    bar.show_message(Message("Newer.", kind="error"), "Train")
    assert bar._text.text() == "Newer."
    bar.dismiss()
    assert bar._text.text() == "Older."


def test_an_owner_has_one_message_at_a_time(bar: MessageBar) -> None:
    bar.show_message(Message("First.", kind="error"), "Edit")
    bar.show_message(Message("Second.", kind="error"), "Edit")
    bar.dismiss()
    assert bar.isHidden()


def test_its_button_acts_and_closes_it(qtbot: QtBot, bar: MessageBar) -> None:
    pressed = []
    bar.show_message(Message("Saved.", "Use in Edit", lambda: pressed.append(True), "advice"), "Train")
    bar.show()
    assert bar._button.text() == "Use in Edit"
    qtbot.mouseClick(bar._button, Qt.MouseButton.LeftButton)
    assert pressed == [True]
    assert bar.isHidden()


def test_what_the_button_says_next_is_not_closed_with_it(qtbot: QtBot, bar: MessageBar) -> None:
    follow_up = Message("It cannot be opened.", kind="error")
    bar.show_message(Message("Saved.", "Open", lambda: bar.show_message(follow_up, "Train"), "advice"), "Train")
    qtbot.mouseClick(bar._button, Qt.MouseButton.LeftButton)
    assert bar.current == follow_up


def test_news_closes_itself_and_an_error_stays(qtbot: QtBot, bar: MessageBar) -> None:
    bar._timer.setInterval(1)
    bar.show_message(Message("Wrong.", kind="error"), "Edit")
    bar.show_message(Message("Saved."), "Train")
    qtbot.waitUntil(lambda: bar.current == Message("Wrong.", kind="error"))
    assert not bar._timer.isActive()


@pytest.fixture
def framed(qtbot: QtBot) -> MessageFrame:
    """A message bar on a page with a button in each of its upper and lower corners."""
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    for name in ("upper", "lower"):
        button = QPushButton(name)
        button.setFixedHeight(30)
        column.addWidget(button)
        if name == "upper":
            column.addStretch()
    frame = MessageFrame(page, MessageBar())
    qtbot.addWidget(frame)
    frame.resize(600, 400)
    frame.show()
    qtbot.waitExposed(frame)
    button_of(frame, "lower").setFocus()
    return frame


def button_of(frame: MessageFrame, name: str) -> QPushButton:
    return next(button for button in frame.findChildren(QPushButton) if button.text() == name)


def place_of(frame: MessageFrame, name: str) -> QPoint:
    return button_of(frame, name).mapTo(frame, QPoint(0, 0))


def point_at(qtbot: QtBot, frame: MessageFrame, widget: QWidget) -> None:
    qtbot.mouseMove(widget, widget.rect().center())
    qtbot.waitUntil(widget.underMouse)


def test_a_message_moves_nothing_while_one_points_at_the_page(qtbot: QtBot, framed: MessageFrame) -> None:
    bar = framed.findChild(MessageBar)
    assert bar is not None
    before = {name: place_of(framed, name) for name in ("upper", "lower")}
    point_at(qtbot, framed, button_of(framed, "lower"))
    bar.show_message(Message("The disk is full.", kind="error"), "Edit")
    qtbot.wait(50)
    assert bar.isVisible()
    assert bar.y() == 0
    assert {name: place_of(framed, name) for name in before} == before

    point_at(qtbot, framed, bar)  # on the way to what it covers, or to its button
    assert place_of(framed, "upper").y() == bar.height()
    assert place_of(framed, "lower") == before["lower"]

    point_at(qtbot, framed, button_of(framed, "lower"))
    bar.dismiss()
    assert place_of(framed, "upper").y() > 0
    qtbot.mouseMove(framed, QPoint(300, 5))
    qtbot.waitUntil(lambda: {name: place_of(framed, name) for name in before} == before)


def test_a_message_comes_below_while_one_points_at_the_top(qtbot: QtBot, framed: MessageFrame) -> None:
    bar = framed.findChild(MessageBar)
    assert bar is not None
    point_at(qtbot, framed, button_of(framed, "upper"))
    bar.show_message(Message("Nothing was found.", kind="advice"), "Edit")
    assert bar.geometry().bottom() == framed.rect().bottom()
    assert place_of(framed, "upper").y() == 0
    pressed = []
    button_of(framed, "upper").clicked.connect(lambda: pressed.append(True))
    qtbot.mouseClick(button_of(framed, "upper"), Qt.MouseButton.LeftButton)
    assert pressed == [True]


def test_what_the_keyboard_goes_to_is_not_covered(qtbot: QtBot, framed: MessageFrame) -> None:
    bar = framed.findChild(MessageBar)
    assert bar is not None
    point_at(qtbot, framed, button_of(framed, "lower"))
    bar.show_message(Message("The disk is full.", kind="error"), "Edit")
    assert place_of(framed, "upper").y() == 0
    button_of(framed, "upper").setFocus()
    qtbot.waitUntil(lambda: place_of(framed, "upper").y() == bar.height())
