from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from workbench.core.events import Gradients, Losses, read_only
from workbench.ui.gradients import GradientPlot
from workbench.ui.pages.train_watch import TrainWatch
from workbench.ui.theme import theme

LAYERS = ("encoder.0", "encoder.1", "decoder.0", "decoder.1")


def look(step: int, *norms: float) -> Gradients:
    return Gradients(step, LAYERS, read_only(np.array(norms, dtype=np.float32)))


def plot(qtbot: QtBot) -> GradientPlot:
    plot = GradientPlot()
    qtbot.addWidget(plot)
    plot.resize(220, 300)
    return plot


def height_of(plot: GradientPlot, layer: str, colour: str) -> int:
    """Pixels of a colour in the middle of a layer's bar."""
    image = plot.bars.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    x = int(plot.bars._places()[layer].center().x() * image.devicePixelRatio())
    return sum(QColor(image.pixel(x, y)) == QColor(colour) for y in range(image.height()))


def test_nothing_is_to_be_seen_before_there_are_gradients_and_after_another_training_began(qtbot: QtBot) -> None:
    watch = TrainWatch()
    qtbot.addWidget(watch)
    watch.resize(900, 700)
    watch.show()
    watch.begin("one")
    assert not watch.gradients.isVisible()
    losses = {"total": np.array([1.0], np.float32)}
    watch.on_event(Losses("train", np.array([1]), losses))
    assert not watch.gradients.isVisible()
    watch.on_event(look(7, 1.0, 2.0, 3.0, 4.0))
    assert watch.gradients.isVisible()
    assert "Gradients at step 7" in [label.text() for label in watch.gradients.findChildren(QLabel)]
    watch.begin("two")
    assert not watch.gradients.isVisible()


def test_a_gradient_that_vanishes_leaves_a_short_bar_before_the_shade_of_what_it_was(qtbot: QtBot) -> None:
    view = plot(qtbot)
    view.show_gradients(look(1, 1.0, 1.0, 1.0, 1.0))
    view.show()
    colours = theme().colours
    assert height_of(view, "encoder.0", colours.tint) <= 1
    view.show_gradients(look(2, 1e-5, 1.0, 1.0, 1.0))
    short, shade = (height_of(view, "encoder.0", colour) for colour in (colours.accent, colours.tint))
    assert shade > 50
    assert short < shade / 3
    assert height_of(view, "encoder.1", colours.accent) > 100
    assert "encoder.0: 1e-05, at most 1 so far" in view.bars.reading_at(view.bars._places()["encoder.0"].center().x())


def test_zero_and_very_long_gradients_are_drawn_too(qtbot: QtBot) -> None:
    view = plot(qtbot)
    view.show_gradients(look(1, 0.0, 0.0, 0.0, 0.0))
    view.show_gradients(look(2, 0.0, 1e30, 1.0, 1.0))
    view.show()
    assert height_of(view, "encoder.1", theme().colours.accent) > 100
    for size in ((1, 1), (30, 4)):
        view.bars.resize(*size)
        view.bars.grab()


def test_pointing_at_a_bar_names_its_layer(qtbot: QtBot) -> None:
    view = plot(qtbot)
    view.show_gradients(look(1, 0.5, 1.0, 2.0, 4.0))
    view.show()
    where = view.bars._places()["decoder.0"].center().toPoint()
    qtbot.mouseMove(view.bars, where)
    assert view.bars.toolTip() == "decoder.0: 2, at most 2 so far"
    qtbot.mouseMove(view.bars, QPoint(2, where.y()))
    assert view.bars.toolTip() == ""
