"""Texts with long names in them: they break, are seen whole, and widen nothing."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.cards import Cards
from workbench.ui.message_bar import MessageBar
from workbench.ui.page import Message
from workbench.ui.pages.data_side import DataSide
from workbench.ui.pictures import from_qimage
from workbench.ui.wrapped import Wrapped

NAME = f"/home/somebody/{12 * 'ABCDEFGHIJ'}.zip"


@pytest.mark.parametrize("selectable", [False, True])
def test_a_long_word_goes_on_in_the_next_line(qtbot: QtBot, selectable: bool) -> None:
    label = Wrapped("Short.", selectable)
    qtbot.addWidget(label)
    least = Wrapped(f"“{NAME}” is not there.").minimumSizeHint().width()
    label.resize(300, 100)
    label.show()
    label.setText(f"“{NAME}” is not there.")
    assert label.minimumSizeHint().width() == least < 200
    assert label.heightForWidth(300) > 3 * label.fontMetrics().height()
    label.resize(310, label.heightForWidth(310))
    ink = from_qimage(label.grab().toImage()).astype(int)
    written = np.abs(ink - ink[0, 0]).max(axis=2) > 60
    assert not written[:, -1].any()  # no line is cut
    rows = np.flatnonzero(written.any(axis=1))
    assert rows[-1] - rows[0] > 3 * label.fontMetrics().height()


def test_a_short_sentence_asks_for_one_line_and_a_long_one_for_few(qtbot: QtBot) -> None:
    line = Wrapped("None").sizeHint().height()
    assert Wrapped("All of them have been named.").sizeHint().height() == line
    assert Wrapped(4 * "All of them have been named. ").sizeHint().height() <= 4 * line


def test_a_card_in_a_narrow_column_has_room_for_both_its_texts(qtbot: QtBot) -> None:
    window, cards = QWidget(), Cards()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    column.addWidget(cards)
    column.addStretch()
    cards.add("one", "Generative adversarial network", 3 * "Two nets make each other better. ")
    window.resize(220, 600)
    window.show()
    for label in cards.findChildren(Wrapped):
        assert label.height() >= label.heightForWidth(label.width())


class Paints(QObject):
    """Counts how often a widget is painted."""

    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_it_is_painted_once_and_then_rests(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    label = Wrapped(NAME)
    QVBoxLayout(window).addWidget(label)
    paints = Paints()
    label.installEventFilter(paints)
    window.resize(200, 200)
    window.show()
    for _ in range(20):
        QApplication.processEvents()
    assert paints.count < 5


def test_a_message_with_a_long_name_does_not_widen_the_window(qtbot: QtBot) -> None:
    bar = MessageBar()
    qtbot.addWidget(bar)
    bar.show_message(Message("No face was found.", "Open the log"), "Edit")
    short = bar.minimumSizeHint()
    bar.show_message(Message(f"“{NAME}” does not exist.", "Open the log"), "Edit")
    assert bar.minimumSizeHint().width() <= short.width() + 100
    assert bar.minimumSizeHint().height() == short.height()


def test_a_source_with_a_long_name_does_not_widen_the_side(qtbot: QtBot) -> None:
    side = DataSide()
    qtbot.addWidget(side)
    before = side.minimumSizeHint().width()
    side.set_busy(False, f"“{NAME}” does not exist.")
    assert side.minimumSizeHint().width() == before
