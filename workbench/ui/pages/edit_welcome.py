"""The picture of the Edit page, and below it, until there is a photo, how one gets here."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from workbench.ui.flow import Flow
from workbench.ui.theme import GRID, heading, muted
from workbench.ui.widgets import push_button


class Welcome(QWidget):
    """Holds `view`; asks for a photo to drop or open, and offers an example in place of one."""

    def __init__(self, view: QWidget) -> None:
        super().__init__()
        self.open_button = push_button("Open a photo…", "open", "Choose a photo with a face in it.", primary=True)
        self.example_button = push_button("Try an example", "image", "Edit a portrait that comes with the program.")
        self.waiting = _centred("The first face is on its way…")
        QVBoxLayout(view).addWidget(self.waiting)
        self._strip = QFrame()
        self._strip.setObjectName("welcome")
        lines = QVBoxLayout(self._strip)
        lines.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        lines.setSpacing(GRID)
        lines.addWidget(Flow(heading("Drop a photo here, or"), self.open_button, self.example_button, centred=True))
        lines.addWidget(_centred("The face in it is found by itself. Your photos never leave this computer."))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(view, 1)
        column.addWidget(self._strip)

    def show_waiting(self, waiting: bool) -> None:
        """Whether a first picture is being made."""
        self.waiting.setVisible(waiting)

    def invite(self, invites: bool) -> None:
        """Whether a photo is asked for."""
        self._strip.setVisible(invites)


def _centred(text: str) -> QWidget:
    label = muted(text)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return label
