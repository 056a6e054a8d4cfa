"""The left side of the Data page: the source, what is in it, the filter, and what to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.core.events import Skipped
from workbench.ui.forms import NoWheel
from workbench.ui.pages.data_import import ImportPanel
from workbench.ui.source_picker import AVATARS, SourcePicker
from workbench.ui.theme import GRID, heading, muted
from workbench.ui.widgets import Column, described, push_button

if TYPE_CHECKING:
    from workbench.core.data.cache import Dataset

PARTITIONS = ("train", "validation", "test")
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_STATES = {"with": 1, "without": -1, "unknown": 0}


class DataSide(QFrame):
    """Source, filter, counts, skipped files, and two ways on: train, find concepts."""

    stop = Signal()
    filtered = Signal()
    train = Signal()
    find_concepts = Signal(str)
    """The path of the run to find them in."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self._ready = False
        self._no_wheel = NoWheel(self)
        self.source = SourcePicker()
        self.bar = described(QProgressBar(), "Progress")
        self.bar.setTextVisible(False)
        self.stop_button = push_button("Stop", "stop", "Stop; what is done so far is kept and taken up again")
        self.stop_button.clicked.connect(self.stop)
        self.status = muted()
        self.label = self._combo("Label", "Show only pictures that have, or do not have, this label")
        self.state = self._combo("Label state", "With the label, without it, or not known")
        for state in _STATES:
            self.state.addItem(state, state)
        self.part = self._combo("Part", "Pictures to learn from, to watch the training with, or to test with")
        self.part.addItem("All parts", None)
        for number, name in enumerate(PARTITIONS):
            self.part.addItem(name.capitalize(), number)
        self.counts = self._tree("Counts by label", ("Label", *(name.capitalize() for name in PARTITIONS)))
        self.counts.header().setStretchLastSection(False)
        self.counts.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, self.counts.columnCount()):
            self.counts.headerItem().setTextAlignment(column, RIGHT)
        self.counts.setToolTip("Pictures with the label, by part. Click a line to see them.")
        self.counts.itemActivated.connect(self._count_chosen)
        self.counts.itemClicked.connect(self._count_chosen)
        self.photos = ImportPanel()
        self._skipped_title = heading("Skipped")
        self.skipped = self._tree("Skipped files", ("File", "Reason"))
        self.train_button = push_button("Train on this", "train", "Take these pictures to the Train page", primary=True)
        self.train_button.clicked.connect(self.train)
        self.runs = self._combo("Run to find concepts in", "The trained model in whose codes the labels are looked for")
        hint = "Find a direction for each label in a trained model"
        self.concepts_button = push_button("Find concepts", "concept", hint)
        self.concepts_button.clicked.connect(lambda: self.find_concepts.emit(str(self.runs.currentData())))
        self._lay_out()
        self.set_dataset(None)
        self.set_runs([])
        self.set_busy(False)

    def set_dataset(self, dataset: Dataset | None) -> None:
        """Show what is in `dataset`."""
        self.label.clear()
        self.label.addItem("All pictures", None)
        self.counts.clear()
        if dataset:
            self._fill(dataset)
        self.state.setVisible(False)
        for widget in (self._filter_title, self._filter, self._counts_title, self.counts):
            widget.setVisible(dataset is not None)
        self.set_skipped(dataset.skipped if dataset else ())
        self.train_button.setEnabled(dataset is not None)
        self.photos.setVisible(self.source.source != AVATARS and not (dataset and dataset.alignment))

    def count(self, dataset: Dataset, label: str) -> None:
        """Count the pictures with one label anew; it may be a new one."""
        masks = [dataset.partition == part for part in range(len(PARTITIONS))]
        counts = [int((dataset.labels[label][mask] == 1).sum()) for mask in masks]
        if item := self.counts.topLevelItem(self.label.findData(label)):
            self._set_counts(item, counts)
        else:
            self.label.addItem(label, label)
            self._add_counts(label, counts)

    def set_skipped(self, skipped: Sequence[Skipped]) -> None:
        """List the files that were left out."""
        self.skipped.clear()
        for file in skipped:
            reason = file.reason.removeprefix(f"'{file.name}' ")  # it stands in the column before
            item = QTreeWidgetItem([file.name, reason])
            item.setToolTip(0, file.name)
            item.setToolTip(1, reason)
            self.skipped.addTopLevelItem(item)
        self._skipped_title.setText(f"Skipped: {len(skipped):,}")
        for widget in (self._skipped_title, self.skipped):
            widget.setVisible(bool(skipped))

    def set_runs(self, runs: Sequence[tuple[str, str]]) -> None:
        """Offer these runs, as names and paths, for finding concepts; the chosen one stays chosen."""
        chosen = self.runs.currentData()
        self.runs.clear()
        for name, path in runs:
            self.runs.addItem(name, path)
        self.runs.setCurrentIndex(max(0, self.runs.findData(chosen)))
        self.runs.setEnabled(bool(runs))
        if not runs:
            self.runs.addItem("Train a model first")
        self.set_busy(self.stop_button.isVisible())

    def set_busy(self, busy: bool, text: str = "") -> None:
        """Whether something runs that can be stopped; `text` says what or how it ended."""
        self.bar.setVisible(busy)
        self.stop_button.setVisible(busy)
        self.bar.setRange(0, 0 if busy else 1000)
        self.status.setText(text)
        self.status.setVisible(bool(text))
        self.concepts_button.setEnabled(self.runs.isEnabled() and not busy and self.train_button.isEnabled())

    def set_progress(self, text: str, fraction: float | None) -> None:
        """How far it is."""
        self.status.setVisible(True)
        self.status.setText(text)
        self.bar.setRange(0, 0 if fraction is None else 1000)
        self.bar.setValue(round(1000 * (fraction or 0.0)))

    def rows(self, dataset: Dataset) -> npt.NDArray[np.int64]:
        """The rows that the filter lets through."""
        chosen = np.ones(len(dataset), bool)
        if (label := self.label.currentData()) is not None:
            chosen &= dataset.labels[label] == _STATES[self.state.currentData()]
        if (part := self.part.currentData()) is not None:
            chosen &= dataset.partition == part
        return np.flatnonzero(chosen)

    def _fill(self, dataset: Dataset) -> None:
        self._add_counts("Pictures", [int((dataset.partition == part).sum()) for part in range(len(PARTITIONS))])
        for label in dataset.labels:
            self.count(dataset, label)
        columns = range(self.counts.columnCount())
        header = self.counts.header()
        needed = sum(max(self.counts.sizeHintForColumn(c), header.sectionSizeHint(c)) for c in columns)
        self.counts.setMinimumWidth(min(needed + 2 * GRID, 60 * self.fontMetrics().averageCharWidth()))

    def _add_counts(self, name: str, counts: Sequence[int]) -> None:
        item = QTreeWidgetItem([name])
        self._set_counts(item, counts)
        self.counts.addTopLevelItem(item)

    def _set_counts(self, item: QTreeWidgetItem, counts: Sequence[int]) -> None:
        for column, count in enumerate(counts, 1):
            item.setText(column, f"{count:,}")
            item.setTextAlignment(column, RIGHT)

    @Slot()
    def _count_chosen(self) -> None:
        self.label.setCurrentIndex(self.counts.currentIndex().row())  # "All pictures" stands where "Pictures" does
        self._filter_changed()

    @Slot()
    def _filter_changed(self) -> None:
        self.state.setVisible(self.label.currentData() is not None)
        self.filtered.emit()

    def _combo(self, name: str, hint: str) -> QComboBox:
        combo = described(QComboBox(), name, hint)
        combo.setMinimumContentsLength(8)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._no_wheel.guard(combo)
        combo.activated.connect(self._filter_changed)
        return combo

    def _tree(self, name: str, columns: Sequence[str]) -> QTreeWidget:
        tree = described(QTreeWidget(), name)
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setHeaderLabels(list(columns))
        header = tree.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        return tree

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(heading("Data"))
        column.addWidget(self.source)
        running = QHBoxLayout()
        running.setSpacing(GRID)
        words = QVBoxLayout()
        words.setSpacing(GRID // 2)
        words.addWidget(self.status)
        words.addWidget(self.bar)
        running.addLayout(words, 1)
        running.addWidget(self.stop_button)
        column.addLayout(running)
        column.addSpacing(GRID)
        self._filter_title = heading("Show")
        self._filter = QWidget()
        row = QHBoxLayout(self._filter)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for combo in (self.label, self.state, self.part):
            row.addWidget(combo, 1)
        self._counts_title = heading("What is there")
        for widget in (self._filter_title, self._filter):
            column.addWidget(widget)
        column.addSpacing(GRID)
        column.addWidget(self._counts_title)
        column.addWidget(self.counts, 3)
        column.addWidget(self._skipped_title)
        column.addWidget(self.skipped, 1)
        column.addStretch()
        column.addWidget(self.photos)
        column.addSpacing(GRID)
        column.addWidget(self.train_button)
        column.addSpacing(GRID)
        label = QLabel("Concepts")
        label.setBuddy(self.runs)
        find = QHBoxLayout()
        find.setSpacing(GRID)
        find.addWidget(label)
        find.addWidget(self.runs, 1)
        column.addLayout(find)
        column.addWidget(self.concepts_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(Column(content))
