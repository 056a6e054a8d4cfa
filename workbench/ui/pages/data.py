"""The Data page: open a source of pictures, see it, filter it, train on it, find concepts in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from workbench.core.control import Control
from workbench.core.errors import Failure
from workbench.core.events import Advice, Event, Progress, Skipped
from workbench.core.files import unused_path
from workbench.jobs.api import Job
from workbench.ui.page import Activity, Message, Page, failure_message
from workbench.ui.pages.data_import import import_photos, summary
from workbench.ui.pages.data_label import LabelBar
from workbench.ui.pages.data_side import PARTITIONS, DataSide
from workbench.ui.pages.data_teach import TeachBar
from workbench.ui.preferences import preferences
from workbench.ui.source_picker import source_title
from workbench.ui.theme import GRID, muted
from workbench.ui.thumbnails import Thumbnails
from workbench.ui.widgets import OneLine
from workbench.ui.worker import Jobs, JobThread

if TYPE_CHECKING:
    from workbench.core.data.cache import Dataset
    from workbench.jobs.import_photos import Imported, Several

SIZE = 64
"""Of the pictures that are shown, and the size that a training starts with: importing once serves both."""

_HINT = "Choose a source on the left, or drop a folder or zip of pictures anywhere in the window."


def _prepare(source: str, control: Control) -> Job[Dataset]:
    from workbench.jobs.prepare_data import prepare_data

    return prepare_data(source, SIZE, control)


def _find(model: str, source: str, control: Control) -> Job[Any]:
    from workbench.jobs.find_concepts import ConceptRequest, find_concepts

    return find_concepts(ConceptRequest(model=model, data=source), control)


def _teach(
    model: str, source: str, name: str, piles: tuple[tuple[str, ...], tuple[str, ...]], control: Control
) -> Job[Any]:
    from workbench.jobs.teach_concept import TeachRequest, teach_concept

    return teach_concept(TeachRequest(model, name, *piles, data=source), control)


def _list_runs(control: Control) -> Job[list[tuple[str, str]]]:
    from workbench.core.places import runs_folder
    from workbench.core.runs.folder import list_runs

    yield from ()
    runs = sorted(list_runs(runs_folder()), key=lambda run: run.active)  # the newest first, but for one still at work
    return [(f"{run.info.name} (in training)" if run.active else run.info.name, str(run.path)) for run in runs]


class DataPage(Page):
    """One source at a time; opening another stops what the first was doing."""

    name = "Data"
    icon = "data"
    hint = "See and prepare pictures to learn from"

    def __init__(self) -> None:
        super().__init__()
        self._jobs = Jobs(self, self._failed)
        self._jobs.rested.connect(self.rested)
        self._ready = False
        self._work: JobThread | None = None
        self._done: Callable[[Any], None] = self._opened
        self._skipped: list[Skipped] = []
        self._model = ""
        self._stopped_words = ""
        self.dataset: Dataset | None = None
        self.side = DataSide()
        self.side.source.chosen.connect(self._open)
        self.side.stop.connect(self._jobs.stop)
        self.side.filtered.connect(self._filter)
        self.side.train.connect(self._train)
        self.side.find_concepts.connect(self._find_concepts)
        self.side.photos.asked.connect(self._cut_out)
        self.title = OneLine("Pictures", "title")
        self.summary = muted(_HINT)
        self.grid = Thumbnails()
        self.labels = LabelBar(self.grid, self._jobs)
        self.labels.changed.connect(self._labelled)
        self.labels.message.connect(self.message)
        self.labels.hide()
        self.teach = TeachBar()
        self.teach.add_asked.connect(self._add_to_pile)
        self.teach.asked.connect(self._teach)
        self.teach.hide()
        self._lay_out()
        if splitter := preferences().value("data/splitter"):
            self._splitter.restoreState(splitter)

    def set_ready(self) -> None:
        self._ready = True
        if self.isVisible():
            self._first_look()

    def open_path(self, path: str) -> None:
        self.side.source.set_source(path)

    def at_rest(self) -> bool:
        return self._jobs.at_rest and self.labels.at_rest

    def close_down(self) -> None:
        self._jobs.close()

    def save_state(self) -> None:
        preferences().setValue("data/splitter", self._splitter.saveState())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._ready:
            self._first_look()

    def _first_look(self) -> None:
        self._jobs.start(_list_runs, done=self._show_runs)
        if self.dataset is None and self._work is None:
            self._open(self.side.source.source)

    # Opening a source

    @Slot(str)
    def _open(self, source: str) -> None:
        if not self._ready:
            return
        if self._work:
            self._work.stop()
        self.dataset = None
        self._skipped = []
        self.side.set_dataset(None)
        self.labels.set_dataset(None)
        self.teach.empty()
        self.teach.hide()
        self.grid.pictures.clear()
        self.title.setText(source_title(source))
        self.summary.setText("")
        self._stopped_words = "Stopped. Choose the source again to go on."
        self._start(partial(_prepare, source), "Reading pictures…", self._opened)

    def _opened(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.side.set_dataset(dataset)
        self.side.set_busy(False)
        self.teach.show()
        self.title.setText(source_title(dataset.source))
        self.grid.pictures.set_pictures(dataset.pictures, self._describe)
        self.labels.set_dataset(dataset)
        self._filter()

    @Slot(str)
    def _labelled(self, label: str) -> None:
        """Counts follow at once; the filter not, or pictures would go from under the keys."""
        if self.dataset is not None:
            self.side.count(self.dataset, label)

    def _describe(self, row: int) -> str:
        dataset = self.dataset
        assert dataset is not None
        labels = [name for name, values in dataset.labels.items() if values[row] == 1]
        words = [dataset.names[row], f"Part: {PARTITIONS[dataset.partition[row]]}"]
        return "\n".join([*words, ", ".join(labels)] if labels else words)

    @Slot()
    def _filter(self) -> None:
        if self.dataset is None:
            return
        rows = self.side.rows(self.dataset)
        self.grid.pictures.set_rows(rows)
        self.grid.scrollToTop()
        total = len(self.dataset)
        pictures = f"{total:,} picture{'s' * (total != 1)}"
        self.summary.setText(pictures if len(rows) == total else f"{len(rows):,} of {pictures}")

    # Going on from here

    @Slot()
    def _train(self) -> None:
        self.hand_over.emit("Train", self.side.source.source)

    def ask_set(self, suggestion: Path) -> str:
        """Where the user wants the set of faces; tests put another function in its place."""
        option = QFileDialog.Option.DontConfirmOverwrite  # a set is never written over
        title = "Cut out faces: a new zip"
        return QFileDialog.getSaveFileName(self, title, str(suggestion), "Zip files (*.zip)", options=option)[0]

    @Slot(int, str)
    def _cut_out(self, size: int, several: Several) -> None:
        photos = Path(self.side.source.source)
        if path := self.ask_set(unused_path(photos.with_name(f"{photos.stem}-faces.zip"))):
            if self._work:
                self._work.stop()
            self._stopped_words = "Stopped. Cut out faces to the same file again to go on."
            self._skipped = []
            out = Path(path) if Path(path).suffix else Path(path).with_suffix(".zip")
            self._start(partial(import_photos, str(photos), out, size, several), "Finding faces…", self._cut)

    def _cut(self, made: Imported) -> None:
        self.side.source.set_source(str(made.path))
        self.message.emit(Message(summary(made), kind="info"))

    @Slot(str)
    def _find_concepts(self, model: str) -> None:
        self._model = model
        self._start(partial(_find, model, self.side.source.source), "Finding concepts…", self._found)

    @Slot(str)
    def _add_to_pile(self, side: str) -> None:
        if self.dataset is not None:
            self.teach.add(side, [self.dataset.names[row] for row in self.grid.chosen()])

    @Slot(str, object, object)
    def _teach(self, name: str, with_it: tuple[str, ...], without: tuple[str, ...]) -> None:
        self._model = str(self.side.runs.currentData())
        make = partial(_teach, self._model, self.side.source.source, name, (with_it, without))
        self._start(make, f"Teaching {name}…", self._taught)

    def _taught(self, concept: Any) -> None:
        from workbench.core.concepts.teach import how_sure

        self.teach.empty()
        text = f"'{concept.name}' is a concept now. {how_sure(concept.direction)}"
        self.message.emit(Message(text, "Use in Edit", partial(self.hand_over.emit, "Edit", self._model)))

    def _found(self, concepts: tuple[Any, ...]) -> None:
        names = ", ".join(concept.name for concept in concepts)
        text = (
            f"Found {len(concepts)} concepts: {names}." if concepts else "No label has enough pictures for a concept."
        )
        self.message.emit(Message(text, "Use in Edit", partial(self.hand_over.emit, "Edit", self._model)))

    @Slot(object)
    def _show_runs(self, runs: list[tuple[str, str]]) -> None:
        self.side.set_runs(runs)
        self._tell_teach()

    # What runs

    def _start(self, make: Callable[[Control], Job[Any]], text: str, done: Callable[[Any], None]) -> None:
        """Run a job; once another one has taken its place, nothing is heard of it any more."""
        self.message.emit(None)
        self.side.set_busy(True, text)
        self.activity.emit(Activity(text))
        self.teach.set_ready(False)
        self._done = done
        self._work = self._jobs.start(
            make, done=self._on_done, event=self._on_event, stopped=self._on_stopped, failed=self._on_failed
        )

    def _tell_teach(self) -> None:
        self.teach.set_ready(self._work is None and self.side.runs.isEnabled())

    def _end(self, text: str = "") -> None:
        self._work = None
        if self.dataset is None:
            self.summary.setText(_HINT)
        self.side.set_busy(False, text)
        self._tell_teach()
        self.activity.emit(None)

    @Slot(object)
    def _on_event(self, event: Event) -> None:
        if self.sender() is not self._work:
            return
        if isinstance(event, Progress):
            total = f" of {event.total:,}" if event.total else ""
            text = f"{event.task}: {event.done:,}{total} {event.unit}"
            self.side.set_progress(text, event.fraction)
            self.activity.emit(Activity(text, event.fraction))
        elif isinstance(event, Skipped):
            self._skipped.append(event)
            self.side.set_skipped(self._skipped)
        elif isinstance(event, Advice):
            self.message.emit(Message(f"{event.finding} {event.remedy}", kind="advice"))

    @Slot(object)
    def _on_done(self, result: object) -> None:
        if self.sender() is self._work:
            self._end()
            self._done(result)

    @Slot()
    def _on_stopped(self) -> None:
        if self.sender() is self._work:
            self._end(self._stopped_words)

    @Slot(object)
    def _on_failed(self, failure: Failure) -> None:
        if self.sender() is self._work:
            self._end(failure.what)
            self._failed(failure)

    @Slot(object)
    def _failed(self, failure: Failure) -> None:
        self.message.emit(failure_message(failure))

    def _lay_out(self) -> None:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self.title)
        column.addWidget(self.summary)
        column.addSpacing(GRID)
        column.addWidget(self.labels)
        column.addWidget(self.grid, 1)
        column.addWidget(self.teach)
        self._splitter = QSplitter()
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.side)
        self._splitter.addWidget(right)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([44 * GRID, 100 * GRID])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)
