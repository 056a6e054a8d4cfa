"""Labels by key on the Data page, as a hand gives them: clicks and keys on the grid itself."""

from __future__ import annotations

import errno
import shutil
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from workbench.core.data.source import open_source
from workbench.ui.page import Message
from workbench.ui.pages.data import DataPage
from workbench.ui.thumbnails import MARK

PATIENCE_MS = 120_000
KEY, CONTROL = Qt.Key, Qt.KeyboardModifier.ControlModifier


def bring_to_rest(qtbot: QtBot, page: DataPage) -> None:
    page.close_down()
    qtbot.waitUntil(page.at_rest, timeout=PATIENCE_MS)


@pytest.fixture(params=["folder", "zip"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Twelve pictures, the first of them known to be Red."""
    folder = tmp_path / "colours"
    folder.mkdir()
    for number in range(12):
        Image.new("RGB", (64, 64), (20 * number, 0, 90)).save(folder / f"{number:02d}.png")
    (folder / "attributes.csv").write_text("file,Red,Age,partition\n00.png,1,31,0\n01.png,,40,0\n")
    return folder if request.param == "folder" else Path(shutil.make_archive(str(folder), "zip", folder))


@pytest.fixture
def page(qtbot: QtBot) -> DataPage:
    page = DataPage()
    qtbot.addWidget(page, before_close_func=partial(bring_to_rest, qtbot))
    page.resize(1200, 800)
    page.set_ready()
    page.said = []  # type: ignore[attr-defined]
    page.message.connect(page.said.append)  # type: ignore[attr-defined]
    return page


def see(qtbot: QtBot, page: DataPage, source: object) -> DataPage:
    page.open_path(str(source))
    page.show()
    qtbot.waitUntil(lambda: page.dataset is not None, timeout=PATIENCE_MS)
    return page


def click(qtbot: QtBot, page: DataPage, place: int) -> None:
    """On the picture at a place of the first row."""
    area = page.grid.visualRect(page.grid.pictures.index(0, place))
    qtbot.mouseClick(page.grid.viewport(), Qt.MouseButton.LeftButton, pos=area.center())


def name(qtbot: QtBot, page: DataPage, label: str) -> None:
    page.labels.name.lineEdit().selectAll()
    qtbot.keyClicks(page.labels.name.lineEdit(), label)
    qtbot.keyClick(page.labels.name.lineEdit(), KEY.Key_Return)


def press(qtbot: QtBot, page: DataPage, *keys: Qt.Key) -> None:
    for key in keys:
        qtbot.keyClick(page.grid, key)


def count(page: DataPage, label: str) -> list[str]:
    (item,) = page.side.counts.findItems(label, Qt.MatchFlag.MatchExactly, 0)
    return [item.text(column) for column in range(1, 4)]


def written(qtbot: QtBot, page: DataPage, source: Path, label: str) -> dict[str, int]:
    """What the set on disk says, without what is unknown."""
    qtbot.waitUntil(page.at_rest, timeout=PATIENCE_MS)
    table = open_source(source).table
    values = table.labels[label].tolist() if label in table.labels else []
    return {picture: value for picture, value in zip(table.names, values, strict=False) if value}


def last_said(page: DataPage) -> str:
    messages: list[Message | None] = page.said  # type: ignore[attr-defined]
    return next((message.text for message in reversed(messages) if message), "")


def test_keys_label_the_selected_pictures_and_arrows_move(qtbot: QtBot, page: DataPage, source: Path) -> None:
    see(qtbot, page, source)
    name(qtbot, page, "Hat")
    click(qtbot, page, 0)
    press(qtbot, page, KEY.Key_1, KEY.Key_Right, KEY.Key_2, KEY.Key_Right, KEY.Key_1, KEY.Key_Right, KEY.Key_1)
    press(qtbot, page, KEY.Key_Left, KEY.Key_3)  # the third: not known after all
    assert written(qtbot, page, source, "Hat") == {"00.png": 1, "01.png": -1, "03.png": 1}
    assert written(qtbot, page, source, "Red") == {"00.png": 1}
    assert open_source(source).table.text["Age"][:2] == ("31", "40")
    dataset = page.dataset
    assert dataset is not None
    parts = dataset.partition[[0, 3]].tolist()
    assert count(page, "Hat") == [str(parts.count(part)) for part in range(3)]
    assert page.side.label.findData("Hat") > 0  # pictures can be filtered by it
    marks = [page.grid.pictures.index(0, place).data(MARK) for place in range(4)]
    assert marks == [1, -1, 0, 1]


def test_one_key_labels_all_that_are_selected_and_ctrl_z_takes_it_back(
    qtbot: QtBot, page: DataPage, source: Path
) -> None:
    see(qtbot, page, source)
    page.labels.name.setCurrentText("Red")
    page.grid.setFocus()
    qtbot.keyClick(page.grid, KEY.Key_A, CONTROL)
    press(qtbot, page, KEY.Key_2)
    assert set(written(qtbot, page, source, "Red").values()) == {-1}
    assert count(page, "Red") == ["0", "0", "0"]
    qtbot.keyClick(page.grid, KEY.Key_Z, CONTROL)
    assert written(qtbot, page, source, "Red") == {"00.png": 1}
    assert count(page, "Red")[0] == "1"
    qtbot.keyClick(page.grid, KEY.Key_Z, CONTROL)  # there is nothing more
    assert written(qtbot, page, source, "Red") == {"00.png": 1}


def test_arrows_go_through_the_rows_as_one_reads(qtbot: QtBot, page: DataPage, source: Path) -> None:
    see(qtbot, page, source)
    columns = page.grid.pictures.columnCount()
    assert columns < 12
    click(qtbot, page, columns - 1)
    press(qtbot, page, KEY.Key_Right)
    assert page.grid.chosen() == [columns]
    press(qtbot, page, KEY.Key_Left, KEY.Key_Left)
    assert page.grid.chosen() == [columns - 2]


def test_a_label_needs_a_name_that_is_none_of_the_other_columns(qtbot: QtBot, page: DataPage, source: Path) -> None:
    see(qtbot, page, source)
    click(qtbot, page, 0)
    press(qtbot, page, KEY.Key_1)
    assert "Name the label first" in last_said(page)
    name(qtbot, page, "Age")
    press(qtbot, page, KEY.Key_1)
    assert "'Age' cannot be a label" in last_said(page)
    assert written(qtbot, page, source, "Red") == {"00.png": 1}


def test_built_in_pictures_say_that_their_labels_cannot_be_written(qtbot: QtBot, page: DataPage) -> None:
    see(qtbot, page, "builtin:avatars")
    assert page.dataset is not None
    assert not page.labels.name.isVisible()
    assert "cannot be changed. Label a folder or a zip of your own" in page.labels.hint.text()
    before = page.dataset.labels["Smiling"].copy()
    page.grid.selectAll()
    press(qtbot, page, KEY.Key_1)
    assert last_said(page) == page.labels.hint.text()
    assert (page.dataset.labels["Smiling"] == before).all()


def test_what_cannot_be_written_is_taken_back_and_said(
    qtbot: QtBot, page: DataPage, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, content: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("workbench.core.data.label_file.write_file", refuse)
    see(qtbot, page, source)
    name(qtbot, page, "Red")
    click(qtbot, page, 1)
    press(qtbot, page, KEY.Key_1, KEY.Key_Right, KEY.Key_1)
    qtbot.waitUntil(page.at_rest, timeout=PATIENCE_MS)
    assert page.dataset is not None
    assert page.dataset.labels["Red"].tolist() == [1] + 11 * [0]
    assert count(page, "Red")[0] == "1"
    assert "No permission to write" in last_said(page)
    assert "another folder, or change its permissions" in last_said(page)
