"""Choosing a source of data: a built-in set, a recent one, a folder, a zip file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from workbench.ui.preferences import PICTURES, last_folder, recent, remember_folder, remember_recent
from workbench.ui.theme import GRID
from workbench.ui.widgets import described, tool_button

AVATARS = "builtin:avatars"
_RECENT = "data/recent"
_FOLDER = "data/folder"


def source_title(source: str) -> str:
    """A source's location as a short text."""
    if source == AVATARS:
        return "Built-in cartoon faces"
    path = Path(source)
    return path.name or source


class SourcePicker(QWidget):
    """A list of known sources, and a button to look for another."""

    chosen = Signal(str)
    """A source's location: the same text that the command line takes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        hint = "The pictures to learn from. Drop a folder or zip anywhere in the window to add one."
        self._combo = described(QComboBox(), "Data source", hint)
        self._combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._combo.setMinimumContentsLength(12)
        self._combo.activated.connect(self._activated)
        browse = tool_button("open", "Browse", "Choose a folder or a zip file")
        menu = QMenu(browse)
        menu.addAction("Folder…", self._browse_folder)
        menu.addAction("Zip file…", self._browse_zip)
        browse.setMenu(menu)
        browse.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self._combo, 1)
        layout.addWidget(browse)
        self._fill()

    @property
    def source(self) -> str:
        """The location chosen now."""
        return str(self._combo.currentData())

    def set_source(self, source: str) -> None:
        """Choose `source`, and remember it among the recent ones."""
        if source != AVATARS:
            remember_recent(_RECENT, source)
        self._fill()
        self._combo.setCurrentIndex(self._combo.findData(source))
        self._combo.setToolTip(source)
        self.chosen.emit(source)

    def _fill(self) -> None:
        self._combo.clear()
        for source in (AVATARS, *recent(_RECENT)):
            self._combo.addItem(source_title(source), source)

    @Slot(int)
    def _activated(self, index: int) -> None:
        self.set_source(str(self._combo.itemData(index)))

    @Slot()
    def _browse_folder(self) -> None:
        self._take(QFileDialog.getExistingDirectory(self, "Choose a folder of pictures", self._last_folder()))

    @Slot()
    def _browse_zip(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Choose a zip file of pictures", self._last_folder(), "Zip (*.zip)")
        self._take(path)

    def _last_folder(self) -> str:
        return str(last_folder(_FOLDER, PICTURES))

    def _take(self, path: str) -> None:
        if path:
            remember_folder(_FOLDER, Path(path))
            self.set_source(path)
