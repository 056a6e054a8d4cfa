"""What is kept and what is left behind when model, photo or face change."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from tests.ui.test_edit_page import change_weights
from workbench.core.editing.recipe import Recipe
from workbench.core.faces.align import Points
from workbench.core.files import write_json
from workbench.ui.page import Message
from workbench.ui.pages.edit_session import EditSession

WAIT = 240_000  # milliseconds, for a busy machine


@pytest.fixture
def session(qtbot: QtBot, places: Path, trained_run: Path) -> Iterator[EditSession]:
    """A session with a model and the face that it has made up."""
    session = EditSession()
    session.load_model(trained_run)
    qtbot.waitUntil(lambda: session.editable, timeout=WAIT)
    yield session
    session.close_down()
    qtbot.waitUntil(session.at_rest, timeout=WAIT)


@pytest.fixture
def portrayed(session: EditSession, qtbot: QtBot, portrait: Path) -> EditSession:
    session.open_picture(portrait, [])
    qtbot.waitUntil(lambda: session.editable and session.subject.path == portrait, timeout=WAIT)
    return session


def smile(session: EditSession, strength: float = 1.5) -> None:
    session.move("Smiling", strength, 1.0)
    session.end_gesture()


def shown(session: EditSession, qtbot: QtBot) -> np.ndarray:
    qtbot.waitUntil(lambda: session.result is not None and session.result.state == session.state, timeout=WAIT)
    return session.result.pixels


def test_a_model_that_is_opened_again_finds_the_face_as_it_was(portrayed: EditSession, qtbot: QtBot) -> None:
    session = portrayed
    session.move_points(Points.from_array(session.state.points.array() + 3))
    session.drop_points()
    smile(session)
    before, first = session.state, session.editor
    session.load_model(session.model.path)
    qtbot.waitUntil(lambda: session.editable and session.editor is not first, timeout=WAIT)
    assert session.state == before
    assert session.can_undo


def test_a_made_up_face_stays_when_its_model_is_opened_again(session: EditSession, qtbot: QtBot) -> None:
    subject, first = session.subject, session.editor
    session.load_model(session.model.path)
    qtbot.waitUntil(lambda: session.editable and session.editor is not first, timeout=WAIT)
    assert session.subject is subject


def test_the_next_made_up_face_begins_at_zero(session: EditSession, qtbot: QtBot) -> None:
    smile(session)
    first = session.subject
    session.random_face()
    qtbot.waitUntil(lambda: session.editable and session.subject is not first, timeout=WAIT)
    assert not session.state.strengths


def test_a_made_up_face_put_back_where_it_was_has_its_own_code_again(session: EditSession, qtbot: QtBot) -> None:
    found = session.state
    session.move_points(Points.from_array(found.points.array() + 2))
    session.drop_points()
    assert session.state.code is None
    session.reset_points()
    assert session.state == found
    qtbot.waitUntil(lambda: session.seen.code == found.code, timeout=WAIT)


def test_a_made_up_face_that_is_taken_up_again_after_a_crash_is_what_it_was(
    session: EditSession, qtbot: QtBot, portrait: Path
) -> None:
    found = session.state
    session.move_points(Points.from_array(found.points.array() + 2))
    session.drop_points()
    smile(session)
    state = session.state
    qtbot.waitUntil(lambda: (saved := session.saved()) is not None and "Smiling" in str(saved.recipe), timeout=WAIT)
    saved = session.saved()
    session.open_picture(portrait, [])
    qtbot.waitUntil(lambda: session.editable and session.subject.path == portrait, timeout=WAIT)
    session.continue_saved(saved)
    qtbot.waitUntil(lambda: session.editable and session.subject.path is None, timeout=WAIT)
    assert session.state == state
    assert session.comes_back
    session.reset_points()
    assert session.state == found.with_strengths(state.strengths)  # its own code too


def test_the_newest_edit_is_kept_though_an_older_one_is_still_being_written_when_the_window_closes(
    session: EditSession, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_on, begun = threading.Event(), threading.Event()

    def slowly(path: Path, content: object) -> None:
        begun.set()
        assert going_on.wait(WAIT / 1000)
        write_json(path, content)

    monkeypatch.setattr("workbench.ui.pages.edit_autosave.write_json", slowly)
    smile(session, 1.0)
    qtbot.waitUntil(begun.is_set, timeout=WAIT)
    smile(session, 2.0)
    session.close_down()
    assert not session.at_rest()
    going_on.set()
    qtbot.waitUntil(session.at_rest, timeout=WAIT)
    saved = session.saved()
    assert saved is not None
    assert [concept["strength"] for concept in saved.recipe["concepts"]] == [2.0]


def test_an_export_of_a_made_up_face_takes_its_edit_up_again(
    session: EditSession, qtbot: QtBot, tmp_path: Path, portrait: Path
) -> None:
    smile(session)
    state, pixels, out = session.state, shown(session, qtbot), tmp_path / "face.png"
    with qtbot.waitSignal(session.exported, timeout=WAIT):
        session.export(out, 92)
    assert Recipe.read(out).photo.seed == session.subject.seed
    session.open_picture(portrait, [])
    qtbot.waitUntil(lambda: session.editable and session.subject.path == portrait, timeout=WAIT)
    assert session.comes_back
    session.open_picture(out, [])
    qtbot.waitUntil(lambda: session.editable and session.state == state, timeout=WAIT)
    assert np.array_equal(shown(session, qtbot), pixels)
    assert session.subject.seed is not None  # it is marked as made up again


def test_an_export_of_a_pasted_picture_does_not_come_back(portrayed: EditSession, qtbot: QtBot) -> None:
    photo = portrayed.subject
    portrayed.open_pixels(photo.photo.pixels)
    qtbot.waitUntil(lambda: portrayed.editable and portrayed.subject is not photo, timeout=WAIT)
    assert not portrayed.comes_back


def test_a_recipe_without_its_model_leaves_nothing_half_open_and_can_be_left(
    portrayed: EditSession, qtbot: QtBot, tmp_path: Path, run_copy: Path, portrait: Path
) -> None:
    session, said = portrayed, []
    session.message.connect(said.append)
    smile(session)
    recipe = tmp_path / "edit.json"
    made = Recipe.of(session.model, session.subject.photo, session.state)
    missing = made.model_copy(update={"model": made.model.model_copy(update={"fingerprint": "another"})})
    recipe.write_text(missing.to_json())
    session.open_recipe(recipe, [])
    qtbot.waitUntil(lambda: isinstance(said[-1], Message) if said else False, timeout=WAIT)
    assert "another model" in said[-1].text
    assert not session.editable
    assert session.editor is None
    change_weights(run_copy)
    session.load_model(run_copy)
    qtbot.waitUntil(lambda: session.model.path == run_copy and session.busy is None, timeout=WAIT)
    assert not session.editable  # still not the model of the edit
    assert said[-1].button == "Do without"
    said[-1].action()
    qtbot.waitUntil(lambda: session.editable, timeout=WAIT)
    assert session.subject.path == portrait
    assert session.editor.photo is session.subject.photo


def test_a_photo_that_cannot_be_opened_leaves_what_was_there(
    portrayed: EditSession, qtbot: QtBot, tmp_path: Path
) -> None:
    session, said = portrayed, []
    session.message.connect(said.append)
    smile(session)
    before = session.state
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    session.open_picture(broken, [])
    qtbot.waitUntil(lambda: session.busy is None, timeout=WAIT)
    assert said[-1].kind == "error"
    assert session.editable
    assert session.state == before
