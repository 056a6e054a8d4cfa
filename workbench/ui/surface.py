"""A surface of its own for parts of a page."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QWidget

from workbench.ui.theme import GRID


class Surface(QFrame):
    """What lies on a surface of its own: side by side, or one below the other where it is narrow.

    The first has the room that the others leave, or, `even`, all have the same.
    """

    def __init__(self, *contents: QWidget, beside: int = 60 * GRID, even: bool = False) -> None:
        """Side by side from `beside` pixels on, if it is wide enough for what each takes at least."""
        super().__init__()
        self._beside = beside
        self.setProperty("role", "card")
        self._contents = contents
        self._inside = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._inside.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        self._inside.setSpacing(3 * GRID)
        for number, content in enumerate(contents):
            self._inside.addWidget(content, int(even or number == 0))

    def minimumSizeHint(self) -> QSize:
        return QSize(max(self._widths()) + 4 * GRID, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        needed = sum(self._widths()) + 4 * GRID + (len(self._contents) - 1) * self._inside.spacing()
        way = QBoxLayout.Direction
        self._inside.setDirection(
            way.LeftToRight if event.size().width() >= max(needed, self._beside) else way.TopToBottom
        )

    def _widths(self) -> list[int]:
        """The least that each takes."""
        shown = (content for content in self._contents if not content.isHidden())
        return [max(content.minimumSizeHint().width(), content.minimumWidth()) for content in shown] or [0]
