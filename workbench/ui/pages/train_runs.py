"""The list of runs: open one, resume it, use it in Edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from workbench.ui.theme import GRID, muted
from workbench.ui.widgets import described, push_button

COLUMNS = ("Name", "Model", "Size", "State", "Step", "Best", "Date")
_NUMBERS = ("Size", "Step", "Best")


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of the list, as texts."""

    path: Path
    cells: tuple[str, ...]
    resumable: bool


class RunsList(QWidget):
    """The runs in the folder of runs, newest first."""

    opened = Signal(str)
    """The path of a run to look at."""
    resumed = Signal(str)
    used = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[RunRow] = []
        self._busy = False
        self.tree = described(QTreeWidget(), "Runs")
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setHeaderLabels(list(COLUMNS))
        self.tree.setAllColumnsShowFocus(True)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for name in _NUMBERS:
            self.tree.headerItem().setTextAlignment(COLUMNS.index(name), right)
        header = self.tree.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setStretchLastSection(False)
        self.tree.itemActivated.connect(self._open)
        self.tree.itemSelectionChanged.connect(self._selected)
        self._empty = muted("No runs yet. A training that is started appears here, and stays.")
        self.open_button = push_button("Show", "eye", "Show its losses and pictures (Enter)")
        self.resume_button = push_button("Resume", "play", "Train on where it stopped")
        self.use_button = push_button("Use in Edit", "edit", "Edit photos with this model")
        self.reveal_button = push_button("Show folder", "open", "Open its folder in the file manager")
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        for button, slot in (
            (self.open_button, self._open),
            (self.resume_button, self._resume),
            (self.use_button, self._use),
            (self.reveal_button, self._reveal),
        ):
            button.clicked.connect(slot)
            buttons.addWidget(button)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addLayout(buttons)
        layout.addWidget(self._empty)
        layout.addWidget(self.tree, 1)
        self._selected()

    def set_rows(self, rows: Sequence[RunRow]) -> None:
        """Show these runs; the chosen one stays chosen."""
        chosen = self.chosen
        self._rows = list(rows)
        self.tree.clear()
        for row in self._rows:
            item = QTreeWidgetItem(list(row.cells))
            for name in _NUMBERS:
                item.setTextAlignment(COLUMNS.index(name), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setToolTip(0, str(row.path))
            self.tree.addTopLevelItem(item)
            if chosen and row.path == chosen.path:
                self.tree.setCurrentItem(item)
        self._empty.setVisible(not self._rows)
        self._selected()

    def set_busy(self, busy: bool) -> None:
        """While a training runs, none can be resumed."""
        self._busy = busy
        self._selected()

    @property
    def chosen(self) -> RunRow | None:
        """The chosen run."""
        items = self.tree.selectedItems()
        return self._rows[self.tree.indexOfTopLevelItem(items[0])] if items else None

    @Slot()
    def _selected(self) -> None:
        row = self.chosen
        for button in (self.open_button, self.use_button, self.reveal_button):
            button.setEnabled(row is not None)
        self.resume_button.setEnabled(row is not None and row.resumable and not self._busy)

    @Slot()
    def _open(self) -> None:
        if row := self.chosen:
            self.opened.emit(str(row.path))

    @Slot()
    def _resume(self) -> None:
        if row := self.chosen:
            self.resumed.emit(str(row.path))

    @Slot()
    def _use(self) -> None:
        if row := self.chosen:
            self.used.emit(str(row.path))

    @Slot()
    def _reveal(self) -> None:
        if row := self.chosen:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(row.path)))
