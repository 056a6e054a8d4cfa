from __future__ import annotations

import shutil
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.core.control import Control
from workbench.core.data.cache import Dataset
from workbench.core.runs.folder import Run
from workbench.jobs.api import Job
from workbench.ui.page import Message
from workbench.ui.pages import data
from workbench.ui.pages.data import DataPage
from workbench.ui.preferences import recent
from workbench.ui.thumbnails import CELL, ThumbnailModel, Thumbnails

PATIENCE_MS = 120_000
"""For a busy machine."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Twelve one-coloured pictures, the first four with the label Red, and a broken one."""
    folder = tmp_path / "colours"
    folder.mkdir()
    lines = ["file,Red,partition"]
    for number in range(12):
        colour = (255, 0, 0) if number < 4 else (0, 0, 20 * number)
        Image.new("RGB", (64, 64), colour).save(folder / f"{number:02d}.png")
        lines.append(f"{number:02d}.png,{1 if number < 4 else -1},{number % 3}")
    (folder / "attributes.csv").write_text("\n".join(lines))
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


def bring_to_rest(qtbot: QtBot, page: DataPage) -> None:
    page.close_down()
    qtbot.waitUntil(page.at_rest, timeout=PATIENCE_MS)


@pytest.fixture
def page(qtbot: QtBot) -> DataPage:
    page = DataPage()
    qtbot.addWidget(page, before_close_func=partial(bring_to_rest, qtbot))
    page.resize(1200, 800)
    page.set_ready()
    return page


@pytest.fixture
def opened(qtbot: QtBot, page: DataPage, source: Path) -> DataPage:
    page.open_path(str(source))
    page.show()
    qtbot.waitUntil(lambda: page.dataset is not None, timeout=PATIENCE_MS)
    return page


def test_a_folder_is_shown_with_its_counts(opened: DataPage) -> None:
    assert opened.grid.pictures.count == 12
    assert opened.title.text() == "colours"
    counts = opened.side.counts
    rows = [[counts.topLevelItem(row).text(column) for column in range(4)] for row in range(counts.topLevelItemCount())]
    assert rows == [["Pictures", "4", "4", "4"], ["Red", "2", "1", "1"]]
    assert recent("data/recent") == [str(opened.dataset.source)]


def test_a_broken_picture_is_skipped_and_listed(opened: DataPage) -> None:
    item = opened.side.skipped.topLevelItem(0)
    assert item.text(0) == "broken.png"
    assert item.text(1) == "is not a picture, or is damaged."  # without the name again
    assert opened.side.skipped.isVisible()


def test_tab_leaves_the_grid(opened: DataPage, qtbot: QtBot) -> None:
    opened.grid.setFocus()
    opened.grid.setCurrentIndex(opened.grid.pictures.index(0, 0))
    qtbot.keyClick(opened.grid, Qt.Key.Key_Tab)
    assert opened.window().focusWidget() is not opened.grid


def test_pictures_are_filtered_by_label_and_part(opened: DataPage) -> None:
    side = opened.side
    side.label.setCurrentText("Red")
    side.label.activated.emit(1)
    assert opened.grid.pictures.count == 4
    assert "4 of 12" in opened.summary.text()
    side.state.setCurrentText("without")
    side.state.activated.emit(1)
    assert opened.grid.pictures.count == 8
    side.part.setCurrentText("Test")
    side.part.activated.emit(3)
    assert opened.grid.pictures.count == 3


def test_a_click_on_a_count_shows_its_pictures(qtbot: QtBot, opened: DataPage) -> None:
    counts = opened.side.counts
    area = counts.visualItemRect(counts.topLevelItem(1))
    qtbot.mouseClick(counts.viewport(), Qt.MouseButton.LeftButton, pos=area.center())
    assert opened.grid.pictures.count == 4
    index = opened.grid.pictures.index(0, 0)
    assert index.data(Qt.ItemDataRole.DecorationRole).pixelColor(9, 9).getRgb()[:3] == (255, 0, 0)
    assert "Red" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_train_on_this_hands_the_source_over(qtbot: QtBot, opened: DataPage) -> None:
    with qtbot.waitSignal(opened.hand_over) as caught:
        qtbot.mouseClick(opened.side.train_button, Qt.MouseButton.LeftButton)
    assert caught.args == ["Train", str(opened.side.source.source)]


def test_a_source_that_is_none_is_a_message(qtbot: QtBot, page: DataPage, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with qtbot.waitSignal(page.message, timeout=PATIENCE_MS, check_params_cb=lambda m: m is not None) as caught:
        page.open_path(str(missing))
    assert caught.args[0].kind == "error"
    assert "missing" in caught.args[0].text
    assert page.dataset is None


def test_another_source_replaces_the_one_that_is_being_opened(qtbot: QtBot, page: DataPage, source: Path) -> None:
    page.open_path("builtin:avatars")
    page.open_path(str(source))
    qtbot.waitUntil(lambda: page.dataset is not None, timeout=PATIENCE_MS)
    assert page.grid.pictures.count == 12
    qtbot.waitUntil(page.at_rest, timeout=PATIENCE_MS)
    assert page.title.text() == "colours"


def test_nothing_of_the_former_pictures_is_left_while_the_next_are_read(opened: DataPage, tmp_path: Path) -> None:
    opened.open_path("builtin:avatars")
    assert opened.grid.pictures.index(0, 0).data(Qt.ItemDataRole.ToolTipRole) is None
    assert opened.grid.pictures.count == 0
    assert opened.summary.text() == ""


def test_a_job_that_ends_when_another_source_is_chosen_already_stands_not_in_its_way(
    qtbot: QtBot, opened: DataPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, read = threading.Event(), threading.Event()
    prepare = data._prepare

    def find(model: str, source: str, control: Control) -> Job[tuple[()]]:
        yield from ()
        found.wait(20)  # too late to be stopped
        return ()

    def prepare_slowly(source: str, control: Control) -> Job[Dataset]:
        read.wait(20)
        return (yield from prepare(source, control))

    monkeypatch.setattr(data, "_find", find)
    monkeypatch.setattr(data, "_prepare", prepare_slowly)
    said: list[Message] = []
    opened.message.connect(lambda message: said.append(message) if message else None)
    opened.side.find_concepts.emit("tiny")
    finding = opened._work
    assert finding is not None
    opened.open_path("builtin:avatars")
    found.set()
    qtbot.waitUntil(finding.isFinished, timeout=PATIENCE_MS)
    QApplication.processEvents()
    assert opened.side.stop_button.isVisible()  # it reads them still
    read.set()
    qtbot.waitUntil(lambda: opened.dataset is not None, timeout=PATIENCE_MS)
    assert (opened.title.text(), said) == ("Built-in cartoon faces", [])


def test_concepts_are_found_in_a_chosen_run(
    qtbot: QtBot, opened: DataPage, run_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.side.source.set_source("builtin:avatars")
    qtbot.waitUntil(lambda: opened.dataset is not None, timeout=PATIENCE_MS)
    opened.side.set_runs([("tiny", str(run_copy))])
    assert opened.side.concepts_button.isEnabled()
    with qtbot.waitSignal(opened.message, timeout=PATIENCE_MS, check_params_cb=lambda m: m and m.button) as caught:
        qtbot.mouseClick(opened.side.concepts_button, Qt.MouseButton.LeftButton)
    assert "Smiling" in caught.args[0].text


def test_a_run_that_is_still_in_training_is_not_the_first_one_offered(
    qtbot: QtBot, opened: DataPage, run_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = shutil.copytree(run_copy, run_copy.parent / "later")
    text = (other / "run.json").read_text()
    (other / "run.json").write_text(text.replace('"created": "2', '"created": "3'))  # a thousand years later
    monkeypatch.setattr("workbench.core.places.runs_folder", lambda: run_copy.parent)
    runs = opened.side.runs
    shown = lambda: [runs.itemText(index) for index in range(runs.count())]  # noqa: E731
    with Run.open(other).locked():
        opened.hide()
        opened.show()
        qtbot.waitUntil(lambda: len(shown()) == 2, timeout=PATIENCE_MS)
        assert runs.currentData() == str(run_copy)
        assert shown()[1].endswith("(in training)")
        runs.setCurrentIndex(1)
    opened.hide()
    opened.show()
    qtbot.waitUntil(lambda: not any("training" in name for name in shown()), timeout=PATIENCE_MS)
    assert runs.currentData() == str(other)  # the user's choice stays


def test_without_a_run_there_is_nothing_to_find_concepts_in(opened: DataPage) -> None:
    opened.side.set_runs([])
    assert not opened.side.concepts_button.isEnabled()


def test_a_grid_of_many_pictures_reads_only_those_it_shows(qtbot: QtBot) -> None:
    """200,000 pictures are laid out as fast as 200, because only the visible ones are asked for."""
    pictures = np.broadcast_to(np.zeros((1, 8, 8, 3), np.uint8), (200_000, 8, 8, 3))
    asked = set()
    grid = Thumbnails()
    qtbot.addWidget(grid)
    read = ThumbnailModel.data

    class Counting(ThumbnailModel):
        def data(self, index: object, role: int = 0) -> object:
            asked.add(self.row_at(index))  # type: ignore[arg-type]
            return read(self, index, role)  # type: ignore[arg-type]

    model = Counting(grid)
    grid.setModel(model)
    grid.pictures = model
    model.set_pictures(pictures, str)
    grid.resize(5 * CELL + 30, 4 * CELL)
    with qtbot.waitExposed(grid):
        grid.show()
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum())
    qtbot.waitUntil(lambda: 199_999 in asked)
    assert len(asked) < 100


def test_the_grid_fills_its_width(qtbot: QtBot) -> None:
    grid = Thumbnails()
    qtbot.addWidget(grid)
    grid.pictures.set_pictures(np.zeros((10, 8, 8, 3), np.uint8), str)
    grid.resize(4 * CELL + 40, 300)
    grid.show()
    assert (grid.pictures.columnCount(), grid.pictures.rowCount()) == (4, 3)
    assert grid.pictures.row_at(grid.pictures.index(2, 1)) == 9
    assert grid.pictures.row_at(grid.pictures.index(2, 2)) is None


def test_faces_are_cut_out_of_ordinary_photos_and_shown(
    page: DataPage, qtbot: QtBot, portrait: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "holiday"
    folder.mkdir()
    portrait.rename(folder / "portrait.png")
    Image.new("RGB", (90, 60), "grey").save(folder / "wall.png")
    page.open_path(str(folder))
    page.show()
    qtbot.waitUntil(lambda: page.dataset is not None, timeout=PATIENCE_MS)
    suggested = []
    monkeypatch.setattr(page, "ask_set", lambda path: suggested.append(path) or str(path))
    said = []
    page.message.connect(said.append)
    assert page.side.photos.isVisible()
    qtbot.mouseClick(page.side.photos.button, Qt.MouseButton.LeftButton)
    out = tmp_path / "holiday-faces.zip"
    assert suggested == [out]
    qtbot.waitUntil(lambda: page.dataset is not None and page.dataset.source == str(out), timeout=PATIENCE_MS)
    assert len(page.dataset) == 1
    text = next(message.text for message in said if message and "cut out" in message.text)
    assert text == "1 face was cut out of 2 photos. Left out: 1 no face. The set's import.json names them."
    assert not page.side.photos.isVisible()  # they are cut out already


def select(page: DataPage, rows: range) -> None:
    """Select pictures of the grid as a hand with Ctrl would."""
    model, selection = page.grid.pictures, page.grid.selectionModel()
    selection.clearSelection()
    columns = model.columnCount()
    for row in rows:
        index = model.index(row // columns, row % columns)
        selection.select(index, selection.SelectionFlag.Select)


def test_selected_pictures_go_to_the_pile_that_is_pressed_and_change_it(opened: DataPage, qtbot: QtBot) -> None:
    bar = opened.teach
    assert bar.isVisible()
    select(opened, range(4))
    qtbot.mouseClick(bar.pile_buttons["with"], Qt.MouseButton.LeftButton)
    select(opened, range(3, 8))
    qtbot.mouseClick(bar.pile_buttons["without"], Qt.MouseButton.LeftButton)
    assert bar.piles == {
        "with": ["00.png", "01.png", "02.png"],
        "without": ["03.png", "04.png", "05.png", "06.png", "07.png"],
    }
    assert [bar.pile_buttons[side].text() for side in ("with", "without")] == ["With: 3", "Without: 5"]
    bar.set_ready(True)
    assert not bar.teach_button.isEnabled()  # it has no name yet
    bar.name.setText("Red")
    with qtbot.waitSignal(bar.asked) as asked:
        qtbot.mouseClick(bar.teach_button, Qt.MouseButton.LeftButton)
    assert asked.args == ["Red", tuple(bar.piles["with"]), tuple(bar.piles["without"])]
    qtbot.mouseClick(bar.empty_button, Qt.MouseButton.LeftButton)
    assert not bar.teach_button.isEnabled()


def test_piles_from_disk_are_enough(opened: DataPage, qtbot: QtBot, tmp_path: Path) -> None:
    bar = opened.teach
    bar.ask_folder = lambda side: str(tmp_path)  # type: ignore[method-assign]
    for button in bar.disk_buttons.values():
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    bar.name.setText("Anything")
    bar.set_ready(True)
    assert bar.teach_button.isEnabled()
    assert bar.pile_buttons["with"].text() == "With: 0 + a folder"


def test_a_concept_is_taught_from_the_grid(page: DataPage, qtbot: QtBot, run_copy: Path, places: Path) -> None:
    runs = places / "runs"
    runs.mkdir(parents=True)
    run_copy.rename(runs / "tiny")
    said: list[Message] = []
    page.message.connect(lambda message: said.append(message) if message else None)
    page.open_path("builtin:avatars")
    page.show()
    qtbot.waitUntil(lambda: page.dataset is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(page.side.runs.isEnabled, timeout=PATIENCE_MS)
    assert page.dataset is not None
    has = page.dataset.labels["Facial_Hair"]
    for side, value in (("with", 1), ("without", -1)):
        page.teach.piles[side] = [page.dataset.names[row] for row in np.flatnonzero(has == value)[:6]]
    page.teach.name.setText("Whiskers")
    qtbot.waitUntil(page.teach.teach_button.isEnabled, timeout=PATIENCE_MS)
    qtbot.mouseClick(page.teach.teach_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(said) and "is a concept now" in said[-1].text, timeout=PATIENCE_MS)
    assert (runs / "tiny" / "concepts" / "Whiskers.safetensors").exists()
    assert "it tells which is which" in said[-1].text
