"""A text that wraps, and within a word too where one is longer than the line: a path or a name widens nothing."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPaintEvent, QTextDocument, QTextOption
from PySide6.QtWidgets import QLabel

_LEAST = 18
"""So many letters wide it is at least; a longer word is broken."""
_MOST = 48
"""So many letters wide it asks to be at most."""
_BREAK = QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere


class Wrapped(QLabel):
    """A plain text that breaks between words, and within one where it must; `selectable` by the mouse.

    A label of Qt's is as wide as its longest word, and with it all that it stands in. One whose text can be selected is
    painted by a document of Qt's, which can break words; so a text with a long word is of that sort.
    """

    def __init__(self, text: str = "", selectable: bool = False) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self._selectable = selectable
        if not selectable:
            self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setText(text)

    def setText(self, text: str) -> None:
        flag = Qt.TextInteractionFlag
        flags = flag.TextSelectableByMouse if self._selectable else flag.NoTextInteraction
        if not self._selectable and any(len(word) > _LEAST for word in text.split()):
            flags = flag.TextSelectableByKeyboard  # a document takes its time, so only where it must
        if flags != self.textInteractionFlags():
            self.setTextInteractionFlags(flags)
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so no key of the keyboard selects anything
        super().setText(text)

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        return hint.boundedTo(QSize(self._letters(_LEAST), hint.height())) if self.wordWrap() else hint

    def sizeHint(self) -> QSize:
        if not self.wordWrap():
            return super().sizeHint()
        around = self.width() - self.contentsRect().width()
        line = 1 + ceil(QFontMetricsF(self.font()).size(0, self.text()).width())  # Qt would fold it to a square
        width = around + min(line, self._letters(_MOST))
        return QSize(width, self.heightForWidth(width))

    def heightForWidth(self, width: int) -> int:
        height = super().heightForWidth(width)  # lays a new text out, and forgets how it may break
        return super().heightForWidth(width) if self._break_words() else height

    def paintEvent(self, event: QPaintEvent) -> None:
        if document := self.findChild(QTextDocument):
            with QSignalBlocker(document.documentLayout()):  # which asks to be painted whenever it is laid out
                self.heightForWidth(self.width())
        super().paintEvent(event)

    def _letters(self, count: int) -> int:
        return count * self.fontMetrics().averageCharWidth()

    def _break_words(self) -> bool:
        """Whether the words were laid out in another way until now."""
        document = self.findChild(QTextDocument)
        if document is None or not self.wordWrap():
            return False
        option = document.defaultTextOption()
        if option.wrapMode() == _BREAK:
            return False
        option.setWrapMode(_BREAK)
        document.setDefaultTextOption(option)
        return True
