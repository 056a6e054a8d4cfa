"""The list of trainings that wait for their turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QTreeWidgetItem, QVBoxLayout, QWidget

from workbench.core.control import Control
from workbench.jobs.api import Job
from workbench.ui.flow import button_row
from workbench.ui.tables import line, refill, table
from workbench.ui.theme import GRID, muted
from workbench.ui.widgets import push_button


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line of the list; `reason` says why it could not start, or is empty."""

    id: str
    text: str
    reason: str
    active: bool
    """A program trains it at this moment."""
    where: str = ""
    """The path of its pictures, or of the run that is gone on with."""

    @property
    def waits(self) -> bool:
        """For its turn: it has not failed, and is not being trained."""
        return not self.reason and not self.active


def read_queue(control: Control) -> Job[list[QueueRow]]:
    """What waits, as lines."""
    from workbench.jobs.queue import Queue

    yield from ()
    waiting = [entry for entry in Queue().waiting() if not entry.done]
    return [QueueRow(entry.id, entry.summary, entry.reason or "", entry.active, entry.where) for entry in waiting]


class QueueList(QWidget):
    """What waits, in the order of the turns."""

    begin = Signal()
    removed = Signal(str)
    retried = Signal(str)
    """The id of an entry."""
    moved = Signal(str, int)
    """The id of an entry, and its new place; 1 is the first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[QueueRow] = []
        self._busy = False
        self.tree = table("Queue", ("Training", "State"), stretched=(1,))
        self.tree.setTextElideMode(Qt.TextElideMode.ElideRight)  # a reason is read from its beginning
        self.tree.itemSelectionChanged.connect(self._selected)
        self._empty = muted(
            "Nothing waits. “Add to queue”, below the form, puts a training here; each begins when the one "
            "before it is done. What waits is still here after a restart."
        )
        self.begin_button = push_button(
            "Start the queue", "play", "Train what waits, one after the other", primary=True
        )
        self.retry_button = push_button("Try again", "redo", "Give one that could not start another turn")
        self.up_button = push_button("Earlier", "up", "Let it have its turn before the one above (Alt+Up)")
        self.down_button = push_button("Later", "down", "Let the one below have its turn first (Alt+Down)")
        self.remove_button = push_button("Remove", "trash", "Take it out of the queue; a run that it has begun stays")
        buttons = button_row(
            (
                (self.begin_button, self.begin.emit),
                (self.up_button, self._earlier),
                (self.down_button, self._later),
                (self.retry_button, self._retry),
                (self.remove_button, self._remove),
            )
        )
        for key, slot in (("Alt+Up", self._earlier), ("Alt+Down", self._later)):
            QShortcut(QKeySequence(key), self.tree, slot, context=Qt.ShortcutContext.WidgetShortcut)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(buttons)
        layout.addWidget(self._empty)
        layout.addWidget(self.tree, 1)
        self._selected()

    def set_rows(self, rows: Sequence[QueueRow]) -> None:
        """Show what waits; the chosen one stays chosen."""
        self.rows = list(rows)
        refill(self.tree, {row.id: _line(row) for row in self.rows})
        self._empty.setVisible(not self.rows)
        self._selected()

    def set_busy(self, busy: bool) -> None:
        """While a training runs, what waits waits."""
        self._busy = busy
        self._selected()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(row.waits for row in self.rows)

    @property
    def _chosen(self) -> QueueRow | None:
        items = self.tree.selectedItems()
        return self.rows[self.tree.indexOfTopLevelItem(items[0])] if items else None

    @Slot()
    def _selected(self) -> None:
        row = self._chosen
        self.begin_button.setEnabled(self.waiting > 0 and not self._busy)
        self.remove_button.setEnabled(row is not None and not row.active)
        self.retry_button.setEnabled(row is not None and bool(row.reason))
        self.up_button.setEnabled(self._place_from(row, -1) is not None)
        self.down_button.setEnabled(self._place_from(row, 1) is not None)

    def _place_from(self, row: QueueRow | None, by: int) -> int | None:
        """The place, from 1, that a line can be moved to; None: it cannot. Nothing passes what is being trained."""
        if row is None or row.active:
            return None
        place = self.rows.index(row) + by
        free = 0 <= place < len(self.rows) and not self.rows[place].active
        return place + 1 if free else None

    @Slot()
    def _earlier(self) -> None:
        self._move(-1)

    @Slot()
    def _later(self) -> None:
        self._move(1)

    def _move(self, by: int) -> None:
        row = self._chosen
        if row and (place := self._place_from(row, by)):
            self.moved.emit(row.id, place)

    @Slot()
    def _retry(self) -> None:
        if row := self._chosen:
            self.retried.emit(row.id)

    @Slot()
    def _remove(self) -> None:
        if row := self._chosen:
            self.removed.emit(row.id)


def _line(row: QueueRow) -> QTreeWidgetItem:
    item = line([row.text, row.reason or ("is being trained" if row.active else "waits")])
    item.setToolTip(0, f"{row.text}\n{row.where}".strip())
    item.setToolTip(1, row.reason)
    return item
