"""Widgets with what every control of the window has: a name for screen readers and a hint for everybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Literal, TypeVar

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QFrame,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QToolButton,
    QWidget,
)

from workbench.ui.flow import Flow
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


def order_tabs(root: QWidget) -> None:
    """Let Tab go through what is in `root` as it is laid out, after more was put in: Qt goes as it was made."""
    stops = [widget for widget in _laid_out(root) if widget.focusPolicy() != Qt.FocusPolicy.NoFocus]
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)


def _laid_out(part: QWidget | QLayout | None) -> Iterator[QWidget]:
    """`part` and all in it, in the order of layouts and of what places its parts itself."""
    if isinstance(part, QWidget):
        yield part
    inner: Iterable[QWidget | QLayout | None] = ()
    if isinstance(part, QScrollArea):
        inner = (part.widget(),)
    elif isinstance(part, QSplitter):
        inner = (part.widget(index) for index in range(part.count()))
    elif isinstance(part, Flow):
        inner = part.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    elif isinstance(part, QWidget):
        inner = (part.layout(),)
    elif part is not None:
        items = (part.itemAt(index) for index in range(part.count()))
        inner = (item.widget() or item.layout() for item in items if item)
    for one in inner:
        yield from _laid_out(one)


class Choice(QButtonGroup):
    """Buttons of which one is chosen: Tab goes to that one, and the arrow keys to the others."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.buttonToggled.connect(self._mark)

    def addButton(self, button: QAbstractButton, id: int = -1) -> None:
        super().addButton(button, id)
        self._mark()

    @Slot()
    def _mark(self) -> None:
        chosen, tab = self.checkedButton(), Qt.FocusPolicy.TabFocus
        for button in self.buttons():
            policy = button.focusPolicy()
            button.setFocusPolicy(policy & ~tab if chosen and button is not chosen else policy | tab)


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
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what has the focus in it is scrolled to
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
