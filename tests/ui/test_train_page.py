from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from workbench.core.control import Control
from workbench.core.events import Advice, Losses, Preview, Progress, Started
from workbench.core.runs.folder import Run
from workbench.ui.fold import Folding
from workbench.ui.page import Message
from workbench.ui.pages.train import TrainPage
from workbench.ui.pages.train_jobs import training_threads
from workbench.ui.pages.train_watch import PastRun
from workbench.ui.preferences import preferences
from workbench.ui.previews import read_grids

PATIENCE_MS = 120_000
"""For a busy machine."""
TINY = {"latent": 16, "width": 8, "batch_size": 32}


def bring_to_rest(qtbot: QtBot, page: TrainPage) -> None:
    page.close_down()
    qtbot.waitUntil(page.at_rest, timeout=PATIENCE_MS)


@pytest.fixture
def page(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainPage:
    monkeypatch.setattr("workbench.core.places.runs_folder", lambda: tmp_path / "runs")
    monkeypatch.setattr("workbench.jobs.train.runs_folder", lambda: tmp_path / "runs")
    page = TrainPage()
    qtbot.addWidget(page, before_close_func=partial(bring_to_rest, qtbot))
    page.resize(1200, 800)
    page.show()
    page.set_ready()
    page.form.set_size(32)
    page.form.settings.set_values(TINY)
    return page


def start(qtbot: QtBot, page: TrainPage, steps: int) -> None:
    page.form.set_budget("steps", steps)
    page.form.set_device("cpu")
    qtbot.mouseClick(page.form.start, Qt.MouseButton.LeftButton)
    assert page.training is not None


def wait_for_step(qtbot: QtBot, page: TrainPage) -> None:
    qtbot.waitUntil(lambda: len(page.watch.plot.points("train", "total")) > 0, timeout=PATIENCE_MS)


def wait_for_end(qtbot: QtBot, page: TrainPage) -> None:
    qtbot.waitUntil(lambda: page.training is None, timeout=PATIENCE_MS)


def runs(tmp_path: Path) -> list[Run]:
    return [Run.open(path.parent) for path in (tmp_path / "runs").glob("*/run.json")]


def test_the_models_appear_when_torch_is_there(qtbot: QtBot) -> None:
    page = TrainPage()
    qtbot.addWidget(page)
    assert not page.form.start.isEnabled()
    page.set_ready()
    assert page.form.start.isEnabled()
    assert page.form.model == "vae"
    assert page.form.values()["device"] == "auto"
    qtbot.waitUntil(page.at_rest, timeout=PATIENCE_MS)


def test_a_training_shows_its_losses_and_pictures_and_is_saved(qtbot: QtBot, page: TrainPage, tmp_path: Path) -> None:
    with qtbot.waitSignal(page.message, timeout=PATIENCE_MS, check_params_cb=lambda m: m and m.button == "Use in Edit"):
        start(qtbot, page, steps=4)
    (run,) = runs(tmp_path)
    assert (run.info.status, run.info.step) == ("done", 4)
    assert run.info.device == "cpu"
    np.testing.assert_array_equal(page.watch.plot.points("train", "total").x, [1, 2, 3, 4])
    np.testing.assert_allclose(60 * page.watch.plot._times.minutes(4), run.info.seconds, atol=1)
    assert page.watch.previews.steps[-1] == 4
    assert not page.watch.previews.shown("samples").isNull()
    assert not page.watch.previews.shown("reconstructions").isNull()
    assert page.watch.step.text == "4"
    assert page.watch.bar.value() == page.watch.bar.maximum()
    assert page.watch.measured["psnr"].text.endswith("dB")
    assert page.form.start.isEnabled()
    qtbot.waitUntil(lambda: page.runs.tree.topLevelItemCount() == 1, timeout=PATIENCE_MS)


def test_after_a_start_by_key_the_next_key_holds_the_training_and_queues_nothing(qtbot: QtBot, page: TrainPage) -> None:
    page.form.set_budget("steps", 100_000)
    page.form.set_device("cpu")
    page.form.start.setFocus()
    qtbot.keyClick(page.form.start, Qt.Key.Key_Space)
    assert page.window().focusWidget() is page.watch.pause_button
    wait_for_step(qtbot, page)
    page.watch.stop_now.emit()
    wait_for_end(qtbot, page)


def test_after_a_few_steps_the_page_says_that_the_model_is_still_untrained(qtbot: QtBot, page: TrainPage) -> None:
    with qtbot.waitSignal(page.message, timeout=PATIENCE_MS, check_params_cb=lambda m: m and m.button) as said:
        start(qtbot, page, steps=3)
    message = said.args[0]
    assert "still untrained (3 steps)" in message.text
    assert message.kind == "advice"  # it stays until it is read
    qtbot.waitUntil(page.at_rest, timeout=PATIENCE_MS)


def test_stop_saves_and_resume_goes_on(qtbot: QtBot, page: TrainPage, tmp_path: Path) -> None:
    start(qtbot, page, steps=100_000)
    wait_for_step(qtbot, page)
    page.watch.stop_now.emit()
    assert not page.watch.stop_button.isEnabled()
    wait_for_end(qtbot, page)
    (run,) = runs(tmp_path)
    stopped_at = run.info.step
    assert run.info.status == "stopped"
    assert [step for step, _ in run.checkpoints()] == [stopped_at]

    page.runs.resumed.emit(str(run.path))
    last = lambda: max(page.watch.plot.points("train", "total").x, default=0)  # noqa: E731
    qtbot.waitUntil(lambda: last() > stopped_at, timeout=PATIENCE_MS)
    x = page.watch.plot.points("train", "total").x
    np.testing.assert_array_equal(x, np.arange(1, len(x) + 1))
    page.watch.stop_now.emit()
    wait_for_end(qtbot, page)


def test_a_stop_after_the_epoch_lets_go_of_what_is_held(qtbot: QtBot, page: TrainPage) -> None:
    start(qtbot, page, steps=100_000)
    wait_for_step(qtbot, page)
    page.watch.pause_button.click()
    page.watch.stop_after_epoch.emit()
    assert (page.watch.pause_button.text(), page.watch.state.text()) == ("Pause", "Stops when this epoch is through…")
    page.watch.stop_now.emit()
    wait_for_end(qtbot, page)


def test_resume_pressed_twice_begins_one_training(
    qtbot: QtBot, page: TrainPage, trained_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Path] = []
    monkeypatch.setattr("workbench.ui.pages.train.resume", partial(_until_stopped, begun))
    qtbot.waitUntil(page.at_rest, timeout=PATIENCE_MS)
    page.runs.resumed.emit(str(trained_run))
    page.runs.resumed.emit(str(trained_run))
    qtbot.waitUntil(lambda: bool(begun) and len(page._jobs._threads) == 1, timeout=PATIENCE_MS)
    assert begun == [trained_run]
    page.watch.stop_now.emit()
    wait_for_end(qtbot, page)


def test_a_window_that_closes_resumes_nothing(
    qtbot: QtBot, page: TrainPage, trained_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Path] = []
    monkeypatch.setattr("workbench.ui.pages.train.resume", partial(_until_stopped, begun))
    page.runs.resumed.emit(str(trained_run))
    bring_to_rest(qtbot, page)
    assert not begun


def test_a_paused_training_rests(qtbot: QtBot, page: TrainPage) -> None:
    start(qtbot, page, steps=100_000)
    wait_for_step(qtbot, page)
    assert page.training is not None
    qtbot.mouseClick(page.watch.pause_button, Qt.MouseButton.LeftButton)
    assert page.training.control.paused
    assert page.watch.pause_button.text() == "Resume"
    qtbot.mouseClick(page.watch.pause_button, Qt.MouseButton.LeftButton)
    assert not page.training.control.paused
    assert page.watch.pause_button.text() == "Pause"


def test_closing_down_saves_the_training(qtbot: QtBot, page: TrainPage, tmp_path: Path) -> None:
    start(qtbot, page, steps=100_000)
    wait_for_step(qtbot, page)
    with qtbot.waitSignal(page.rested, timeout=PATIENCE_MS):
        page.close_down()
    (run,) = runs(tmp_path)
    assert run.info.status == "stopped"
    assert run.checkpoints()


def test_a_source_that_cannot_be_opened_is_a_message_and_no_run(qtbot: QtBot, page: TrainPage, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    page.open_path(str(empty))
    with qtbot.waitSignal(page.message, timeout=PATIENCE_MS, check_params_cb=lambda m: m is not None) as caught:
        start(qtbot, page, steps=4)
    assert caught.args[0].kind == "error"
    assert "empty" in caught.args[0].text
    assert page.training is None
    assert page.form.start.isEnabled()
    assert runs(tmp_path) == []


def test_an_impossible_setting_is_marked_and_nothing_starts(qtbot: QtBot, page: TrainPage) -> None:
    page.form.settings.fields["batch_size"].set_value(0)
    qtbot.mouseClick(page.form.start, Qt.MouseButton.LeftButton)
    assert page.training is None
    assert page.form.settings.fields["batch_size"].error.isVisible()


def test_a_past_run_shows_its_curves_and_pictures(
    qtbot: QtBot, page: TrainPage, trained_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.open_path(str(trained_run))
    wait_for_step(qtbot, page)
    assert len(page.watch.plot.points("train", "total")) == 150
    previews = page.watch.previews
    slider = previews.slider
    assert slider.value() == slider.maximum() > 0
    files = previews._files["samples"]

    def shows(step: int) -> bool:
        return bool(previews.shown("samples") == QImage(str(files[step])))

    qtbot.waitUntil(lambda: shows(previews.steps[-1]), timeout=PATIENCE_MS)
    read = []
    monkeypatch.setattr("workbench.ui.previews.read_grids", lambda *given: read.append(given) or read_grids(*given))
    for place in range(slider.maximum(), -1, -1):  # a hand drags it to the beginning
        slider.setValue(place)
    assert previews._when.text() == f"step {previews.steps[0]:,}"
    qtbot.waitUntil(lambda: shows(previews.steps[0]), timeout=PATIENCE_MS)
    assert len(read) <= 2  # what was passed by meanwhile is never read


def test_use_in_edit_hands_the_run_over(qtbot: QtBot, page: TrainPage) -> None:
    with qtbot.waitSignal(page.hand_over) as caught:
        page.runs.used.emit("my-run")
    assert caught.args == ["Edit", "my-run"]


def test_the_form_is_remembered(qtbot: QtBot, page: TrainPage) -> None:
    page.form.set_budget("epochs", 7)
    page.save_state()
    again = TrainPage()
    qtbot.addWidget(again)
    assert again.form.budget == ("epochs", 7)
    assert again.form.picture_size == 32


def test_a_preset_fills_the_form(page: TrainPage) -> None:
    assert page.form.values()["preset"] == "standard"
    page.form.presets.choose("small")
    assert page.form.settings.fields["width"].value == "32"
    assert page.form.values()["preset"] == "small"
    assert page.form.values()["settings"] == {}


def test_a_preset_that_is_made_for_one_size_chooses_it(page: TrainPage) -> None:
    page.form.set_size(64)
    page.form.models.choose("vaegan")
    page.form.presets.choose("starter-64")
    assert page.form.picture_size == 64
    page.form.presets.choose("starter")
    assert page.form.picture_size == 128
    page.form.set_size(64)
    assert page.form.values()["size"] == 64  # who wants another may have it


def test_every_preset_of_every_model_is_a_card_with_a_sentence(page: TrainPage) -> None:
    for name, model in page.form._models.items():
        page.form.models.choose(name)
        assert list(page.form.presets._cards) == list(model.presets)
        assert page.form.presets.choice == next(iter(model.presets))
        for preset, card in page.form.presets._cards.items():
            assert len(card.findChildren(QLabel)[1].text()) > 10, (name, preset)


def test_every_card_has_room_for_its_words(page: TrainPage, qtbot: QtBot) -> None:
    font = page.font()
    font.setPointSizeF(1.25 * font.pointSizeF())
    page.setFont(font)

    def fits() -> None:
        for card in [*page.form.models._cards.values(), *page.form.presets._cards.values()]:
            for label in card.findChildren(QLabel):
                assert label.height() >= label.heightForWidth(label.width()), label.text()
                longest = max(label.fontMetrics().horizontalAdvance(word) for word in label.text().split())
                assert label.width() >= longest, label.text()
                assert label.geometry().bottom() <= card.height(), label.text()

    for name in page.form._models:
        page.form.models.choose(name)
        qtbot.waitUntil(fits, timeout=PATIENCE_MS)  # laid out anew


def test_time_left_is_hidden_until_it_is_known(page: TrainPage, tmp_path: Path) -> None:
    watch = page.watch
    watch.begin("run")
    watch.on_event(Started(tmp_path, 0, "cpu", {}))
    watch.on_event(Progress("Training", 10, 100, "steps", rate=250.0))
    assert (watch.step.text, watch.rate.text, watch.left.text) == ("10 / 100", "250", "–")
    watch.on_event(Progress("Training", 20, 100, "steps", rate=250.0, seconds_left=200.0))
    assert watch.left.text == "3 min 20 s"


def test_a_run_that_nobody_trains_has_no_speed_and_no_time_left(page: TrainPage, tmp_path: Path) -> None:
    watch = page.watch
    clock = (np.arange(3), np.arange(3.0))
    watch.show_past(PastRun(tmp_path, "done", {}, {}, clock))
    assert watch.step.isVisible()
    assert not watch.rate.isVisible()
    assert not watch.left.isVisible()
    watch.on_event(Progress("Training", 10, 100, "steps", rate=250.0))  # it goes on
    assert watch.rate.isVisible()
    assert watch.left.isVisible()


def test_the_form_gives_the_curves_room_in_a_window_of_1024_by_680(
    qtbot: QtBot, page: TrainPage, tmp_path: Path
) -> None:
    folding = page.findChild(Folding)
    page.hide()
    rail = 80
    page.resize(1280 - rail, 680)
    page.show()
    assert not folding.folded
    page.hide()
    page.resize(1024 - rail, 680)
    page.show()
    assert folding.folded
    assert page.form.isVisible(), "there is nothing to watch yet"
    page.watch.show_past(PastRun(tmp_path, "done", {}, {}, (np.arange(3), np.arange(3.0))))
    page.tabs.setCurrentWidget(page.watch)
    page.hide()
    page.show()
    assert page.watch.isVisible()
    pictures = page.watch.splitter.sizes()[1]
    page.resize(1024 - rail, 1080)
    QApplication.processEvents()
    assert page.watch.splitter.sizes()[1] > pictures + 100, "what a taller window has goes to the pictures as well"


def test_what_came_before_the_start_does_not_stand_in_the_bar_of_the_training(page: TrainPage, tmp_path: Path) -> None:
    page.watch.begin("run")
    page.watch.on_event(Progress("Trying some steps", 4, 4, "pictures"))
    assert page.watch.bar.value() == page.watch.bar.maximum()
    page.watch.on_event(Started(tmp_path, 0, "cpu", {}))
    assert page.watch.bar.value() == 0


def test_a_look_into_the_past_is_not_pulled_away_by_news(page: TrainPage, tmp_path: Path) -> None:
    watch = page.watch
    watch.on_event(Started(tmp_path, 0, "cpu", {}))
    for step in range(3):
        watch.on_event(Preview(step, "samples", np.full((4, 4, 3), step, np.uint8)))
    watch.previews.slider.setValue(0)
    watch.on_event(Preview(3, "samples", np.full((4, 4, 3), 3, np.uint8)))
    assert watch.previews.slider.value() == 0
    assert watch.previews.slider.maximum() == 3


def test_one_slider_through_time_moves_the_line_in_the_plot_and_a_click_there_moves_the_slider(
    qtbot: QtBot, page: TrainPage
) -> None:
    watch = page.watch
    watch.begin("run")
    watch.run = Path("run")
    assert watch.plot.moment is None
    steps = np.arange(1, 301)
    watch.on_event(Losses("train", steps, {"total": 300.0 - steps}, 60.0))
    for step in (0, 100, 200, 300):
        watch.on_event(Preview(step, "samples", np.full((4, 4, 3), step % 255, np.uint8)))
    assert watch.plot.moment == 300
    watch.previews.slider.setValue(1)
    assert watch.plot.moment == 100
    for clicked, value in ((190, 2), (10, 0), (10_000, 3)):
        watch.plot.pointed.emit(clicked)
        assert watch.previews.slider.value() == value
        assert watch.plot.moment == watch.previews.steps[value]


def test_what_is_measured_is_a_figure_and_no_curve_among_the_losses(page: TrainPage) -> None:
    measured = {"psnr": ("21.5 dB", 21.5), "active_units": ("14", 14.0), "kid": ("0.012", 0.0123)}
    values = {"total": np.ones(1, np.float32), **{name: np.full(1, v, np.float32) for name, (_, v) in measured.items()}}
    page.watch.on_event(Losses("validation", np.array([5]), values))
    for name, (text, _) in measured.items():
        assert page.watch.measured[name].text == text
        assert len(page.watch.plot.points("validation", name)) == 0
    assert len(page.watch.plot.points("validation", "total")) == 1


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (4, 3), (16, None)])
def test_a_training_leaves_a_core_to_the_window(
    cores: int, threads: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert training_threads() == threads


def test_an_unexpected_error_is_logged(page: TrainPage, qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    with qtbot.waitSignal(page.message, check_params_cb=lambda m: m == _bug()):
        page._jobs.start(_broken, done=page.runs.set_rows)
    assert "ZeroDivisionError" in caplog.text
    caplog.clear()


def _bug() -> Message:
    from workbench.ui.page import BUG

    return BUG


def _until_stopped(begun: list[Path], run: Path, control: Control) -> Iterator[Progress]:
    begun.append(run)
    while True:
        control.check()
        yield Progress("Training", 1, None, "steps")
        time.sleep(0.01)


def _broken(control: object) -> Iterator[Progress]:
    yield Progress("Breaking", 0, None, "things")
    raise ZeroDivisionError


def test_nonsense_in_the_preferences_does_not_keep_the_window_from_starting(qtbot: QtBot) -> None:
    for key, value in (("train/size", "77"), ("train/amount", "many"), ("train/unit", "weeks")):
        preferences().setValue(key, value)
    page = TrainPage()
    qtbot.addWidget(page)
    assert page.form.picture_size == 64
    assert page.form.budget == ("minutes", 10)


def choose_gan(page: TrainPage, preset: str) -> None:
    page.form.models.choose("dcgan")
    page.form.presets.choose(preset)


def test_what_a_preset_cannot_be_is_not_offered_and_says_why(page: TrainPage) -> None:
    page.form.set_size(64)
    choose_gan(page, "lecture")
    assert page.form.picture_size == 32
    button = page.form._sizes.button(64)
    assert not button.isEnabled()
    assert button.toolTip() == "These nets are made for 32 pixels"
    choose_gan(page, "compact")
    assert button.isEnabled()
    assert button.toolTip() == "A good start"


def test_the_layers_of_what_is_set_can_be_unfolded(qtbot: QtBot, page: TrainPage) -> None:
    choose_gan(page, "lecture")
    qtbot.mouseClick(page.form.layers_fold, Qt.MouseButton.LeftButton)
    table = page.form.layers.tree
    qtbot.waitUntil(lambda: table.topLevelItemCount() == 2, timeout=PATIENCE_MS)
    assert table.topLevelItem(0).text(2) == "6,264,579"
    page.form.settings.fields["width"].set_value(32)
    qtbot.waitUntil(lambda: table.topLevelItem(0).text(2) != "6,264,579", timeout=PATIENCE_MS)


def test_the_six_steps_of_a_gan_are_walked_in_the_window(qtbot: QtBot, page: TrainPage) -> None:
    choose_gan(page, "lecture-small")
    page.form.settings.fields["width"].set_value(8)
    page.form.settings.fields["batch_size"].set_value(4)
    start(qtbot, page, 5000)
    walk = page.watch.walk
    qtbot.waitUntil(walk.walk_button.isEnabled, timeout=PATIENCE_MS)
    assert walk.isVisible()
    qtbot.mouseClick(walk.walk_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(walk.next_button.isEnabled, timeout=PATIENCE_MS)
    for _ in range(7):
        before = walk.current
        qtbot.mouseClick(walk.next_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda before=before: walk.current == before % 6 + 1, timeout=PATIENCE_MS)
        qtbot.waitUntil(walk.next_button.isEnabled, timeout=PATIENCE_MS)
    assert not walk.picture.image.isNull()
    assert walk.note.text()
    qtbot.mouseClick(walk.walk_button, Qt.MouseButton.LeftButton)  # on by itself
    steps = len(page.watch.plot.points("train", "discriminator"))
    qtbot.waitUntil(lambda: len(page.watch.plot.points("train", "discriminator")) > steps, timeout=PATIENCE_MS)
    page._stop_now()
    wait_for_end(qtbot, page)


def test_a_walked_training_can_be_stopped(qtbot: QtBot, page: TrainPage, tmp_path: Path) -> None:
    choose_gan(page, "lecture-small")
    page.form.settings.fields["width"].set_value(8)
    start(qtbot, page, 5000)
    walk = page.watch.walk
    qtbot.waitUntil(walk.walk_button.isEnabled, timeout=PATIENCE_MS)
    qtbot.mouseClick(walk.walk_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(walk.next_button.isEnabled, timeout=PATIENCE_MS)
    page._stop_now()
    wait_for_end(qtbot, page)
    assert runs(tmp_path)[0].info.status == "stopped"
    assert not walk.walk_button.isEnabled()


def test_what_a_gan_has_not_is_not_shown(qtbot: QtBot, page: TrainPage) -> None:
    page.watch.begin("a GAN")
    picture = np.zeros((8, 8, 3), np.uint8)
    page.watch.run = Path("run")
    page.watch.on_event(Preview(0, "samples", picture))
    assert page.watch.previews._views["samples"].isVisible()
    assert not page.watch.previews._views["reconstructions"].isVisible()
    assert not page.watch.measured["psnr"].isVisible()
    page.watch.on_event(Preview(0, "reconstructions", picture))
    page.watch.on_event(Losses("validation", np.array([1]), {"psnr": np.array([20.0], np.float32)}))
    assert page.watch.previews._views["reconstructions"].isVisible()
    assert page.watch.measured["psnr"].isVisible()


def test_a_click_on_a_remedy_stops_and_fills_the_form_to_go_on_in_another_way(
    qtbot: QtBot, page: TrainPage, tmp_path: Path
) -> None:
    page.form.settings.fields["checkpoint_seconds"].set_value(0.0)
    start(qtbot, page, 100_000)
    qtbot.waitUntil(lambda: bool(runs(tmp_path)) and bool(runs(tmp_path)[0].checkpoints()), timeout=PATIENCE_MS)
    advice = Advice("It jumps about.", "Go on slower.", "exploding", 3, changes={"learning_rate": 0.0005})
    page._on_event(advice)
    qtbot.mouseClick(page.watch.health.view("exploding").button, Qt.MouseButton.LeftButton)
    wait_for_end(qtbot, page)
    qtbot.waitUntil(lambda: page.form.origin is not None, timeout=PATIENCE_MS)
    assert page.form.origin is not None
    assert page.form.origin.step is not None
    assert page.form.changed == {"learning_rate": "0.0005"}
    assert page.form.start.text() == "Continue training"
