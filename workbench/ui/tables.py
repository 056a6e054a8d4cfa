"""Tables of texts: rows one chooses from or reads, with numbers to the right."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QItemSelectionModel, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from workbench.ui.widgets import described

_LEAST = 18
"""So many letters wide is a stretched column at least."""
_KEY = Qt.ItemDataRole.UserRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Table(QTreeWidget):
    """One column takes the room that the others leave; where that is too little the whole table scrolls sideways."""

    def __init__(self, stretched: int) -> None:
        super().__init__()
        self._stretched = stretched
        self.header().sectionResized.connect(self._section_resized)

    def fit(self) -> None:
        """Look at the room there is."""
        header, column = self.header(), self._stretched
        others = sum(header.sectionSize(other) for other in range(header.count()) if other != column)
        wide = self.viewport().width() - others >= _LEAST * self.fontMetrics().averageCharWidth()
        mode = QHeaderView.ResizeMode.Stretch if wide else QHeaderView.ResizeMode.ResizeToContents
        if header.sectionResizeMode(column) != mode:
            header.setSectionResizeMode(column, mode)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    @Slot(int, int, int)
    def _section_resized(self, column: int, _before: int, _now: int) -> None:
        if column != self._stretched:
            self.fit()


def table(
    name: str, columns: Sequence[str], numbers: Collection[int] = (), stretched: int = 0, hint: str = ""
) -> QTreeWidget:
    """An empty table called `name`; `numbers` are the columns that stand to the right, `stretched` the widest one."""
    tree = described(Table(stretched), name, hint)
    tree.setRootIsDecorated(False)
    tree.setUniformRowHeights(True)
    tree.setAllColumnsShowFocus(True)
    tree.setHeaderLabels(list(columns))
    for column in numbers:
        tree.headerItem().setTextAlignment(column, _RIGHT)
    header = tree.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    tree.fit()
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
