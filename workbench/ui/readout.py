"""What a plot says of the place under the pointer: a small card beside it, never cut off."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QLabel, QWidget

from workbench.ui.theme import GRID


class Readout(QLabel):
    """Lines of text above `view`, beside a point of it."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self._view = view
        self.setProperty("role", "readout")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.hide()

    def show_lines(self, lines: Sequence[str], beside: QPoint) -> None:
        """Show `lines`; on the left of the point where there is no room on its right."""
        self.setText("\n".join(lines))
        self.adjustSize()
        room = self._view.rect()
        place = QRect(beside + QPoint(2 * GRID, 0), self.size())
        if place.right() > room.right():
            place.moveRight(beside.x() - 2 * GRID)
        place.moveTop(max(0, min(beside.y(), room.bottom() - place.height())))
        place.moveLeft(max(0, place.left()))
        self.move(place.topLeft())
        self.show()
        self.raise_()
