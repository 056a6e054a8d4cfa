"""Two piles of pictures, with and without something: what a concept of one's own is taught from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from workbench.ui.flow import Flow
from workbench.ui.theme import GRID, muted
from workbench.ui.widgets import described, push_button, tool_button

SIDES = ("with", "without")
_LEAST = 3


class TeachBar(QWidget):
    """Under the grid: choose pictures, put them on a pile, name what they have in common, teach it."""

    add_asked = Signal(str)
    """The selected pictures should go to this pile: `add` puts them there."""

    asked = Signal(str, object, object)
    """The concept's name and the two piles, as names of pictures and paths."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ready = False
        self.piles: dict[str, list[str]] = {side: [] for side in SIDES}
        self._folders: set[str] = set()
        """What of the piles are folders on disk."""
        self.name = described(QLineEdit(), "Name of the concept", "What the pictures of the first pile have in common")
        self.name.setPlaceholderText("Your own concept, as in Beard")
        self.name.setMinimumWidth(26 * GRID)
        self.name.textChanged.connect(self._refresh)
        self.pile_buttons = {side: _pile_button(side) for side in SIDES}
        self.pile_buttons["with"].clicked.connect(self._ask_with)
        self.pile_buttons["without"].clicked.connect(self._ask_without)
        self.disk_buttons = {side: _disk_button(side) for side in SIDES}
        self.disk_buttons["with"].clicked.connect(self._folder_with)
        self.disk_buttons["without"].clicked.connect(self._folder_without)
        self.empty_button = tool_button("reset", "Empty both piles", "Empty both piles")
        self.empty_button.clicked.connect(self.empty)
        self.teach_button = push_button("Teach", "concept", "Find the direction from one pile to the other")
        self.teach_button.clicked.connect(self._ask)
        self.hint = muted(
            "Select pictures that have something in common and add them to a pile; then those without it."
        )
        row = QHBoxLayout()
        row.setSpacing(GRID)
        piles = [button for side in SIDES for button in (self.pile_buttons[side], self.disk_buttons[side])]
        row.addWidget(Flow(self.name, *piles, self.empty_button, self.teach_button), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(row)
        column.addWidget(self.hint)
        self._refresh()

    def ask_folder(self, side: str) -> str:
        """The folder that the user chooses; tests put another function in its place."""
        return QFileDialog.getExistingDirectory(self, f"Pictures {side} it")

    def set_ready(self, ready: bool) -> None:
        """Whether there is a model to teach and nothing else runs."""
        self._ready = ready
        self._refresh()

    @Slot()
    def empty(self) -> None:
        """Begin anew."""
        for pile in self.piles.values():
            pile.clear()
        self._folders.clear()
        self._refresh()

    @Slot()
    def _ask_with(self) -> None:
        self.add_asked.emit("with")

    @Slot()
    def _ask_without(self) -> None:
        self.add_asked.emit("without")

    @Slot()
    def _folder_with(self) -> None:
        self._add_folder("with")

    @Slot()
    def _folder_without(self) -> None:
        self._add_folder("without")

    def add(self, side: str, names: Sequence[str]) -> None:
        """Put pictures on a pile, and take them off the other."""
        other = self.piles[SIDES[1 - SIDES.index(side)]]
        for name in names:
            if name in other:
                other.remove(name)  # it has changed its mind, not its face
            if name not in self.piles[side]:
                self.piles[side].append(name)
        self._refresh()

    def _add_folder(self, side: str) -> None:
        if (folder := self.ask_folder(side)) and folder not in self.piles[side]:
            self.piles[side].append(folder)
            self._folders.add(folder)
            self._refresh()

    @Slot()
    def _refresh(self) -> None:
        for side, button in self.pile_buttons.items():
            folders = len(self._folders.intersection(self.piles[side]))
            count = len(self.piles[side]) - folders
            more = f" + {folders} folders" if folders > 1 else " + a folder" if folders else ""
            button.setText(f"{side.capitalize()}: {count}{more}")
        enough = all(len(pile) >= _LEAST or not self._folders.isdisjoint(pile) for pile in self.piles.values())
        self.teach_button.setEnabled(self._ready and enough and bool(self.name.text().strip()))
        self.empty_button.setEnabled(any(self.piles.values()))
        self.hint.setVisible(not all(self.piles.values()))

    @Slot()
    def _ask(self) -> None:
        self.asked.emit(self.name.text().strip(), *(tuple(self.piles[side]) for side in SIDES))


def _pile_button(side: str) -> QToolButton:
    return tool_button("data", f"Add to the pile {side}", f"Add the selected pictures to those {side} it", " ")


def _disk_button(side: str) -> QToolButton:
    hint = f"Add a folder of photos {side} it; their faces are found and aligned"
    return tool_button("open", f"Add a folder to the pile {side}", hint)
