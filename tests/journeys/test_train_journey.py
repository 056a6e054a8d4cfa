"""Start a training in the window, close the window in the middle of it, open it again, resume: nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from workbench.core.runs.folder import Run
from workbench.core.runs.trained import open_model
from workbench.core.training.budget import Budget
from workbench.jobs.api import run
from workbench.jobs.train import TrainRequest, train
from workbench.ui.main_window import MainWindow
from workbench.ui.pages.train import TrainPage
from workbench.ui.pages.train_jobs import training_threads

LEFT = Qt.MouseButton.LeftButton
TINY = {"latent": 8, "width": 8, "batch_size": 16}
STEPS = 40


def test_a_training_survives_the_closing_of_the_window_and_ends_as_if_nothing_had_been(
    places: Path, play: Callable[..., int]
) -> None:
    def train_page() -> tuple[MainWindow, TrainPage]:
        window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible())
        window.show_page("Train")
        page = window.page("Train")
        assert isinstance(page, TrainPage)
        return window, page

    def start_and_close() -> Iterator[Callable[[], bool]]:
        window, page = train_page()
        yield page.form.start.isEnabled
        page.form.set_size(32)
        page.form.settings.set_values(TINY)
        page.form.set_budget("steps", STEPS)
        QTest.mouseClick(page.form.start, LEFT)
        yield lambda: len(page.watch.plot.points("train", "total")) >= 3
        window.close()
        yield lambda: not window.isVisible()

    def reopen_and_resume() -> Iterator[Callable[[], bool]]:
        window, page = train_page()
        page.tabs.setCurrentWidget(page.runs)
        yield lambda: page.runs.tree.topLevelItemCount() == 1
        page.runs.tree.setCurrentItem(page.runs.tree.topLevelItem(0))
        assert page.runs.resume_button.isEnabled()
        QTest.mouseClick(page.runs.resume_button, LEFT)
        yield lambda: page.training is not None
        yield lambda: page.training is None
        np.testing.assert_array_equal(page.watch.plot.points("train", "total").x, np.arange(1, STEPS + 1))
        window.close()
        yield lambda: not window.isVisible()

    assert play(start_and_close, []) == 0
    (path,) = (file.parent for file in (places / "runs").glob("*/run.json"))
    stopped = Run.open(path).info
    assert stopped.status == "stopped"
    assert 3 <= stopped.step < STEPS
    assert open_model(path).step == stopped.step

    assert play(reopen_and_resume, []) == 0
    assert Run.open(path).info.status == "done"
    assert open_model(path).step == STEPS

    threads = training_threads()  # of the window: other numbers of threads add up in another order
    request = TrainRequest(
        "builtin:avatars", Budget(steps=STEPS), size=32, settings=TINY, name="straight", threads=threads
    )
    assert open_model(run(train(request)).run).fingerprint == open_model(path).fingerprint
