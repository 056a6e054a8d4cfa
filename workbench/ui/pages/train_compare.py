"""Two runs beside each other: curves overlaid, settings that differ, pictures from the same noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy.typing as npt
from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLayout,
    QTreeWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.runs.differences import said
from workbench.ui.dialogs import ask_where_to_save
from workbench.ui.pictures import to_qimage
from workbench.ui.plots import LossPlot, spoken
from workbench.ui.previews import GridView
from workbench.ui.surface import Surface
from workbench.ui.tables import line, table
from workbench.ui.theme import GRID, heading, muted
from workbench.ui.widgets import Column, OneLine, Stack, described, push_button

if TYPE_CHECKING:
    from workbench.core.runs.compare import Comparison
    from workbench.core.runs.metrics import Curves

_WIDE = 130 * GRID
"""From so many pixels on two tables of three columns can be read side by side."""
_ROWS = 8
"""So many rows of a table are seen without scrolling in it."""


class CompareView(QWidget):
    """Shows one `Comparison`."""

    closed = Signal()
    saved = Signal(object, str)
    """The comparison, and the page that it shall be written to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._comparison: Comparison | None = None
        self._curves: tuple[Curves, Curves] = ({}, {})
        self.title = OneLine(role="title")
        self.loss = described(QComboBox(), "Loss", "Which curve of both runs is shown")
        self.loss.currentIndexChanged.connect(self._draw)
        self.plot = LossPlot(spoken=str)  # a run's name is shown as it is
        self.plot.over_time.hide()  # each run has a clock of its own,
        self.plot.hint.setText("Point at the curves to read them")  # and the pictures below are of no moment
        self.settings = _table("What differs")
        self.results = _table("What came out")
        self.views = (GridView("Samples of the first run"), GridView("Samples of the second run"))
        self._names = (OneLine(), OneLine())
        self._notes = muted()
        save = push_button("Save page…", "export", "Write all of this as one page to open in a browser")
        save.clicked.connect(self._save)
        close = push_button("Close", "close", "Close this comparison")
        close.clicked.connect(self.closed)
        self._lay_out(save, close)

    def show_comparison(self, comparison: Comparison, curves: tuple[Curves, Curves]) -> None:
        """Show two runs; `curves` are their losses."""
        self._comparison, self._curves = comparison, curves
        first, second = comparison.names
        self.title.setText(f"{first} and {second}")
        for label, name in zip(self._names, comparison.names, strict=True):
            label.setText(name)
        _fill(self.settings, comparison.names, [(d.label, said(d.first), said(d.second)) for d in comparison.settings])
        _fill(self.results, comparison.names, list(comparison.results))
        self._notes.setText(" ".join(comparison.notes) or "The same noise in both.")
        for view, samples in zip(self.views, comparison.samples, strict=True):
            view.show_image(QImage() if samples is None else to_qimage(samples))
        names = dict.fromkeys(loss for parts in curves for _, values in parts.values() for loss in values)
        shown = self.loss.currentData()
        self.loss.blockSignals(True)
        self.loss.clear()
        for name in names:
            self.loss.addItem(spoken(name), name)
        self.loss.setCurrentIndex(max(0, self.loss.findData(shown)))
        self.loss.blockSignals(False)
        self._draw()

    @Slot()
    def _draw(self) -> None:
        """The chosen loss of both runs in one plot."""
        self.plot.clear()
        if self._comparison is None:
            return
        loss = self.loss.currentData()
        for name, parts in zip(self._comparison.names, self._curves, strict=True):
            for part, (steps, values) in parts.items():
                if loss in values:
                    curve: dict[str, npt.NDArray[Any]] = {name: values[loss]}
                    self.plot.add(part, steps, curve)  # type: ignore[arg-type]

    @Slot()
    def _save(self) -> None:
        if self._comparison is None:
            return
        first, second = self._comparison.names
        name = f"{first} and {second}.html"
        if chosen := ask_where_to_save(self, "Save the comparison", name, "Pages (*.html)"):
            self.saved.emit(self._comparison, chosen)

    def _lay_out(self, *buttons: QWidget) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self.title, 1)
        for button in buttons:
            head.addWidget(button)
        which = QHBoxLayout()
        which.addWidget(heading("Curves"))
        which.addStretch()
        which.addWidget(self.loss)
        results = _column(heading("What came out"), self.results)
        tables = Surface(_column(heading("What was set differently"), self.settings), results, beside=_WIDE, even=True)
        samples = QHBoxLayout()
        samples.setSpacing(2 * GRID)
        for name, view in zip(self._names, self.views, strict=True):
            samples.addWidget(_column(name, view), 1)
        self.splitter = Stack()
        pictures = _column(heading("Samples"), self._notes, samples)
        for surface in (Surface(_column(which, self.plot)), tables, Surface(pictures)):
            self.splitter.addWidget(surface)
        self.splitter.setSizes([36 * GRID, 22 * GRID, 24 * GRID])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addLayout(head)
        layout.addWidget(Column(self.splitter), 1)


def _column(*parts: QWidget | QLayout) -> QWidget:
    """One below the other; the last has the room that the others leave."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(GRID)
    for part in parts:
        column.addWidget(part) if isinstance(part, QWidget) else column.addLayout(part)
    column.setStretch(column.count() - 1, 1)
    return whole


def _table(name: str) -> QTreeWidget:
    return table(name, ("", "", ""), stretched=(1, 2))


def _fill(tree: QTreeWidget, names: tuple[str, str], rows: list[tuple[str, str, str]]) -> None:
    tree.clear()
    tree.setHeaderLabels(["", *names])
    for row in rows or [("Nothing differs", "", "")]:
        tree.addTopLevelItem(line(row))
    seen = min(tree.topLevelItemCount(), _ROWS)
    tree.setMinimumHeight(tree.header().sizeHint().height() + seen * tree.sizeHintForRow(0) + 2 * tree.frameWidth())
