"""One number around zero: a slider with a gentle detent in the middle, and the field beside it that can be typed in.

Both count in standard deviations (sigma) and share their keys: arrows step 0.1, with Shift 0.01, Page Up and Page Down
0.5. The wheel changes a value only with the focus on it; otherwise it scrolls what is around.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSlider, QWidget

from workbench.ui.theme import theme

STEP, FINE_STEP, COARSE_STEP = 0.1, 0.01, 0.5
_TICKS = 100  # slider positions a sigma
_HANDLE = 8.0  # radius
_DETENT = 5.0  # pixels either side of zero that hold the handle
_BURST_MS = 500  # keys and wheel notches closer together than this are one gesture


def _key_step(event: QKeyEvent) -> float | None:
    """How far a key moves the value, None if it does not."""
    fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
    step = FINE_STEP if fine else STEP
    return {
        Qt.Key.Key_Right: step,
        Qt.Key.Key_Up: step,
        Qt.Key.Key_Left: -step,
        Qt.Key.Key_Down: -step,
        Qt.Key.Key_PageUp: COARSE_STEP,
        Qt.Key.Key_PageDown: -COARSE_STEP,
    }.get(Qt.Key(event.key()))


def _wheel_step(event: QWheelEvent) -> float:
    """How far the wheel moves the value; with Shift some systems turn the wheel sideways."""
    notches = (event.angleDelta().y() or event.angleDelta().x()) / 120
    fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
    return notches * (FINE_STEP if fine else STEP)


class StrengthSlider(QSlider):
    """A horizontal slider from `low` to `high` sigma with zero in the middle, whichever end is farther from it."""

    strength_changed = Signal(float)
    """By the user's hand, never by `set_strength`."""
    gesture_ended = Signal()
    """The hand let go: the button is up, or keys and wheel have rested."""

    def __init__(self, low: float, high: float, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(math.floor(low * _TICKS), math.ceil(high * _TICKS))
        self.setSingleStep(round(STEP * _TICKS))
        self.setPageStep(round(COARSE_STEP * _TICKS))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._grip = 0.0  # from the pointer to the handle's middle
        self._burst = QTimer(self, singleShot=True, interval=_BURST_MS)
        self._burst.timeout.connect(self.gesture_ended)

    @property
    def strength(self) -> float:
        """In sigma."""
        return self.value() / _TICKS

    def set_strength(self, strength: float) -> None:
        """Show a value; ends that are too near for it move out."""
        value = round(strength * _TICKS)
        self.setRange(min(self.minimum(), value), max(self.maximum(), value))
        self.setValue(value)

    def reset(self) -> None:
        """Back to zero by the user's hand, a gesture of its own."""
        self._change(0.0)
        self._end_gesture()

    def rest_later(self) -> None:
        """The gesture ends when nothing more follows for half a second."""
        self._burst.start()

    def handle_position(self, strength: float) -> QPointF:
        """Where the handle's middle is for a strength."""
        share = (strength * _TICKS / self._reach + 1) / 2
        return QPointF(_HANDLE + 1 + share * (self.width() - 2 * _HANDLE - 2), self.height() / 2)

    def _strength_at(self, x: float) -> float:
        share = (x - _HANDLE - 1) / max(1.0, self.width() - 2 * _HANDLE - 2)
        return (2 * share - 1) * self._reach / _TICKS

    @property
    def _reach(self) -> int:
        """From the middle, which is zero, to the edge: as far as the farther end, so that a sigma is as wide on both
        sides."""
        return max(1, -self.minimum(), self.maximum())

    def _change(self, strength: float) -> None:
        value = min(max(round(strength * _TICKS), self.minimum()), self.maximum())
        if value != self.value():
            self.setValue(value)
            self.strength_changed.emit(self.strength)

    def _end_gesture(self) -> None:
        self._burst.stop()
        self.gesture_ended.emit()

    def sizeHint(self) -> QSize:
        return QSize(160, 22)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        distance = self.handle_position(self.strength).x() - event.position().x()
        self._grip = distance if abs(distance) <= _HANDLE + 2 else 0.0
        self.setSliderDown(True)
        self._drag_to(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._drag_to(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown() and event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)
            self._end_gesture()
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)  # in the trough a double click is two clicks: nothing is lost by accident

    def _drag_to(self, event: QMouseEvent) -> None:
        x = event.position().x() + self._grip
        held = abs(x - self.handle_position(0.0).x()) <= _DETENT
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._change(0.0 if held and not fine else self._strength_at(x))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus():
            event.ignore()
            return
        self._change(self.strength + _wheel_step(event))
        self.rest_later()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _key_step(event)
        if step is not None:
            self._change(self.strength + step)
        elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self._change(0.0)
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            end = self.minimum() if event.key() == Qt.Key.Key_Home else self.maximum()
            self._change(end / _TICKS)
        else:
            event.ignore()
            return
        self.rest_later()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._rest()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._rest()
        super().hideEvent(event)

    def _rest(self) -> None:
        if self._burst.isActive():
            self._end_gesture()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, enabled = theme().colours, self.isEnabled()
        line, accent, muted = QColor(colours.line), QColor(colours.accent), QColor(colours.muted)
        zero, here = self.handle_position(0.0), self.handle_position(self.strength)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(line)
        low, high = (self.handle_position(end / _TICKS).x() for end in (self.minimum(), self.maximum()))
        painter.drawRoundedRect(QRectF(low - _HANDLE, here.y() - 2, high - low + 2 * _HANDLE, 4), 2, 2)
        for sigma in range(math.ceil(self.minimum() / _TICKS), math.floor(self.maximum() / _TICKS) + 1):
            x = self.handle_position(sigma).x()
            painter.fillRect(QRectF(x - 0.5, here.y() + 6, 1, 3), line)
        painter.setBrush(muted)
        painter.drawRoundedRect(QRectF(zero.x() - 1, zero.y() - 6, 2, 12), 1, 1)
        painter.setBrush(accent)
        painter.drawRect(QRectF(min(zero.x(), here.x()), here.y() - 2, abs(here.x() - zero.x()), 4))
        if self.hasFocus():
            painter.setPen(QPen(QColor(accent.red(), accent.green(), accent.blue(), 90), 3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(here, _HANDLE - 0.5, _HANDLE - 0.5)
        active = enabled and (self.hasFocus() or self.isSliderDown() or self.underMouse() or self.value() != 0)
        painter.setPen(QPen(accent if active else muted, 1.5))
        painter.setBrush(accent if enabled and self.isSliderDown() else QColor(colours.surface))
        painter.drawEllipse(here, _HANDLE - 2, _HANDLE - 2)


class StrengthBox(QDoubleSpinBox):
    """The same number as a field: typed, or stepped with the same keys."""

    strength_changed = Signal(float)
    """By the user's hand, never by `set_strength`."""
    reset_asked = Signal()

    def __init__(self, low: float, high: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strength")
        self.setDecimals(2)
        self.setRange(math.floor(low * _TICKS) / _TICKS, math.ceil(high * _TICKS) / _TICKS)
        self.setSingleStep(STEP)
        self.setSuffix(" σ")
        self.setKeyboardTracking(False)  # a number is meant when it is finished
        self.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lineEdit().installEventFilter(self)
        self.valueChanged.connect(self.strength_changed)

    def set_strength(self, strength: float) -> None:
        """Show a value; ends that are too near for it move out."""
        blocked = self.blockSignals(True)
        self.setRange(min(self.minimum(), strength), max(self.maximum(), strength))
        self.setValue(strength)
        self.blockSignals(blocked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _key_step(event)
        if step is None or event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):  # these move the text cursor
            super().keyPressEvent(event)
        else:
            self.interpretText()
            self.setValue(self.value() + step)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonDblClick and watched is self.lineEdit():
            self.reset_asked.emit()
            return True
        return super().eventFilter(watched, event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus():
            event.ignore()
            return
        self.setValue(self.value() + _wheel_step(event))
        event.accept()
