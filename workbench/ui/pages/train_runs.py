"""The list of runs: open one, resume it, train it again, compare two, use one in Edit, keep order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QIcon, QImage, QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QMenu,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.ui.dialogs import ask_where_to_save
from workbench.ui.flow import button_row
from workbench.ui.tables import line, refill, table
from workbench.ui.theme import GRID, muted
from workbench.ui.widgets import push_button

COLUMNS = ("Name", "Model", "Size", "State", "Step", "Best", "Disk", "Date")
_NUMBERS = tuple(COLUMNS.index(name) for name in ("Size", "Step", "Best", "Disk"))

FACES = 3
"""Of each run, to know it by."""
_ICON = QSize(FACES * 4 * GRID, 4 * GRID)


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of the list."""

    path: Path
    cells: tuple[str, ...]
    faces: QImage
    """`FACES` of its newest samples, side by side; empty when there are none yet."""
    resumable: bool
    active: bool = False
    """A program trains it at this moment."""


class RunsList(QWidget):
    """The runs in the folder of runs, newest first."""

    opened = Signal(str)
    """The path of a run to look at."""
    resumed = Signal(str)
    used = Signal(str)
    again = Signal(str)
    """The path of a run to train again with other settings."""
    compared = Signal(str, str)
    renamed = Signal(str, str)
    """The path of a run, and its new name."""
    deleted = Signal(list)
    """Paths of runs."""
    filmed = Signal(str, str, str)
    """The path of a run, what of it to film, and the file to write."""
    exported = Signal(str, str)
    """The path of a run, and the table to write."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[RunRow] = []
        self._busy = False
        self.tree = table("Runs", COLUMNS, _NUMBERS)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setIconSize(_ICON)
        self.tree.itemActivated.connect(self._open)
        self.tree.itemSelectionChanged.connect(self._selected)
        self.tree.itemChanged.connect(self._edited)
        self._empty = muted("No runs yet. A training that is started appears here, and stays.")
        self.open_button = push_button("Show", "eye", "Show its losses and pictures (Enter)")
        self.resume_button = push_button("Resume", "play", "Train on where it stopped")
        self.again_button = push_button("Train again…", "redo", "Fill the form with its settings, to change some")
        self.compare_button = push_button("Compare", "compare", "Choose two runs (with Ctrl or Shift) to compare them")
        self.use_button = push_button("Use in Edit", "edit", "Edit photos with this model")
        self.more_button = push_button("More", "more", "Rename, film, export, delete")
        menu = QMenu(self.more_button)
        self.rename_action = menu.addAction("Rename\tF2", self._rename)
        menu.addAction("Film of its samples…", lambda: self._film("samples"))
        menu.addAction("Film of its reconstructions…", lambda: self._film("reconstructions"))
        menu.addAction("Losses as a table…", self._export)
        menu.addAction("Show folder", self._reveal)
        menu.addSeparator()
        self.delete_action = menu.addAction("Delete (to the trash)\tDel", self._delete)
        self.single_actions = [action for action in menu.actions() if action is not self.delete_action]
        self.more_button.setMenu(menu)
        for key, slot in ((Qt.Key.Key_F2, self._rename), (Qt.Key.Key_Delete, self._delete)):
            QShortcut(QKeySequence(key), self.tree, slot, context=Qt.ShortcutContext.WidgetShortcut)
        buttons = button_row(
            (
                (self.open_button, self._open),
                (self.resume_button, self._resume),
                (self.again_button, self._again),
                (self.compare_button, self._compare),
                (self.use_button, self._use),
                (self.more_button, None),
            )
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(buttons)
        layout.addWidget(self._empty)
        layout.addWidget(self.tree, 1)
        self._selected()

    def set_rows(self, rows: Sequence[RunRow]) -> None:
        """Show these runs; the chosen ones stay chosen."""
        self._rows = list(rows)
        refill(self.tree, {str(row.path): _line(row) for row in self._rows})
        self._empty.setVisible(not self._rows)
        self._selected()

    def set_busy(self, busy: bool) -> None:
        """While a training runs, none can be resumed."""
        self._busy = busy
        self._selected()

    @property
    def chosen_rows(self) -> list[RunRow]:
        """The chosen runs, in the order of the list."""
        items = self.tree.selectedItems()
        return [self._rows[number] for number in sorted(self.tree.indexOfTopLevelItem(item) for item in items)]

    @property
    def chosen(self) -> RunRow | None:
        """The chosen run, when it is one."""
        rows = self.chosen_rows
        return rows[0] if len(rows) == 1 else None

    @Slot()
    def _selected(self) -> None:
        rows, row = self.chosen_rows, self.chosen
        for button in (self.open_button, self.use_button, self.again_button):
            button.setEnabled(row is not None)
        self.resume_button.setEnabled(row is not None and row.resumable and not self._busy)
        self.compare_button.setEnabled(len(rows) == 2)
        self.more_button.setEnabled(bool(rows))
        for action in self.single_actions:
            action.setEnabled(row is not None)
        self.rename_action.setEnabled(row is not None and not row.active)
        self.delete_action.setEnabled(bool(rows) and not any(row.active for row in rows))

    @Slot()
    def _open(self) -> None:
        if row := self.chosen:
            self.opened.emit(str(row.path))

    @Slot()
    def _resume(self) -> None:
        if row := self.chosen:
            self.resumed.emit(str(row.path))

    @Slot()
    def _again(self) -> None:
        if row := self.chosen:
            self.again.emit(str(row.path))

    @Slot()
    def _compare(self) -> None:
        rows = self.chosen_rows
        if len(rows) == 2:
            newer, older = rows
            self.compared.emit(str(older.path), str(newer.path))

    @Slot()
    def _use(self) -> None:
        if row := self.chosen:
            self.used.emit(str(row.path))

    @Slot()
    def _rename(self) -> None:
        if self.chosen and self.rename_action.isEnabled():
            self.tree.editItem(self.tree.selectedItems()[0], 0)

    @Slot(QTreeWidgetItem, int)
    def _edited(self, item: QTreeWidgetItem, column: int) -> None:
        row = self._rows[self.tree.indexOfTopLevelItem(item)]
        name = item.text(0).strip()
        if column == 0 and name != row.cells[0]:
            self.renamed.emit(str(row.path), name)

    @Slot()
    def _delete(self) -> None:
        if self.delete_action.isEnabled():
            self.deleted.emit([str(row.path) for row in self.chosen_rows])

    def _film(self, kind: str) -> None:
        row, kinds = self.chosen, "Films (*.gif *.webp *.mp4)"
        if row and (chosen := ask_where_to_save(self, "Save the film", f"{row.cells[0]} {kind}.gif", kinds)):
            self.filmed.emit(str(row.path), kind, chosen)

    @Slot()
    def _export(self) -> None:
        row = self.chosen
        if row and (chosen := ask_where_to_save(self, "Save the losses", f"{row.cells[0]}.csv", "Tables (*.csv)")):
            self.exported.emit(str(row.path), chosen)

    @Slot()
    def _reveal(self) -> None:
        if row := self.chosen:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(row.path)))


def _line(row: RunRow) -> QTreeWidgetItem:
    item = line(row.cells, _NUMBERS)
    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
    item.setToolTip(0, str(row.path))
    item.setIcon(0, _icon(row.faces))
    return item


def _icon(faces: QImage) -> QIcon:
    """All rows are as high as the first: a run without pictures has an empty one."""
    if faces.isNull():
        pixmap = QPixmap(_ICON)
        pixmap.fill(Qt.GlobalColor.transparent)
        return QIcon(pixmap)
    return QIcon(QPixmap.fromImage(faces))
