"""What a training does: figures, losses, pictures; and pause and stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from workbench.core.events import (
    HEALTH,
    Advice,
    Event,
    Gradients,
    Losses,
    Phase,
    Preview,
    Progress,
    Recovered,
    Saved,
    Started,
)
from workbench.core.files import entries
from workbench.core.runs.folder import PINNED
from workbench.core.runs.metrics import MEASURED, Tail
from workbench.core.training.clock import duration
from workbench.ui.flow import Flow
from workbench.ui.gradients import GradientPlot
from workbench.ui.pages.train_health import HealthLine
from workbench.ui.pages.train_walk import StepWalk
from workbench.ui.plots import LossPlot, Part
from workbench.ui.previews import Previews
from workbench.ui.surface import Surface
from workbench.ui.theme import GRID, icon, muted
from workbench.ui.widgets import Column, OneLine, Stack, checkable, described, push_button

FIGURES = {
    "psnr": ("Quality (PSNR)", "How near reconstructions of unseen faces come: more is better", "{:.1f} dB"),
    "kid": ("KID", "How far random faces are from real ones: less is nearer", "{:.3f}"),
    "diversity": ("Diversity", "How much random faces differ, as a share of how much real ones do", "{:.2f}"),
    "active_units": ("Active units", "How many numbers of a code tell something of its face", "{:.0f}"),
}
"""Of what is measured, the last value is shown and no curve: it has another scale than the losses. Name, hint, form."""
DEVICES = {"cpu": "the processor", "cuda": "the graphics card", "mps": "the graphics card"}


@dataclass(frozen=True, slots=True)
class PastRun:
    """What a run on disk has to show: its curves by part, its grids by kind, and when which step was taken."""

    run: Path
    summary: str
    losses: Mapping[str, tuple[npt.NDArray[Any], Mapping[str, npt.NDArray[Any]]]]
    previews: Mapping[str, list[tuple[int, Path]]]
    clock: tuple[npt.NDArray[Any], npt.NDArray[Any]]
    """Steps and the seconds of training at each."""
    findings: tuple[Advice, ...] = ()
    """What it suffers from."""
    tail: Tail | None = None
    """What gives the rows that follow on `losses`, where another program trains the run now."""


def preview_file(run: Path, step: int, kind: str) -> Path:
    """Where a run keeps a grid."""
    return run / "previews" / f"{step:06d}-{kind}.webp"


class Figure(QWidget):
    """A number with its name above it."""

    def __init__(self, name: str, hint: str) -> None:
        super().__init__()
        self.setToolTip(hint)
        self._value = described(QLabel("–"), name, hint)
        self._value.setProperty("role", "figure")
        label = muted(name)
        label.setWordWrap(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(label)
        layout.addWidget(self._value)

    @property
    def text(self) -> str:
        text: str = self._value.text()
        return text

    def set_text(self, text: str) -> None:
        self._value.setText(text or "–")


class TrainWatch(QWidget):
    """Watching and steering one run, live or past."""

    pause = Signal(bool)
    stop_now = Signal()
    stop_after_epoch = Signal()
    discard = Signal()
    branched = Signal(str, int)
    """The path of a run, and the step of the checkpoint to go on from."""
    rolled_back = Signal(str, int)
    """The same, to go on at once and learn slower."""
    shown = Signal(object)
    """The `PastRun` that is shown now; None when that of a training that begins here takes its place."""
    pinned = Signal(str, int, bool)
    """The path of a run, the step of a checkpoint, and whether it shall be kept for good."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run: Path | None = None
        self.running = False
        """Whether it is trained here."""
        self._doing = ""
        self.title = OneLine("No training yet", "title")
        self.state = muted("Choose data and a model, then start. Losses and pictures appear here.")
        self.step = Figure("Step", "Steps taken, of those that the budget allows")
        self.rate = Figure("Pictures a second", "How many pictures the model learns from in a second")
        self.measured = {name: Figure(title, hint) for name, (title, hint, _) in FIGURES.items()}
        self.left = Figure("Time left", "Shown once the speed is steady")
        self.bar = described(QProgressBar(), "Progress")
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.health = HealthLine()
        self.walk = StepWalk()
        self.plot = LossPlot()
        self.gradients = GradientPlot()
        self.previews = Previews()
        hint = "Hold the training; everything stays in memory"
        self.pause_button = checkable(push_button("Pause", "pause", hint))
        self.pause_button.toggled.connect(self._toggle_pause)
        self.stop_button = push_button("Stop", "stop", "Save and stop; the training can be resumed later")
        menu = QMenu(self.stop_button)
        menu.addAction("Save and stop now", self.stop_now.emit)
        menu.addAction("Save and stop after this epoch", self.stop_after_epoch.emit)
        menu.addAction("Discard since the last checkpoint", self.discard.emit)
        self.stop_button.setMenu(menu)
        self.previews.moved.connect(self.plot.show_moment)
        self.plot.pointed.connect(self.previews.go_to)
        self.previews.branched.connect(lambda step: self.branched.emit(str(self.run), step))
        self.previews.rolled_back.connect(lambda step: self.rolled_back.emit(str(self.run), step))
        self.previews.pinned.connect(self._pin)
        self._lay_out()
        self.set_running(False)

    def begin(self, title: str) -> None:
        """A training is about to start."""
        self.shown.emit(None)
        self.run = None
        self.health.clear()
        self.walk.set_phases(())
        self.plot.clear()
        self.gradients.clear()
        self.previews.clear()
        self.title.setText(title)
        self.state.setText("Preparing…")
        self._scrolled.show()
        self.bar.setValue(0)
        self.bar.show()
        for figure in (self.step, self.rate, self.left):
            figure.set_text("")
            figure.show()
        for figure in self.measured.values():
            figure.hide()  # until there is one: a GAN reconstructs nothing

    def set_running(self, running: bool) -> None:
        """Whether there is something to pause, to stop and to walk through."""
        self.running = running
        self.walk.set_running(running)
        self.pause_button.setVisible(running)
        self.stop_button.setVisible(running)
        self.pause_button.setEnabled(running)
        self.stop_button.setEnabled(running)
        self.pause_button.setChecked(False)

    def stopping(self, discard: bool = False) -> None:
        """Stop was asked for: nothing more to steer."""
        self.pause_button.setEnabled(False)
        self.stop_button.setEnabled(False)
        self.state.setText("Going back to the last checkpoint…" if discard else "Finishing this step and saving…")

    def stopping_after_epoch(self) -> None:
        """A stop was asked for that is still to come: until then nothing is held."""
        self.walk.walk_button.setChecked(False)
        self.pause_button.setChecked(False)
        self.state.setText("Stops when this epoch is through…")

    def ended(self, step: int, status: str) -> None:
        """The training is over; "done": its budget is spent."""
        self.state.setText(f"{status.capitalize()} at step {step:,}. Everything is saved.")
        self.step.set_text(f"{step:,}")
        self.left.set_text("")
        if status == "done":
            self.bar.setValue(self.bar.maximum())  # the last report came some steps before the end

    def on_event(self, event: Event) -> None:
        """Show what the job reports."""
        if isinstance(event, Losses):
            self._add(event.part, event.steps, event.values)
            if event.seconds is not None and len(event.steps):
                self.plot.add_times(event.steps[-1:], [event.seconds])
        elif isinstance(event, Preview) and self.run:
            self.previews.add(event, preview_file(self.run, event.step, event.kind))
        elif isinstance(event, Gradients):
            self.gradients.show_gradients(event)
        elif isinstance(event, Advice) and event.kind in HEALTH:
            self.health.add(event)
        elif isinstance(event, Recovered):
            self.health.remove(event.kind)
        elif isinstance(event, Phase):
            self.walk.show_phase(event)
        elif isinstance(event, Started):
            self.run = event.run
            self.walk.set_phases(event.phases)
            self.walk.set_running(True)
            self.title.setText(event.run.name)
            self._doing = f"Training on {DEVICES.get(event.device, event.device)}"
            self.state.setText(self._doing)
            self.bar.setValue(0)  # what came before the start had its own measure
        elif isinstance(event, Saved) and event.kind == "checkpoint":
            self.look_at_checkpoints()
        elif isinstance(event, Progress):
            self._on_progress(event)

    def show_past(self, past: PastRun) -> None:
        """Show a run from disk; what is reported later goes on from there."""
        self.begin(past.run.name)
        self.run = past.run
        self.state.setText(past.summary)
        for widget in (self.bar, self.rate, self.left):
            widget.hide()  # until it goes on
        for part, (steps, values) in past.losses.items():
            self._add(part, steps, values)  # type: ignore[arg-type]
        self.plot.add_times(*past.clock)
        if len(steps_taken := past.clock[0]):
            self.step.set_text(f"{steps_taken[-1]:,}")
        for finding in past.findings:
            self.health.add(finding)
        for kind, files in past.previews.items():
            self.previews.add_files(kind, files)
        self.look_at_checkpoints()
        self.shown.emit(past)

    def look_at_checkpoints(self) -> None:
        """Mark the checkpoints that the run has now."""
        if self.run:
            found = [entry for entry in entries(self.run / "checkpoints") if entry.name.isdigit()]
            self.previews.set_checkpoints({int(entry.name): Path(entry.path, PINNED).exists() for entry in found})

    @Slot(int, bool)
    def _pin(self, step: int, keep: bool) -> None:
        self.pinned.emit(str(self.run), step, keep)

    def _add(self, part: Part, steps: npt.NDArray[Any], values: Mapping[str, npt.NDArray[Any]]) -> None:
        self.plot.add(part, steps, {name: curve for name, curve in values.items() if name not in MEASURED})
        for name, figure in self.measured.items():
            curve = values.get(name, np.empty(0))
            if len(known := curve[~np.isnan(curve)]):
                figure.set_text(FIGURES[name][2].format(known[-1]))
                figure.show()

    def _on_progress(self, progress: Progress) -> None:
        training = progress.unit == "steps"
        total = f" / {progress.total:,}" if progress.total else ""
        if training:
            self.step.set_text(f"{progress.done:,}{total}")
            self.rate.set_text(f"{progress.rate:,.0f}" if progress.rate else "")
        else:
            self.state.setText(f"{progress.task}: {progress.done:,}{total} {progress.unit}")
        self.left.set_text(duration(progress.seconds_left) if progress.seconds_left is not None else "")
        for widget in (self.bar, self.rate, self.left):
            widget.show()
        self.bar.setValue(round(1000 * progress.done / progress.total) if progress.total else 0)

    @Slot(bool)
    def _toggle_pause(self, paused: bool) -> None:
        self.pause_button.setText("Resume" if paused else "Pause")
        self.pause_button.setIcon(icon("play" if paused else "pause"))
        self.state.setText("Paused" if paused else self._doing)
        self.pause.emit(paused)

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(GRID // 2)
        words.addWidget(self.title)
        words.addWidget(self.state)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addLayout(words, 1)
        for button in (self.pause_button, self.stop_button):
            head.addWidget(button, alignment=Qt.AlignmentFlag.AlignTop)
        figures = Flow(self.step, *self.measured.values(), self.rate, self.left, spacing=4 * GRID)
        self.splitter = Stack()
        curves, pictures = Surface(self.plot, self.gradients), Surface(self.previews)
        for frame in (curves, pictures):
            self.splitter.addWidget(frame)
        self.splitter.setSizes([100 * GRID, 100 * GRID])  # as much for the one as for the other
        # what a part of a step made takes the place of what whole steps made
        self.walk.walk.connect(pictures.setHidden)
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(2 * GRID)
        body.addWidget(figures)
        body.addWidget(self.bar)
        body.addWidget(self.health)
        body.addWidget(self.walk)
        body.addWidget(self.splitter, 1)
        self._scrolled = Column(self._body)
        self._scrolled.hide()  # nothing to see before the first training
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addLayout(head)
        layout.addWidget(self._scrolled, 1)
        layout.addStretch()
