"""Work on concepts that the Edit page starts: cleaning them, and making one slider of several."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from workbench.core.runs.trained import open_model
from workbench.ui.page import Message
from workbench.ui.pages.edit import EditPage

LEFT = Qt.MouseButton.LeftButton
WAIT = 240_000  # milliseconds, for a busy machine


@pytest.fixture
def page(qtbot: QtBot, edit_page: EditPage, run_copy: Path, portrait: Path) -> EditPage:
    edit_page.open_path(str(run_copy))
    qtbot.waitUntil(lambda: edit_page.session.model is not None, timeout=WAIT)
    edit_page.open_path(str(portrait))
    qtbot.waitUntil(lambda: edit_page.session.editable, timeout=WAIT)
    return edit_page


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


def test_a_model_that_came_without_its_pictures_asks_for_others(
    page: EditPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[Message | None] = []
    page.message.connect(said.append)
    session = page.session
    info = session.model.info
    elsewhere = info.model_copy(update={"data": info.data.model_copy(update={"source": "faces-128.zip"})})
    session.model = replace(session.model, info=elsewhere)
    qtbot.mouseClick(page.side.sliders.clean_button, LEFT)
    assert not session.finding
    assert "'faces-128.zip', are not on this computer" in said[-1].text
    assert said[-1].button == "Choose a folder…"
    monkeypatch.setattr(page.concepts, "ask_pictures", lambda: str(tmp_path / "empty"))
    (tmp_path / "empty").mkdir()
    said[-1].action()
    assert session.finding
    assert said[-1] is None  # what the bar said is over
    qtbot.waitUntil(lambda: not session.finding, timeout=WAIT)
    assert said[-1].kind == "error"  # nothing is in that folder
    assert "empty" in said[-1].text
