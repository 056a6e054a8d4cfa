"""The model's face brought nearer to the photo's, in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from workbench.core.editing.recipe import Recipe
from workbench.core.faces.align import Points
from workbench.ui.pages.edit import EditPage
from workbench.ui.pages.edit_face import FacePanel

LEFT = Qt.MouseButton.LeftButton
WAIT = 240_000  # milliseconds, for a busy machine
Opened = Callable[[Path], EditPage]


@pytest.fixture
def opened(qtbot: QtBot, edit_page: EditPage, portrait: Path) -> Opened:
    """A page with the portrait and the model that it is given."""
    page = edit_page

    def with_model(model: Path) -> EditPage:
        page.open_path(str(model))
        qtbot.waitUntil(lambda: page.session.model is not None, timeout=WAIT)
        page.open_path(str(portrait))
        qtbot.waitUntil(lambda: page.session.editable and page.session.seen is not None, timeout=WAIT)
        return page

    return with_model


def has_code(page: EditPage) -> bool:
    state, seen = page.session.state, page.session.seen
    return state is not None and state.code is not None and seen is not None and seen.code == state.code


def nearness(page: EditPage) -> float:
    assert page.session.seen is not None
    return page.session.seen.fit.psnr


def test_nothing_is_doubted_while_a_nearer_face_is_searched_for(qtbot: QtBot) -> None:
    panel = FacePanel()
    qtbot.addWidget(panel)
    panel.doubts.setText("The model shows this face only to 11 dB.")
    panel.set_refining(True)
    assert not panel.doubts.isVisibleTo(panel)
    panel.set_refining(False)
    assert panel.doubts.isVisibleTo(panel)


def test_refine_brings_the_face_nearer_and_is_one_entry_of_the_history(
    opened: Opened, qtbot: QtBot, trained_run: Path
) -> None:
    page = opened(trained_run)
    before = nearness(page)
    qtbot.mouseClick(page.side.face.refine_button, LEFT)
    assert page.side.face.refine_button.text() == "Stop"
    qtbot.waitUntil(lambda: has_code(page), timeout=WAIT)
    assert page.side.face.refine_button.text() == "Refine"
    assert nearness(page) > before
    assert f"{nearness(page):.1f} dB" in page.side.face.nearness.text()
    assert page.side.face.nearness.isVisible()
    page.session.undo()
    qtbot.waitUntil(lambda: page.session.seen.code is None, timeout=WAIT)
    assert nearness(page) == before


def test_a_photo_is_edited_with_a_gan_and_the_command_line_makes_the_same_of_its_recipe(
    opened: Opened, qtbot: QtBot, gan_copy: Path, portrait: Path, tmp_path: Path, command: Callable[..., object]
) -> None:
    (gan_copy / "encoder.safetensors").unlink()
    page = opened(gan_copy)
    qtbot.waitUntil(lambda: has_code(page), timeout=WAIT)  # by itself
    page.session.move("Smiling", 2.0, 1.0)
    page.session.end_gesture()
    out, again = tmp_path / "out.png", tmp_path / "again.png"
    with qtbot.waitSignal(page.session.exported, timeout=WAIT):
        page.session.export(out, 92)
    assert Recipe.read(out).code == page.session.state.code
    command("edit", portrait, "--model", gan_copy, "--recipe", out, "--out", again)
    assert again.read_bytes() == out.read_bytes()


def test_a_face_that_a_model_made_up_has_the_code_it_was_made_from(
    opened: Opened, qtbot: QtBot, gan_run: Path, trained_run: Path
) -> None:
    for model in (gan_run, trained_run):
        page = opened(model)
        page.session.random_face(3)
        qtbot.waitUntil(lambda page=page: page.session.editable and page.session.subject.seed == 3, timeout=WAIT)
        assert page.session.state.code == page.session.subject.code
        assert nearness(page) > 50  # all but the rounding of its pixels
        assert "inf" not in page.side.face.nearness.text()
        assert page.side.face.refine_button.text() == "Refine"  # nothing is searched for


def test_a_face_that_moves_is_searched_for_anew(opened: Opened, qtbot: QtBot, gan_run: Path) -> None:
    page = opened(gan_run)
    qtbot.waitUntil(lambda: has_code(page), timeout=WAIT)
    first = page.session.state
    moved = Points.from_array(first.points.array() + 4)
    page.session.move_points(moved)
    assert page.session.state.code is None
    page.session.drop_points()
    qtbot.waitUntil(lambda: has_code(page), timeout=WAIT)
    assert not np.array_equal(page.session.state.code, first.code)


def test_stopped_it_leaves_the_face_as_it_was_and_does_not_begin_again(
    opened: Opened, qtbot: QtBot, gan_run: Path
) -> None:
    page = opened(gan_run)
    if page.side.face.refine_button.text() == "Refine":  # over already
        page.session.undo()
        qtbot.mouseClick(page.side.face.refine_button, LEFT)
    qtbot.mouseClick(page.side.face.refine_button, LEFT)
    qtbot.waitUntil(page.session.at_rest, timeout=WAIT)
    assert page.session.state.code is None
    assert page.side.face.refine_button.text() == "Refine"
    page.session.move("Smiling", 1.0, 1.0)
    page.session.end_gesture()
    assert page.side.face.refine_button.text() == "Refine"


def test_a_models_concepts_found_anew_keep_the_refined_face(opened: Opened, qtbot: QtBot, trained_run: Path) -> None:
    page = opened(trained_run)
    qtbot.mouseClick(page.side.face.refine_button, LEFT)
    qtbot.waitUntil(lambda: has_code(page), timeout=WAIT)
    code, before = page.session.state.code, page.session.model
    page.session.load_model(trained_run)
    qtbot.waitUntil(lambda: page.session.model is not before and page.session.editable, timeout=WAIT)
    assert page.session.state.code == code
