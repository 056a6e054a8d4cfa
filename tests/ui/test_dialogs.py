from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.dialogs import ask_where_to_save
from workbench.ui.preferences import PICTURES, last_folder, remember_folder


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of pictures, not made yet."""
    folder = tmp_path / "Pictures"
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda place: str(folder))
    return folder


def test_a_dialog_starts_in_a_folder_that_is_there(pictures: Path, tmp_path: Path) -> None:
    assert last_folder("test/folder", PICTURES) == Path.home()
    pictures.mkdir()
    assert last_folder("test/folder", PICTURES) == pictures
    holiday = tmp_path / "holiday"
    holiday.mkdir()
    remember_folder("test/folder", holiday / "beach.jpg")
    assert last_folder("test/folder", PICTURES) == holiday
    holiday.rmdir()
    assert last_folder("test/folder", PICTURES) == pictures


def test_saving_suggests_the_name_and_comes_back_to_the_folder(
    qtbot: QtBot, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    starts: list[str] = []

    def choose(_: QWidget, title: str, start: str, kinds: str) -> tuple[str, str]:
        starts.append(start)
        return str(tmp_path / "one"), kinds

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    for _ in range(2):
        assert ask_where_to_save(parent, "Save", "losses.csv", "Tables (*.csv)") == str(tmp_path / "one.csv")
    assert starts == [str(Path.home() / "losses.csv"), str(tmp_path / "losses.csv")]
