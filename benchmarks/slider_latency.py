"""From the move of a slider to the painted picture, beside a bare decode on one thread; idle, and while training."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QPaintEvent

from benchmarks.rows import Row
from workbench.core.concepts.concept import Concept, Counts, Direction
from workbench.core.control import Control
from workbench.core.editing.render import Editor
from workbench.core.editing.state import EditState
from workbench.core.faces.align import Points
from workbench.core.pictures import read_photo
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.core.training.budget import Budget
from workbench.jobs.api import Job, run
from workbench.jobs.train import TrainRequest, TrainResult, train
from workbench.ui.app import application
from workbench.ui.concept_sliders import ConceptSliders
from workbench.ui.pages.train_jobs import training_threads
from workbench.ui.picture_view import PictureView
from workbench.ui.pictures import Pyramid
from workbench.ui.renderer import Rendered, Renderer
from workbench.ui.worker import JobThread

ROUNDS, MOVES = 6, 40
PHOTO_SIDE = 1350
FACE = Points((560.0, 600.0), (790.0, 610.0), (670.0, 860.0))


def measure(faces: Path | None) -> list[Row]:
    """Latency of the real widgets, painted offscreen at 1,000 x 760 pixels."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    source = str(faces or "builtin:avatars")
    app = application()
    with tempfile.TemporaryDirectory() as folder:
        first = TrainRequest(source, Budget(steps=2), size=64, runs=Path(folder), threads=1, device="cpu")
        model = with_concept(open_model(run(train(first)).run))
        hand = Hand(model, Path(folder))
        idle, bare = interleaved(hand, model)
        training = JobThread(partial(background_training, source, Path(folder)))
        training.start()
        wait_until(lambda: (Path(folder) / "background" / "metrics.csv").exists())
        busy, busy_bare = interleaved(hand, model)
        training.stop()
        training.wait()
        hand.close()
        app.processEvents()
    ours, plain, training_ours = (float(np.percentile(values, 95)) for values in (idle, bare, busy))
    return [
        Row(
            "slider move to picture shown, 64 px, p95",
            f"{ours:.1f} ms ({ours / plain:.2f} of bare)",
            f"bare decode, one thread: {plain:.1f} ms",
            "<= 1.5 x bare",
            ours <= 1.5 * plain,
        ),
        Row(
            "the same while training on the CPU, p95",
            f"{training_ours:.1f} ms",
            f"bare decode: {np.percentile(busy_bare, 95):.1f} ms",
            "<= 50 ms",
            training_ours <= 50,
        ),
    ]


def background_training(source: str, runs: Path, control: Control) -> Job[TrainResult]:
    request = TrainRequest(
        source, Budget(minutes=60), size=64, runs=runs, name="background", threads=training_threads(), device="cpu"
    )
    return train(request, control)


def with_concept(model: TrainedModel) -> TrainedModel:
    """The model with one direction to move along; which one makes no difference to the time."""
    vector = np.random.default_rng(0).normal(size=model.latent).astype(np.float32)
    direction = Direction("mean-difference", vector / np.linalg.norm(vector), 1.0, -3.0, 3.0, 0.9, Counts(9, 9, 9, 9))
    concept = Concept("Smiling", {direction.method: direction}, direction.method, model.fingerprint, "none")
    return model.with_concepts({"Smiling": concept})


class TimedView(PictureView):
    """Notes when it has painted."""

    painted = 0.0

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt names it
        super().paintEvent(event)
        self.painted = time.perf_counter()


class Hand:
    """The widgets of the Edit page that a dragged slider goes through."""

    def __init__(self, model: TrainedModel, folder: Path) -> None:
        pixels = np.random.default_rng(0).integers(0, 256, (PHOTO_SIDE, PHOTO_SIDE, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "photo.png")
        editor = Editor(model, read_photo(folder / "photo.png"), FACE)
        self.view = TimedView()
        self.view.resize(1000, 760)
        self.view.show()
        self.view.set_picture(Pyramid(pixels))
        self.sliders = ConceptSliders()
        self.sliders.set_concepts({"Smiling": model.concepts["Smiling"]})
        self.renderer = Renderer()
        self.renderer.set_editor(editor)
        self.renderer.rendered.connect(self._show)
        self.sliders.changed.connect(self._move)
        self._start = EditState(FACE)
        self._arrived, self._shown = False, 0.0

    def move(self, strength: float) -> float:
        """Seconds from the slider's move to the end of the paint that shows it."""
        self._arrived = False
        began = time.perf_counter()
        self.sliders.rows["Smiling"].slider._change(strength)
        wait_until(lambda: self._arrived and self.view.painted > self._shown)
        return self.view.painted - began

    def close(self) -> None:
        self.renderer.close()
        self.view.close()

    def _move(self, name: str, strength: float) -> None:
        self.renderer.move(self._start.with_strength(name, strength), self.view.scale)

    def _show(self, rendered: Rendered) -> None:
        if rendered.patch is not None:
            self.view.set_patch(rendered.patch)
            self._arrived, self._shown = True, time.perf_counter()


def interleaved(hand: Hand, model: TrainedModel) -> tuple[list[float], list[float]]:
    """Milliseconds of moves and of bare decodes, by turns, so that what else the machine does meets both alike."""
    torch.set_num_threads(1)
    codes = torch.randn(1, model.latent, generator=torch.Generator().manual_seed(0))
    strengths = np.random.default_rng(0).uniform(-3, 3, MOVES)
    moves: list[float] = []
    decodes: list[float] = []
    for turn in range(ROUNDS + 1):
        found = [1000 * hand.move(strength) for strength in strengths + 0.01 * turn]
        plain = [1000 * timed(partial(decode, model, codes)) for _ in range(MOVES)]
        if turn:  # the first turn warms both up
            moves += found
            decodes += plain
    return moves, decodes


@torch.no_grad()
def decode(model: TrainedModel, codes: torch.Tensor) -> None:
    model.net.decode(codes)


def timed(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def wait_until(condition: Callable[[], bool]) -> None:
    """Run the event loop, as the window does, until `condition` holds."""
    loop = QEventLoop()
    wake = QTimer()  # a condition that no event of the window announces
    wake.start(20)
    while not condition():
        loop.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
