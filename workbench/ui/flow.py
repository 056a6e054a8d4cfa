"""Widgets side by side while there is room, the others in further lines: nothing is cut when it gets narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from workbench.ui.theme import GRID


class Flow(QWidget):
    """Sets its children like words: from left to right, line by line, each in the middle of its line's height.

    No layout of Qt's does that; without one a widget hears of its children's changes by `LayoutRequest`.
    """

    def __init__(self, *widgets: QWidget, spacing: int = GRID, centred: bool = False) -> None:
        super().__init__()
        self._spacing = spacing
        self._centred = centred
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        for widget in widgets:
            self.add(widget)

    def add(self, widget: QWidget) -> None:
        """One more at the end."""
        hidden = widget.isHidden() and widget.testAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide)
        widget.setParent(self)
        widget.setVisible(not hidden)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Everything in one line."""
        sizes = [_size(child) for child in self._shown()]
        width = sum(size.width() + self._spacing for size in sizes) - self._spacing
        return QSize(max(0, width), max((size.height() for size in sizes), default=0))

    def minimumSizeHint(self) -> QSize:
        """The widest alone in its line."""
        sizes = [_size(child) for child in self._shown()]
        return QSize(
            max((size.width() for size in sizes), default=0), max((size.height() for size in sizes), default=0)
        )

    def heightForWidth(self, width: int) -> int:
        return max((place.bottom() + 1 for _, place in self._places(width)), default=0)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._set()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._set()

    def _shown(self) -> list[QWidget]:
        return [child for child in self.children() if isinstance(child, QWidget) and not child.isHidden()]

    def _set(self) -> None:
        for child, place in self._places(self.width()):
            child.setGeometry(place)

    def _places(self, width: int) -> Iterator[tuple[QWidget, QRect]]:
        """Where each child belongs when there is so much room across."""
        line: list[tuple[QWidget, QSize]] = []
        across = top = 0
        for child in self._shown():
            size = _size(child)
            if line and across + self._spacing + size.width() > width:
                yield from self._line(line, top, width - across)
                top += max(size.height() for _, size in line) + self._spacing
                line, across = [], 0
            across += size.width() + (self._spacing if line else 0)
            line.append((child, size))
        yield from self._line(line, top, width - across)

    def _line(self, line: list[tuple[QWidget, QSize]], top: int, free: int) -> Iterator[tuple[QWidget, QRect]]:
        height = max((size.height() for _, size in line), default=0)
        left = free // 2 if self._centred else 0
        for child, size in line:
            yield child, QRect(QPoint(left, top + (height - size.height()) // 2), size)
            left += size.width() + self._spacing


def _size(widget: QWidget) -> QSize:
    return widget.sizeHint().expandedTo(widget.minimumSizeHint()).expandedTo(widget.minimumSize())


def button_row(buttons: Iterable[tuple[QAbstractButton, Callable[..., Any] | None]]) -> Flow:
    """Buttons side by side, each with what a click on it does; None for one that opens a menu."""
    row = Flow()
    for button, clicked in buttons:
        if clicked is not None:
            button.clicked.connect(clicked)
        row.add(button)
    return row
