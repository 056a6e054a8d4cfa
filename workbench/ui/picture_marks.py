"""What is painted over a picture to tell original and result apart."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen


def paint_split(painter: QPainter, line: int, height: int) -> None:
    """The line between original and result, `line` pixels from the left, with its handle."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(0, 0, 0, 90), 3))
    painter.drawLine(line, 0, line, height)
    painter.setPen(QPen(QColor("white"), 1.5))
    painter.drawLine(line, 0, line, height)
    middle = QPointF(line, height / 2)
    painter.setBrush(QColor("white"))
    painter.setPen(QPen(QColor(0, 0, 0, 90), 1))
    painter.drawEllipse(middle, 14, 14)
    painter.setPen(QPen(QColor(60, 60, 60), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    for side in (-1, 1):
        tip = middle + QPointF(side * 8, 0)
        painter.drawLine(tip, tip + QPointF(-side * 4, -4))
        painter.drawLine(tip, tip + QPointF(-side * 4, 4))


def paint_caption(painter: QPainter, pane: QRect, text: str, side: Qt.AlignmentFlag) -> None:
    """A word in an upper corner of `pane`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    metrics = painter.fontMetrics()
    box = QRectF(0, 0, metrics.horizontalAdvance(text) + 20, metrics.height() + 8)
    x = pane.left() + 16 if side == Qt.AlignmentFlag.AlignLeft else pane.right() - 16 - box.width()
    box.moveTopLeft(QPointF(x, pane.top() + 16))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 150))
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    painter.setPen(QColor("white"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
