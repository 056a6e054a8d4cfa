from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from workbench.ui.curves import DRAWN, SMOOTHING, Series, StepClock, outline, squeeze
from workbench.ui.plots import REDRAW_MS, LossPlot


@pytest.fixture
def plot(qtbot: QtBot) -> LossPlot:
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.resize(800, 400)
    plot.show()
    return plot


def fill(plot: LossPlot, count: int, start: int = 0) -> None:
    steps = np.arange(start, start + count)
    plot.add("train", steps, {"total": 100 / (1 + steps), "kl": np.full(count, 3.0)})


def test_a_series_keeps_every_point_while_it_grows() -> None:
    series = Series()
    for start in range(0, 5000, 7):
        series.append(np.arange(start, start + 7), np.arange(start, start + 7) * 2.0)
    assert len(series) == 5005
    np.testing.assert_array_equal(series.x, np.arange(5005))
    np.testing.assert_array_equal(series.y, np.arange(5005) * 2.0)


def test_the_smoothed_curve_is_the_moving_average_without_the_pull_of_its_start() -> None:
    values = np.random.default_rng(0).normal(5, 1, 300)
    series = Series()
    series.append(np.arange(100), values[:100])
    series.append(np.arange(100, 300), values[100:])
    weights = SMOOTHING ** np.arange(299, -1, -1)
    assert series.smooth[-1] == pytest.approx(np.average(values, weights=weights))
    assert series.smooth[0] == pytest.approx(values[0])


def test_a_loss_that_is_no_number_leaves_the_average_alone() -> None:
    series = Series()
    series.append([0, 1, 2], [4.0, np.nan, 4.0])
    np.testing.assert_allclose(series.smooth, 4.0)


def test_a_long_curve_is_thinned_and_keeps_its_spikes() -> None:
    x = np.arange(50_000, dtype=float)
    y = np.zeros(50_000)
    y[[12_345, 40_001]] = 9.0, -7.0
    thin_x, thin_y = outline(x, y, -np.inf, np.inf)
    assert len(thin_x) == len(thin_y) <= DRAWN
    assert thin_y.max() == 9.0
    assert thin_y.min() == -7.0


def test_zooming_in_brings_every_point_back() -> None:
    x = np.arange(50_000, dtype=float)
    near_x, near_y = outline(x, x, 1000, 1100)
    np.testing.assert_array_equal(near_x, np.arange(999, 1102))
    np.testing.assert_array_equal(near_y, near_x)


def test_the_logarithmic_scale_takes_negative_values() -> None:
    y = np.array([-1000.0, -1.0, 0.0, 1.0, 1000.0])
    squeezed = squeeze(y)
    np.testing.assert_allclose(10**squeezed - 10**-squeezed, y, atol=1e-9)
    assert squeezed[-1] == pytest.approx(3, abs=1e-6)


def test_it_redraws_only_when_something_is_new(qtbot: QtBot, plot: LossPlot) -> None:
    with qtbot.waitSignal(plot.redrawn):
        fill(plot, 10)
    with qtbot.assertNotEmitted(plot.redrawn, wait=350):
        pass
    with qtbot.waitSignal(plot.redrawn):
        fill(plot, 10, start=10)


def test_a_hidden_plot_does_not_redraw(qtbot: QtBot, plot: LossPlot) -> None:
    plot.hide()
    with qtbot.assertNotEmitted(plot.redrawn, wait=250):
        fill(plot, 10)


def test_hovering_reads_all_visible_curves(plot: LossPlot) -> None:
    fill(plot, 100)
    plot.add("validation", [0, 99], {"total": [50.0, 2.0]})
    step, total, *others = plot.reading_at(99)
    assert step == "Step 99"
    assert "2 (validation)" in total
    assert "KL 3" in others
    plot._toggles["kl"].setChecked(False)
    assert "KL" not in "".join(plot.reading_at(99))


def test_steps_and_minutes_follow_each_other() -> None:
    clock = StepClock()
    clock.add([10, 20], [60, 300])
    clock.add([15, 40], [200, 360])  # the first of them is known better already
    np.testing.assert_allclose(clock.minutes([0, 10, 15, 20, 40]), [0, 1, 3, 5, 6])
    np.testing.assert_allclose(clock.steps([0, 1, 3, 5, 6]), [0, 10, 15, 20, 40])
    np.testing.assert_allclose(clock.minutes([-10, 80]), [-1.5, 12])  # outside: as fast as in the whole


def test_the_curves_are_drawn_over_time_when_that_is_wanted(qtbot: QtBot, plot: LossPlot) -> None:
    with qtbot.waitSignal(plot.redrawn):
        fill(plot, 101)
        plot.add_times([50, 100], [60, 600])
    with qtbot.waitSignal(plot.redrawn):
        plot.over_time.click()
    x, _ = plot._raw["total"].getData()
    assert (x[50], x[100]) == (1, 10)
    assert plot._item.getAxis("bottom").labelText == "minutes"
    assert plot.reading_at(100)[0].startswith("Step 100 after 10.0 min")
    plot._item.getAxis("bottom").setRange(0.0, 0.5)
    assert "0.001" not in plot._item.getAxis("bottom").labelString()
    plot._box.setXRange(0, 1, padding=0)  # the first minute
    plot._box.sigRangeChangedManually.emit([True, True])
    with qtbot.waitSignal(plot.redrawn):
        pass
    assert len(plot._raw["total"].getData()[0]) < 60
    with qtbot.waitSignal(plot.redrawn):
        plot.over_time.click()
    assert plot._raw["total"].getData()[0][-1] == 100


def test_the_legend_hides_a_curve(qtbot: QtBot, plot: LossPlot) -> None:
    fill(plot, 100)
    with qtbot.waitSignal(plot.redrawn):
        plot._toggles["kl"].click()
    assert not plot._lines["train", "kl"].isVisible()
    assert plot._lines["train", "total"].isVisible()


def test_a_curve_of_one_point_is_a_dot(qtbot: QtBot, plot: LossPlot) -> None:
    def colours_seen() -> set[str]:
        picture = plot._view.grab().toImage()
        return {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}

    colour = plot._colour("total").name()
    with qtbot.waitSignal(plot.redrawn):
        plot.add("validation", [500], {"total": [3.0]})
    assert colour in colours_seen()
    with qtbot.waitSignal(plot.redrawn):
        plot._toggles["total"].setChecked(False)
    assert colour not in colours_seen()
    with qtbot.waitSignal(plot.redrawn):
        plot._toggles["total"].setChecked(True)
        plot.add("validation", [1000], {"total": [2.0]})
    assert len(plot._dots.points()) == 0
    with qtbot.waitSignal(plot.redrawn):
        plot.clear()
        plot.add("validation", [500], {"total": [np.nan]})


def test_zooming_has_a_way_back(qtbot: QtBot, plot: LossPlot) -> None:
    with qtbot.waitSignal(plot.redrawn):
        fill(plot, 1000)
    plot._box.setXRange(100, 200)
    plot._box.sigRangeChangedManually.emit([True, True])
    assert plot.fit.isEnabled()
    with qtbot.waitSignal(plot.redrawn):
        qtbot.mouseClick(plot.fit, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: plot._box.viewRange()[0][1] > 900)
    assert not plot.fit.isEnabled()


def test_a_loss_is_called_as_one_reads_it(plot: LossPlot) -> None:
    plot.add("train", [1], {"active_units": [3.0], "kl": [1.0]})
    assert [toggle.text() for toggle in plot._toggles.values()] == ["Active units", "KL"]


def test_clearing_forgets_curves_and_legend(plot: LossPlot) -> None:
    fill(plot, 10)
    plot.clear()
    assert len(plot.points("train", "total")) == 0
    assert not plot._toggles
    fill(plot, 5)
    assert len(plot.points("train", "total")) == 5


def test_a_plot_that_is_dear_to_draw_is_drawn_less_often_until_a_hand_moves_it(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.show()
    monkeypatch.setattr(type(plot._view), "seconds", 0.02)
    monkeypatch.setattr(type(plot._view), "paintEvent", lambda view, event: None)
    plot.add("train", [1, 2], {"total": [1.0, 2.0]})
    plot._redraw()
    assert 1000 <= plot._clock.interval() < 1500  # a fiftieth of the time
    plot.show_all()
    assert plot._clock.interval() == REDRAW_MS


def test_a_click_says_its_step_and_the_line_of_the_moment_stands_there(qtbot: QtBot, plot: LossPlot) -> None:
    steps = np.arange(1, 101)
    plot.add("train", steps, {"total": np.linspace(5.0, 1.0, 100)})
    plot.add_times(steps, steps**2 * 0.6)
    for over_time in (False, True):
        plot.over_time.setChecked(over_time)
        with qtbot.waitSignal(plot.redrawn):
            plot._mark_dirty()
        plot.grab()  # its range is taken over when it is painted
        plot.show_moment(50)
        assert plot.moment == 50
        assert plot._moment.value() == pytest.approx(plot._times.minutes(50) if over_time else 50)
        there = plot._view.mapFromScene(plot._box.mapViewToScene(QPointF(plot._moment.value(), 3.0)))
        with qtbot.waitSignal(plot.pointed) as pointed:
            qtbot.mouseClick(plot._view.viewport(), Qt.MouseButton.LeftButton, pos=there)
        assert abs(pointed.args[0] - 50) <= 1
    beside = plot._view.mapFromScene(plot._box.sceneBoundingRect().bottomLeft() + QPointF(20, 15))
    with qtbot.assertNotEmitted(plot.pointed, wait=50):
        qtbot.mouseClick(plot._view.viewport(), Qt.MouseButton.LeftButton, pos=beside)
    plot.clear()
    assert plot.moment is None


def test_names_that_are_not_of_losses_are_shown_as_they_are(qtbot: QtBot) -> None:
    plot = LossPlot(spoken=str)
    qtbot.addWidget(plot)
    plot.add("train", [1], {"my_run": [1.0], "kl": [2.0], "cats & dogs": [3.0]})
    assert plot.reading_at(1)[1:] == ["my_run 1", "kl 2", "cats & dogs 3"]
    assert [toggle.text() for toggle in plot._toggles.values()] == ["my_run", "kl", "cats && dogs"]


def test_the_readout_stands_beside_the_pointer_and_is_never_cut(qtbot: QtBot, plot: LossPlot) -> None:
    fill(plot, 100)
    plot.resize(420, 300)
    plot._redraw()
    view, readout = plot._view, plot._readout
    qtbot.waitUntil(lambda: plot._box.viewRange()[0][1] > 90)
    for share in (0.2, 0.9):
        plot._hover(QPointF(share * view.width(), view.height() / 2))
        assert readout.isVisible()
        assert view.rect().contains(readout.geometry())
        assert readout.width() >= readout.sizeHint().width()
        assert "Total" in readout.text()
    view.left.emit()
    assert not readout.isVisible()
