"""The right side of the Edit page: which model, which face, the sliders, the export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.events import Progress
from workbench.core.runs.maturity import immaturity
from workbench.ui.concept_sliders import ConceptSliders
from workbench.ui.forms import NoWheel
from workbench.ui.pages.edit_export import ExportPanel
from workbench.ui.pages.edit_face import FacePanel
from workbench.ui.pages.edit_jobs import ModelEntry
from workbench.ui.range_meter import RangeMeter
from workbench.ui.source_picker import source_title
from workbench.ui.theme import GRID, heading, muted
from workbench.ui.widgets import Column, described, push_button, tool_button

if TYPE_CHECKING:
    from workbench.core.runs.trained import TrainedModel


class EditSide(QFrame):
    """Shows what the session tells, and says what the user asks for."""

    model_chosen = Signal(object)
    """The path of a model from the list."""
    open_model_asked = Signal()
    train_asked = Signal()
    find_asked = Signal()
    stop_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._no_wheel = NoWheel(self)
        self.models = self._combo("Model", "The model that redraws the face; its concepts are the sliders.")
        self.models.activated.connect(self._choose_model)
        self.open_button = tool_button("open", "Open a model", "Open a run folder or a model file from elsewhere.")
        self.open_button.clicked.connect(self.open_model_asked)
        self.about = muted()
        self.doubt = muted()
        self.doubt.setProperty("role", "warn")
        self.doubt.hide()
        self.face = FacePanel()
        self.sliders = ConceptSliders()
        self.train_button = push_button("Train one", "train", "Go to the Train page", primary=True)
        self.train_button.clicked.connect(self.train_asked)
        self.open_first_button = push_button("Open a model…", "open", "Open a run folder or a model file.")
        self.open_first_button.clicked.connect(self.open_model_asked)
        self.find_button = push_button(
            "Find concepts", "concept", "Look for the labels of the data in the model's codes."
        )
        self.find_button.clicked.connect(self.find_asked)
        self.stop_button = push_button("Stop", "stop", "Stop finding or proving concepts; what is done is kept.")
        self.stop_button.clicked.connect(self.stop_asked)
        self._find_text = muted()
        self._find_status = muted()
        self._find_bar = described(QProgressBar(), "Progress of finding or proving concepts")
        self._find_bar.setTextVisible(False)
        self.meter = RangeMeter()
        self.export = ExportPanel()
        self._no_model = self._empty(
            "No model yet",
            muted("A model redraws faces, and learns how to by looking at many. The first one takes a few minutes."),
            self.train_button,
            self.open_first_button,
        )
        self._no_concepts = self._empty("No concepts yet", self._find_text, self.find_button)
        self._middle = QStackedWidget()
        self._nothing = QWidget()
        for widget in (self._no_model, self._nothing, self._no_concepts, self.sliders):
            self._middle.addWidget(widget)
        self._lay_out()
        self.set_model(None)
        self._finding = True
        self.set_finding(False)

    def set_models(self, entries: Sequence[ModelEntry], current: Path | None) -> None:
        """Offer these models; the current one is always among them."""
        self.models.clear()
        for entry in entries:
            self.models.addItem(entry.title, entry.path)
        if current is not None and current not in [entry.path for entry in entries]:
            self.models.insertItem(0, current.stem, current)
        self.models.setEnabled(self.models.count() > 0)
        self.models.setPlaceholderText("Choose a model" if self.models.count() else "No model")
        self.models.setCurrentIndex(self._index_of(current))

    def set_model(self, model: TrainedModel | None) -> None:
        """Show what `model` is, and its sliders."""
        directions = {name: concept.direction for name, concept in model.concepts.items()} if model else {}
        doubt = immaturity(model.step) if model else None
        self.meter.show_strain(None)
        self.sliders.set_concepts(directions, doubt=doubt)
        self.doubt.setText(doubt or "")
        self.doubt.setVisible(doubt is not None)
        if model is None:
            self.about.hide()
            self._middle.setCurrentWidget(self._no_model)
            return
        self.about.show()
        self.about.setText(f"Faces of {model.size} × {model.size} pixels, {model.latent} numbers each.")
        self._find_text.setText(
            "Concepts such as Smiling are directions in the model's codes. They are found from pictures with labels, "
            f"here those of “{source_title(model.info.data.source)}”."
        )
        self._middle.setCurrentWidget(self.sliders if directions else self._no_concepts)

    def set_waiting(self, waiting: bool) -> None:
        """Whether the first model is still on its way."""
        if self._middle.currentWidget() in (self._no_model, self._nothing):
            self._middle.setCurrentWidget(self._nothing if waiting else self._no_model)

    def set_finding(self, finding: bool) -> None:
        """Whether concepts are being found or proven."""
        if finding == self._finding:
            return
        self._finding = finding
        self.find_button.setVisible(not finding)
        self.sliders.prove_button.setEnabled(not finding)
        for widget in (self.stop_button, self._find_bar, self._find_status):
            widget.setVisible(finding)
        self._find_bar.setRange(0, 0)
        self._find_status.setText("Starting…")

    def show_progress(self, progress: Progress) -> None:
        """How far finding or proving concepts is."""
        self._find_bar.setRange(0, 1000 if progress.total else 0)
        if progress.total:
            self._find_bar.setValue(round(1000 * progress.done / progress.total))
        of = f" of {progress.total:,}" if progress.total else ""
        self._find_status.setText(f"{progress.task}: {progress.done:,}{of} {progress.unit}")

    def set_editable(self, editable: bool, why_not: str) -> None:
        """Whether the sliders move a face now; otherwise they say why not."""
        self.sliders.set_editable(editable, why_not)
        self.export.button.setEnabled(editable)

    @Slot(int)
    def _choose_model(self, index: int) -> None:
        if (path := self.models.itemData(index)) is not None:
            self.model_chosen.emit(path)

    def _index_of(self, path: Path | None) -> int:
        return next((index for index in range(self.models.count()) if self.models.itemData(index) == path), -1)

    def _combo(self, name: str, hint: str) -> QComboBox:
        combo = described(QComboBox(), name, hint)
        combo.setMinimumContentsLength(8)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._no_wheel.guard(combo)
        return combo

    def _empty(self, title: str, *widgets: QWidget) -> QWidget:
        empty = QWidget()
        column = QVBoxLayout(empty)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(heading(title))
        for widget in widgets:
            column.addWidget(widget)
        column.addStretch()
        return empty

    def _lay_out(self) -> None:
        model = QHBoxLayout()
        model.setSpacing(GRID // 2)
        model.addWidget(self.models, 1)
        model.addWidget(self.open_button)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 3 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(heading("Model"))
        layout.addLayout(model)
        layout.addWidget(self.about)
        layout.addWidget(self.doubt)
        layout.addWidget(self.face)
        layout.addSpacing(GRID)
        layout.addWidget(self._middle, 1)
        for widget in (self._find_status, self._find_bar, self.stop_button):
            layout.addWidget(widget)
        layout.addWidget(self.meter)
        layout.addWidget(_line())
        layout.addSpacing(GRID)
        layout.addWidget(self.export)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(Column(content))


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFixedHeight(1)
    line.setObjectName("line")
    return line
