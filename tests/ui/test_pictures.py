"""The picture view: numpy to Qt and back, zoom, pan, compare, faces."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPalette, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.ui.picture_view import Compare, PictureView
from workbench.ui.pictures import Patch, Pyramid, from_qimage, to_qimage

BLUE, RED = (20, 40, 200), (200, 40, 20)


def plain(colour: tuple[int, int, int], width: int = 200, height: int = 100) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


@pytest.fixture
def view(qtbot: QtBot) -> PictureView:
    view = PictureView()
    qtbot.addWidget(view)
    view.resize(640, 480)
    view.show()
    qtbot.waitExposed(view)
    return view


def colour_at(view: PictureView, x: float, y: float) -> tuple[int, int, int]:
    colour = view.grab().toImage().pixelColor(round(x), round(y))
    return colour.red(), colour.green(), colour.blue()


def wheel(view: PictureView, at: QPointF, steps: int) -> None:
    event = QWheelEvent(
        at,
        view.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


@pytest.mark.parametrize("width", [1, 33, 64])
def test_a_picture_of_any_width_survives_the_way_to_qt_and_back(width: int) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (7, width, 3), np.uint8)
    assert np.array_equal(from_qimage(to_qimage(rgb)), rgb)


def test_a_slice_that_is_not_contiguous_becomes_the_same_picture() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (20, 31, 3), np.uint8)
    assert np.array_equal(from_qimage(to_qimage(rgb[::2, 1:-1])), rgb[::2, 1:-1])


def test_a_qimage_does_not_change_with_the_array_it_came_from() -> None:
    rgb = plain(RED)
    image = to_qimage(rgb)
    rgb[:] = 0
    assert image.pixelColor(5, 5) == QColor(*RED)


def test_a_picture_with_transparency_becomes_rgb() -> None:
    image = QImage(3, 2, QImage.Format.Format_ARGB32)
    image.fill(QColor(*BLUE))
    assert np.array_equal(from_qimage(image), plain(BLUE, 3, 2))


def test_a_small_scale_paints_from_a_smaller_copy_that_is_never_too_small() -> None:
    pyramid = Pyramid(plain(RED, 3000, 2000))
    for scale in (1.0, 0.5, 0.3, 0.2):
        assert pyramid.level(scale).width() >= 3000 * scale
    assert pyramid.level(0.2).width() == 750


def test_a_large_picture_is_painted_from_the_very_memory_that_it_came_in() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (701, 933, 3), np.uint8)
    whole = Pyramid(rgb).levels[0]
    assert np.shares_memory(np.frombuffer(whole.constBits(), np.uint8), rgb)


def test_that_memory_stays_for_as_long_as_it_is_painted() -> None:
    rgb = plain(RED, 933, 701)
    alive = weakref.ref(rgb)
    pyramid = Pyramid(rgb)
    del rgb
    assert alive() is not None
    del pyramid
    assert alive() is None


def test_the_smaller_copies_are_means() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (701, 1933, 3), np.uint8)
    once = Image.fromarray(rgb).reduce(2)
    levels = [from_qimage(level) for level in Pyramid(rgb).levels]
    for level, expected in zip(levels, (rgb, np.asarray(once), np.asarray(once.reduce(2))), strict=True):
        assert np.array_equal(level, expected)


def test_an_opened_picture_is_fitted(view: PictureView) -> None:
    view.set_picture(Pyramid(plain(RED)))
    left_top, right_bottom = view.to_screen(QPointF(0, 0)), view.to_screen(QPointF(200, 100))
    assert view.rect().contains(left_top.toPoint())
    assert view.rect().contains(right_bottom.toPoint())
    assert right_bottom.x() - left_top.x() > 0.9 * view.width()


def test_a_fitted_picture_stays_fitted_when_the_window_grows(view: PictureView) -> None:
    view.set_picture(Pyramid(plain(RED)))
    before = view.scale
    view.resize(1280, 960)
    assert view.scale == pytest.approx(2 * before, rel=0.05)


def test_the_wheel_zooms_at_the_pointer(view: PictureView) -> None:
    view.set_picture(Pyramid(plain(RED)))
    at = QPointF(200, 260)
    before, scale = view.to_photo(at), view.scale
    wheel(view, at, 3)
    after = view.to_photo(at)
    assert view.scale == pytest.approx(scale * 1.2**3)
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()))


def test_a_drag_pans_and_a_double_click_fits_again(view: PictureView, qtbot: QtBot) -> None:
    view.set_picture(Pyramid(plain(RED)))
    fitted = view.scale
    wheel(view, QPointF(320, 240), 5)
    before = view.to_screen(QPointF(100, 50))
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(320, 240))
    qtbot.mouseMove(view, QPoint(350, 260))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(350, 260))
    moved = view.to_screen(QPointF(100, 50)) - before
    assert (moved.x(), moved.y()) == pytest.approx((30, 20))
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(320, 240))
    assert view.scale == pytest.approx(fitted)


def test_plus_minus_and_zero_zoom_with_the_keyboard(view: PictureView, qtbot: QtBot) -> None:
    view.set_picture(Pyramid(plain(RED)))
    fitted = view.scale
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.scale > fitted
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.scale == pytest.approx(fitted)


def test_the_result_is_shown_and_the_original_while_it_is_held(view: PictureView) -> None:
    view.set_picture(Pyramid(plain(RED)), Pyramid(plain(BLUE)))
    assert colour_at(view, 320, 240) == BLUE
    view.hold_original(True)
    assert colour_at(view, 320, 240) == RED
    view.hold_original(False)
    assert colour_at(view, 320, 240) == BLUE


def test_side_by_side_shows_the_original_on_the_left(view: PictureView) -> None:
    view.set_picture(Pyramid(plain(RED)), Pyramid(plain(BLUE)))
    view.set_compare(Compare.SIDE_BY_SIDE)
    assert colour_at(view, 160, 240) == RED
    assert colour_at(view, 480, 240) == BLUE


def test_the_split_line_is_dragged(view: PictureView, qtbot: QtBot) -> None:
    view.set_picture(Pyramid(plain(RED)), Pyramid(plain(BLUE)))
    view.set_compare(Compare.SPLIT)
    assert colour_at(view, 280, 200) == RED
    assert colour_at(view, 360, 200) == BLUE
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(320, 200))
    qtbot.mouseMove(view, QPoint(480, 200))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(480, 200))
    assert colour_at(view, 360, 200) == RED
    assert colour_at(view, 520, 200) == BLUE


def test_a_patch_covers_its_area_until_the_whole_result_comes(view: PictureView) -> None:
    view.set_picture(Pyramid(plain(RED)))
    view.set_patch(Patch(to_qimage(plain(BLUE, 16, 16)), QRectF(80, 30, 40, 40)))
    inside, outside = view.to_screen(QPointF(100, 50)), view.to_screen(QPointF(20, 50))
    assert colour_at(view, inside.x(), inside.y()) == BLUE
    assert colour_at(view, outside.x(), outside.y()) == RED
    view.set_result(Pyramid(plain(RED)))
    assert colour_at(view, inside.x(), inside.y()) == RED


@pytest.mark.parametrize("compare", list(Compare))
def test_what_is_painted_of_a_moving_patch_alone_is_what_is_painted_of_everything(
    view: PictureView, qtbot: QtBot, compare: Compare
) -> None:
    """No rim of an older picture stays around a patch whose edges lie between the screen's pixels."""
    view.set_picture(Pyramid(np.random.default_rng(0).integers(0, 256, (331, 477, 3), np.uint8)))
    view.set_compare(compare)
    for colour, area in ((BLUE, (80, 30, 141, 97)), (RED, (80, 30, 141, 97)), (BLUE, (91, 42, 63, 71))):
        view.set_patch(Patch(to_qimage(plain(colour, 64, 64)), QRectF(*area)))
        qtbot.wait(50)  # the part that was asked for is painted
    shown = from_qimage(view.screen().grabWindow(view.winId()).toImage()).astype(int)
    afresh = from_qimage(view.grab().toImage()).astype(int)
    assert np.abs(shown - afresh).max() <= 2  # Qt rounds a scaled picture by where it begins to paint


def test_a_click_on_one_of_several_faces_chooses_it(view: PictureView, qtbot: QtBot) -> None:
    view.set_picture(Pyramid(plain(RED)))
    view.set_faces([(10, 10, 60, 60), (120, 20, 180, 80)])
    at = view.to_screen(QPointF(150, 50)).toPoint()
    with qtbot.waitSignal(view.face_chosen) as chosen:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert chosen.args == [1]


def test_of_several_faces_the_one_that_is_edited_has_the_frame_of_the_chosen(view: PictureView) -> None:
    view.set_picture(Pyramid(plain(RED)))
    view.set_faces([(10, 10, 60, 60), (120, 20, 180, 80)], 1)
    picture = view.grab().toImage()
    left, right = (picture.pixelColor(view.to_screen(QPointF(x, 45)).toPoint()) for x in (10, 120))
    accent = view.palette().color(QPalette.ColorRole.Highlight)
    assert accent.blue() > accent.green() + 50
    assert right.blue() > right.green() + 50
    assert left.blue() < left.green() + 20  # white


def test_a_drag_over_a_face_does_not_choose_it(view: PictureView, qtbot: QtBot) -> None:
    view.set_picture(Pyramid(plain(RED)))
    view.set_faces([(10, 10, 60, 60), (120, 20, 180, 80)])
    at = view.to_screen(QPointF(150, 50)).toPoint()
    with qtbot.assertNotEmitted(view.face_chosen):
        qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=at)
        qtbot.mouseMove(view, at + QPoint(40, 0))
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at + QPoint(40, 0))


def test_another_picture_of_the_same_size_may_keep_the_zoom(view: PictureView) -> None:
    view.set_picture(Pyramid(plain(RED)))
    view.zoom(2)
    zoomed = view.scale
    view.set_picture(Pyramid(plain(BLUE)), keep_zoom=True)
    assert view.scale == zoomed
    view.set_picture(Pyramid(plain(BLUE, 50, 50)), keep_zoom=True)
    assert view.scale != zoomed
