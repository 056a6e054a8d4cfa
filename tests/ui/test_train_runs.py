"""Runs in the window: trained again, branched, compared, renamed, deleted; and the queue."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from workbench.core.events import Preview
from workbench.core.runs.folder import Run
from workbench.core.runs.manage import pinned
from workbench.core.training.budget import Budget
from workbench.core.training.previews import GAP
from workbench.jobs.queue import Queue
from workbench.jobs.train import TrainRequest
from workbench.ui.pages.train import TrainPage

PATIENCE_MS = 120_000


def bring_to_rest(qtbot: QtBot, page: TrainPage) -> None:
    page.close_down()
    qtbot.waitUntil(page.at_rest, timeout=PATIENCE_MS)


@pytest.fixture
def runs(tmp_path: Path, trained_run: Path) -> Path:
    """A folder with two runs, as many settings apart as one."""
    folder = tmp_path / "runs"
    for name in ("one", "two"):
        shutil.copytree(trained_run, folder / name)
        Run.open(folder / name).update(name=name, seed=5)
    two = Run.open(folder / "two")
    two.update(settings={**two.info.settings, "learning_rate": 0.001})
    return folder


@pytest.fixture
def page(qtbot: QtBot, runs: Path, places: Path, monkeypatch: pytest.MonkeyPatch) -> TrainPage:
    monkeypatch.setattr("workbench.core.places.runs_folder", lambda: runs)
    monkeypatch.setattr("workbench.jobs.train.runs_folder", lambda: runs)
    monkeypatch.setattr("workbench.core.training.loop.REPORT_SECONDS", 0.0)
    page = TrainPage()
    qtbot.addWidget(page, before_close_func=partial(bring_to_rest, qtbot))
    page.resize(1300, 900)
    page.show()
    page.set_ready()
    page.tabs.setCurrentWidget(page.runs)
    until(qtbot, lambda: page.runs.tree.topLevelItemCount() == 2)
    until(qtbot, page.at_rest)
    return page


def until(qtbot: QtBot, so: Callable[[], object]) -> None:
    qtbot.waitUntil(lambda: bool(so()), timeout=PATIENCE_MS)


def choose(qtbot: QtBot, page: TrainPage, *names: str) -> None:
    """Click on these runs, the second one with Ctrl held."""
    tree = page.runs.tree
    for number, name in enumerate(names):
        (item,) = tree.findItems(name, Qt.MatchFlag.MatchExactly, 0)
        keys = Qt.KeyboardModifier.ControlModifier if number else Qt.KeyboardModifier.NoModifier
        where = tree.visualItemRect(item).center()
        qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, keys, QPoint(20, where.y()))


def press(qtbot: QtBot, button: object) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_list_says_how_much_disk_a_run_takes(page: TrainPage, runs: Path) -> None:
    cells = [page.runs.tree.topLevelItem(0).text(column) for column in range(8)]
    assert any(cell.endswith(("kB", "MB")) for cell in cells)


def test_a_run_is_known_by_its_newest_faces_and_its_preset(qtbot: QtBot, page: TrainPage, runs: Path) -> None:
    run = Run.open(runs / "two")
    (item,) = page.runs.tree.findItems("two", Qt.MatchFlag.MatchExactly, 0)
    assert item.text(1) == f"vae, {run.info.preset}"

    def faces() -> QImage:
        (item,) = page.runs.tree.findItems("two", Qt.MatchFlag.MatchExactly, 0)
        size = item.icon(0).availableSizes()[0]
        return item.icon(0).pixmap(size).toImage().convertToFormat(QImage.Format.Format_RGB32)

    _, newest = run.previews("samples")[-1]
    side = run.info.size
    sheet = QImage(str(newest)).convertToFormat(QImage.Format.Format_RGB32)
    assert faces() == sheet.copy(GAP, GAP, 3 * side + 2 * GAP, side)
    before = faces()
    assert sheet.rgbSwapped().save(str(newest), quality=100)  # the same step, taken again
    page._list()
    until(qtbot, lambda: faces() != before)
    for _, file in run.previews("samples"):
        file.unlink()
    page._list()
    until(qtbot, lambda: faces().size() == page.runs.tree.iconSize())  # nothing is there to show: an empty one


def test_the_arrow_keys_go_on_from_where_they_were_when_the_list_is_read_again(qtbot: QtBot, page: TrainPage) -> None:
    tree = page.runs.tree
    first, second = (tree.topLevelItem(row).text(0) for row in (0, 1))
    choose(qtbot, page, first)
    page.runs.set_rows(page.runs._rows)
    assert page.runs.chosen is not None
    assert page.runs.chosen.cells[0] == first
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    assert page.runs.chosen is not None
    assert page.runs.chosen.cells[0] == second


def test_what_needs_one_run_or_two_can_be_pressed_only_then(qtbot: QtBot, page: TrainPage) -> None:
    buttons = page.runs
    assert not buttons.compare_button.isEnabled()
    assert not buttons.more_button.isEnabled()
    choose(qtbot, page, "one")
    assert buttons.again_button.isEnabled()
    assert not buttons.compare_button.isEnabled()
    choose(qtbot, page, "one", "two")
    assert buttons.compare_button.isEnabled()
    assert not buttons.again_button.isEnabled()
    assert not buttons.rename_action.isEnabled()
    assert buttons.delete_action.isEnabled()


def test_two_runs_are_compared(qtbot: QtBot, page: TrainPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(qtbot, page, "one", "two")
    press(qtbot, page.runs.compare_button)
    view = page.comparison
    until(qtbot, lambda: page.tabs.currentWidget() is view)
    assert {view.title.text()} <= {"one and two", "two and one"}
    assert view.settings.topLevelItemCount() == 1
    row = view.settings.topLevelItem(0)
    assert row.text(0) == "Learning rate"
    assert {row.text(1), row.text(2)} == {"0.001", "0.003"}
    for name in ("one", "two"):
        assert len(view.plot.points("train", name)) == 150
    assert {toggle.text() for toggle in view.plot._toggles.values()} == {"one", "two"}  # as they are called
    view.loss.setCurrentText("KL")
    np.testing.assert_array_equal(
        view.plot.points("train", "one").y, Run.open(page.runs._rows[0].path).losses()["train"][1]["kl"]
    )
    assert view.views[0].image == view.views[1].image, "the same weights make the same of the same noise"
    assert not view.views[0].image.isNull()

    out = tmp_path / "page"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    view._save()
    until(qtbot, (tmp_path / "page.html").exists)
    view.closed.emit()
    assert page.tabs.indexOf(view) < 0
    assert page.tabs.currentWidget() is page.runs


def test_a_run_is_renamed_in_its_line(qtbot: QtBot, page: TrainPage, runs: Path) -> None:
    choose(qtbot, page, "one")
    page.runs.rename_action.trigger()
    editor = page.runs.tree.viewport().findChild(QLineEdit)
    assert editor is not None
    editor.setText("people")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    until(qtbot, lambda: page.runs.tree.findItems("people", Qt.MatchFlag.MatchExactly, 0))
    until(qtbot, lambda: (runs / "people").exists() and Run.open(runs / "people").name == "people")
    assert not (runs / "one").exists()


def test_a_name_that_is_taken_is_said_and_the_old_one_comes_back(qtbot: QtBot, page: TrainPage, runs: Path) -> None:
    with qtbot.waitSignal(page.message, timeout=PATIENCE_MS, check_params_cb=lambda m: m and m.kind == "error"):
        page.runs.renamed.emit(str(runs / "one"), "two")
    until(qtbot, lambda: page.runs.tree.findItems("one", Qt.MatchFlag.MatchExactly, 0))
    assert Run.open(runs / "one").name == "one"


def test_runs_are_deleted_to_the_trash_but_not_one_that_is_trained(
    qtbot: QtBot, page: TrainPage, runs: Path, trash: Path
) -> None:
    with Run.open(runs / "one").locked():
        page._list()
        until(qtbot, lambda: any(row.active for row in page.runs._rows))
        choose(qtbot, page, "one")
        assert not page.runs.delete_action.isEnabled()
        assert not page.runs.rename_action.isEnabled()
    page._list()
    until(qtbot, lambda: page.runs._rows and not any(row.active for row in page.runs._rows))
    choose(qtbot, page, "one", "two")
    qtbot.keyClick(page.runs.tree, Qt.Key.Key_Delete)
    until(qtbot, lambda: page.runs.tree.topLevelItemCount() == 0)
    assert sorted(path.name for path in trash.iterdir()) == ["one", "two"]
    assert page.runs._empty.isVisible()


def test_a_film_and_a_table_are_written(
    qtbot: QtBot, page: TrainPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(qtbot, page, "one")
    for name, press_it in (
        ("film.gif", lambda: page.runs._film("samples")),
        ("losses.csv", page.runs._export),
    ):
        path = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path.with_suffix("")), ""))
        press_it()
        until(qtbot, path.exists)


def test_train_again_fills_the_form_and_makes_a_run_like_the_other(qtbot: QtBot, page: TrainPage, runs: Path) -> None:
    choose(qtbot, page, "two")
    press(qtbot, page.runs.again_button)
    until(qtbot, lambda: page.form.origin is not None)
    form = page.form
    assert form.settings.fields["learning_rate"].value == "0.001"
    assert (form.picture_size, form.budget) == (32, ("steps", 150))
    assert "“two”" in form.origin.sentence
    form.settings.fields["beta"].set_value("0.5")
    form.set_budget("steps", 2)
    press(qtbot, form.start)
    until(qtbot, lambda: page.training is None and (runs / "two-2").exists())
    made = Run.open(runs / "two-2").info
    assert made.settings == {**Run.open(runs / "two").info.settings, "beta": 0.5}
    assert (made.seed, made.step) == (5, 2)


def test_a_training_goes_on_from_a_checkpoint_with_whole_curves(qtbot: QtBot, page: TrainPage, runs: Path) -> None:
    page.open_path(str(runs / "one"))
    previews = page.watch.previews
    until(qtbot, lambda: previews.checkpoint == 150)
    assert previews.branch_button.text() == "Continue from step 150…"
    previews.slider.setValue(0)
    assert previews.checkpoint is None
    assert not previews.branch_button.isEnabled()
    previews.slider.setValue(previews.slider.maximum())
    press(qtbot, previews.branch_button)
    until(qtbot, lambda: page.form.origin is not None)
    form = page.form
    assert form.start.text() == "Continue training"
    assert form.budget == ("steps", 300), "the budget was spent: there must be something left to do"
    assert not form.source.isVisible()
    assert not form.models.isVisible()
    form.settings.fields["learning_rate"].set_value("0.0005")
    form.set_budget("steps", 153)
    press(qtbot, form.start)
    until(qtbot, lambda: page.training is None and (runs / "one-2").exists())
    made = Run.open(runs / "one-2").info
    assert made.branched_from is not None
    assert (made.branched_from.run, made.branched_from.step, made.step) == ("one", 150, 153)
    assert made.branched_from.changed == {"learning_rate": (0.003, 0.0005)}
    np.testing.assert_array_equal(page.watch.plot.points("train", "total").x, np.arange(1, 154))
    assert form.origin is None
    assert form.source.isVisible()
    assert form.start.text() == "Start training"


def test_one_click_goes_back_to_a_checkpoint_and_learns_half_as_fast(qtbot: QtBot, page: TrainPage, runs: Path) -> None:
    fill_quickly(page, steps=100_000)
    press(qtbot, page.form.start)
    until(qtbot, lambda: len(page.watch.plot.points("train", "total")) > 0)
    ill = page.watch.run
    assert ill is not None
    page.watch.rolled_back.emit(str(runs / "one"), 150)  # as the button says of the run that is shown
    until(qtbot, lambda: page.watch.run is not None and page.watch.run.name == "one-2")
    assert Run.open(ill).info.status == "stopped"
    assert page.training is not None
    until(qtbot, lambda: len(page.watch.plot.points("train", "total")) > 150)
    page.watch.stop_now.emit()
    until(qtbot, lambda: page.training is None and page.at_rest())
    made = Run.open(runs / "one-2").info
    assert made.branched_from is not None
    assert (made.branched_from.run, made.branched_from.step) == ("one", 150)
    assert made.branched_from.changed == {"learning_rate": (0.003, 0.0015)}


def test_the_button_that_goes_back_needs_a_checkpoint(qtbot: QtBot, page: TrainPage, runs: Path) -> None:
    page.open_path(str(runs / "one"))
    previews = page.watch.previews
    until(qtbot, lambda: previews.checkpoint == 150)
    previews.slider.setValue(0)
    assert not previews.back_button.isEnabled()
    previews.slider.setValue(previews.slider.maximum())
    with qtbot.waitSignal(page.watch.rolled_back) as asked:
        page.watch.rolled_back.disconnect(page._roll_back)
        press(qtbot, previews.back_button)
    assert asked.args == [str(runs / "one"), 150]


def test_a_run_that_another_program_trains_can_be_looked_at_and_says_so(
    qtbot: QtBot, page: TrainPage, runs: Path
) -> None:
    Run.open(runs / "one").update(status="running", budget={"steps": 200, "epochs": None, "minutes": None})
    with Run.open(runs / "one").locked():
        page.open_path(str(runs / "one"))
        until(qtbot, lambda: len(page.watch.plot.points("train", "total")) == 150)
        assert "Another program trains it now" in page.watch.state.text()
        with qtbot.waitSignal(
            page.message, timeout=PATIENCE_MS, check_params_cb=lambda m: m and m.kind == "error"
        ) as said:
            page.runs.resumed.emit(str(runs / "one"))
        assert "is being trained by another program" in said.args[0].text
        until(qtbot, page.at_rest)
    assert Run.open(runs / "one").info.step == 150


def test_what_changes_the_shape_of_the_net_is_said(qtbot: QtBot, page: TrainPage, runs: Path) -> None:
    page._fill_from(str(runs / "one"), 150)
    until(qtbot, lambda: page.form.origin is not None)
    page.form.settings.fields["width"].set_value("16")
    with qtbot.waitSignal(page.message, timeout=PATIENCE_MS, check_params_cb=lambda m: m and m.kind == "error") as said:
        press(qtbot, page.form.start)
    assert "'width' changes the shape of the net" in said.args[0].text
    assert len(list(runs.iterdir())) == 2


def test_a_checkpoint_is_kept_for_good_and_let_go_again(qtbot: QtBot, page: TrainPage, runs: Path) -> None:
    page.open_path(str(runs / "one"))
    pin = page.watch.previews.pin_button
    until(qtbot, pin.isEnabled)
    press(qtbot, pin)
    until(qtbot, lambda: pinned(Run.open(runs / "one")) == (150,))
    until(qtbot, pin.isChecked)
    press(qtbot, pin)
    until(qtbot, lambda: pinned(Run.open(runs / "one")) == ())


def test_every_checkpoint_is_a_moment_of_the_slider_also_one_after_the_last_picture(
    page: TrainPage, tmp_path: Path
) -> None:
    previews = page.watch.previews
    previews.clear()
    for step in (0, 100, 300):
        previews.add(Preview(step, "samples", np.zeros((4, 4, 3), np.uint8)), tmp_path / "none.webp")
    previews.set_checkpoints({50: False, 200: True, 300: False, 999: False})
    assert previews.steps == [0, 50, 100, 200, 300, 999]
    assert previews.slider._marks == ((1, False), (3, True), (4, False), (5, False))
    assert previews.checkpoint == 999
    assert previews._titles["samples"].text() == "Samples of step 300"
    previews.slider.setValue(3)
    previews.set_checkpoints({200: True, 300: False, 999: False})  # one was forgotten: what is shown stays
    assert (previews.checkpoint, previews.slider.value()) == (200, 2)
    assert previews._titles["samples"].text() == "Samples of step 100"


def test_discarding_shows_the_run_as_it_was_at_its_last_checkpoint(qtbot: QtBot, page: TrainPage, runs: Path) -> None:
    Run.open(runs / "one").update(status="stopped", budget={"steps": 100_000, "epochs": None, "minutes": None})
    page.runs.resumed.emit(str(runs / "one"))
    x = lambda: page.watch.plot.points("train", "total").x  # noqa: E731
    until(qtbot, lambda: len(x()) > 150)
    page.watch.discard.emit()
    assert not page.watch.stop_button.isEnabled()
    until(qtbot, lambda: page.training is None)
    until(qtbot, lambda: len(x()) == 150)
    assert max(Run.open(runs / "one").losses()["train"][0]) == 150


def fill_quickly(page: TrainPage, steps: int) -> None:
    page.form.set_size(32)
    page.form.settings.set_values({"latent": 16, "width": 8, "batch_size": 32})
    page.form.set_budget("steps", steps)
    page.form.set_device("cpu")


def test_what_is_added_to_the_queue_begins_when_the_training_before_it_is_done(
    qtbot: QtBot, page: TrainPage, runs: Path
) -> None:
    fill_quickly(page, steps=60)
    press(qtbot, page.form.start)
    page.form.set_budget("steps", 3)
    press(qtbot, page.form.queue)
    until(qtbot, lambda: len(page.queue.rows) == 1)
    assert page.tabs.currentWidget() is page.queue
    assert not page.queue.begin_button.isEnabled(), "one is being trained"
    until(qtbot, lambda: not Queue().waiting() and page.training is None)
    steps = sorted(Run.open(path).info.step for path in runs.iterdir())
    assert steps == [3, 60, 150, 150]


def test_a_training_that_the_user_stops_does_not_begin_the_next(qtbot: QtBot, page: TrainPage) -> None:
    fill_quickly(page, steps=100_000)
    for count in (1, 2):
        press(qtbot, page.form.queue)
        until(qtbot, lambda count=count: len(page.queue.rows) == count)
    press(qtbot, page.queue.begin_button)
    until(qtbot, lambda: len(page.watch.plot.points("train", "total")) > 0)
    until(qtbot, lambda: page.queue.rows[0].active)
    assert page.queue.tree.topLevelItem(0).text(1) == "is being trained"
    assert page.queue.waiting == 1
    page.watch.stop_now.emit()
    until(qtbot, lambda: page.training is None and page.at_rest())
    assert len(Queue().waiting()) == 2
    assert "goes on" in page.queue.tree.topLevelItem(0).text(0)


def test_what_waits_can_be_given_an_earlier_or_a_later_turn(qtbot: QtBot, page: TrainPage) -> None:
    ids = [Queue().add(TrainRequest("builtin:avatars", Budget(steps=n), size=32)).id for n in (1, 2, 3)]
    page._list()
    until(qtbot, lambda: len(page.queue.rows) == 3)
    page.tabs.setCurrentWidget(page.queue)
    queue = page.queue
    assert not queue.up_button.isEnabled()  # none is chosen
    queue.tree.setCurrentItem(queue.tree.topLevelItem(2))
    assert not queue.down_button.isEnabled()
    press(qtbot, queue.up_button)
    until(qtbot, lambda: [row.id for row in queue.rows] == [ids[0], ids[2], ids[1]])
    queue.tree.setFocus()
    qtbot.keyClick(queue.tree, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    until(qtbot, lambda: [row.id for row in queue.rows] == [ids[2], ids[0], ids[1]])
    assert not queue.up_button.isEnabled()  # it is still the chosen one, and the first
    press(qtbot, queue.down_button)
    until(qtbot, lambda: [entry.id for entry in Queue().waiting()] == [ids[0], ids[2], ids[1]])
    until(qtbot, page.at_rest)
    queue.tree.setCurrentItem(queue.tree.topLevelItem(2))
    queue.set_rows(queue.rows[:1])  # the chosen one has had its turn
    assert not queue.remove_button.isEnabled()


def test_one_that_cannot_start_stays_with_its_reason_and_the_next_begins(
    qtbot: QtBot, page: TrainPage, tmp_path: Path, runs: Path
) -> None:
    bad = TrainRequest(str(tmp_path / "unplugged"), Budget(steps=2), size=32)
    good = TrainRequest(
        "builtin:avatars", Budget(steps=2), size=32, settings={"latent": 8, "width": 8}, name="good", device="cpu"
    )
    for request in (bad, good):
        Queue().add(request)
    page._list()
    until(qtbot, lambda: len(page.queue.rows) == 2)
    press(qtbot, page.queue.begin_button)
    until(qtbot, lambda: (runs / "good").exists() and page.training is None and page.at_rest())
    until(qtbot, lambda: len(page.queue.rows) == 1)
    assert "unplugged" in page.queue.tree.topLevelItem(0).text(1)
    page.tabs.setCurrentWidget(page.queue)
    page.queue.tree.topLevelItem(0).setSelected(True)
    press(qtbot, page.queue.retry_button)
    until(qtbot, lambda: page.queue.waiting == 1)
    page.queue.tree.topLevelItem(0).setSelected(True)
    press(qtbot, page.queue.remove_button)
    until(qtbot, lambda: not page.queue.rows)
    QApplication.processEvents()
