"""The Edit page: what one can do with a photo, a model and the sliders, by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from workbench.core.concepts.concept import FORMAT, VERSION
from workbench.core.editing.recipe import Recipe
from workbench.core.pictures import read_photo
from workbench.core.runs import checkpoint
from workbench.core.runs.trained import open_model
from workbench.core.tensors import read_tensors, write_tensors
from workbench.ui.page import Message
from workbench.ui.pages.edit import EditPage
from workbench.ui.picture_view import Compare
from workbench.ui.pictures import from_qimage, to_qimage
from workbench.ui.preferences import remember_recent

LEFT = Qt.MouseButton.LeftButton
WAIT = 240_000  # milliseconds, for a busy machine


class Bench:
    """A page in use: what it said, and the hands that work with it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.page = EditPage()
        self.said: list[Message | None] = []
        self.page.message.connect(self.said.append)
        qtbot.addWidget(self.page)
        self.page.resize(1100, 800)
        self.page.show()
        qtbot.waitExposed(self.page)

    @property
    def messages(self) -> list[Message]:
        return [message for message in self.said if message]

    @property
    def session(self):  # type: ignore[no-untyped-def]
        return self.page.session

    def until(self, condition) -> None:  # type: ignore[no-untyped-def]
        self.qtbot.waitUntil(condition, timeout=WAIT)

    def open(self, path: Path) -> None:
        self.page.open_path(str(path))

    def ready(self, model: Path, photo: Path) -> None:
        """Open both and wait until the sliders move."""
        self.page.set_ready()
        self.open(model)
        self.until(lambda: self.session.model is not None)
        self.open(photo)
        self.until(lambda: self.session.editable and self.session.result is not None)

    def row(self, name: str = "Smiling"):  # type: ignore[no-untyped-def]
        return self.page.side.sliders.rows[name]

    def drag(self, strength: float, name: str = "Smiling") -> None:
        """Drag a slider with the mouse, with a stop on the way."""
        slider = self.row(name).slider
        self.qtbot.mousePress(slider, LEFT, pos=slider.handle_position(slider.strength).toPoint())
        for part in (0.5, 1.0):
            self.qtbot.mouseMove(slider, slider.handle_position(part * strength).toPoint())
        self.qtbot.mouseRelease(slider, LEFT, pos=slider.handle_position(strength).toPoint())

    def settled(self) -> None:
        """Wait until the picture shows the state."""
        self.until(lambda: self.session.result is not None and self.session.result.state == self.session.state)

    def shown(self) -> np.ndarray:
        """The pixels of the result."""
        self.settled()
        return self.session.result.pixels

    def keys(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.ControlModifier) -> None:
        self.qtbot.keyClick(self.page, key, modifier)


@pytest.fixture
def bench(qtbot: QtBot, places: Path) -> Iterator[Bench]:
    bench = Bench(qtbot)
    yield bench
    bench.page.close_down()
    bench.until(bench.page.at_rest)


@pytest.fixture
def editing(bench: Bench, trained_run: Path, portrait: Path) -> Bench:
    bench.ready(trained_run, portrait)
    return bench


def test_without_a_photo_the_page_asks_for_one(
    bench: Bench, qtbot: QtBot, portrait: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.page.set_ready()
    button = bench.page.welcome.open_button
    assert button.isVisible()
    monkeypatch.setattr(bench.page, "ask_photo", lambda: str(portrait))
    qtbot.mouseClick(button, LEFT)
    bench.until(lambda: bench.session.subject is not None and bench.session.subject.path == portrait)
    assert not button.isVisible()
    bench.until(lambda: bench.session.editable)


def test_paths_that_come_before_the_libraries_wait_for_them(bench: Bench, trained_run: Path, portrait: Path) -> None:
    bench.open(trained_run)
    bench.open(portrait)
    assert bench.session.busy is None
    bench.page.set_ready()
    bench.until(lambda: bench.session.editable)


def test_the_model_used_last_is_there_again(bench: Bench, trained_run: Path) -> None:
    remember_recent("edit/models", str(trained_run))
    bench.page.set_ready()
    bench.until(lambda: bench.session.model is not None)
    assert set(bench.page.side.sliders.rows) == {"Smiling", "Sunglasses", "Facial_Hair"}
    bench.until(lambda: bench.page.side.models.currentData() == trained_run)


def test_a_damaged_checkpoint_that_was_passed_over_is_said(bench: Bench, run_copy: Path) -> None:
    newer = run_copy / "checkpoints" / "000151"
    shutil.copytree(run_copy / "checkpoints" / "000150", newer)
    (newer / "average.safetensors").write_bytes(b"damage")
    bench.page.set_ready()
    bench.open(run_copy)
    bench.until(lambda: bench.session.model is not None)
    assert bench.session.model.step == 150
    assert any("step 151 is damaged" in message.text for message in bench.messages)


def test_an_opened_photo_is_shown_as_it_is(editing: Bench, portrait: Path) -> None:
    assert np.array_equal(editing.shown(), read_photo(portrait).pixels)


def test_a_drag_changes_the_face_and_nothing_around_it(editing: Bench, portrait: Path) -> None:
    before = editing.shown()
    editing.drag(2.0)
    after = editing.shown()
    left, top, right, bottom = editing.session.subject.faces[0].box
    changed = np.argwhere((after != before).any(axis=2))
    assert len(changed) > 100
    width, height = right - left, bottom - top
    assert changed[:, 1].min() > left - width
    assert changed[:, 1].max() < right + width
    assert changed[:, 0].min() > top - height
    assert changed[:, 0].max() < bottom + height


def test_a_drag_is_one_entry_of_the_history(editing: Bench) -> None:
    original = editing.shown()
    editing.drag(1.5)
    smiling = editing.shown()
    editing.drag(-1.0, "Sunglasses")
    editing.keys(Qt.Key.Key_Z)
    assert np.array_equal(editing.shown(), smiling)
    assert editing.row("Sunglasses").strength == 0
    editing.keys(Qt.Key.Key_Z)
    assert np.array_equal(editing.shown(), original)
    assert not editing.page.bar.undo.isEnabled()


def test_redo_has_both_its_keys(editing: Bench) -> None:
    editing.drag(1.5)
    smiling = editing.shown()
    for key, modifier in (
        (Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier),
        (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier),
    ):
        editing.keys(Qt.Key.Key_Z)
        assert editing.row().strength == 0
        editing.keys(key, modifier)
        assert np.array_equal(editing.shown(), smiling)


def test_reset_all_is_undone_like_everything(editing: Bench) -> None:
    original = editing.shown()
    editing.drag(1.5)
    editing.qtbot.mouseClick(editing.page.side.sliders.reset_all_button, LEFT)
    assert np.array_equal(editing.shown(), original)
    editing.keys(Qt.Key.Key_Z)
    assert editing.row().strength == pytest.approx(1.5, abs=0.05)


def test_the_picture_follows_before_the_hand_lets_go(editing: Bench) -> None:
    slider = editing.row().slider
    editing.qtbot.mousePress(slider, LEFT, pos=slider.handle_position(0).toPoint())
    with editing.qtbot.waitSignal(editing.session.rendered, timeout=WAIT) as rendered:
        editing.qtbot.mouseMove(slider, slider.handle_position(1.0).toPoint())
    assert rendered.args[0].patch is not None
    editing.qtbot.mouseRelease(slider, LEFT, pos=slider.handle_position(1.0).toPoint())
    editing.settled()


def test_the_original_is_shown_while_its_key_is_held(editing: Bench) -> None:
    editing.qtbot.keyPress(editing.page, Qt.Key.Key_O)
    assert editing.page.view.showing_original
    editing.qtbot.keyRelease(editing.page, Qt.Key.Key_O)
    assert not editing.page.view.showing_original


def test_the_original_is_shown_while_its_button_is_held(editing: Bench) -> None:
    button = editing.page.bar.hold_button
    editing.qtbot.mousePress(button, LEFT)
    assert editing.page.view.showing_original
    editing.qtbot.mouseRelease(button, LEFT)
    assert not editing.page.view.showing_original


def test_compare_buttons_switch_on_and_off(editing: Bench) -> None:
    bar, view = editing.page.bar, editing.page.view
    editing.qtbot.mouseClick(bar.compare_buttons[Compare.SPLIT], LEFT)
    assert view.compare is Compare.SPLIT
    editing.qtbot.mouseClick(bar.compare_buttons[Compare.SIDE_BY_SIDE], LEFT)
    assert view.compare is Compare.SIDE_BY_SIDE
    assert not bar.compare_buttons[Compare.SPLIT].isChecked()
    editing.qtbot.mouseClick(bar.compare_buttons[Compare.SIDE_BY_SIDE], LEFT)
    assert view.compare is Compare.RESULT


def test_the_face_alone_has_the_models_size(editing: Bench) -> None:
    editing.qtbot.mouseClick(editing.page.side.export.mode_buttons["face"], LEFT)
    assert editing.shown().shape == (32, 32, 3)
    editing.keys(Qt.Key.Key_Z)
    assert editing.shown().shape == (512, 512, 3)
    assert editing.page.side.export.mode_buttons["photo"].isChecked()


def test_a_random_face_is_edited_without_a_photo(bench: Bench, trained_run: Path) -> None:
    bench.page.set_ready()
    bench.open(trained_run)
    bench.until(lambda: bench.session.editable)
    first = bench.session.subject
    bench.page.bar.random.trigger()
    bench.until(lambda: bench.session.editable and bench.session.subject is not first)
    before = bench.shown()
    bench.drag(2.0)
    assert not np.array_equal(bench.shown(), before)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_an_export_holds_its_recipe_and_the_mark(
    editing: Bench, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / f"out{suffix}"
    monkeypatch.setattr(editing.page, "ask_export", lambda suggestion: str(out))
    editing.drag(1.5)
    with editing.qtbot.waitSignal(editing.session.exported, timeout=WAIT):
        editing.qtbot.mouseClick(editing.page.side.export.button, LEFT)
    assert Recipe.read(out).strengths == dict(editing.session.state.strengths)
    assert b"compositeWithTrainedAlgorithmicMedia" in out.read_bytes()
    assert out.name in editing.messages[-1].text


def test_an_export_of_a_random_face_is_marked_as_generated(
    bench: Bench, trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "face.png"
    monkeypatch.setattr(bench.page, "ask_export", lambda suggestion: str(out))
    bench.page.set_ready()
    bench.open(trained_run)
    bench.until(lambda: bench.session.model is not None and bench.session.busy is None)
    bench.keys(Qt.Key.Key_R)
    bench.until(lambda: bench.session.editable)
    with bench.qtbot.waitSignal(bench.session.exported, timeout=WAIT):
        bench.keys(Qt.Key.Key_E)
    assert b"digitalsourcetype/trainedAlgorithmicMedia" in out.read_bytes()


def test_the_name_that_is_offered_is_not_taken(editing: Bench, tmp_path: Path) -> None:
    export = editing.page.side.export
    first = export.suggestion(Path("me.jpg"), tmp_path)
    first.touch()
    assert not export.suggestion(Path("me.jpg"), tmp_path).exists()


def test_the_photo_itself_is_never_written_over(
    editing: Bench, portrait: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = portrait.read_bytes()
    monkeypatch.setattr(editing.page, "ask_export", lambda suggestion: str(portrait))
    editing.qtbot.mouseClick(editing.page.side.export.button, LEFT)
    editing.until(lambda: bool(editing.messages))
    assert "never changed" in editing.messages[-1].text
    assert portrait.read_bytes() == before


def test_an_exported_picture_takes_its_edit_up_again(
    editing: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.png"
    monkeypatch.setattr(editing.page, "ask_export", lambda suggestion: str(out))
    editing.drag(1.5)
    result, strengths = editing.shown(), editing.session.state.strengths
    with editing.qtbot.waitSignal(editing.session.exported, timeout=WAIT):
        editing.keys(Qt.Key.Key_E)
    editing.drag(-2.0)
    editing.open(out)
    editing.until(lambda: editing.session.editable and editing.session.state.strengths == strengths)
    assert np.array_equal(editing.shown(), result)
    assert editing.row().strength == dict(strengths)["Smiling"]


def test_an_edit_whose_original_is_gone_asks_for_it_and_is_then_applied(
    editing: Bench, portrait: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "elsewhere" / "out.png"
    monkeypatch.setattr(editing.page, "ask_export", lambda suggestion: str(out))
    editing.drag(1.5)
    result, strengths = editing.shown(), editing.session.state.strengths
    with editing.qtbot.waitSignal(editing.session.exported, timeout=WAIT):
        editing.keys(Qt.Key.Key_E)
    (tmp_path / "moved").mkdir()
    moved = portrait.rename(tmp_path / "moved" / "photo.png")
    other = tmp_path / "other.png"
    Image.fromarray(np.ascontiguousarray(read_photo(moved).pixels[:, ::-1])).save(other)
    editing.open(other)
    editing.until(lambda: editing.session.editable and editing.session.subject.path == other)
    editing.open(out)
    editing.until(lambda: "original of this edit" in editing.messages[-1].text)
    editing.open(moved)
    editing.until(lambda: editing.session.editable and editing.session.state.strengths == strengths)
    assert np.array_equal(editing.shown(), result)


def test_a_pasted_picture_is_edited(bench: Bench, trained_run: Path, portrait: Path) -> None:
    bench.page.set_ready()
    bench.open(trained_run)
    bench.page.open_image(to_qimage(read_photo(portrait).pixels))
    bench.until(lambda: bench.session.editable)
    assert "Pasted" in bench.page.bar.title.text()


def test_copy_puts_the_result_on_the_clipboard(editing: Bench) -> None:
    editing.drag(1.5)
    result = editing.shown()
    editing.keys(Qt.Key.Key_C)
    assert np.array_equal(from_qimage(QGuiApplication.clipboard().image()), result)


def test_without_a_face_three_points_are_dragged_to_where_it_is(
    bench: Bench, trained_run: Path, tmp_path: Path
) -> None:
    wall = tmp_path / "wall.png"
    Image.fromarray(np.full((300, 400, 3), 128, np.uint8)).save(wall)
    bench.ready(trained_run, wall)
    assert "No face" in bench.messages[-1].text
    points = bench.page.points
    assert points.isVisible()
    assert not bench.page.side.face.reset_button.isVisible()
    assert bench.session.state.points.left_eye[0] < 200 < bench.session.state.points.right_eye[0]
    drag_point(bench, 2, (210, 240))
    assert bench.session.state.points.mouth == pytest.approx((210, 240), abs=1.5)
    bench.drag(1.0)
    bench.settled()
    assert bench.session.result.state.points == bench.session.state.points


def drag_point(bench: Bench, index: int, place: tuple[float, float]) -> None:
    """Drag an eye or the mouth to a place of the photo."""
    points = bench.page.points
    target = bench.page.view.to_screen(QPointF(place[0] + 0.5, place[1] + 0.5)).toPoint()
    bench.qtbot.mousePress(points, LEFT, pos=points.handle(index).toPoint())
    bench.qtbot.mouseMove(points, (points.handle(index).toPoint() + target) / 2)
    bench.qtbot.mouseMove(points, target)
    bench.qtbot.mouseRelease(points, LEFT, pos=target)


def test_a_face_is_adjusted_by_hand_with_its_reconstruction_beside_and_taken_back(editing: Bench) -> None:
    session, panel = editing.session, editing.page.side.face
    found, seen = session.state.points, session.seen
    assert not editing.page.points.isVisible()
    editing.qtbot.mouseClick(panel.adjust_button, LEFT)
    assert editing.page.points.isVisible()
    assert editing.page.view.showing_original
    x, y = found.left_eye
    drag_point(editing, 0, (x - 20, y + 10))
    assert session.state.points.left_eye == pytest.approx((x - 20, y + 10), abs=1.5)
    editing.until(lambda: session.seen.points == session.state.points)
    assert (session.seen.crop.pixels != seen.crop.pixels).any()
    assert f"{session.seen.fit.psnr:.1f} dB" in panel.figure.text()
    moved = session.state.points
    editing.qtbot.mouseClick(panel.adjust_button, LEFT)
    assert not editing.page.points.isVisible()
    assert not editing.page.view.showing_original
    editing.drag(1.5)
    editing.settled()
    assert session.result.state.points == moved
    editing.keys(Qt.Key.Key_Z)
    assert session.state.points == moved
    editing.keys(Qt.Key.Key_Z)  # a drag is one entry
    assert session.state.points == found
    editing.until(lambda: session.seen.points == found)
    editing.keys(Qt.Key.Key_Y)
    assert session.state.points == moved
    panel.adjust_button.setChecked(True)
    editing.qtbot.mouseClick(panel.reset_button, LEFT)
    assert session.state.points == found


def test_an_adjusted_face_goes_into_the_recipe_and_comes_back_after_a_crash(editing: Bench, tmp_path: Path) -> None:
    editing.page.side.face.adjust_button.setChecked(True)
    drag_point(editing, 2, (230, 150))
    moved = editing.session.state.points
    out = tmp_path / "out.png"
    with editing.qtbot.waitSignal(editing.session.exported, timeout=WAIT):
        editing.session.export(out, 90)
    assert Recipe.read(out).points == moved
    drag_point(editing, 2, (232, 152))

    def kept() -> bool:
        saved = editing.session.saved()
        return saved is not None and saved.recipe["crop"]["mouth"] == list(editing.session.state.points.mouth)

    editing.until(kept)


def test_points_are_moved_by_keyboard_and_never_onto_one_another(editing: Bench) -> None:
    editing.page.side.face.adjust_button.setChecked(True)
    points, session = editing.page.points, editing.session
    before = session.state.points
    editing.qtbot.keyClick(points, Qt.Key.Key_Tab)
    editing.qtbot.keyClick(points, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    after = session.state.points
    assert (after.left_eye, after.mouth) == (before.left_eye, before.mouth)
    assert after.right_eye[1] == pytest.approx(before.right_eye[1] + 10 / editing.page.view.scale)
    drag_point(editing, 0, after.right_eye)
    assert abs(session.state.points.left_eye[0] - after.right_eye[0]) >= 1
    editing.qtbot.keyClick(points, Qt.Key.Key_Return)
    assert not points.isVisible()


def test_the_points_are_moved_in_the_whole_photo_only(editing: Bench) -> None:
    face = editing.page.side.face
    face.adjust_button.setChecked(True)
    editing.session.set_mode("face")
    editing.until(lambda: not face.adjust_button.isEnabled())
    assert not editing.page.points.isVisible()
    assert "full photo" in face.adjust_button.toolTip()


def test_a_crop_that_reconstructs_badly_is_said(editing: Bench) -> None:
    session, panel = editing.session, editing.page.side.face
    panel.adjust_button.setChecked(True)
    for index, place in enumerate([(300, 300), (420, 290), (350, 420)]):  # the rocket and the flag
        drag_point(editing, index, place)
    editing.until(lambda: session.seen.points == session.state.points)
    assert panel.doubts.isVisible() == bool(session.seen.fit.doubts)
    assert all(doubt.finding in panel.doubts.text() for doubt in session.seen.fit.doubts)


def test_a_file_that_is_no_picture_is_named_and_what_was_open_stays(editing: Bench, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no picture")
    editing.drag(1.5)
    editing.open(text)
    editing.until(lambda: bool(editing.messages) and editing.messages[-1].kind == "error")
    assert "notes.txt" in editing.messages[-1].text
    editing.until(lambda: editing.session.editable)
    assert editing.row().strength == pytest.approx(1.5, abs=0.05)


def test_of_two_faces_one_is_chosen(bench: Bench, trained_run: Path, portrait: Path, tmp_path: Path) -> None:
    pixels = read_photo(portrait).pixels
    pair = tmp_path / "pair.png"
    Image.fromarray(np.hstack([pixels, pixels])).save(pair)
    bench.ready(trained_run, pair)
    assert bench.page.side.face.faces.isVisible()
    first, faces = bench.session.editor.points, bench.page.side.face.faces
    bench.session.move("Smiling", 1.5, 1.0)
    bench.session.end_gesture()
    bench.page.view.face_chosen.emit(1)  # by a click in the picture
    assert faces.currentIndex() == 1
    bench.until(lambda: bench.session.editable and bench.session.editor.points != first)
    assert not bench.session.state.strengths
    bench.session.move("Smiling", -1.0, 1.0)
    bench.session.end_gesture()
    out = tmp_path / "out.png"
    with bench.qtbot.waitSignal(bench.session.exported, timeout=WAIT):
        bench.session.export(out, 92)
    faces.setCurrentIndex(0)
    faces.activated.emit(0)
    bench.until(lambda: bench.session.editable and bench.session.editor.points == first)
    assert dict(bench.session.state.strengths) == {"Smiling": 1.5}  # as it was left
    bench.open(out)
    bench.until(lambda: bench.session.editable and dict(bench.session.state.strengths) == {"Smiling": -1.0})
    assert faces.currentIndex() == bench.session.face == 1  # the one that was edited


def test_a_model_without_concepts_finds_them(
    bench: Bench,
    run_copy: Path,
    portrait: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = tmp_path_factory.getbasetemp() / "places"  # where the data and its codes are cached already
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    for concept in (run_copy / "concepts").iterdir():
        concept.unlink()
    bench.ready(run_copy, portrait)
    side = bench.page.side
    assert side.unnamed_button.isVisible()  # which needs no labels
    assert side.find_button.isVisible()
    bench.qtbot.mouseClick(side.find_button, LEFT)
    bench.until(lambda: "Smiling" in side.sliders.rows)
    bench.until(lambda: bench.session.editable)


def test_proving_says_how_far_it_is_and_can_be_stopped(bench: Bench, run_copy: Path, portrait: Path) -> None:
    bench.ready(run_copy, portrait)
    side = bench.page.side
    assert not side.stop_button.isVisible()
    bench.qtbot.mouseClick(side.sliders.prove_button, LEFT)
    bench.until(side.stop_button.isVisible)
    assert not side.sliders.prove_button.isEnabled()
    with bench.qtbot.waitSignal(bench.session.finding_progress, timeout=WAIT):
        pass
    bench.qtbot.mouseClick(side.stop_button, LEFT)
    bench.until(lambda: not side.stop_button.isVisible())
    assert side.sliders.prove_button.isEnabled()
    assert not [message for message in bench.messages if message.kind == "error"]


def test_a_model_of_few_steps_is_doubted_in_words(editing: Bench) -> None:
    assert editing.session.model.step == 150
    assert editing.page.side.doubt.isVisible()
    assert "only briefly (150 steps)" in editing.page.side.doubt.text()


def test_another_model_of_the_same_photo_keeps_the_strengths(editing: Bench, run_copy: Path) -> None:
    editing.drag(1.5)
    strengths = editing.session.state.strengths
    first = editing.session.editor
    editing.open(run_copy)
    editing.until(lambda: editing.session.editable and editing.session.editor is not first)
    assert editing.session.state.strengths == strengths


def test_an_edit_is_offered_again_after_the_program_ended(editing: Bench, qtbot: QtBot, places: Path) -> None:
    editing.drag(1.5)
    result, strengths = editing.shown(), editing.session.state.strengths
    editing.until((places / "preferences" / "edit.json").exists)
    editing.page.close_down()
    editing.until(editing.page.at_rest)
    again = Bench(qtbot)
    again.page.set_ready()
    again.until(lambda: again.session.model is not None)
    offer = again.said[-1]  # the model that is opened by itself does not take it away
    assert offer is not None
    assert "portrait.png" in offer.text
    offer.action()  # type: ignore[misc]
    again.until(lambda: again.session.editable and again.session.state.strengths == strengths)
    assert np.array_equal(again.shown(), result)
    again.page.close_down()
    again.until(again.page.at_rest)


def test_a_face_that_one_model_made_up_comes_back_into_the_edit_of_another(
    bench: Bench, qtbot: QtBot, places: Path, trained_run: Path, run_copy: Path
) -> None:
    change_weights(run_copy)
    bench.page.set_ready()
    bench.open(trained_run)
    bench.until(lambda: bench.session.model is not None and bench.session.busy is None)
    bench.page.bar.random.trigger()
    bench.until(lambda: bench.session.editable)
    face = bench.session.subject.photo.pixels
    first = bench.session.editor
    bench.drag(1.0)
    bench.open(run_copy)
    bench.until(lambda: bench.session.editable and bench.session.editor is not first)
    bench.drag(1.5)
    result = bench.shown()
    bench.until((places / "preferences" / "edit.json").exists)
    bench.page.close_down()
    bench.until(bench.page.at_rest)
    again = Bench(qtbot)
    again.page.set_ready()
    again.until(lambda: again.session.model is not None)
    again.messages[-1].action()  # type: ignore[misc]
    again.until(lambda: again.session.editable and bool(again.session.state.strengths))
    assert np.array_equal(again.session.subject.photo.pixels, face)
    assert again.session.subject.seed is not None  # still marked as made up when it is exported
    assert np.array_equal(again.shown(), result)
    again.page.close_down()
    again.until(again.page.at_rest)


def change_weights(run: Path) -> None:
    """Make a model of its own of a run's copy, with the concepts of the original."""
    for file in run.glob("checkpoints/*/average.safetensors"):
        weights = checkpoint.read_weights(file)
        weights["decoder.0.bias"] = weights["decoder.0.bias"] + 0.3
        write_tensors(file, weights, {"format": checkpoint.FORMAT, "version": checkpoint.VERSION})
        checkpoint.write_sums(file.parent)
    fingerprint = open_model(run).fingerprint
    for file in (run / "concepts").iterdir():
        arrays, info = read_tensors(file, FORMAT, VERSION, "concept")
        write_tensors(file, arrays, {**info, "model": fingerprint})


def test_an_exported_edit_is_not_offered_again(
    editing: Bench, places: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = places / "preferences" / "edit.json"
    monkeypatch.setattr(editing.page, "ask_export", lambda suggestion: str(tmp_path / "out.png"))
    editing.drag(1.5)
    editing.until(kept.exists)
    editing.keys(Qt.Key.Key_E)
    editing.until(lambda: not kept.exists())


def test_every_control_has_a_name_and_a_hint(editing: Bench) -> None:
    from PySide6.QtWidgets import QAbstractButton, QComboBox, QSpinBox

    kinds = (QAbstractButton, QComboBox, QSpinBox)
    for control in [c for kind in kinds for c in editing.page.findChildren(kind) if c.isVisible()]:
        assert control.accessibleName() or control.text(), control
        assert control.toolTip(), control


def test_a_long_name_in_the_bar_does_not_widen_the_window(editing: Bench) -> None:
    narrowest = editing.page.minimumSizeHint().width()
    title = editing.page.bar.title
    title.setText("A photo with a very long name, as cameras and telephones like to give them.jpeg · 1,024 × 768")
    assert editing.page.minimumSizeHint().width() == narrowest
    editing.until(lambda: title.toolTip() == title.text())  # painted, and cut: the whole name is in the tooltip


def test_the_page_is_wide_enough_for_its_words(editing: Bench) -> None:
    side = editing.page.side
    for widget in (side.models, side.export.button, side.sliders.reset_all_button):
        right = widget.mapTo(side, QPoint(widget.width(), 0)).x()
        assert right <= side.width()


def test_a_locked_concept_is_kept_and_undo_lets_it_go(editing: Bench, qtbot: QtBot) -> None:
    editing.drag(2.0)
    free = editing.shown().copy()
    qtbot.mouseClick(editing.row("Facial_Hair").lock_button, LEFT)
    assert editing.session.state.locks == (("Facial_Hair", 1.0),)
    assert (editing.shown() != free).any()
    editing.session.undo()
    assert not editing.row("Facial_Hair").lock_button.isChecked()
    assert np.array_equal(editing.shown(), free)


def test_keeping_the_rest_holds_every_concept_softly(editing: Bench, qtbot: QtBot) -> None:
    qtbot.mouseClick(editing.page.side.sliders.keep_button, LEFT)
    assert {share for _, share in editing.session.state.locks} == {0.7}
    assert len(editing.session.state.locks) == len(editing.session.model.concepts)


def test_the_meter_turns_red_where_no_face_is(editing: Bench) -> None:
    meter = editing.page.side.meter
    editing.until(meter.isVisible)
    editing.session.move("Smiling", 90.0, 1.0)
    editing.session.end_gesture()
    editing.until(lambda: meter.word.text() == "Out of range")
    assert meter.bar.property("role") == "error"
    editing.session.reset()
    editing.until(lambda: meter.word.text() != "Out of range")


def test_a_photo_without_a_face_leaves_no_strength_of_the_last_one_on_the_sliders(
    editing: Bench, tmp_path: Path
) -> None:
    editing.drag(1.0)
    assert editing.page.side.sliders.strengths
    empty = tmp_path / "wall.png"
    Image.new("RGB", (300, 200), "grey").save(empty)
    editing.open(empty)
    editing.until(lambda: editing.session.subject.path == empty and editing.session.editable)
    assert editing.page.side.sliders.strengths == {}


def test_words_of_the_bar_give_way_before_anything_is_cut(editing: Bench) -> None:
    bar = editing.page.bar
    assert bar.zoom.isVisible()
    editing.page.resize(bar.minimumSizeHint().width(), 500)
    editing.until(lambda: not bar.zoom.isVisible())
    assert bar.width() >= bar.layout().minimumSize().width()
    editing.page.resize(1100, 800)
    editing.until(bar.zoom.isVisible)
