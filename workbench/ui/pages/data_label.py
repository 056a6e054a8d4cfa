"""Labels by hand: the selected pictures get the value of one label by a key, which is written to the set."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QWidget

from workbench.core.control import Control
from workbench.core.errors import Failure, WorkbenchError
from workbench.jobs.api import Job
from workbench.ui.forms import NoWheel
from workbench.ui.page import Message, failure_message
from workbench.ui.theme import GRID
from workbench.ui.thumbnails import Thumbnails
from workbench.ui.widgets import OneLine, described
from workbench.ui.worker import Jobs

if TYPE_CHECKING:
    from workbench.core.data.cache import Dataset

_KEYS = "1 yes, 2 no, 3 unknown; arrows move, Ctrl+Z takes back"


def _write(source: str, label: str, values: Mapping[str, int], control: Control) -> Job[None]:
    from workbench.core.data.label_file import set_labels

    yield from ()
    set_labels(Path(source), label, values)


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What one key did: the rows of a data set and their values of a label before and after, int8 (n,)."""

    dataset: Dataset
    label: str
    rows: list[int]
    before: npt.NDArray[np.int8]
    after: npt.NDArray[np.int8]

    def apply(self) -> None:
        """Change the labels in memory."""
        values = self.dataset.labels.get(self.label, np.zeros(len(self.dataset), np.int8)).copy()
        values[self.rows] = self.after
        self.dataset.labels[self.label] = values

    @property
    def reversed(self) -> Change:
        return Change(self.dataset, self.label, self.rows, self.after, self.before)


class LabelBar(QWidget):
    """Above the grid: which label the keys give. One write at a time; what is pressed meanwhile is written next."""

    changed = Signal(str)
    """A label of the shown data set has other values now."""
    message = Signal(object)
    """A `Message`."""

    def __init__(self, grid: Thumbnails, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = grid
        self._jobs = jobs
        self._dataset: Dataset | None = None
        self._done: list[Change] = []
        self._waiting: deque[Change] = deque()
        self._written: list[Change] = []
        """What is being written now."""
        self.name = described(QComboBox(), "Label to give", "Choose a label, or type the name of a new one")
        edit = QLineEdit()
        self.name.setLineEdit(edit)
        self.name.setCompleter(None)  # type: ignore[arg-type]  # it would make "Hat" a "Hats" that is there already
        self.name.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.name.setMinimumContentsLength(16)
        NoWheel(self).guard(self.name)
        edit.setPlaceholderText("Choose or name one")
        edit.returnPressed.connect(grid.setFocus)
        self.name.activated.connect(lambda: grid.setFocus())
        self.name.currentTextChanged.connect(self._show_marks)
        self.hint = OneLine(_KEYS)
        self._title = QLabel("Give the label")
        self._title.setBuddy(self.name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self._title)
        row.addWidget(self.name)
        row.addWidget(self.hint, 1)
        grid.marked.connect(self._give)
        grid.undo.connect(self._undo)

    @property
    def at_rest(self) -> bool:
        """Whether all is written."""
        return not self._waiting and not self._written

    def set_dataset(self, dataset: Dataset | None) -> None:
        """Label the pictures of `dataset`, which the grid shows."""
        self._dataset = dataset
        self._done.clear()
        self.setVisible(dataset is not None)
        self.name.clear()
        if dataset is None:
            return
        self.name.addItems(list(dataset.labels))
        self.name.setCurrentIndex(-1)
        self.name.clearEditText()
        refused = self._refused("a label")
        for widget in (self._title, self.name):
            widget.setVisible(refused is None)
        self.hint.setText(f"{refused.what} {refused.next_step}" if refused else _KEYS)

    @Slot(int)
    def _give(self, value: int) -> None:
        label, rows, dataset = self.name.currentText().strip(), self._grid.chosen(), self._dataset
        if dataset is None or not rows:
            return
        if self.name.isVisible() and not label:
            self.message.emit(Message("Name the label first, in the field above the pictures.", kind="advice"))
            self.name.setFocus()
        elif refused := self._refused(label):
            self.message.emit(Message(f"{refused.what} {refused.next_step}", kind="advice"))
        else:
            known = dataset.labels.get(label)
            before = np.zeros(len(rows), np.int8) if known is None else known[rows]
            change = Change(dataset, label, rows, before, np.full(len(rows), value, np.int8))
            self._done.append(change)
            self._make(change)

    @Slot()
    def _undo(self) -> None:
        if self._done:
            self._make(self._done.pop().reversed)

    def _refused(self, label: str) -> WorkbenchError | None:
        """Why the shown set cannot have `label`."""
        from workbench.core.data.label_file import check_label

        assert self._dataset is not None
        try:
            check_label(self._dataset.name, self._dataset.kind, label, self._dataset.text)
        except WorkbenchError as refused:
            return refused
        return None

    def _make(self, change: Change) -> None:
        self._apply(change)
        self._waiting.append(change)
        self._write_next()

    def _apply(self, change: Change) -> None:
        change.apply()
        if change.dataset is not self._dataset:
            return
        if self.name.findText(change.label) < 0:
            self.name.addItem(change.label)
        self._show_marks()
        self.changed.emit(change.label)

    @Slot()
    def _show_marks(self) -> None:
        if self._dataset is not None:
            self._grid.pictures.set_marks(self._dataset.labels.get(self.name.currentText().strip()))

    def _write_next(self) -> None:
        """Write all that waits for the same label of the same set, unless something is being written."""
        if self._written or not self._waiting:
            return
        first = self._waiting[0]
        values: dict[str, int] = {}
        while self._waiting and self._waiting[0].dataset is first.dataset and self._waiting[0].label == first.label:
            change = self._waiting.popleft()
            names = (change.dataset.names[row] for row in change.rows)
            values.update(zip(names, change.after.tolist(), strict=True))
            self._written.append(change)
        make = partial(_write, first.dataset.source, first.label, values)
        self._jobs.start(make, done=self._wrote, failed=self._failed)

    @Slot(object)
    def _wrote(self, _: None) -> None:
        self._written.clear()
        self._write_next()

    @Slot(object)
    def _failed(self, failure: Failure) -> None:
        """What could not be written is taken back: the window shows what is in the set."""
        for change in reversed([*self._written, *self._waiting]):
            self._apply(change.reversed)
        self._written.clear()
        self._waiting.clear()
        self._done.clear()
        self.message.emit(failure_message(failure))
