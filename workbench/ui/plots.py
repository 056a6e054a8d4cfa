"""The plot of the losses: as fast with a million points as with a hundred.

What is drawn of a curve is at most `DRAWN` points: the smallest and the largest value of each bucket of the visible
range, so that no spike is lost. Noisy curves are one pixel wide: Qt's software painter takes seconds for thick ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from workbench.ui.theme import GRID, muted, theme
from workbench.ui.widgets import tool_button

DRAWN = 600
REDRAW_MS = 100
SMOOTHING = 0.98
"""Decay of the exponential moving average over the raw values of training; validation values are few and left alone."""

_BLOCK = 512

Part = Literal["train", "validation"]
_COLOURS = {
    "total": ("#4c56d0", "#929bff"),
    "reconstruction": ("#0f8a7e", "#4fd1c1"),
    "kl": ("#c2571a", "#ffa265"),
}
_OTHER_COLOURS = (("#9c3fa8", "#dd8fe8"), ("#5f6b76", "#aab4be"), ("#a3243b", "#ff8496"))


def squeeze(y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The logarithmic scale: log10 of large values, straight through zero, since a likelihood can be negative.

    It is asinh(y / 2) / ln 10, the inverse of 10^v - 10^-v.
    """
    return np.arcsinh(y / 2) / math.log(10)


class ScaleAxis(pg.AxisItem):  # type: ignore[misc] # pyqtgraph has no types
    """An axis that knows whether its values were squeezed."""

    squeezed = False

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if not self.squeezed:
            strings: list[str] = super().tickStrings(values, scale, spacing)
            return strings
        losses = [10**value - 10**-value for value in values]
        return [f"{loss:,.0f}" if abs(loss) >= 5 else f"{loss:.2g}" for loss in losses]


class Series:
    """Points of one curve in buffers that grow by doubling: appending n points costs O(n) over time."""

    def __init__(self) -> None:
        self._x = np.empty(1024, np.float64)
        self._y = np.empty(1024, np.float64)
        self._smooth = np.empty(1024, np.float64)
        self._count = 0
        self._average = 0.0
        self._weight = 0.0

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> npt.NDArray[np.float64]:
        return self._x[: self._count]

    @property
    def y(self) -> npt.NDArray[np.float64]:
        return self._y[: self._count]

    @property
    def smooth(self) -> npt.NDArray[np.float64]:
        """The moving average, without the pull of its start: divided by the sum of its weights."""
        return self._smooth[: self._count]

    def append(self, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Add points; `x` goes up."""
        new_x, new_y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        count = self._count + len(new_x)
        if count > len(self._x):
            room = 2 ** int(np.ceil(np.log2(count)))
            self._x, self._y, self._smooth = (_grown(a, room) for a in (self._x, self._y, self._smooth))
        self._x[self._count : count] = new_x
        self._y[self._count : count] = new_y
        self._smooth[self._count : count] = self._smoothed(new_y)
        self._count = count

    def _smoothed(self, y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The average after each of `y`; a value that is no number leaves it as it is.

        Block by block, since a sum over powers of the decay, m_k = d^k (m_0 + (1 - d) sum_j y_j / d^j), overflows.
        """
        finite = np.isfinite(y)
        known = y[finite]
        smooth = np.empty(len(known) + 1)
        smooth[0] = self._average / self._weight if self._weight else np.nan
        for start in range(0, len(known), _BLOCK):
            block = known[start : start + _BLOCK]
            decay = SMOOTHING ** np.arange(1, len(block) + 1)
            average = decay * (self._average + (1 - SMOOTHING) * np.cumsum(block / decay))
            weight = 1 - decay * (1 - self._weight)
            smooth[start + 1 : start + 1 + len(block)] = average / weight
            self._average, self._weight = float(average[-1]), float(weight[-1])
        filled: npt.NDArray[np.float64] = smooth[np.cumsum(finite)]
        return filled

    def value_at(self, x: float, smooth: bool = False) -> float | None:
        """The value at the point nearest to `x`, None outside the curve."""
        if not self._count or not self.x[0] <= x <= self.x[-1]:
            return None
        right = int(np.searchsorted(self.x, x))
        left = max(0, right - 1)
        nearest = left if x - self.x[left] < self.x[right] - x else right
        return float((self.smooth if smooth else self.y)[nearest])


def mixed(colour: QColor, ground: QColor, share: float) -> QColor:
    """`colour` as it looks on `ground` when it covers `share` of it."""
    rest = 1 - share
    return QColor.fromRgbF(
        share * colour.redF() + rest * ground.redF(),
        share * colour.greenF() + rest * ground.greenF(),
        share * colour.blueF() + rest * ground.blueF(),
    )


def _grown(array: npt.NDArray[np.float64], room: int) -> npt.NDArray[np.float64]:
    grown = np.empty(room, np.float64)
    grown[: len(array)] = array
    return grown


def outline(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], low: float, high: float, most: int = DRAWN
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The points of a curve between `low` and `high`, thinned to at most `most`: each bucket's least and greatest.

    One point more on each side is kept, so that the line reaches the edge.
    """
    start = max(0, int(np.searchsorted(x, low)) - 1)
    stop = min(len(x), int(np.searchsorted(x, high, "right")) + 1)
    x, y = x[start:stop], y[start:stop]
    if len(x) <= most:
        return x, y
    edges = np.linspace(0, len(x), most // 2, endpoint=False).astype(np.int64)
    thin_y = np.empty(2 * len(edges))
    thin_y[0::2] = np.fmin.reduceat(y, edges)
    thin_y[1::2] = np.fmax.reduceat(y, edges)
    return np.repeat(x[edges], 2), thin_y


class LossPlot(QWidget):
    """Losses of training (raw and smoothed) and of validation, live.

    Redraws on its own clock, ten times a second at most, and only when something is new and it can be seen.
    """

    redrawn = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._series: dict[tuple[Part, str], Series] = {}
        self._raw: dict[str, pg.PlotCurveItem] = {}
        self._lines: dict[tuple[Part, str], pg.PlotCurveItem] = {}
        self._toggles: dict[str, QCheckBox] = {}
        self._dirty = False
        self._scale = ScaleAxis("left")
        self._view = pg.PlotWidget(axisItems={"left": self._scale})
        self._view.setAccessibleName("Losses over steps")
        self._item = self._view.getPlotItem()
        self._item.setMenuEnabled(False)
        self._item.hideButtons()
        self._item.showGrid(x=False, y=True, alpha=0.15)
        self._item.setLabel("bottom", "step")
        self._box = self._item.getViewBox()
        self._box.setDefaultPadding(0.02)
        self._box.sigRangeChangedManually.connect(self._moved)
        self._box.sigXRangeChanged.connect(self._range_changed)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.setVisible(False)
        self._item.addItem(self._cursor, ignoreBounds=True)
        self._view.scene().sigMouseMoved.connect(self._hover)

        self._reading = muted("Point at the curves to read them")
        self._reading.setWordWrap(False)
        self._reading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.log_scale = QCheckBox("Log scale")
        self.log_scale.setToolTip("Equal distances for equal ratios: small late gains become visible")
        self.log_scale.toggled.connect(self._set_log)
        self.fit = tool_button("fit", "Show all", "Show everything again")
        self.fit.clicked.connect(self.show_all)
        self.fit.setEnabled(False)
        self._legend = QHBoxLayout()
        self._legend.setSpacing(2 * GRID)
        head = QHBoxLayout()
        head.setSpacing(2 * GRID)
        head.addLayout(self._legend)
        head.addStretch()
        head.addWidget(self.log_scale)
        head.addWidget(self.fit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(head)
        layout.addWidget(self._view, 1)
        layout.addWidget(self._reading)

        self._clock = QTimer(self)
        self._clock.setInterval(REDRAW_MS)
        self._clock.timeout.connect(self._redraw)
        theme().changed.connect(self._recolour)
        self._recolour()

    def add(self, part: Part, steps: npt.ArrayLike, values: Mapping[str, npt.ArrayLike]) -> None:
        """Add points of several losses at the same steps."""
        for name, points in values.items():
            if name not in self._toggles:
                self._add_name(name)
            self._series.setdefault((part, name), Series()).append(steps, points)
        self._dirty = True

    def clear(self) -> None:
        """Forget every curve."""
        for item in (*self._raw.values(), *self._lines.values()):
            self._item.removeItem(item)
        for toggle in self._toggles.values():
            self._legend.removeWidget(toggle)
            toggle.deleteLater()
        self._series.clear()
        self._raw.clear()
        self._lines.clear()
        self._toggles.clear()
        self.show_all()
        self._dirty = True

    def points(self, part: Part, name: str) -> Series:
        """The points of one curve; empty when there are none."""
        return self._series.get((part, name), Series())

    @Slot()
    def show_all(self) -> None:
        """Back from zooming and panning: the whole curves, and growing with them."""
        self._box.enableAutoRange()
        self.fit.setEnabled(False)
        self._dirty = True

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock.stop()
        super().hideEvent(event)

    def _add_name(self, name: str) -> None:
        toggle = QCheckBox("KL" if name == "kl" else name.capitalize())
        toggle.setChecked(True)
        toggle.setToolTip("Faint: every step. Line: smoothed. Dashed: validation.")
        toggle.toggled.connect(self._mark_dirty)
        self._toggles[name] = toggle
        self._legend.addWidget(toggle)
        self._raw[name] = pg.PlotCurveItem(connect="finite")
        self._lines["train", name] = pg.PlotCurveItem(connect="finite")
        self._lines["validation", name] = pg.PlotCurveItem(connect="finite")
        for item in (self._raw[name], self._lines["train", name], self._lines["validation", name]):
            self._item.addItem(item)
        self._recolour()

    def _colour(self, name: str) -> QColor:
        names = [n for n in self._toggles if n not in _COLOURS]
        pair = _COLOURS.get(name) or _OTHER_COLOURS[names.index(name) % len(_OTHER_COLOURS)]
        return QColor(pair[theme().dark])

    @Slot()
    def _recolour(self) -> None:
        colours = theme().colours
        self._view.setBackground(colours.surface)
        for side in ("left", "bottom"):
            axis = self._item.getAxis(side)
            axis.setPen(colours.line)
            axis.setStyle(maxTickLevel=0)  # lines at small ticks are half of what a redraw costs
            axis.setTextPen(colours.muted)
        self._cursor.setPen(colours.muted)
        for name, toggle in self._toggles.items():
            colour = self._colour(name)
            toggle.setStyleSheet(
                f"QCheckBox::indicator:checked {{ background: {colour.name()}; border-color: {colour.name()} }}"
            )
            faint = mixed(colour, QColor(colours.surface), 0.3)  # a translucent pen is far slower to draw
            self._raw[name].setPen(pg.mkPen(faint, width=1))
            self._lines["train", name].setPen(pg.mkPen(colour, width=1))
            self._lines["validation", name].setPen(pg.mkPen(colour, width=1, style=Qt.PenStyle.DashLine))
        self._dirty = True

    @Slot(bool)
    def _set_log(self, on: bool) -> None:
        self._scale.squeezed = on
        self._scale.picture = None  # drawn anew, even if its range stays
        self.show_all()

    @Slot()
    def _moved(self) -> None:
        self.fit.setEnabled(True)
        self._dirty = True

    @Slot()
    def _range_changed(self) -> None:
        if not self._box.autoRangeEnabled()[0]:  # otherwise it is our own drawing that changes the range
            self._dirty = True

    @Slot()
    def _mark_dirty(self) -> None:
        self._dirty = True

    @Slot()
    def _redraw(self) -> None:
        if not self._dirty:
            return
        auto_x = self._box.autoRangeEnabled()[0]
        low, high = (-np.inf, np.inf) if auto_x else self._box.viewRange()[0]
        for (part, name), series in self._series.items():
            shown = self._toggles[name].isChecked()
            line = self._lines[part, name]
            line.setVisible(shown)
            if part == "train":
                self._raw[name].setVisible(shown)
            if shown and part == "train":
                self._draw(self._raw[name], *outline(series.x, series.y, low, high))
                self._draw(line, *outline(series.x, series.smooth, low, high, DRAWN // 2))
            elif shown:
                self._draw(line, *outline(series.x, series.y, low, high))
        self._dirty = False
        self.redrawn.emit()

    def _draw(self, item: pg.PlotCurveItem, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> None:
        item.setData(x, squeeze(y) if self.log_scale.isChecked() else y)

    @Slot(object)
    def _hover(self, where: QPointF) -> None:
        inside = bool(self._series) and self._box.sceneBoundingRect().contains(where)
        self._cursor.setVisible(inside)
        if not inside:
            return
        step = self._box.mapSceneToView(where).x()
        self._cursor.setPos(step)
        self._reading.setText(self.reading_at(step))

    def reading_at(self, step: float) -> str:
        """Every visible curve at `step`, as a line of text."""
        texts = [f"Step {step:,.0f}"]
        for name, toggle in self._toggles.items():
            if not toggle.isChecked():
                continue
            train = self.points("train", name).value_at(step, smooth=True)
            validation = self.points("validation", name).value_at(step)
            values = [f"{train:,.4g}"] if train is not None else []
            values += [f"{validation:,.4g} (validation)"] if validation is not None else []
            if values:
                texts.append(f"{toggle.text()} {', '.join(values)}")
        return "   ·   ".join(texts)
