"""A grid of all pictures of a data set: 200,000 scroll as smoothly as 200, since only the visible ones are read.

A table, not a list in icon mode: that one places every item, which takes 0.7 s for 200,000 at each change of width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QImage, QKeyEvent, QKeySequence, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from workbench.ui.pictures import to_qimage
from workbench.ui.theme import GRID, Colours, theme

Index = QModelIndex | QPersistentModelIndex
SIDE = 80
"""Of a thumbnail, in the window's pixels."""
CELL = SIDE + GRID // 2
MARK = Qt.ItemDataRole.UserRole
"""The role of what the marks say of a picture."""
KEYS = {Qt.Key.Key_1: 1, Qt.Key.Key_2: -1, Qt.Key.Key_3: 0}
"""What the selected pictures are said to be by a key: 1 yes, -1 no, 0 unknown."""


class ThumbnailModel(QAbstractTableModel):
    """Some rows of an array of pictures, in reading order."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures: npt.NDArray[np.uint8] = np.empty((0, 1, 1, 3), np.uint8)
        self._rows = np.empty(0, np.int64)
        self._describe: Callable[[int], str] = str
        self._columns = 1
        self._marks: npt.NDArray[np.int8] | None = None

    def set_pictures(self, pictures: npt.NDArray[np.uint8], describe: Callable[[int], str]) -> None:
        """Show all of `pictures`, uint8 (N, S, S, 3); `describe` says in words what a row is."""
        self.beginResetModel()
        self._pictures = pictures
        self._describe = describe
        self._marks = None
        self._rows = np.arange(len(pictures))
        self.endResetModel()

    def clear(self) -> None:
        """Show nothing."""
        self.set_pictures(np.empty((0, 1, 1, 3), np.uint8), str)

    def set_rows(self, rows: npt.NDArray[np.int64]) -> None:
        """Show only these rows."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def set_marks(self, marks: npt.NDArray[np.int8] | None) -> None:
        """Mark each picture of the array: 1 yes, -1 no, 0 not at all; int8 (N,), or None for no marks."""
        self._marks = marks
        if self.count:
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self._columns - 1), [MARK])

    def set_columns(self, columns: int) -> None:
        """So many pictures side by side."""
        if columns != self._columns:
            self.beginResetModel()
            self._columns = columns
            self.endResetModel()

    @property
    def count(self) -> int:
        """Pictures shown."""
        return len(self._rows)

    def row_at(self, index: Index) -> int | None:
        """The row of the array at a place of the grid; None behind the last picture."""
        position = index.row() * self._columns + index.column()
        return int(self._rows[position]) if index.isValid() and position < len(self._rows) else None

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else -(-len(self._rows) // self._columns)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self._columns

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row_at(index)
        if row is None:
            return None
        if role == Qt.ItemDataRole.DecorationRole:
            return to_qimage(self._pictures[row])
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._describe(row)
        if role == MARK and self._marks is not None:
            return int(self._marks[row])
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return Qt.ItemFlag.NoItemFlags if self.row_at(index) is None else super().flags(index)


class _Delegate(QStyledItemDelegate):
    """Paints the picture, and its mark in a corner."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        image = index.data(Qt.ItemDataRole.DecorationRole)
        if not isinstance(image, QImage):
            return
        area = QRect(QPoint(), QSize(SIDE, SIDE))
        area.moveCenter(option.rect.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, image)
        colours = theme().colours
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QColor(colours.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for inset in range(3):
                painter.drawRect(area.adjusted(inset, inset, -1 - inset, -1 - inset))
        if mark := index.data(MARK):
            _paint_mark(painter, QPointF(area.bottomRight()) - QPointF(1.5 * GRID, 1.5 * GRID), mark > 0, colours)


def _paint_mark(painter: QPainter, at: QPointF, yes: bool, colours: Colours) -> None:
    """A tick or a cross on a disc."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colours.surface), 1))
    painter.setBrush(QColor(colours.accent if yes else colours.muted))
    painter.drawEllipse(at, GRID, GRID)
    painter.setPen(QPen(QColor(colours.on_accent), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    if yes:
        painter.drawPolyline([at + QPointF(x, y) for x, y in ((-3.5, 0), (-1, 3), (4, -3))])
    else:
        painter.drawLine(at + QPointF(-3, -3), at + QPointF(3, 3))
        painter.drawLine(at + QPointF(-3, 3), at + QPointF(3, -3))
    painter.restore()


class Thumbnails(QTableView):
    """The grid; as many pictures side by side as fit. Arrows go through them as one reads."""

    marked = Signal(int)
    """A key of `KEYS`: its value."""
    undo = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pictures = ThumbnailModel(self)
        self.setModel(self.pictures)
        self.setItemDelegate(_Delegate(self))
        self.setObjectName("pictures")
        self.setAccessibleName("Pictures")
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)  # Tab goes on to what comes after the grid
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # a bar that comes and goes moves columns
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
            header.setMinimumSectionSize(CELL)
            header.setDefaultSectionSize(CELL)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def chosen(self) -> list[int]:
        """The rows of the array that are selected, rising."""
        rows = (self.pictures.row_at(index) for index in self.selectionModel().selectedIndexes())
        return sorted(row for row in rows if row is not None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if plain and (value := KEYS.get(Qt.Key(event.key()))) is not None:
            self.marked.emit(value)
        elif event.matches(QKeySequence.StandardKey.Undo):
            self.undo.emit()
        else:
            super().keyPressEvent(event)

    def moveCursor(self, action: QTableView.CursorAction, keys: Qt.KeyboardModifier) -> QModelIndex:
        way = {QTableView.CursorAction.MoveLeft: -1, QTableView.CursorAction.MoveRight: 1}.get(action)
        here = self.currentIndex()
        if way is None or not here.isValid():
            return super().moveCursor(action, keys)
        columns = self.pictures.columnCount()
        place = here.row() * columns + here.column() + way
        return self.pictures.index(*divmod(place, columns)) if 0 <= place < self.pictures.count else here

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.pictures.set_columns(max(1, self.viewport().width() // CELL))
        super().resizeEvent(event)
