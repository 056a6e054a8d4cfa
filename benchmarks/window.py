"""What the window costs a training, and what a training costs the window. Both run in this process, offscreen."""

from __future__ import annotations

import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PySide6.QtCore import QElapsedTimer, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from benchmarks.rows import Row
from workbench.core.control import Control
from workbench.core.devices import fast_precision, set_threads
from workbench.core.events import Losses
from workbench.core.models.base import Step
from workbench.core.models.images import to_images
from workbench.core.models.vae import Vae
from workbench.core.training.average import Average
from workbench.core.training.budget import Budget
from workbench.jobs.api import Job, run
from workbench.jobs.prepare_data import prepare_data
from workbench.jobs.train import TrainRequest, train
from workbench.ui.app import application
from workbench.ui.main_window import MainWindow
from workbench.ui.pages.train import TrainPage
from workbench.ui.pages.train_jobs import training_threads

ROUNDS, ROUND_SECONDS = 4, 15.0
TICK_MS = 16
PLOTTED = 50_000


def measure(faces: Path | None) -> list[Row]:
    """Rate of a training in the window over a bare loop's, and lateness of the window's clock."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    source = str(faces or "builtin:avatars")
    with tempfile.TemporaryDirectory() as folder:
        data = run(prepare_data(source, 64))
        pictures = np.array(data.pictures[data.rows(0)])
        app = application()
        window = MainWindow(remember=False)
        window.resize(1280, 800)
        window.show()
        page = window.page("Train")
        assert isinstance(page, TrainPage)
        window.show_page("Train")
        _spin(app, lambda: page._ready)
        plot = page.watch.plot
        steps = np.arange(-PLOTTED, 0)
        noise = np.random.default_rng(0)
        names = ("total", "reconstruction", "kl")
        plot.add("train", steps, {name: noise.normal(size=PLOTTED).astype(np.float32) for name in names})
        request = TrainRequest(
            source, Budget(minutes=60), size=64, runs=Path(folder), threads=training_threads(), device="cpu"
        )
        clock = Clock()
        idle = clock.lateness(ROUND_SECONDS)
        page._run(partial(_training, request))  # as Start does, with a budget that outlasts the measurement
        assert page.training is not None
        counter = Counter()
        page.training.reported.connect(counter.on_event)
        _spin(app, lambda: counter.steps > 3)
        bare_rates, our_rates, busy = [], [], []
        bare = BareLoop(pictures)
        for _ in range(ROUNDS):
            counter.steps = 0
            began = time.perf_counter()
            busy += clock.lateness(ROUND_SECONDS)
            our_rates.append(counter.steps / (time.perf_counter() - began))
            page.training.control.pause()
            _settle(1.0)
            bare_rates.append(bare.rate(ROUND_SECONDS))
            page.training.control.resume()
        window.close()
        _spin(app, lambda: not window.isVisible())
        app.processEvents()
    ratio = float(np.median(our_rates) / np.median(bare_rates))
    calm, late = (float(np.percentile(values, 99)) for values in (idle, busy))
    return [
        Row(
            "training with the window open and plotting, 64 px, same threads",
            f"{np.median(our_rates):.2f} steps/s ({ratio:.3f} of bare)",
            f"{np.median(bare_rates):.2f} steps/s",
            ">= 0.95 of a bare loop",
            ratio >= 0.95,
        ),
        Row(
            f"window's tick, p99 of {TICK_MS} ms ticks while training, {PLOTTED:,} points plotted",
            f"{late:.1f} ms ({late / calm:.2f} of idle)",
            f"idle {calm:.1f} ms",
            "<= 2 x idle and <= 50 ms",
            late <= 2 * calm and late <= 50,
        ),
    ]


def _training(request: TrainRequest, control: Control) -> Job[Any]:
    return train(request, control)


class Counter(QObject):
    """Steps that the window has heard of."""

    steps = 0

    def on_event(self, event: object) -> None:
        if isinstance(event, Losses) and event.part == "train":
            self.steps += len(event.steps)


class Clock:
    """A timer of the window's thread; the time between two of its ticks is what the hand feels."""

    def lateness(self, seconds: float) -> list[float]:
        """Milliseconds between ticks, over so many seconds of the event loop."""
        timer, elapsed, gaps = QTimer(), QElapsedTimer(), []
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.setInterval(TICK_MS)

        def tick() -> None:
            gaps.append(elapsed.nsecsElapsed() / 1e6)
            elapsed.restart()

        timer.timeout.connect(tick)
        elapsed.start()
        timer.start()
        _settle(seconds)
        timer.stop()
        return gaps[1:]


class BareLoop:
    """The same step in the same precision on pictures in memory, and nothing else."""

    def __init__(self, pictures: np.ndarray) -> None:
        set_threads(training_threads())
        self.pictures = pictures
        self.net = Vae(Vae.Settings(), 64)
        self.net.initialise(torch.Generator().manual_seed(0))
        self.net.to(memory_format=torch.channels_last)
        self.average = Average(self.net, 0.999)
        self.optimiser = self.net.optimisers()["adam"]
        self.noise = torch.Generator().manual_seed(0)
        self.halved = fast_precision(torch.device("cpu")) == "bfloat16"

    def rate(self, seconds: float) -> float:
        """Steps a second."""
        steps, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            self.step()
            steps += 1
        return steps / (time.perf_counter() - began)

    def step(self) -> None:
        rows = torch.randint(len(self.pictures), (self.net.settings.batch_size,), generator=self.noise).numpy()
        step = Step(1, 0.5, self.noise, self.descend, len(self.pictures))
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.halved):
            for _ in self.net.steps(to_images(self.pictures[rows]), step):
                pass  # a VAE's step has no phases
        self.average.update(self.net, 1000)

    def descend(self, loss: torch.Tensor, optimiser: str) -> None:
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimiser.step()


def _settle(seconds: float) -> None:
    """Run the event loop for so long."""
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def _spin(app: QApplication, condition: Any) -> None:
    while not condition():
        app.processEvents()
        time.sleep(0.005)
