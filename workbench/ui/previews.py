"""Samples and reconstructions of a training, side by side, with one slider through their past."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QVBoxLayout, QWidget

from workbench.core.control import Control
from workbench.core.events import Preview
from workbench.jobs.api import Job
from workbench.ui.flow import button_row
from workbench.ui.pictures import to_qimage
from workbench.ui.theme import GRID, heading, muted
from workbench.ui.widgets import checkable, described, push_button, tool_button
from workbench.ui.worker import Jobs

_HANDLE = 16
"""The width of a slider's handle, as the style sheet has it: its middle goes from half of it to half of it."""

KINDS = {
    "samples": ("Samples", "The same random codes each time: what the model makes up"),
    "reconstructions": ("Reconstructions", "Faces it has not learned from, and what the model makes of them"),
}


def read_grids(files: Mapping[str, Path], control: Control) -> Job[dict[str, QImage]]:
    """The pictures in some files; empty ones for those that are gone."""
    yield from ()
    return {kind: QImage(str(file)) for kind, file in files.items()}


class GridView(QWidget):
    """One picture, as large as fits."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setMinimumSize(12 * GRID, 16 * GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.image = QImage()

    def sizeHint(self) -> QSize:
        return QSize(256, 256)

    def show_image(self, image: QImage) -> None:
        self.image = image
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.image.isNull():
            painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), GRID, GRID)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = self.image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        painter.drawImage(QRectF(0, 0, size.width(), size.height()), self.image)


class MarkedSlider(QSlider):
    """A slider with small marks below its groove."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._marks: tuple[tuple[int, bool], ...] = ()

    def set_marks(self, marks: Sequence[tuple[int, bool]]) -> None:
        """Values to mark, and whether each is marked strongly."""
        self._marks = tuple(marks)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        room = self.width() - _HANDLE
        span = max(1, self.maximum() - self.minimum())
        for value, strong in self._marks:
            role = QPalette.ColorRole.Highlight if strong else QPalette.ColorRole.PlaceholderText
            painter.setBrush(self.palette().color(role))
            across = _HANDLE / 2 + room * (value - self.minimum()) / span
            painter.drawEllipse(QPointF(across, self.height() - 3.0), 2.5, 2.5)


class Previews(QWidget):
    """The newest grids, or those of a moment in the past. Past grids stay on disk and are read when they are shown."""

    branched = Signal(int)
    """The step of a checkpoint to go on from."""
    rolled_back = Signal(int)
    """The step of a checkpoint to go on from at once, learning slower."""
    pinned = Signal(int, bool)
    """The step of a checkpoint, and whether it shall be kept for good."""
    moved = Signal(int)
    """The step whose grids are shown now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._files: dict[str, dict[int, Path]] = {kind: {} for kind in KINDS}
        self._newest: dict[str, tuple[int, QImage]] = {}
        self._jobs: Jobs | None = None
        self._wanted: dict[str, Path] = {}  # what is to be shown and must be read first, by kind
        self._being_read: dict[str, Path] = {}
        self._steps: list[int] = []
        self._views: dict[str, GridView] = {}
        self._titles: dict[str, QLabel] = {}
        self._boxes: dict[str, QWidget] = {}
        row = QHBoxLayout()
        row.setSpacing(2 * GRID)
        for kind, (title, hint) in KINDS.items():
            box = QWidget()
            column = QVBoxLayout(box)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(GRID)
            label = heading(title)
            label.setToolTip(hint)
            view = GridView(title)
            view.setToolTip(hint)
            column.addWidget(label)
            column.addWidget(view, 1)
            row.addWidget(box, 1)
            self._views[kind] = view
            self._titles[kind] = label
            self._boxes[kind] = box
        self._checkpoints: dict[int, bool] = {}
        self.slider = described(
            MarkedSlider(),
            "Moment of the training",
            "Go back through the training: drag, or use the arrow keys. Dots are checkpoints that one can go on from.",
        )
        self.slider.valueChanged.connect(self._show)
        self._when = muted()
        self._when.setWordWrap(False)
        self._when.setMinimumWidth(self.fontMetrics().horizontalAdvance("step 0,000,000") + GRID)
        self._when.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        time = QHBoxLayout()
        time.setSpacing(2 * GRID)
        time.addWidget(self.slider, 1)
        time.addWidget(self._when)
        hint = "Train a new run that begins at the checkpoint before this moment, with another learning rate, say"
        self.branch_button = push_button("Continue from here…", "play", hint)
        hint = "Go back to the checkpoint before this moment at once, as a new run that learns half as fast"
        self.back_button = push_button("Learn slower", "undo", hint)
        hint = "Keep this checkpoint for good; of the others the last three and the best are kept"
        self.pin_button = checkable(tool_button("lock", "Keep this checkpoint", hint))
        self.pin_button.clicked.connect(self._pin)
        time.addWidget(self.pin_button)
        from_here = button_row(((self.branch_button, self._branch), (self.back_button, self._roll_back)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(row, 1)
        layout.addLayout(time)
        layout.addWidget(from_here)
        self.clear()

    def serve(self, jobs: Jobs) -> None:
        """Read grids that lie on disk as jobs of these: a large one takes the window's thread too long."""
        self._jobs = jobs

    @property
    def steps(self) -> list[int]:
        """The moments that the slider goes through: there is a grid or a checkpoint of each."""
        return list(self._steps)

    def shown(self, kind: str) -> QImage:
        """The grid that is shown."""
        return self._views[kind].image

    def clear(self) -> None:
        """Forget all grids."""
        for kind, view in self._views.items():
            self._files[kind].clear()
            self._boxes[kind].hide()  # a GAN reconstructs nothing
            self._titles[kind].setText(KINDS[kind][0])
            view.show_image(QImage())
        self._newest.clear()
        self._wanted.clear()
        self._checkpoints.clear()
        self._when.setText("")
        self._grow(follow=True)

    @property
    def checkpoint(self) -> int | None:
        """The step of the checkpoint at the moment that is shown, or the last one before it."""
        shown = self._steps[self.slider.value()] if self._steps else 0
        return max((step for step in self._checkpoints if step <= shown), default=None)

    def set_checkpoints(self, pinned: Mapping[int, bool]) -> None:
        """The steps of the checkpoints there are, and whether each is kept for good."""
        self._checkpoints = dict(pinned)
        self._grow(follow=self._at_end)

    def _mark(self) -> None:
        self.slider.set_marks([(self._steps.index(step), strong) for step, strong in self._checkpoints.items()])
        start = self.checkpoint
        self.branch_button.setEnabled(start is not None)
        self.branch_button.setText("Continue from here…" if start is None else f"Continue from step {start:,}…")
        self.back_button.setEnabled(start is not None)
        self.pin_button.setEnabled(start is not None)
        self.pin_button.setChecked(start is not None and self._checkpoints[start])

    @Slot()
    def _branch(self) -> None:
        if (step := self.checkpoint) is not None:
            self.branched.emit(step)

    @Slot()
    def _roll_back(self) -> None:
        if (step := self.checkpoint) is not None:
            self.rolled_back.emit(step)

    @Slot()
    def _pin(self) -> None:
        if (step := self.checkpoint) is not None:
            self.pinned.emit(step, self.pin_button.isChecked())

    def add(self, preview: Preview, file: Path) -> None:
        """A new grid, which the run keeps in `file`. The slider follows when it stands at the end."""
        self._newest[preview.kind] = (preview.step, to_qimage(preview.picture))
        self._note(preview.kind, preview.step, file)
        self._grow(follow=self._at_end)

    def add_files(self, kind: str, files: list[tuple[int, Path]]) -> None:
        """The grids that a run has kept so far."""
        for step, file in files:
            self._note(kind, step, file)
        self._grow(follow=True)

    @Slot(int)
    def go_to(self, step: int) -> None:
        """Show the grids of the moment nearest to a step."""
        if self._steps:
            self.slider.setValue(min(range(len(self._steps)), key=lambda place: abs(self._steps[place] - step)))

    def _note(self, kind: str, step: int, file: Path) -> None:
        self._files[kind][step] = file
        self._boxes[kind].show()

    @property
    def _at_end(self) -> bool:
        return self.slider.value() >= self.slider.maximum()

    def _grow(self, follow: bool) -> None:
        """There are other moments now: show the last one, or go on showing that which is shown."""
        shown = self._steps[self.slider.value()] if self._steps else 0
        self._steps = sorted({*self._checkpoints, *(step for files in self._files.values() for step in files)})
        last = max(0, len(self._steps) - 1)
        self.slider.blockSignals(True)  # in between, its value is of no moment
        self.slider.setMaximum(last)
        self.slider.setEnabled(last > 0)
        self.slider.setValue(last if follow else max(0, bisect_right(self._steps, shown) - 1))
        self.slider.blockSignals(False)
        if follow:
            self._show()
        self._mark()

    @Slot()
    def _show(self) -> None:
        if not self._steps:
            return
        step = self._steps[self.slider.value()]
        self._when.setText(f"step {step:,}")
        self.moved.emit(step)
        self._mark()
        self._wanted.clear()
        for kind, view in self._views.items():
            known = sorted(self._files[kind])
            position = bisect_right(known, step)
            if position:
                drawn = known[position - 1]
                newest = self._newest.get(kind)
                if newest and newest[0] == drawn:
                    view.show_image(newest[1])
                else:
                    self._wanted[kind] = self._files[kind][drawn]
                self._titles[kind].setText(KINDS[kind][0] + (f" of step {drawn:,}" if drawn != step else ""))
        self._read()

    def _read(self) -> None:
        """One job at a time: while a hand drags the slider, what it has passed by is never read."""
        if self._jobs and self._wanted and not self._being_read:
            self._being_read = dict(self._wanted)
            self._jobs.start(partial(read_grids, self._being_read), done=self._show_read)

    @Slot(object)
    def _show_read(self, grids: Mapping[str, QImage]) -> None:
        read, self._being_read = self._being_read, {}
        if read == self._wanted:
            self._wanted.clear()
            for kind, grid in grids.items():
                self._views[kind].show_image(grid)
        self._read()
