"""A side beside tabs while there is room for both; in a narrow window the side is the first of the tabs."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QSize, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QTabWidget, QWidget

from workbench.ui.theme import GRID

COMFORT = 46
"""So many lines of text wide must the tabs be beside the side; plots and pictures that are narrower say little."""


class Folding(QWidget):
    """Places `side` and `tabs`; `title` and `hint` are those of the side as a tab."""

    def __init__(self, side: QWidget, tabs: QTabWidget, title: str, hint: str) -> None:
        super().__init__()
        self._side, self._tabs, self._title, self._hint = side, tabs, title, hint
        self.splitter = QSplitter(self)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(side)
        self.splitter.addWidget(tabs)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([44 * GRID, 100 * GRID])
        self._shares = self.splitter.saveState()

    @property
    def folded(self) -> bool:
        """Whether the side is one of the tabs."""
        return self._tabs.indexOf(self._side) >= 0

    @Slot()
    def show_side(self) -> None:
        """Bring the side to the front where it is a tab; beside the tabs it always is."""
        if self.folded:
            self._tabs.setCurrentWidget(self._side)

    def minimumSizeHint(self) -> QSize:
        tabs, side = self._tabs.minimumSizeHint(), self._side.minimumSizeHint()
        bar = self._tabs.tabBar().sizeHint().height()
        return QSize(max(tabs.width(), side.width()), max(tabs.height(), side.height() + bar))

    def sizeHint(self) -> QSize:
        return self.splitter.sizeHint()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        tabs = (self._tabs.widget(index) for index in range(self._tabs.count()))
        widest = max((tab.minimumSizeHint().width() for tab in tabs if tab and tab is not self._side), default=0)
        wanted = max(widest, COMFORT * self.fontMetrics().height())
        fold = self.width() < self._side.minimumSizeHint().width() + wanted
        if fold and not self.folded:
            self._fold()
        elif not fold and self.folded:
            self._unfold()
        self.splitter.setGeometry(self.rect())

    def _fold(self) -> None:
        self._shares = self.splitter.saveState()
        self._tabs.insertTab(0, self._side, self._title)
        self._tabs.setTabToolTip(0, self._hint)

    def _unfold(self) -> None:
        self._tabs.removeTab(self._tabs.indexOf(self._side))
        self.splitter.insertWidget(0, self._side)
        self._side.show()
        self.splitter.restoreState(self._shares)

    def state(self) -> QByteArray:
        """What `restore` takes: how wide side and tabs are beside each other."""
        return self._shares if self.folded else self.splitter.saveState()

    def restore(self, state: QByteArray) -> None:
        """As it was when `state` was taken."""
        self.splitter.restoreState(state)
        self._shares = self.splitter.saveState()
