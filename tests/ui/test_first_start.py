"""The first minute: the window opens with a face of a model that comes along, and one's own photo is a drop away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.core.editing.recipe import Recipe
from workbench.core.runs import shipped
from workbench.core.runs.shipped import shipped_models
from workbench.jobs.api import run
from workbench.jobs.open_edit import DRAWN, locate
from workbench.ui.main_window import MainWindow
from workbench.ui.pages.edit import EditPage

LEFT = Qt.MouseButton.LeftButton
WAIT = 240_000
"""Milliseconds, for a busy machine."""


@pytest.fixture
def window(qtbot: QtBot, places: Path) -> Iterator[MainWindow]:
    """The window as whoever has just installed the program sees it."""
    window = MainWindow()  # not added to qtbot, which closes before anyone can hear of it
    with qtbot.waitSignal(window.ready, timeout=WAIT):
        window.show()
    yield window
    with qtbot.waitSignal(window.closed, timeout=WAIT):
        window.close()
    window.deleteLater()


@pytest.fixture
def page(qtbot: QtBot, window: MainWindow) -> EditPage:
    """Its Edit page, with a face to edit."""
    page = window.page("Edit")
    assert isinstance(page, EditPage)
    settle(qtbot, page)
    return page


def settle(qtbot: QtBot, page: EditPage) -> None:
    """Wait until the sliders move, and what they say is shown."""
    session = page.session
    qtbot.waitUntil(
        lambda: session.editable and session.result is not None and session.result.state == session.state, timeout=WAIT
    )


def smile(qtbot: QtBot, page: EditPage) -> np.ndarray:
    """Move the slider by its keys; the pixels that are shown then."""
    slider = page.side.sliders.rows["Smiling"].slider
    for _ in range(3):
        qtbot.keyClick(slider, Qt.Key.Key_PageUp)
    page.session.end_gesture()
    settle(qtbot, page)
    assert page.session.result is not None
    assert page.session.result.pixels is not None
    return page.session.result.pixels


def test_the_first_start_shows_a_face_and_sliders_that_move_it(
    qtbot: QtBot, window: MainWindow, page: EditPage
) -> None:
    assert window.current_page == "Edit"
    first = next(iter(shipped_models().values()))
    assert page.session.model is not None
    assert page.session.model.path == first.path
    assert page.session.subject is not None
    assert page.session.subject.seed is not None
    assert page.view.isVisible()
    assert not any(label.isVisible() for label in (page.welcome.waiting, page.side.no_sliders))
    assert (smile(qtbot, page) != page.session.subject.photo.pixels).any()


def test_a_made_up_face_is_the_one_of_a_few_that_the_model_sees_best_and_the_next_another(
    qtbot: QtBot, page: EditPage
) -> None:
    first, model = page.session.subject, page.session.model
    assert first is not None
    assert first.seed is not None
    assert model is not None
    drawn = model.sample(DRAWN, first.seed).astype(float)
    lost = (drawn - model.decode(model.encode(drawn.astype(np.uint8)))).var(axis=(1, 2, 3)) / drawn.var(axis=(1, 2, 3))
    # the window's job computes with its own number of threads: one step of brightness is another here and there
    away = np.abs(drawn - first.photo.pixels).max(axis=(1, 2, 3))
    assert away.argmin() == lost.argmin()
    assert away.min() <= 1 < np.sort(away)[1]
    page.bar.random.trigger()
    qtbot.waitUntil(lambda: page.session.subject is not first, timeout=WAIT)
    settle(qtbot, page)


def test_what_the_model_may_be_used_for_is_said_where_it_is_chosen(
    qtbot: QtBot, page: EditPage, trained_run: Path
) -> None:
    first = next(iter(shipped_models().values()))
    models = page.side.models
    qtbot.waitUntil(lambda: models.currentText() == first.title, timeout=WAIT)
    assert first.note in page.side.about.text()
    assert page.side.about.isVisible()
    assert models.itemData(models.currentIndex(), Qt.ItemDataRole.ToolTipRole) == first.note
    page.open_path(str(trained_run))
    qtbot.waitUntil(lambda: models.currentData() == trained_run, timeout=WAIT)
    assert models.currentIndex() == 0  # one's own come first
    assert models.itemData(1) is None  # a line between
    assert first.note not in page.side.about.text()
    settle(qtbot, page)


def test_the_example_is_edited_at_once(qtbot: QtBot, page: EditPage) -> None:
    assert page.welcome.example_button.isVisible()
    qtbot.mouseClick(page.welcome.example_button, LEFT)
    qtbot.waitUntil(lambda: page.session.subject is not None and page.session.subject.path is not None, timeout=WAIT)
    settle(qtbot, page)
    assert page.session.subject is not None
    assert len(page.session.subject.faces) == 1
    assert not page.welcome.example_button.isVisible()
    assert (smile(qtbot, page) != page.session.subject.photo.pixels).any()


def test_a_photo_is_said_to_be_unlike_cartoons_in_few_lines(qtbot: QtBot, window: MainWindow, page: EditPage) -> None:
    window.resize(1280, 800)
    page.open_path(str(shipped_models()["avatars"].path))
    qtbot.mouseClick(page.welcome.example_button, LEFT)
    qtbot.waitUntil(lambda: page.session.subject is not None and page.session.subject.path is not None, timeout=WAIT)
    settle(qtbot, page)
    doubts = page.side.face.doubts
    assert "unlike the training faces" in doubts.text()
    assert "worse than most" in doubts.text()
    assert doubts.isVisible()
    room, metrics = QRect(0, 0, doubts.width(), 1000), doubts.fontMetrics()
    for doubt in doubts.text().split("\n"):
        assert metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, doubt).height() <= 2 * metrics.lineSpacing()


def test_a_photo_is_one_drop_away(qtbot: QtBot, window: MainWindow, page: EditPage, portrait: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(portrait))])
    what = (Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, enter := QDragEnterEvent(QPoint(9, 9), *what))
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(9, 9), *what))
    qtbot.waitUntil(lambda: page.session.subject is not None and page.session.subject.path == portrait, timeout=WAIT)
    settle(qtbot, page)


def test_another_model_makes_up_a_face_of_its_own_until_the_first_was_edited(
    qtbot: QtBot, page: EditPage, trained_run: Path
) -> None:
    first = page.session.subject
    page.open_path(str(trained_run))
    qtbot.waitUntil(lambda: page.session.subject is not first, timeout=WAIT)
    settle(qtbot, page)
    own = page.session.subject
    smile(qtbot, page)
    page.open_path(str(next(iter(shipped_models().values())).path))
    qtbot.waitUntil(lambda: page.side.about.text() != "" and page.session.busy is None, timeout=WAIT)
    settle(qtbot, page)
    assert page.session.subject is own


def test_an_edit_with_a_shipped_model_is_taken_up_again_on_any_computer(
    qtbot: QtBot, page: EditPage, places: Path, portrait: Path, tmp_path: Path
) -> None:
    session = page.session
    page.open_path(str(portrait))
    qtbot.waitUntil(lambda: session.subject is not None and session.subject.path == portrait, timeout=WAIT)
    settle(qtbot, page)
    smiling = smile(qtbot, page)
    out = tmp_path / "smiling.png"
    with qtbot.waitSignal(session.exported, timeout=WAIT):
        session.export(out, 90)
    session.reset()
    settle(qtbot, page)
    (places / "preferences" / "models.json").unlink()
    located = run(locate(out, ()))
    assert session.model is not None
    assert located.model == session.model.path
    page.open_path(str(out))
    qtbot.waitUntil(lambda: session.editable and bool(session.state and session.state.strengths), timeout=WAIT)
    settle(qtbot, page)
    assert session.result is not None
    assert np.array_equal(session.result.pixels, smiling)


def test_an_edit_whose_model_is_nowhere_says_so(
    qtbot: QtBot, window: MainWindow, page: EditPage, tmp_path: Path
) -> None:
    session = page.session
    assert session.model is not None
    assert session.subject is not None
    assert session.state is not None
    recipe = Recipe.of(session.model, session.subject.photo, session.state)
    foreign = recipe.model_copy(update={"model": recipe.model.model_copy(update={"fingerprint": "0" * 64})})
    path = tmp_path / "recipe.json"
    path.write_text(foreign.to_json())
    page.open_path(str(path))
    qtbot.waitUntil(window.messages.isVisible, timeout=WAIT)
    assert window.messages.current is not None
    assert "made with another model, 'faces'. Open that one" in window.messages.current.text


def test_at_least_six_sliders_are_seen_at_once_on_a_small_screen(
    qtbot: QtBot, window: MainWindow, page: EditPage
) -> None:
    window.resize(1280, 800)
    rows = page.side.sliders.rows.values()

    def seen() -> int:
        return sum(row.visibleRegion().boundingRect() == row.rect() for row in rows)

    qtbot.waitUntil(lambda: seen() >= 6)


def test_before_the_libraries_are_there_the_page_says_that_a_face_comes(qtbot: QtBot, bare_edit_page: EditPage) -> None:
    assert bare_edit_page.welcome.waiting.isVisible()
    qtbot.mouseClick(bare_edit_page.welcome.example_button, LEFT)  # it waits for them
    bare_edit_page.set_ready()
    settle(qtbot, bare_edit_page)
    assert bare_edit_page.session.subject is not None
    assert bare_edit_page.session.subject.path is not None
    assert not bare_edit_page.welcome.waiting.isVisible()


def test_a_damaged_installation_says_how_to_go_on(
    qtbot: QtBot, bare_edit_page: EditPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "shipped_models", dict)
    bare_edit_page.set_ready()
    qtbot.waitUntil(lambda: "No model is open" in bare_edit_page.side.no_sliders.text(), timeout=WAIT)
    assert bare_edit_page.side.no_sliders.isVisible()
    assert not bare_edit_page.welcome.waiting.isVisible()
    assert bare_edit_page.side.open_button.isEnabled()


def test_shipped_models_that_are_missing_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Path:
        raise FileNotFoundError(name)

    monkeypatch.setattr(shipped, "resource", missing)
    assert shipped_models.__wrapped__() == {}
