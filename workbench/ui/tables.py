"""Tables of texts: rows one chooses from or reads, with numbers to the right."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QEvent, QItemSelectionModel, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QToolTip, QTreeWidget, QTreeWidgetItem

from workbench.ui.widgets import described

_LEAST = 18
_KEY = Qt.ItemDataRole.UserRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Table(QTreeWidget):
    """Numbers are never cut; the columns of texts share the room that those leave.

    What of a text does not fit gives way to dots, the widest column first, and a tooltip has it all. Only where even
    the narrowest do not fit the table scrolls sideways.
    """

    def __init__(self, numbers: Collection[int], stretched: Collection[int], least: int) -> None:
        super().__init__()
        self._numbers, self._stretched, self._least = numbers, stretched, least
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.header().setTextElideMode(Qt.TextElideMode.ElideMiddle)

    def fit(self) -> None:
        """Give each column its width in the room there is."""
        header = self.header()
        needed = [max(self.sizeHintForColumn(column), self._heading_width(column)) for column in range(header.count())]
        texts = {column: needed[column] for column in range(header.count()) if column not in self._numbers}
        room = self.viewport().width() - sum(needed[column] for column in self._numbers)
        least = self._least * self.fontMetrics().averageCharWidth()
        # the narrowest first, what takes all that is left last: so none gives way to one that needs more
        for done, column in enumerate(sorted(texts, key=lambda column: (column in self._stretched, texts[column]))):
            share = room // (len(texts) - done)
            level = max(share, least + max(0, self.iconSize().width()) * (column == 0))
            needed[column] = max(min(level, texts[column]), share if column in self._stretched else 0)
            room -= needed[column]
        for column, width in enumerate(needed):
            header.resizeSection(column, width)

    def _heading_width(self, column: int) -> int:
        """Qt reckons with bold letters, which no heading has."""
        header, text = self.header(), self.headerItem().text(column)
        bold = header.font()
        bold.setBold(True)
        surplus = QFontMetrics(bold).size(0, text).width() - header.fontMetrics().size(0, text).width()
        return header.sectionSizeHint(column) - surplus

    def doItemsLayout(self) -> None:
        super().doItemsLayout()
        self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.indexAt(event.pos())
            cut = self.visualRect(index).width() < self.sizeHintForIndex(index).width()
            if index.isValid() and cut and not index.data(Qt.ItemDataRole.ToolTipRole):
                QToolTip.showText(event.globalPos(), str(index.data()), self)
                return True
        return super().viewportEvent(event)


def table(
    name: str,
    columns: Sequence[str],
    numbers: Collection[int] = (),
    stretched: Collection[int] = (0,),
    hint: str = "",
    least: int = _LEAST,
) -> QTreeWidget:
    """An empty table called `name`.

    Args:
        numbers: columns that stand to the right.
        stretched: columns that take what is left of the room, all the same.
        least: so many letters wide is a column of texts at least, where its texts are not shorter.
    """
    tree = described(Table(numbers, stretched, least), name, hint)
    tree.setRootIsDecorated(False)
    tree.setUniformRowHeights(True)
    tree.setAllColumnsShowFocus(True)
    tree.setHeaderLabels(list(columns))
    for column in numbers:
        tree.headerItem().setTextAlignment(column, _RIGHT)
    header = tree.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    return tree


def line(cells: Sequence[str], numbers: Collection[int] = ()) -> QTreeWidgetItem:
    """One row for such a table."""
    item = QTreeWidgetItem(list(cells))
    for column in numbers:
        item.setTextAlignment(column, _RIGHT)
    return item


def refill(tree: QTreeWidget, lines: Mapping[str, QTreeWidgetItem]) -> None:
    """Show these lines, each under a key of its own, in place of those there are, without telling of it.

    What was chosen stays chosen, and the arrow keys go on from where they were.
    """
    chosen = {item.data(0, _KEY) for item in tree.selectedItems()}
    at = tree.currentItem()
    current = at.data(0, _KEY) if at else None
    tree.blockSignals(True)
    tree.clear()
    for key, item in lines.items():
        item.setData(0, _KEY, key)
        tree.addTopLevelItem(item)
        item.setSelected(key in chosen)
        if key == current:
            tree.setCurrentItem(item, 0, QItemSelectionModel.SelectionFlag.NoUpdate)
    tree.blockSignals(False)
