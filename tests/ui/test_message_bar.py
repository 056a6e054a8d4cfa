from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from workbench.ui.message_bar import MessageBar
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
