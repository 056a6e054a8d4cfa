"""What the Edit page shows before there is a picture."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.ui.flow import Flow
from workbench.ui.theme import GRID, heading, muted
from workbench.ui.widgets import push_button


class Welcome(QWidget):
    """What to do next when there is no picture yet."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self.open_button = push_button("Open a photo…", "open", "Choose a photo with a face in it.", primary=True)
        self.random_button = push_button("Random face", "face", "Try the sliders on a face that the model makes up.")
        title = heading("Drop a photo here, or open one", "title")
        text = muted("The face in it is found by itself. Your photos never leave this computer.")
        title.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setSpacing(2 * GRID)
        column.addStretch()
        for label in (title, text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addWidget(Flow(self.open_button, self.random_button, centred=True))
        column.addStretch()
        outer = QVBoxLayout(view)
        outer.addWidget(self)
