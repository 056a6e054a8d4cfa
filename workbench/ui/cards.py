"""Choices that need a sentence each: cards, of which one is chosen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.ui.theme import GRID, heading, muted
from workbench.ui.widgets import Choice, described


class Card(QPushButton):
    """A button with a title and a sentence that wraps."""

    def __init__(self, title: str, sentence: str) -> None:
        super().__init__()
        self.setProperty("role", "choice")
        self.setCheckable(True)
        described(self, title, sentence)
        self._column = layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID + 4, 2 * GRID, GRID + 4)
        layout.setSpacing(GRID // 2)
        for label in (heading(title), muted(sentence)):
            label.setWordWrap(True)  # a long name has a second line rather than no end
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            layout.addWidget(label)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        policy.setHorizontalPolicy(policy.Policy.Expanding)
        policy.setVerticalPolicy(policy.Policy.Minimum)  # as tall as its texts are, not as a button of Qt's
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._column.totalHeightForWidth(width)

    def sizeHint(self) -> QSize:
        return self._column.totalSizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(16 * GRID, self._column.totalMinimumSize().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            for label in self.findChildren(QLabel):
                label.setEnabled(self.isEnabled())


class Cards(QWidget):
    """Cards one below the other; the arrow keys go through them."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: dict[str, Card] = {}
        self._group = Choice(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID)

    def add(self, key: str, title: str, sentence: str) -> None:
        """One more choice; the first one is chosen."""
        card = Card(title, sentence)
        card.clicked.connect(lambda: self.chosen.emit(key))
        card.setChecked(not self._cards)
        self._cards[key] = card
        self._group.addButton(card)
        self._column.addWidget(card)

    def clear(self) -> None:
        """No choices any more."""
        for card in self._cards.values():
            self._group.removeButton(card)
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards.clear()

    def __len__(self) -> int:
        return len(self._cards)

    @property
    def choice(self) -> str | None:
        """The key of the chosen card; None while there are none."""
        return next((key for key, card in self._cards.items() if card.isChecked()), None)

    def choose(self, key: str) -> None:
        """Choose a card."""
        self._cards[key].setChecked(True)
        self.chosen.emit(key)
