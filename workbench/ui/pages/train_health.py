"""How the training is, in words: what was found, what mends it, and one click that does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.core.events import Advice
from workbench.ui.theme import GRID, icon, muted
from workbench.ui.widgets import icon_size, push_button


class FindingView(QFrame):
    """One finding: a sentence, its remedy, the lecture's trick that it uses, and a button where settings mend it."""

    mended = Signal(object)
    """The settings to go on with, by name."""

    def __init__(self, finding: Advice) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName(finding.finding)
        sign = QLabel()
        side = icon_size(self, 1.2)
        sign.setPixmap(icon("advice").pixmap(QSize(side)))
        words = QVBoxLayout()
        words.setSpacing(GRID // 2)
        text = QLabel(finding.finding)
        text.setWordWrap(True)
        words.addWidget(text)
        words.addWidget(muted(finding.remedy))
        if finding.trick:
            words.addWidget(muted(f"From the bag of tricks: {finding.trick}"))
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        row.setSpacing(2 * GRID)
        row.addWidget(sign)
        row.addLayout(words, 1)
        self.button = push_button("Go on with this…", "play", hint(finding.changes))
        self.button.clicked.connect(lambda: self.mended.emit(dict(finding.changes)))
        self.button.setVisible(bool(finding.changes))
        row.addWidget(self.button)


def hint(changes: Mapping[str, Any]) -> str:
    """What the button of a remedy would set."""
    values = (
        f"{name} = {value:g}" if isinstance(value, float) else f"{name} = {value}" for name, value in changes.items()
    )
    return f"Stop, and fill the form to go on from the last checkpoint with {', '.join(values)}"


class HealthLine(QWidget):
    """What a training suffers from at the moment; nothing is shown of a healthy one."""

    mended = Signal(object)
    """The settings to go on with, by name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views: dict[str, FindingView] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID)
        self.clear()

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is found at the moment, the oldest first."""
        return tuple(self._views)

    def view(self, kind: str) -> FindingView:
        """What is shown of a finding."""
        return self._views[kind]

    def add(self, finding: Advice) -> None:
        """Something was found; said again, it takes its own place."""
        self.remove(finding.kind)
        view = FindingView(finding)
        view.mended.connect(self.mended)
        self._views[finding.kind] = view
        self._column.addWidget(view)
        self.show()

    def remove(self, kind: str) -> None:
        """It has gone away."""
        if view := self._views.pop(kind, None):
            self._column.removeWidget(view)
            view.deleteLater()
        self.setVisible(bool(self._views))

    def clear(self) -> None:
        """Another training."""
        for kind in self.kinds:
            self.remove(kind)
        self.hide()
