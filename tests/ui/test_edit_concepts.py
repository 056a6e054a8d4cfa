"""Work on concepts that the Edit page starts: cleaning them, and making one slider of several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from workbench.core.control import Control
from workbench.core.errors import WorkbenchError
from workbench.core.runs.trained import open_model
from workbench.jobs.api import Job
from workbench.ui.pages import edit_jobs as jobs
from workbench.ui.pages.edit import EditPage

ConceptJob = Callable[[Path, str, Control], Job[Any]]

LEFT = Qt.MouseButton.LeftButton
WAIT = 240_000  # milliseconds, for a busy machine


@pytest.fixture
def page(qtbot: QtBot, places: Path, run_copy: Path, portrait: Path) -> Iterator[EditPage]:
    page = EditPage()
    qtbot.addWidget(page)
    page.resize(1100, 800)
    page.show()
    page.set_ready()
    page.open_path(str(run_copy))
    qtbot.waitUntil(lambda: page.session.model is not None, timeout=WAIT)
    page.open_path(str(portrait))
    qtbot.waitUntil(lambda: page.session.editable, timeout=WAIT)
    yield page
    page.close_down()
    qtbot.waitUntil(page.at_rest, timeout=WAIT)


def test_sliders_that_are_moved_become_one(page: EditPage, qtbot: QtBot, run_copy: Path) -> None:
    sliders = page.side.sliders
    assert not sliders.combine_button.isEnabled()
    qtbot.keyClick(sliders.rows["Smiling"].slider, Qt.Key.Key_PageUp)
    assert not sliders.combine_button.isEnabled()  # one is one already
    qtbot.keyClick(sliders.rows["Facial_Hair"].slider, Qt.Key.Key_PageDown)
    qtbot.mouseClick(sliders.combine_button, LEFT)
    card = page.concepts.card
    assert card is not None
    assert not card.keep_button.isEnabled()
    card.name.setText("Cheerful")
    qtbot.keyClick(card.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Cheerful" in sliders.rows, timeout=WAIT)
    concepts = open_model(run_copy).concepts
    wanted = 0.5 * (concepts["Smiling"].direction.step - concepts["Facial_Hair"].direction.step)
    assert concepts["Cheerful"].direction.step == pytest.approx(wanted, abs=1e-5)


def test_cleaning_tries_the_directions_and_can_be_stopped(page: EditPage, qtbot: QtBot) -> None:
    sliders = page.side.sliders
    tasks: list[str] = []
    page.session.finding_progress.connect(lambda progress: tasks.append(progress.task))
    qtbot.mouseClick(sliders.clean_button, LEFT)
    qtbot.waitUntil(lambda: "Drawing for the judge" in tasks, timeout=WAIT)
    assert not sliders.clean_button.isEnabled()
    qtbot.mouseClick(page.side.stop_button, LEFT)
    qtbot.waitUntil(sliders.clean_button.isEnabled, timeout=WAIT)
    assert not sliders.rows["Smiling"].badge.text().startswith("turns")


@pytest.mark.parametrize("job", [jobs.find_concepts, jobs.clean_concepts, jobs.prove_concepts])
def test_a_model_that_came_without_its_pictures_says_so(job: ConceptJob, trained_run: Path) -> None:
    with pytest.raises(WorkbenchError, match=r"'faces-128\.zip', are not on this computer\. Others serve as well"):
        next(job(trained_run, "faces-128.zip", Control()))
