"""A training step in its parts: the lecture's six, one at a time when one wants to see what each makes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.core.events import Phase
from workbench.ui.pictures import to_qimage
from workbench.ui.previews import GridView
from workbench.ui.theme import GRID, heading, muted
from workbench.ui.widgets import checkable, push_button, restyle

_PICTURE = 24 * GRID


class PhaseLabel(QLabel):
    """One part of a step: its number and its name; the one that was done last stands out."""

    def __init__(self, number: int, name: str) -> None:
        super().__init__(f"{number}  {name[0].upper()}{name[1:]}")
        self.setProperty("role", "phase")
        self.setWordWrap(True)
        self.setAccessibleName(f"Part {number}: {name}")

    @property
    def current(self) -> bool:
        return bool(self.property("current"))

    def set_current(self, current: bool) -> None:
        if current != self.current:
            restyle(self, "current", current)


class StepWalk(QWidget):
    """Where a step is, what came of its last part, and the buttons to go through it by hand."""

    walk = Signal(bool)
    """Hold after each part, or go on by itself."""
    next_part = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: list[PhaseLabel] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(GRID)
        self._grid.setVerticalSpacing(GRID // 2)
        self._title = heading("A step in its parts")
        self.note = muted("")
        self.walk_button = checkable(
            push_button("Step by step", "walk", "Hold after each part of a step and show what it made")
        )
        self.walk_button.toggled.connect(self._toggled)
        self.next_button = push_button("Next part", "next", "Do the next part of the step", primary=True)
        self.next_button.clicked.connect(self._next)
        self.picture = GridView("What this part made")
        self.picture.setMinimumHeight(_PICTURE)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self._title, 1)
        head.addWidget(self.walk_button)
        head.addWidget(self.next_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(head)
        layout.addLayout(self._grid)
        layout.addWidget(self.note)
        layout.addWidget(self.picture, 1)
        self.set_phases(())

    def set_phases(self, names: Sequence[str]) -> None:
        """The names of the parts of the steps to come; none: there is nothing to walk, and nothing is shown."""
        for label in self._labels:
            self._grid.removeWidget(label)
            label.deleteLater()
        self._labels = [PhaseLabel(number, name) for number, name in enumerate(names, 1)]
        columns = max(1, (len(names) + 1) // 2)
        for place, label in enumerate(self._labels):
            self._grid.addWidget(label, place // columns, place % columns)
        self._title.setText("A step in its parts")
        self.note.setText("")
        self.picture.show_image(QImage())
        self.set_running(False)
        self.setVisible(bool(names))

    def set_running(self, running: bool) -> None:
        """Whether there is a training to walk through."""
        self.walk_button.setEnabled(running and bool(self._labels))
        self.walk_button.setChecked(False)
        self._show_walking(False)

    def show_phase(self, phase: Phase) -> None:
        """A part is over."""
        self._title.setText(f"Step {phase.step:,}")
        for number, label in enumerate(self._labels, 1):
            label.set_current(number == phase.number)
        self.note.setText(phase.note)
        if phase.picture is not None:
            self.picture.show_image(to_qimage(phase.picture))
        elif self.walk_button.isChecked():
            self.picture.show_image(QImage())  # this part made none, and another's would be taken for its own
        self.next_button.setEnabled(self.walk_button.isChecked())

    @property
    def current(self) -> int:
        """The number of the part that was done last; 0 before the first."""
        return next((number for number, label in enumerate(self._labels, 1) if label.current), 0)

    @Slot(bool)
    def _toggled(self, walking: bool) -> None:
        self._show_walking(walking)
        self.walk.emit(walking)

    def _show_walking(self, walking: bool) -> None:
        self.next_button.setVisible(walking)
        self.next_button.setEnabled(False)  # until the first part is over
        self.picture.setVisible(walking)

    @Slot()
    def _next(self) -> None:
        self.next_button.setEnabled(False)
        self.note.setText("Working…")
        self.next_part.emit()
        self.next_button.setFocus(Qt.FocusReason.OtherFocusReason)
