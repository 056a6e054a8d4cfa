"""Ordinary photos become a set to learn from: what is asked before, and what is said afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from workbench.core.control import Control
from workbench.jobs.api import Job
from workbench.ui.forms import NoWheel
from workbench.ui.theme import GRID, heading, muted
from workbench.ui.widgets import described, push_button

if TYPE_CHECKING:
    from workbench.jobs.import_photos import Imported, Several

_SIZES = (64, 128, 256)
_SEVERAL: dict[Several, str] = {"skip": "leave out", "largest": "the largest", "all": "all of them"}


class ImportPanel(QWidget):
    """Size, what to do with several faces, and a button."""

    asked = Signal(int, str)
    """The side of the faces, and a `Several`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        no_wheel = NoWheel(self)
        self.size_box = described(QComboBox(), "Size of the faces", "Side of the faces that are cut out, in pixels.")
        for size in _SIZES:
            self.size_box.addItem(f"{size} px", size)
        self.size_box.setCurrentText("128 px")
        hint = "A photo with several faces of about one size: leave it out, take its largest face, or take all."
        self.several_box = described(QComboBox(), "Several faces in a photo", hint)
        for several, words in _SEVERAL.items():
            self.several_box.addItem(f"Several faces: {words}", several)
        self.button = push_button(
            "Cut out faces…", "face", "Find the faces in these photos and cut them out, aligned, as a set to train on."
        )
        self.button.clicked.connect(self._ask)
        for box in (self.size_box, self.several_box):
            no_wheel.guard(box)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.size_box)
        row.addWidget(self.several_box, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(heading("Ordinary photos?"))
        column.addWidget(muted("A model learns from faces that are cut out alike."))
        column.addLayout(row)
        column.addWidget(self.button)

    def _ask(self) -> None:
        self.asked.emit(self.size_box.currentData(), self.several_box.currentData())


def import_photos(photos: str, out: Path, size: int, several: Several, control: Control) -> Job[Imported]:
    from workbench.jobs.import_photos import ImportRequest, import_photos

    return import_photos(ImportRequest(photos, out, size, several), control)


def summary(made: Imported) -> str:
    """What came of an import, in a sentence or two."""
    faces = "1 face was" if made.faces == 1 else f"{made.faces:,} faces were"
    text = f"{faces} cut out of {made.photos:,} photos."
    if made.left_out:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in made.reasons.items())
        text += f" Left out: {reasons}. The set's import.json names them."
    return text
