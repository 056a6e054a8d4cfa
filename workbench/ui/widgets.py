"""Widgets with what every control of the window has: a name for screen readers and a hint for everybody."""

from __future__ import annotations

from typing import Literal, TypeVar

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QLabel, QPushButton, QScrollArea, QSplitter, QToolButton, QWidget

from workbench.ui.theme import GRID, accent_icon, icon

W = TypeVar("W", bound=QWidget)


def described(widget: W, name: str, hint: str = "") -> W:
    """`widget` with an accessible name and a tooltip."""
    widget.setAccessibleName(name)
    widget.setToolTip(hint)
    return widget


def icon_size(widget: QWidget, scale: float = 1.0) -> QSize:
    """A little more than the height of the text beside it, whatever the size of the font; times `scale`."""
    side = round(1.1 * scale * widget.fontMetrics().height())
    return QSize(side, side)


def push_button(text: str, picture: str, hint: str, primary: bool = False) -> QPushButton:
    """A button with an icon and a word; the primary one of a page is filled with the accent colour."""
    button = described(QPushButton(text), text.rstrip("…"), hint)
    button.setIcon(accent_icon(picture) if primary else icon(picture))
    button.setIconSize(icon_size(button))
    if primary:
        button.setProperty("role", "primary")
    return button


def tool_button(picture: str, name: str, hint: str, text: str = "") -> QToolButton:
    """A small button: an icon, with `text` beside it if there is any."""
    button = described(QToolButton(), name, hint)
    button.setIcon(icon(picture))
    button.setIconSize(icon_size(button))
    if text:
        button.setText(text)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return button


def checkable(button: W, checked: bool = False) -> W:
    """`button` as one that stays down."""
    assert isinstance(button, QAbstractButton)
    button.setCheckable(True)
    button.setChecked(checked)
    return button


def restyle(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet selects by; style sheets look at properties only when told to."""
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


class OneLine(QLabel):
    """A line that takes the room there is: what does not fit gives way to dots, and the tooltip has it all."""

    def __init__(self, text: str = "", role: Literal["muted", "title"] = "muted") -> None:
        super().__init__(text)
        self.setProperty("role", role)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        room = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, room.width())
        self.setToolTip(self.text() if text != self.text() else "")
        self.style().drawItemText(
            QPainter(self),
            room,
            int(self.alignment()),
            self.palette(),
            self.isEnabled(),
            text,
            self.foregroundRole(),
        )


class Stack(QSplitter):
    """Parts one below the other, with room between that can be dragged; in a `Column` it asks for no more than it must.

    So the column scrolls only where even the smallest parts do not fit.
    """

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(2 * GRID)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()


class Column(QScrollArea):
    """Scrolls `content` up and down, and is never so narrow that it would be cut."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)

    def minimumSizeHint(self) -> QSize:
        width = self._content.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)
