"""A small plot of how long the gradient of each layer is: what vanishes or explodes can be seen before it is said."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from workbench.core.events import Gradients
from workbench.ui.theme import GRID, heading, muted, theme

WIDTH = 28 * GRID
LEAST_DECADES = 3
_LEAST = 1e-12
"""A gradient of 0 has no logarithm: it is drawn as this."""


class LayerBars(QWidget):
    """One bar a layer, first to last, on a logarithmic scale; behind each, faint, the longest it was so far."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Length of the gradient by layer")
        self.setMinimumSize(WIDTH // 2, 8 * GRID)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self._now: dict[str, float] = {}
        self._most: dict[str, float] = {}

    @property
    def norms(self) -> Mapping[str, float]:
        """What is shown: the length by layer."""
        return self._now

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 16 * GRID)

    def show_norms(self, norms: Mapping[str, float]) -> None:
        """The lengths of one more step."""
        self._now = dict(norms)
        self._most.update({layer: max(norm, self._most.get(layer, 0.0)) for layer, norm in norms.items()})
        self.update()

    def clear(self) -> None:
        self._now.clear()
        self._most.clear()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.setToolTip(self.reading_at(event.position().x()))

    def reading_at(self, x: float) -> str:
        """The layer at a place from the left, in pixels, and its gradient; empty beside the bars."""
        for layer, place in self._places().items():
            if place.left() <= x <= place.right():
                return f"{layer}: {self._now[layer]:.2g}, at most {self._most[layer]:.2g} so far"
        return ""

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._now:
            return
        painter = QPainter(self)
        colours = theme().colours
        bottom, top = self._decades()
        room = self._room()

        def height(norm: float) -> float:
            share = (math.log10(max(norm, _LEAST)) - bottom) / (top - bottom)
            return room.bottom() - room.height() * min(1.0, max(0.0, share))

        self._paint_scale(painter, bottom, top)
        parts = list(dict.fromkeys(layer.partition(".")[0] for layer in self._now))
        first: dict[str, float] = {}
        for layer, place in self._places().items():
            part = layer.partition(".")[0]
            first.setdefault(part, place.left())
            colour = QColor(colours.accent if parts.index(part) % 2 == 0 else colours.muted)
            for norm, shade in ((self._most[layer], QColor(colours.tint)), (self._now[layer], colour)):
                painter.fillRect(
                    QRectF(QPointF(place.left(), height(norm)), QPointF(place.right(), room.bottom())), shade
                )
        painter.setPen(QColor(colours.muted))
        edges = [*first.values(), room.right()]
        for (part, left), right in zip(first.items(), edges[1:], strict=True):
            text = self.fontMetrics().elidedText(part, Qt.TextElideMode.ElideRight, int(right - left))
            painter.drawText(QRectF(left, room.bottom(), right - left, self._line), Qt.AlignmentFlag.AlignLeft, text)

    @property
    def _line(self) -> int:
        height: int = self.fontMetrics().height()
        return height

    def _room(self) -> QRectF:
        """Where the bars are."""
        left = self.fontMetrics().horizontalAdvance("1e-88") + GRID
        return QRectF(left, self._line / 2, max(1, self.width() - left), max(1, self.height() - 1.5 * self._line - 2))

    def _places(self) -> dict[str, QRectF]:
        """Where the bar of each layer may be; the parts of the net stand apart."""
        layers, room = list(self._now), self._room()
        parts = [layer.partition(".")[0] for layer in layers]
        shift, places = 0.0, []
        for number, part in enumerate(parts):
            shift += 0.7 if number and part != parts[number - 1] else 0.0
            places.append(number + shift)
        each = room.width() / (len(layers) + shift)
        return {
            layer: QRectF(room.left() + each * place, room.top(), max(1.0, 0.75 * each), room.height())
            for layer, place in zip(layers, places, strict=True)
        }

    def _decades(self) -> tuple[int, int]:
        """The exponents of ten at the bottom and at the top."""
        lowest = max(_LEAST, min(self._now.values()))
        bottom, top = math.floor(math.log10(lowest)), math.ceil(math.log10(max(_LEAST, *self._most.values())))
        return min(bottom, top - LEAST_DECADES), top

    def _paint_scale(self, painter: QPainter, bottom: int, top: int) -> None:
        room, colours = self._room(), theme().colours
        apart = max(1, math.ceil((top - bottom) * 1.5 * self._line / room.height()))
        for exponent in range(bottom, top + 1, apart):
            y = room.bottom() - room.height() * (exponent - bottom) / (top - bottom)
            painter.setPen(QPen(QColor(colours.line)))
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            painter.setPen(QColor(colours.muted))
            where = QRectF(0, y - self._line / 2, room.left() - GRID / 2, self._line)
            painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"1e{exponent}")


class GradientPlot(QWidget):
    """The bars with a heading and what they mean; nothing is to be seen of it before there are gradients."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bars = LayerBars()
        self._step = heading("Gradients")
        self._step.setToolTip("How long the gradient of each layer was when it was last looked at, by the clock")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self._step)
        layout.addWidget(self.bars, 1)
        meaning = "One that falls to nothing learns no more; one that shoots up breaks the training."
        layout.addWidget(muted(f"How hard each layer is pulled. {meaning}"))
        self.setMaximumWidth(WIDTH)
        self.hide()

    def show_gradients(self, gradients: Gradients) -> None:
        """One more look at them."""
        self.bars.show_norms(dict(zip(gradients.layers, map(float, gradients.norms), strict=True)))
        self._step.setText(f"Gradients at step {gradients.step:,}")
        self.show()

    def clear(self) -> None:
        """Another training."""
        self.bars.clear()
        self.hide()
