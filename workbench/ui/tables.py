"""Tables of texts: rows one chooses from or reads, with numbers to the right."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from workbench.ui.widgets import described

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def table(
    name: str, columns: Sequence[str], numbers: Collection[int] = (), stretched: int = 0, hint: str = ""
) -> QTreeWidget:
    """An empty table called `name`; `numbers` are the columns that stand to the right, `stretched` the widest one."""
    tree = described(QTreeWidget(), name, hint)
    tree.setRootIsDecorated(False)
    tree.setUniformRowHeights(True)
    tree.setAllColumnsShowFocus(True)
    tree.setHeaderLabels(list(columns))
    for column in numbers:
        tree.headerItem().setTextAlignment(column, _RIGHT)
    header = tree.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
    return tree


def line(cells: Sequence[str], numbers: Collection[int] = ()) -> QTreeWidgetItem:
    """One row for such a table."""
    item = QTreeWidgetItem(list(cells))
    for column in numbers:
        item.setTextAlignment(column, _RIGHT)
    return item
