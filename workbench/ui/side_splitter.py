"""A page's large part with its side on the right, whose width is the user's once it was dragged."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

from workbench.ui.preferences import preferences

LINES, SHARE = 26, 0.45
"""How wide the side is until it is dragged: in lines of text, and at most this share of the page."""


class SideSplitter(QSplitter):
    """Remembers under `key` where it was dragged to."""

    def __init__(self, large: QWidget, side: QWidget, key: str) -> None:
        super().__init__()
        self._key = key
        self._moved = False
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.addWidget(large)
        self.addWidget(side)
        self.setStretchFactor(0, 1)
        self.splitterMoved.connect(self._keep)
        stored = preferences().value(key)
        if isinstance(stored, QByteArray):
            self.restoreState(stored)
            self._moved = True

    def save_state(self) -> None:
        if self._moved:
            preferences().setValue(self._key, self.saveState())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._moved:
            side = min(LINES * self.fontMetrics().height(), round(SHARE * self.width()))
            self.setSizes([self.width() - side, side])

    @Slot()
    def _keep(self) -> None:
        self._moved = True
