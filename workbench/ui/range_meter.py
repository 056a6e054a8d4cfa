"""How far the sliders have led from the faces that the model knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QWidget

from workbench.ui.theme import GRID, muted
from workbench.ui.widgets import described, restyle

if TYPE_CHECKING:
    from workbench.core.quality.typical import Level

_WORDS = {"usual": "In range", "amber": "Rare", "red": "Out of range"}
_HINTS = {
    "usual": "The edited face is as near to the faces the model learned from as ninety-nine of a hundred of those.",
    "amber": "Hardly any face the model learned from is so far out: expect oddities.",
    "red": "No face the model knows is near: it makes up what it shows. Move the sliders less.",
}
_ROLES = {"usual": "muted", "amber": "warn", "red": "error"}
_STEPS = 1000


class RangeMeter(QWidget):
    """A bar that is full where no face is, and a word beside it; hidden while there is nothing to measure."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = described(QProgressBar(), "How far from the faces that the model knows")
        self.bar.setTextVisible(False)
        self.bar.setRange(0, _STEPS)
        self.word = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(muted("Range"))
        row.addWidget(self.bar, 1)
        row.addWidget(self.word)
        self.hide()

    def show_strain(self, strain: float | None) -> None:
        """Show how far out the edited face is: from 0.5 amber, from 1 red; None hides the meter."""
        self.setVisible(strain is not None)
        if strain is None:
            return
        level = _level(strain)
        self.bar.setValue(min(_STEPS, round(_STEPS * strain)))
        for widget in (self.bar, self.word):
            if widget.property("role") != (role := _ROLES[level]):  # not at every move of the hand
                restyle(widget, "role", role)
                widget.setToolTip(_HINTS[level])
        self.word.setText(_WORDS[level])


def _level(strain: float) -> Level:
    from workbench.core.quality.typical import Typical

    return Typical.strained(strain)
