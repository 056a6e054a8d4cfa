"""A run that another program trains, as the window follows it. Here that program is a job in the test's own thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from workbench.core.control import Control
from workbench.core.events import Event, Preview, Saved
from workbench.core.runs.folder import Run
from workbench.core.training.budget import Budget
from workbench.jobs.train import resume
from workbench.ui.pages.train import TrainPage

PATIENCE_MS = 120_000


def bring_to_rest(qtbot: QtBot, page: TrainPage) -> None:
    page.close_down()
    qtbot.waitUntil(page.at_rest, timeout=PATIENCE_MS)


@pytest.fixture
def page(qtbot: QtBot, run_copy: Path, places: Path, monkeypatch: pytest.MonkeyPatch) -> TrainPage:
    monkeypatch.setattr("workbench.core.training.loop.REPORT_SECONDS", 0.0)
    monkeypatch.setattr("workbench.ui.pages.train_follow.EVERY_MS", 50)
    page = TrainPage()
    qtbot.addWidget(page, before_close_func=partial(bring_to_rest, qtbot))
    page.resize(1300, 900)
    page.show()
    page.set_ready()
    return page


@pytest.fixture
def control() -> Control:
    return Control()


@pytest.fixture
def training(run_copy: Path, control: Control) -> Iterator[Iterator[Event]]:
    """The run goes on for 20 steps, in `next` calls of the test."""
    job = resume(run_copy, control, Budget(steps=170), device="cpu", threads=1)
    yield job
    job.close()


def until(qtbot: QtBot, so: Callable[[], object]) -> None:
    qtbot.waitUntil(lambda: bool(so()), timeout=PATIENCE_MS)


def train_to(training: Iterator[Event], rows: int, run: Path) -> None:
    """Until its file has so many rows of steps."""
    while len(Run.open(run).losses()["train"][0]) < rows:
        next(training)


def last(page: TrainPage) -> int:
    """The last step of the curve that is shown."""
    steps = page.watch.plot.points("train", "total").x
    return int(steps[-1]) if len(steps) else 0


def test_curves_and_pictures_follow_until_the_other_program_is_done(
    qtbot: QtBot, page: TrainPage, run_copy: Path, training: Iterator[Event]
) -> None:
    train_to(training, 152, run_copy)
    page.open_path(str(run_copy))
    until(qtbot, lambda: last(page) >= 152)
    assert "Another program trains it now" in page.watch.state.text()
    train_to(training, 160, run_copy)
    until(qtbot, lambda: last(page) >= 160)
    assert page.watch.step.text == f"{last(page):,}"
    rest = list(training)
    until(qtbot, lambda: "done at step 170" in page.watch.state.text())
    watch, run = page.watch, Run.open(run_copy)
    steps, values = run.losses()["train"]
    shown = watch.plot.points("train", "total")
    assert (shown.x.tolist(), shown.y.tolist()) == (steps.tolist(), values["total"].astype(float).tolist())  # once each
    assert any(isinstance(event, Preview) for event in rest)
    assert watch.previews.steps[-1] == 170
    assert any(isinstance(event, Saved) and event.kind == "checkpoint" for event in rest)
    assert watch.previews.checkpoint == 170
    assert not watch.stop_button.isVisible()


def test_steps_that_the_other_program_takes_back_go_from_the_plot_too(
    qtbot: QtBot, page: TrainPage, run_copy: Path, training: Iterator[Event], control: Control
) -> None:
    train_to(training, 155, run_copy)
    page.open_path(str(run_copy))
    until(qtbot, lambda: last(page) >= 155)
    control.discard()
    list(training)
    until(qtbot, lambda: last(page) == 150)
    until(qtbot, lambda: "at step 150" in page.watch.state.text())


def test_another_run_or_a_hidden_window_ends_the_looking(
    qtbot: QtBot, page: TrainPage, run_copy: Path, trained_run: Path, training: Iterator[Event]
) -> None:
    train_to(training, 151, run_copy)
    page.open_path(str(run_copy))
    until(qtbot, lambda: last(page) >= 151)
    page.hide()
    until(qtbot, page.at_rest)
    seen = last(page)
    train_to(training, seen + 3, run_copy)
    qtbot.wait(150)
    assert last(page) == seen
    page.show()
    until(qtbot, lambda: last(page) > seen)
    page.open_path(str(trained_run))
    until(qtbot, lambda: page.watch.run == trained_run)
    train_to(training, last(page) + 3, run_copy)
    qtbot.wait(150)
    assert last(page) == 150


def test_a_training_that_another_program_begins_while_one_looks_is_followed(
    qtbot: QtBot, page: TrainPage, run_copy: Path, training: Iterator[Event]
) -> None:
    page.open_path(str(run_copy))
    until(qtbot, lambda: last(page) == 150)
    assert "done at step 150" in page.watch.state.text()
    train_to(training, 153, run_copy)
    until(qtbot, lambda: "Another program trains it now" in page.watch.state.text())
    until(qtbot, lambda: last(page) >= 153)
    list(training)
    until(qtbot, lambda: "done at step 170" in page.watch.state.text())
