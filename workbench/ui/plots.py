"""The plot of the losses: as fast with a million points as with a hundred.

Of a curve at most `DRAWN` points are drawn, see `workbench.ui.curves`. Noisy curves are one pixel wide: Qt's software
painter takes seconds for thick ones.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QHideEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from workbench.ui.curves import DRAWN, Series, StepClock, outline, squeeze
from workbench.ui.flow import Flow
from workbench.ui.readout import Readout
from workbench.ui.theme import GRID, theme
from workbench.ui.widgets import OneLine, tool_button

REDRAW_MS = 100
REDRAW_SHARE = 0.02
"""Of the time, at most, that is drawn in: a training needs Python too, and would wait for every redraw."""
DOT = 5
"""Pixels of a curve that is one point so far: a line through it would show nothing."""
Part = Literal["train", "validation"]
_COLOURS = {
    "total": ("#4c56d0", "#929bff"),
    "reconstruction": ("#0f8a7e", "#4fd1c1"),
    "kl": ("#c2571a", "#ffa265"),
}
_OTHER_COLOURS = (
    ("#9c3fa8", "#dd8fe8"),
    ("#5f6b76", "#aab4be"),
    ("#a3243b", "#ff8496"),
    ("#6f7d1a", "#c3d35a"),
    ("#0b6fa4", "#62bdf0"),
)


class ScaleAxis(pg.AxisItem):  # type: ignore[misc] # pyqtgraph has no types
    """An axis that knows whether its values were squeezed."""

    squeezed = False

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if not self.squeezed:
            strings: list[str] = super().tickStrings(values, scale, spacing)
            return strings
        losses = [10**value - 10**-value for value in values]
        return [f"{loss:,.0f}" if abs(loss) >= 5 else f"{loss:.2g}" for loss in losses]


def mixed(colour: QColor, ground: QColor, share: float) -> QColor:
    """`colour` as it looks on `ground` when it covers `share` of it."""
    rest = 1 - share
    return QColor.fromRgbF(
        share * colour.redF() + rest * ground.redF(),
        share * colour.greenF() + rest * ground.greenF(),
        share * colour.blueF() + rest * ground.blueF(),
    )


def spoken(name: str) -> str:
    """The name of a loss as one reads it: 'active_units' is 'Active units'."""
    return "KL" if name == "kl" else name.replace("_", " ").capitalize()


class TimedView(pg.PlotWidget):  # type: ignore[misc] # pyqtgraph has no types
    """Knows how long its last paint took, and says when the pointer leaves."""

    left = Signal()
    seconds = 0.0

    def minimumSizeHint(self) -> QSize:
        return QSize(16 * GRID, 18 * GRID)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.left.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        began = time.perf_counter()
        super().paintEvent(event)
        self.seconds = time.perf_counter() - began


class LossPlot(QWidget):
    """Losses of training (raw and smoothed) and of validation, live.

    Redraws on its own clock, only when something is new and it can be seen: ten times a second while that is cheap, or
    else so often that it takes `REDRAW_SHARE` of the time.

    Args:
        spoken: a curve's name as one reads it.
    """

    redrawn = Signal()
    pointed = Signal(int)
    """The step that was clicked at."""

    def __init__(self, spoken: Callable[[str], str] = spoken, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spoken = spoken
        self._series: dict[tuple[Part, str], Series] = {}
        self._raw: dict[str, pg.PlotCurveItem] = {}
        self._lines: dict[tuple[Part, str], pg.PlotCurveItem] = {}
        self._toggles: dict[str, QCheckBox] = {}
        self._times = StepClock()
        self._dirty = False
        self._scale = ScaleAxis("left")
        self._view = TimedView(axisItems={"left": self._scale})
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
        self._moment = pg.InfiniteLine(angle=90, movable=False)
        self._moment_step: int | None = None
        self._item.addItem(self._moment, ignoreBounds=True)
        self._dots = pg.ScatterPlotItem(size=DOT, pen=None)
        self._item.addItem(self._dots)
        self._view.scene().sigMouseMoved.connect(self._hover)
        self._view.scene().sigMouseClicked.connect(self._click)

        self._view.left.connect(self._stop_reading)
        self._readout = Readout(self._view)
        self.hint = OneLine("Point at the curves to read them; click to see the pictures of that moment")
        self.log_scale = QCheckBox("Log scale")
        self.log_scale.setToolTip("Equal distances for equal ratios: small late gains become visible")
        self.log_scale.toggled.connect(self._set_log)
        self.over_time = QCheckBox("Over time")
        self.over_time.setToolTip("Minutes of training in place of steps, pauses left out")
        self.over_time.toggled.connect(self._set_over_time)
        self.fit = tool_button("fit", "Show all", "Show everything again")
        self.fit.clicked.connect(self.show_all)
        self.fit.setEnabled(False)
        self._legend = Flow(spacing=2 * GRID)
        head = QHBoxLayout()
        head.setSpacing(2 * GRID)
        head.addWidget(self._legend, 1)
        head.addWidget(self.fit, alignment=Qt.AlignmentFlag.AlignTop)
        foot = QHBoxLayout()
        foot.setSpacing(2 * GRID)
        foot.addWidget(self.hint, 1)
        foot.addWidget(self.over_time)
        foot.addWidget(self.log_scale)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(head)
        layout.addWidget(self._view, 1)
        layout.addLayout(foot)

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

    def add_times(self, steps: npt.ArrayLike, seconds: npt.ArrayLike) -> None:
        """How many seconds of training had passed at some steps."""
        self._times.add(steps, seconds)
        self._dirty = True

    def clear(self) -> None:
        """Forget every curve."""
        self._times = StepClock()
        for item in (*self._raw.values(), *self._lines.values()):
            self._item.removeItem(item)
        for toggle in self._toggles.values():
            toggle.hide()
            toggle.deleteLater()
        self._series.clear()
        self._raw.clear()
        self._lines.clear()
        self._toggles.clear()
        self.show_moment(None)
        self.show_all()
        self._dirty = True

    def points(self, part: Part, name: str) -> Series:
        """The points of one curve; empty when there are none."""
        return self._series.get((part, name), Series())

    @property
    def moment(self) -> int | None:
        """The step that the line of the shown moment stands at."""
        return self._moment_step if self._moment.isVisible() else None

    @Slot(object)
    def show_moment(self, step: int | None) -> None:
        """Draw a line at the step whose pictures are shown; None: at none."""
        self._moment_step = step
        self._moment.setVisible(step is not None)
        self._place_moment()

    def _place_moment(self) -> None:
        if (step := self._moment_step) is not None:
            self._moment.setPos(float(self._times.minutes(step)) if self.over_time.isChecked() else step)

    @Slot()
    def show_all(self) -> None:
        """Back from zooming and panning: the whole curves, and growing with them."""
        self._box.enableAutoRange()
        self.fit.setEnabled(False)
        self._mark_dirty()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock.stop()
        super().hideEvent(event)

    def _add_name(self, name: str) -> None:
        toggle = QCheckBox(self._spoken(name).replace("&", "&&"))  # one alone would underline the next letter
        toggle.setChecked(True)
        toggle.setToolTip("Faint: every step. Line: smoothed. Dashed: validation.")
        toggle.toggled.connect(self._mark_dirty)
        self._toggles[name] = toggle
        self._legend.add(toggle)
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
            axis.enableAutoSIPrefix(False)  # 0.5 minutes are not 500 minutes (x0.001)
            axis.setPen(colours.line)
            axis.setStyle(maxTickLevel=0)  # lines at small ticks are half of what a redraw costs
            axis.setTextPen(colours.muted)
        self._cursor.setPen(colours.muted)
        self._moment.setPen(pg.mkPen(colours.accent, width=1))
        for name, toggle in self._toggles.items():
            colour = self._colour(name)
            toggle.setStyleSheet(
                f"QCheckBox::indicator:checked {{ background: {colour.name()}; border-color: {colour.name()} }}"
            )
            faint = mixed(colour, QColor(colours.surface), 0.3)  # a translucent pen is far slower to draw
            self._raw[name].setPen(pg.mkPen(faint, width=1))
            self._lines["train", name].setPen(pg.mkPen(colour, width=1))
            self._lines["validation", name].setPen(pg.mkPen(colour, width=1, style=Qt.PenStyle.DashLine))
        self._mark_dirty()

    @Slot(bool)
    def _set_log(self, on: bool) -> None:
        self._scale.squeezed = on
        self._scale.picture = None  # drawn anew, even if its range stays
        self.show_all()

    @Slot(bool)
    def _set_over_time(self, on: bool) -> None:
        self._item.setLabel("bottom", "minutes" if on else "step")
        self._place_moment()
        self.show_all()

    @Slot()
    def _moved(self) -> None:
        self.fit.setEnabled(True)
        self._mark_dirty()

    @Slot()
    def _range_changed(self) -> None:
        if not self._box.autoRangeEnabled()[0]:  # otherwise it is our own drawing that changes the range
            self._mark_dirty()

    @Slot()
    def _mark_dirty(self) -> None:
        """Somebody's hand or eye is on it: draw it soon."""
        self._dirty = True
        self._clock.setInterval(REDRAW_MS)

    @Slot()
    def _redraw(self) -> None:
        if not self._dirty:
            return
        began = time.perf_counter()
        auto_x = self._box.autoRangeEnabled()[0]
        low, high = (-np.inf, np.inf) if auto_x else self._box.viewRange()[0]
        if self.over_time.isChecked() and not auto_x:
            low, high = self._times.steps([low, high])
        dots = []
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
            if shown and len(series) == 1:
                (x,), (y,) = line.getData()
                if math.isfinite(y):
                    dots.append({"pos": (x, y), "brush": self._colour(name)})
        self._dots.setData(dots)
        if self.over_time.isChecked():
            self._place_moment()  # how long a step took is known better now
        self._dirty = False
        cost = time.perf_counter() - began + self._view.seconds
        self._clock.setInterval(max(REDRAW_MS, math.ceil(1000 * cost / REDRAW_SHARE)))
        self.redrawn.emit()

    def _draw(self, item: pg.PlotCurveItem, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> None:
        if self.over_time.isChecked():
            x = self._times.minutes(x)
        item.setData(x, squeeze(y) if self.log_scale.isChecked() else y)

    @Slot(object)
    def _hover(self, where: QPointF) -> None:
        inside = bool(self._series) and self._box.sceneBoundingRect().contains(where)
        if not inside:
            self._stop_reading()
            return
        self._cursor.setVisible(True)
        self._cursor.setPos(self._box.mapSceneToView(where).x())
        self._readout.show_lines(self.reading_at(self._step_at(where)), self._view.mapFromScene(where))

    def _step_at(self, where: QPointF) -> float:
        x: float = self._box.mapSceneToView(where).x()
        return float(self._times.steps(x)) if self.over_time.isChecked() else x

    @Slot(object)
    def _click(self, click: MouseClickEvent) -> None:
        inside = bool(self._series) and self._box.sceneBoundingRect().contains(click.scenePos())
        if inside and click.button() == Qt.MouseButton.LeftButton:
            self.pointed.emit(round(self._step_at(click.scenePos())))

    @Slot()
    def _stop_reading(self) -> None:
        self._cursor.setVisible(False)
        self._readout.hide()

    def reading_at(self, step: float) -> list[str]:
        """The step, and every visible curve there: a line each."""
        after = f" after {float(self._times.minutes(step)):.1f} min" if self.over_time.isChecked() else ""
        texts = [f"Step {step:,.0f}{after}"]
        for name, toggle in self._toggles.items():
            if not toggle.isChecked():
                continue
            train = self.points("train", name).value_at(step, smooth=True)
            validation = self.points("validation", name).value_at(step)
            values = [f"{train:,.4g}"] if train is not None else []
            values += [f"{validation:,.4g} (validation)"] if validation is not None else []
            if values:
                texts.append(f"{self._spoken(name)} {', '.join(values)}")
        return texts
