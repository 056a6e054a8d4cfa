"""The export part of the Edit page: what comes out, in which format, and what the file will hold."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from workbench.core.editing.state import Mode
from workbench.core.files import unused_path
from workbench.ui.preferences import preferences, whole_number
from workbench.ui.theme import GRID, heading, muted
from workbench.ui.widgets import Choice, checkable, described, push_button

_FORMATS = {"PNG": ".png", "JPEG": ".jpg", "WebP": ".webp"}
_LOSSLESS = ("PNG",)
_INSIDE = (
    "The file also holds the recipe of the edit and the standard mark of AI-edited pictures; no path and no original."
)
_MODES: tuple[tuple[Mode, str, str], ...] = (
    ("photo", "Full photo", "The change is laid over the photo at its own size; everything else stays as it was."),
    ("face", "Face alone", "The face at the model's size, as the model draws it."),
)


class ExportPanel(QWidget):
    """Chooses; the page exports."""

    mode_chosen = Signal(str)
    asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._modes = Choice(self)
        self.mode_buttons: dict[str, QPushButton] = {}
        for mode, text, hint in _MODES:
            button = checkable(described(QPushButton(text), text, hint), mode == "photo")
            button.clicked.connect(lambda _, mode=mode: self.mode_chosen.emit(mode))
            self._modes.addButton(button)
            self.mode_buttons[mode] = button
        self.format = described(QComboBox(), "Format", "PNG keeps every pixel; JPEG and WebP make smaller files.")
        self.format.addItems(list(_FORMATS))
        self.quality = described(QSpinBox(), "Quality", "From 1, small, to 100, best; 92 shows no loss to the eye.")
        self.quality.setRange(1, 100)
        self.quality.setPrefix("Quality ")
        self.quality.lineEdit().setTextMargins(GRID, 0, GRID, 0)  # the style sheet's padding does not reach it
        self.quality.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)  # with them the side would become wider for it
        self.button = push_button("Export…", "export", "Write the edited picture to a file (Ctrl+E).", primary=True)
        self.button.clicked.connect(self.asked)
        self._size = muted()
        self._size.setWordWrap(False)
        self._note = described(muted(), "", _INSIDE)
        self._restore()
        self.format.currentTextChanged.connect(self._refresh)
        self._lay_out()
        self._refresh()

    @property
    def suffix(self) -> str:
        """Of the chosen format, with its dot."""
        return _FORMATS[self.format.currentText()]

    @property
    def filter(self) -> str:
        """The formats for a file dialog, the chosen one first."""
        names = sorted(_FORMATS, key=lambda name: name != self.format.currentText())
        return ";;".join(f"{name} (*{_FORMATS[name]})" for name in names)

    def suggestion(self, photo: Path | None, folder: Path) -> Path:
        """A name in `folder` that nothing has yet."""
        return unused_path(folder / f"{photo.stem if photo else 'face'}-edited{self.suffix}")

    def show_mode(self, mode: Mode, size: QSize, again: bool = True) -> None:
        """Show which picture comes out, how large it will be, and whether its edit can be taken up `again`."""
        self.mode_buttons[mode].setChecked(True)
        self._note.setText(f"{'Drop the file here to go on with the edit. ' * again}It is marked as edited with AI.")
        self._size.setText(f"{size.width():,} × {size.height():,} pixels" if size.isValid() else "")

    def save_state(self) -> None:
        stored = preferences()
        stored.setValue("edit/format", self.format.currentText())
        stored.setValue("edit/quality", self.quality.value())

    def _restore(self) -> None:
        stored = preferences()
        self.format.setCurrentText(str(stored.value("edit/format", "PNG")))
        self.quality.setValue(whole_number("edit/quality", 92))

    def _refresh(self) -> None:
        self.quality.setVisible(self.format.currentText() not in _LOSSLESS)

    def _lay_out(self) -> None:
        modes = QHBoxLayout()
        modes.setSpacing(GRID)
        for button in self.mode_buttons.values():
            modes.addWidget(button, 1)
        file = QHBoxLayout()
        file.setSpacing(GRID)
        file.addWidget(self.format)
        file.addWidget(self.quality)
        file.addWidget(self.button, 1)
        head = QHBoxLayout()
        head.addWidget(heading("Export"))
        head.addStretch()
        head.addWidget(self._size)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(head)
        layout.addLayout(modes)
        layout.addLayout(file)
        layout.addWidget(self._note)
