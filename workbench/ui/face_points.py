"""Three points over the picture, to be dragged to the eyes and the mouth, and the square that they cut out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from workbench.core.faces.align import Alignment, Points
    from workbench.ui.picture_view import PictureView

NAMES = ("left eye", "right eye", "mouth")
"""Left and right of the picture."""

_RADIUS = 9.0
_GRIP = 16.0  # how near to a point a press takes hold of it
_STEPS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class FacePoints(QWidget):
    """Lies over a `PictureView` while a face is adjusted. What misses a point goes to the view: it zooms and pans.

    Points are in photo pixels, pixel centres at whole numbers. By keyboard: Tab chooses a point, arrows move it by a
    pixel of the screen, with Shift by ten.
    """

    moved = Signal(object)
    """`Points`, while the hand drags."""
    dropped = Signal()
    """The hand let go."""
    done = Signal()
    """Return or Escape: the points are where they should be."""

    def __init__(self, view: PictureView) -> None:
        super().__init__(view)
        self._view = view
        self._places: list[QPointF] = []
        self._alignment: Alignment | None = None
        self._chosen = 0
        self._dragged = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Eyes and mouth")
        self.setAccessibleDescription("Tab chooses a point, arrows move it, with Shift by ten. Return ends.")
        view.installEventFilter(self)
        self.hide()

    def set_points(self, points: Points, alignment: Alignment) -> None:
        """Show these points, and the square that a model with this alignment sees; not while a point is dragged."""
        self._alignment = alignment
        if not self._dragged:
            self._places = [QPointF(x + 0.5, y + 0.5) for x, y in points.array().tolist()]
            self.update()

    @property
    def points(self) -> Points:
        from workbench.core.faces.align import Points

        return Points.from_array([(place.x() - 0.5, place.y() - 0.5) for place in self._places])

    def handle(self, index: int) -> QPointF:
        """Where a point is in the view."""
        return self._view.to_screen(self._places[index])

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        for colour, width in ((QColor(0, 0, 0, 110), 3.5), (QColor("white"), 1.5)):
            painter.setPen(QPen(colour, width))
            painter.drawPolygon(self._frame())
        for index in range(len(self._places)):
            middle = self.handle(index)
            chosen = index == self._chosen and (self.hasFocus() or self._dragged)
            for colour, width in ((QColor(0, 0, 0, 150), 4.5), (accent if chosen else QColor("white"), 2.0)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(middle, _RADIUS, _RADIUS)
                if index == 2:  # the mouth's is a ring with a line, so that nobody takes it for an eye's
                    painter.drawLine(middle - QPointF(_RADIUS / 2, 0), middle + QPointF(_RADIUS / 2, 0))
                else:
                    painter.drawPoint(middle)

    def _frame(self) -> QPolygonF:
        """The square that the model sees, in the view; nothing while the points lie on one spot."""
        from workbench.core.errors import WorkbenchError
        from workbench.core.faces.align import frame, similarity

        if self._alignment is None:
            return QPolygonF()
        try:
            corners = frame(similarity(self.points, self._alignment, 128), 128) + 0.5
        except WorkbenchError:
            return QPolygonF()
        return QPolygonF([self._view.to_screen(QPointF(x, y)) for x, y in corners.tolist()])

    # Listening

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._view and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self.setGeometry(self._view.rect())
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        near = self._near(event.position())
        if near is None or event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._chosen, self._dragged = near, True
        self.setFocus()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged:
            self._put(self._view.to_photo(event.position()))
        else:
            near = self._near(event.position()) is not None
            self.setCursor(Qt.CursorShape.SizeAllCursor if near else Qt.CursorShape.ArrowCursor)
            event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._dragged:
            event.ignore()
            return
        self._dragged = False
        self.update()
        self.dropped.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _STEPS:
            step = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self._put(self._places[self._chosen] + QPointF(*_STEPS[Qt.Key(event.key())]) * step / self._view.scale)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.done.emit()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() in _STEPS and not event.isAutoRepeat():
            self.dropped.emit()
        else:
            super().keyReleaseEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes from point to point before it leaves."""
        chosen = self._chosen + (1 if next else -1)
        if not 0 <= chosen < len(self._places):
            return super().focusNextPrevChild(next)
        self._chosen = chosen
        self.update()
        return True

    def focusInEvent(self, event: QFocusEvent) -> None:
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._chosen = 0 if event.reason() == Qt.FocusReason.TabFocusReason else len(self._places) - 1
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _near(self, position: QPointF) -> int | None:
        """The point under the pointer; of two the nearer."""
        away = [QPointF(self.handle(index) - position) for index in range(len(self._places))]
        distances = [float(np.hypot(off.x(), off.y())) for off in away]
        nearest = int(np.argmin(distances)) if distances else 0
        return nearest if distances and distances[nearest] <= _GRIP else None

    def _put(self, place: QPointF) -> None:
        """Move the chosen point, on the photo only; never onto another, where no face would be left."""
        size = self._view.picture_size
        x, y = min(max(place.x(), 0.0), size.width()), min(max(place.y(), 0.0), size.height())
        others = [other for index, other in enumerate(self._places) if index != self._chosen]
        if any(abs(other.x() - x) + abs(other.y() - y) < 2 for other in others):
            return
        self._places[self._chosen] = QPointF(x, y)
        self.update()
        self.moved.emit(self.points)
