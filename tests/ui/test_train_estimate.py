from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.ui.conftest import PATIENCE_MS
from workbench.core.training import estimate as core_estimate
from workbench.core.training.estimate import Estimate
from workbench.ui.pages.train import TrainPage
from workbench.ui.pages.train_estimate import EstimateLine, sentence

TINY = {"latent": 16, "width": 8, "batch_size": 32}


@pytest.fixture
def page(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainPage:
    monkeypatch.setattr("workbench.core.places.runs_folder", lambda: tmp_path / "runs")
    monkeypatch.setattr("workbench.jobs.train.runs_folder", lambda: tmp_path / "runs")

    def bring_to_rest(page: TrainPage) -> None:
        page.close_down()
        qtbot.waitUntil(page.at_rest, timeout=PATIENCE_MS)

    page = TrainPage()
    qtbot.addWidget(page, before_close_func=bring_to_rest)
    page.resize(1200, 800)
    page.show()
    assert not page.form.estimate.button.isEnabled()
    page.set_ready()
    page.form.set_size(32)
    page.form.settings.set_values(TINY)
    page.form.set_budget("steps", 5000)
    page.form.set_device("cpu")
    return page


def ask(qtbot: QtBot, page: TrainPage) -> EstimateLine:
    line = page.form.estimate
    qtbot.mouseClick(line.button, Qt.MouseButton.LeftButton)
    assert not line.button.isEnabled()
    return line


def test_one_click_says_time_and_memory_and_a_change_of_the_form_makes_it_forget_them(
    qtbot: QtBot, page: TrainPage, tmp_path: Path
) -> None:
    line = ask(qtbot, page)
    qtbot.waitUntil(line.button.isEnabled, timeout=PATIENCE_MS)
    assert line.text.text().startswith("About ")
    assert "5,000 steps" in line.text.text()
    assert "MB of memory" in line.text.text()
    assert not line.lower_button.isVisible()
    assert not (tmp_path / "runs").exists()  # nothing was trained
    page.form.set_budget("steps", 6000)
    assert line.text.text() == ""


def test_what_does_not_fit_is_lowered_by_one_click(
    qtbot: QtBot, page: TrainPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_estimate, "free_bytes", lambda device: 8_000_000)
    line = ask(qtbot, page)
    qtbot.waitUntil(line.button.isEnabled, timeout=PATIENCE_MS)
    assert line.text.text().startswith("It would not fit")
    assert "Lower the" in line.text.text()
    qtbot.mouseClick(line.lower_button, Qt.MouseButton.LeftButton)
    assert int(page.form.settings.all_values()["batch_size"]) < 32
    assert int(page.form.settings.all_values()["latent"]) == 16
    assert not line.lower_button.isVisible()


def test_a_training_that_starts_meanwhile_is_not_disturbed_by_the_question(
    qtbot: QtBot, page: TrainPage, tmp_path: Path
) -> None:
    line = ask(qtbot, page)
    page.form.set_budget("steps", 2)
    assert line.button.isEnabled()  # the form has changed: it may be asked anew
    ask(qtbot, page)
    qtbot.mouseClick(page.form.start, Qt.MouseButton.LeftButton)
    assert not line.button.isEnabled()
    assert line.text.text() == ""
    qtbot.waitUntil(lambda: page.training is None, timeout=PATIENCE_MS)
    assert line.button.isEnabled()
    assert line.text.text() == ""


def test_what_cannot_be_is_said_in_the_line(qtbot: QtBot, page: TrainPage) -> None:
    page.form.source.set_source("/nowhere/at/all")
    line = ask(qtbot, page)
    qtbot.waitUntil(line.button.isEnabled, timeout=PATIENCE_MS)
    assert "/nowhere/at/all" in line.text.text()


def test_the_sentence_says_how_often_each_picture_is_seen() -> None:
    make = partial(Estimate, "cpu", 64, 0.14, 64, steps=5000, pictures=320_000, epochs=26.4, seconds=700.0)
    assert sentence(make(memory=900_000_000, free=21_000_000_000)) == (
        "About 11 min 40 s: 5,000 steps, each picture 26 times. 900.0 MB of memory, 21.0 GB are free."
    )
    tight = make(memory=30_000_000_000, free=21_000_000_000, remedy="Lower the batch size to 16.")
    assert sentence(tight) == (
        "It would not fit: it needs 30.0 GB of memory, 21.0 GB are free. Lower the batch size to 16."
    )
