"""The view that one looks at all day: fit, zoom, pan, compare, choose a face.

It paints and listens, nothing else: what is slow (smaller copies of a large photo) is made beforehand, see `Pyramid`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from workbench.ui.picture_marks import paint_caption, paint_split
from workbench.ui.pictures import Patch, Pyramid

_LARGEST_ZOOM = 64.0  # screen pixels a photo pixel
_MARGIN = 16.0  # around a fitted picture
_GRIP = 10.0  # how near to the split line a press takes hold of it


class Compare(Enum):
    """How original and result are shown."""

    RESULT = "Result"
    SPLIT = "Split"
    SIDE_BY_SIDE = "Side by side"


class PictureView(QWidget):
    """Shows a result and, to compare, its original: fitted, zoomed at the pointer, panned; with faces to choose from.

    Photo coordinates are in pixels with the corner of the first pixel at (0, 0).
    """

    face_chosen = Signal(int)
    compare_changed = Signal(object)  # Compare
    zoom_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(200, 160)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Picture")
        self.setAccessibleDescription("Wheel zooms, drag moves, double-click fits. Plus, minus and 0 do the same.")
        self._original: Pyramid | None = None
        self._result: Pyramid | None = None
        self._patch: Patch | None = None
        self._faces: tuple[QRectF, ...] = ()
        self._face = 0
        self._compare = Compare.RESULT
        self._held = False
        self._split = 0.5  # of the view's width
        self._fitted = True
        self._scale = 1.0
        self._centre = QPointF()  # the photo point in the middle of each pane
        self._drag_from: QPointF | None = None
        self._press: QPointF | None = None
        self._dragging_split = False

    # What is shown

    def set_picture(self, original: Pyramid | None, result: Pyramid | None = None, keep_zoom: bool = False) -> None:
        """Show another picture. `result` is the original until it is set; the view fits it unless told otherwise."""
        keep = (
            keep_zoom and original is not None and self._original is not None and original.size == self._original.size
        )
        self._original, self._result, self._patch = original, result or original, None
        if not keep:
            self.fit()
        self.update()

    def set_result(self, result: Pyramid) -> None:
        """The whole result, as large as the original."""
        self._result, self._patch = result, None
        self.update()

    def set_patch(self, patch: Patch) -> None:
        """A newer part of the result; only its place on the screen is painted again."""
        areas = [self._patch.area, patch.area] if self._patch and self._patch.area != patch.area else [patch.area]
        self._patch = patch
        for pane in self._panes():
            for area in areas:
                self.update(self._on_screen(area, pane).toRect())

    def set_faces(self, boxes: Sequence[tuple[float, float, float, float]], chosen: int = 0) -> None:
        """The faces (left, top, right, bottom) of the photo, and which of them is edited. One alone is not drawn."""
        self._faces = tuple(QRectF(QPointF(left, top), QPointF(right, bottom)) for left, top, right, bottom in boxes)
        self._face = chosen
        self.update()

    @property
    def result(self) -> Pyramid | None:
        return self._result

    @property
    def picture_size(self) -> QSize:
        """Of the picture, in its pixels."""
        return self._original.size if self._original else QSize()

    @property
    def showing_original(self) -> bool:
        """Whether the original is held up in place of the result."""
        return self._held

    def hold_original(self, held: bool) -> None:
        """Show the original for as long as this is held."""
        if held != self._held:
            self._held = held
            self.update()

    @property
    def compare(self) -> Compare:
        return self._compare

    def set_compare(self, compare: Compare) -> None:
        if compare is self._compare:
            return
        self._compare = compare
        if self._fitted:
            self.fit()
        self.update()
        self.compare_changed.emit(compare)

    # Zoom and pan

    def fit(self) -> None:
        """The whole picture, as large as it goes."""
        self._fitted = True
        if self._original is None:
            return
        size, pane = self._original.size, self._panes()[0]
        room = QRectF(pane).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        self._scale = max(1e-3, min(room.width() / size.width(), room.height() / size.height()))
        self._centre = QPointF(size.width() / 2, size.height() / 2)
        self.update()
        self.zoom_changed.emit(self._scale)

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom by `factor`; the photo point under `at` (view coordinates; the middle by default) stays there."""
        if self._original is None:
            return
        pane = next((p for p in self._panes() if at is not None and p.contains(at.toPoint())), self._panes()[0])
        at = at if at is not None else QRectF(pane).center()
        smallest = 0.5 * self._fit_scale()
        scale = min(max(self._scale * factor, smallest), _LARGEST_ZOOM)
        fixed = self._in_photo(at, pane)
        self._centre = fixed + (self._centre - fixed) * (self._scale / scale)
        self._scale, self._fitted = scale, False
        self._keep_in_sight()
        self.zoom_changed.emit(scale)

    @property
    def scale(self) -> float:
        """Screen pixels a photo pixel."""
        return self._scale

    def to_screen(self, point: QPointF) -> QPointF:
        """Where a photo point is in the view (in side by side: in the left pane)."""
        return self._on_screen(QRectF(point, point), self._panes()[0]).topLeft()

    def to_photo(self, point: QPointF) -> QPointF:
        """Which photo point is at a point of the view (in side by side: of the left pane)."""
        return self._in_photo(point, self._panes()[0])

    def _fit_scale(self) -> float:
        assert self._original is not None
        size, pane = self._original.size, self._panes()[0]
        return min(pane.width() / size.width(), pane.height() / size.height())

    def _keep_in_sight(self) -> None:
        """The middle of the view stays on the picture, so that no picture gets lost."""
        assert self._original is not None
        size = self._original.size
        x = min(max(self._centre.x(), 0.0), size.width())
        y = min(max(self._centre.y(), 0.0), size.height())
        self._centre = QPointF(x, y)
        self.update()

    def _panes(self) -> list[QRect]:
        """Where pictures are painted: one pane, or two of the same size with a gap between."""
        if self._compare is not Compare.SIDE_BY_SIDE:
            return [self.rect()]
        half = self.width() // 2
        return [QRect(0, 0, half, self.height()), QRect(self.width() - half, 0, half, self.height())]

    def _on_screen(self, area: QRectF, pane: QRect) -> QRectF:
        corner = QRectF(pane).center() + (area.topLeft() - self._centre) * self._scale
        return QRectF(corner, area.size() * self._scale)

    def _in_photo(self, point: QPointF, pane: QRect) -> QPointF:
        return self._centre + (point - QRectF(pane).center()) / self._scale

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        exposed, panes = event.rect(), self._panes()
        if not any(self._covers(pane, exposed) for pane in panes):
            painter.fillRect(exposed, self.palette().color(QPalette.ColorRole.Window))
        if self._original is None or self._result is None:
            return
        if self._compare is Compare.SIDE_BY_SIDE:
            self._paint_picture(painter, panes[0], exposed, self._original, None)
            self._paint_result(painter, panes[1], exposed)
        elif self._compare is Compare.SPLIT and not self._held:
            line = round(self._split * self.width())
            left, right = QRect(panes[0]), QRect(panes[0])
            left.setRight(line - 1)
            right.setLeft(line)
            painter.setClipRect(left)
            self._paint_picture(painter, panes[0], exposed, self._original, None)
            painter.setClipRect(right)
            self._paint_result(painter, panes[0], exposed)
            painter.setClipping(False)
            paint_split(painter, line, self.height())
        else:
            self._paint_result(painter, panes[0], exposed)
        self._paint_captions(painter, panes)
        self._paint_faces(painter, panes[-1])

    def _paint_result(self, painter: QPainter, pane: QRect, exposed: QRect) -> None:
        assert self._original is not None
        assert self._result is not None
        if self._held:
            self._paint_picture(painter, pane, exposed, self._original, None)
        else:
            self._paint_picture(painter, pane, exposed, self._result, self._patch)

    def _covers(self, pane: QRect, exposed: QRect) -> bool:
        """Whether the picture in `pane` hides all of `exposed`."""
        if self._original is None or not pane.contains(exposed):
            return False
        return self._on_screen(QRectF(QPointF(), QSizeF(self._original.size)), pane).contains(QRectF(exposed))

    def _paint_picture(
        self, painter: QPainter, pane: QRect, exposed: QRect, picture: Pyramid, patch: Patch | None
    ) -> None:
        painter.save()
        painter.setClipRect(pane, Qt.ClipOperation.IntersectClip)
        target = self._on_screen(QRectF(QPointF(), QSizeF(picture.size)), pane)
        if patch is not None:
            newer = self._on_screen(patch.area, pane).toRect()  # whole pixels: at its edges it is as the rest is
            painter.drawImage(newer, patch.image)
            rest = QRegion(exposed.intersected(pane)) - QRegion(newer)  # nobody sees what is under it
            if rest.isEmpty():
                painter.restore()
                return
            painter.setClipRegion(rest, Qt.ClipOperation.IntersectClip)
        painter.drawImage(target, picture.level(self._scale * self.devicePixelRatioF()))
        painter.restore()

    def _paint_captions(self, painter: QPainter, panes: list[QRect]) -> None:
        if self._compare is Compare.SIDE_BY_SIDE:
            paint_caption(painter, panes[0], "Original", Qt.AlignmentFlag.AlignLeft)
            paint_caption(painter, panes[1], "Original" if self._held else "Edited", Qt.AlignmentFlag.AlignRight)
        elif self._held:
            paint_caption(painter, panes[0], "Original", Qt.AlignmentFlag.AlignLeft)
        elif self._compare is Compare.SPLIT:
            paint_caption(painter, panes[0], "Original", Qt.AlignmentFlag.AlignLeft)
            paint_caption(painter, panes[0], "Edited", Qt.AlignmentFlag.AlignRight)

    def _paint_faces(self, painter: QPainter, pane: QRect) -> None:
        if len(self._faces) < 2:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for index, face in enumerate(self._faces):
            chosen = index == self._face
            path = QPainterPath()
            path.addRoundedRect(self._on_screen(face, pane), 6, 6)
            painter.setPen(QPen(QColor(0, 0, 0, 110), 4))
            painter.drawPath(path)
            colour = self.palette().color(QPalette.ColorRole.Highlight) if chosen else QColor("white")
            painter.setPen(QPen(colour, 2))
            painter.drawPath(path)

    # Listening

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitted:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / 120
        if steps and self._original is not None:
            self.zoom(1.2**steps, event.position())
            event.accept()
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._on_split(event.position()):
            self._dragging_split = True
        elif event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._press = self._drag_from = event.position()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._dragging_split:
            self._move_split(position.x() / max(1, self.width()))
        elif self._drag_from is not None and self._original is not None:
            self._centre -= (position - self._drag_from) / self._scale
            self._drag_from = position
            if self._press is not None and (position - self._press).manhattanLength() > 3:
                self._press, self._fitted = None, False  # a drag, not a click
            self._keep_in_sight()
        self._show_cursor(position)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._press is not None and event.button() == Qt.MouseButton.LeftButton:
            self._choose_face(event.position())
        self._dragging_split, self._drag_from, self._press = False, None, None
        self._show_cursor(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if not self._on_split(event.position()):
            self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1.2)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / 1.2)
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._compare is Compare.SPLIT:
            self._move_split(self._split + (0.02 if key == Qt.Key.Key_Right else -0.02))
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave) and len(self._faces) > 1:
            self.update()  # the chosen face's frame shows only under the pointer
        return super().event(event)

    def _choose_face(self, position: QPointF) -> None:
        """A click on a face chooses it; where two overlap, the smaller."""
        if len(self._faces) < 2:
            return
        for pane in self._panes():
            point = self._in_photo(position, pane)
            hit = [
                i for i, face in enumerate(self._faces) if pane.contains(position.toPoint()) and face.contains(point)
            ]
            if hit:
                self.face_chosen.emit(min(hit, key=lambda i: self._faces[i].width()))
                return

    def _on_split(self, position: QPointF) -> bool:
        return self._compare is Compare.SPLIT and abs(position.x() - self._split * self.width()) <= _GRIP

    def _move_split(self, split: float) -> None:
        self._split = min(max(split, 0.0), 1.0)
        self.update()

    def _show_cursor(self, position: QPointF) -> None:
        if self._dragging_split or self._on_split(position):
            self.setCursor(Qt.CursorShape.SplitHCursor)
        elif self._drag_from is not None and self._press is None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        else:
            self.unsetCursor()
