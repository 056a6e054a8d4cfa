"""The right side of the Edit page: which model, which face, the sliders, the export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.events import Progress
from workbench.core.runs.maturity import immaturity
from workbench.core.runs.shipped import shipped_at
from workbench.ui.concept_sliders import ConceptSliders
from workbench.ui.forms import NoWheel
from workbench.ui.pages.edit_export import ExportPanel
from workbench.ui.pages.edit_face import FacePanel
from workbench.ui.pages.edit_jobs import ModelList
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
        self.find_button = push_button(
            "Find concepts", "concept", "Look for the labels of the data in the model's codes."
        )
        self.find_button.clicked.connect(self.find_asked)
        self.unnamed_button = push_button(
            "Unnamed", "eye", "What the model's faces differ in, without labels: name it, and it becomes a slider."
        )
        self.stop_button = push_button(
            "Stop", "stop", "Stop. What was proven is kept; a search that is stopped leaves nothing."
        )
        self.stop_button.clicked.connect(self.stop_asked)
        self._find_text = muted()
        self._find_status = muted()
        self._find_bar = described(QProgressBar(), "Progress of finding or proving concepts")
        self._find_bar.setTextVisible(False)
        self.meter = RangeMeter()
        self.export = ExportPanel()
        self.no_sliders = muted()
        self._without = _column(self.no_sliders)
        self._no_concepts = _column(heading("No concepts yet"), self._find_text, self.find_button, self.unnamed_button)
        self._middle = QStackedWidget()
        for widget in (self._without, self._no_concepts, self.sliders):
            self._middle.addWidget(widget)
        self._lay_out()
        self.about.hide()
        self._finding = True
        self.set_finding(False)

    def set_models(self, models: ModelList, current: Path | None) -> None:
        """Offer these models; the current one is always among them."""
        self.models.clear()
        for entry in (*models.own, *models.shipped):
            self.models.addItem(entry.title, entry.path)
            self.models.setItemData(self.models.count() - 1, entry.hint, Qt.ItemDataRole.ToolTipRole)
        if models.own and models.shipped:
            self.models.insertSeparator(len(models.own))
        if current is not None and self._index_of(current) < 0:
            self.models.insertItem(0, current.stem, current)
        self.models.setEnabled(self.models.count() > 0)
        self.models.setPlaceholderText("Choose a model" if self.models.count() else "No model")
        self.models.setCurrentIndex(self._index_of(current))

    def set_model(self, model: TrainedModel) -> None:
        """Show what `model` is, what it may be used for, and its sliders."""
        doubt = immaturity(model.step)
        self.meter.show_strain(None)
        self.sliders.set_concepts(model.concepts, doubt=doubt)
        self.doubt.setText(doubt or "")
        self.doubt.setVisible(doubt is not None)
        shipped = shipped_at(model.path)
        figures = f"{model.size}\u00a0×\u00a0{model.size} pixels, {model.latent} numbers a face."
        self.about.setText(f"{shipped.note} {figures}" if shipped else figures)
        self.about.show()
        self._find_text.setText(
            "Concepts such as Smiling are directions in the model's codes. They are found from pictures with labels, "
            f"here those of “{source_title(model.info.data.source)}”."
        )
        self._middle.setCurrentWidget(self.sliders if model.concepts else self._no_concepts)

    def show_no_sliders(self, why: str) -> None:
        """Show a sentence where the sliders would be."""
        self.no_sliders.setText(why)
        self._middle.setCurrentWidget(self._without)

    def set_finding(self, finding: bool) -> None:
        """Whether concepts are being found or proven."""
        if finding == self._finding:
            return
        self._finding = finding
        self.find_button.setVisible(not finding)
        self.sliders.set_finding(finding)
        for widget in (self.stop_button, self._find_bar, self._find_status):
            widget.setVisible(finding)
        self._find_bar.setRange(0, 0)
        self._find_status.setText("Starting…")

    @Slot(bool)
    def set_looking(self, looking: bool) -> None:
        """The directions without a name are on their way, or no longer."""
        for button in (self.unnamed_button, self.sliders.unnamed_button):
            button.setText("Looking…" if looking else "Unnamed")
            button.setDisabled(looking)

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

    def _lay_out(self) -> None:
        model = QHBoxLayout()
        model.setSpacing(GRID // 2)
        model.addWidget(self.models, 1)
        model.addWidget(self.open_button)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(3 * GRID, GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(heading("Model"))
        layout.addLayout(model)
        layout.addWidget(self.about)
        layout.addWidget(self.doubt)
        layout.addWidget(self.face)
        layout.addWidget(self._middle, 1)
        for widget in (self._find_status, self._find_bar, self.stop_button):
            layout.addWidget(widget)
        layout.addWidget(self.meter)
        layout.addWidget(_line())
        layout.addWidget(self.export)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(Column(content))


def _column(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(GRID)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch()
    return holder


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFixedHeight(1)
    line.setObjectName("line")
    return line
