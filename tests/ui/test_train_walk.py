from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from workbench.core.events import Phase, read_only
from workbench.core.models.base import preset_settings
from workbench.core.models.dcgan import Dcgan
from workbench.core.models.layers import layer_table
from workbench.ui.layer_table import LayerTable
from workbench.ui.pages.train_walk import StepWalk

NAMES = Dcgan.phases


def phase(number: int, picture: bool = False) -> Phase:
    pixels = read_only(np.full((8, 12, 3), 40 * number, np.uint8)) if picture else None
    return Phase(7, number, NAMES[number - 1], f"This is what part {number} made.", pixels)


def shown(qtbot: QtBot) -> StepWalk:
    widget = StepWalk()
    qtbot.addWidget(widget)
    widget.set_phases(NAMES)
    widget.set_running(True)
    widget.show()
    return widget


def test_a_model_whose_steps_have_no_parts_shows_nothing(qtbot: QtBot) -> None:
    widget = shown(qtbot)
    assert widget.isVisible()
    widget.set_phases(())
    assert not widget.isVisible()


def test_the_part_that_is_over_stands_out_and_says_what_came_of_it(qtbot: QtBot) -> None:
    widget = shown(qtbot)
    assert widget.current == 0
    for number in (1, 2, 3):
        widget.show_phase(phase(number))
        assert widget.current == number
    assert widget.note.text() == "This is what part 3 made."
    assert not widget.picture.isVisible()  # nobody walks: it would flicker by


def test_the_six_steps_are_walked_with_mouse_and_keys(qtbot: QtBot) -> None:
    widget = shown(qtbot)
    asked: list[object] = []
    widget.walk.connect(asked.append)
    widget.next_part.connect(lambda: asked.append("next"))
    qtbot.mouseClick(widget.walk_button, Qt.MouseButton.LeftButton)
    assert asked == [True]
    assert not widget.next_button.isEnabled()  # the first part is not over
    widget.show_phase(phase(1))
    qtbot.mouseClick(widget.next_button, Qt.MouseButton.LeftButton)
    assert asked == [True, "next"]
    assert not widget.next_button.isEnabled()
    widget.show_phase(phase(2, picture=True))
    assert widget.picture.isVisible()
    assert widget.picture.image.width() == 12
    qtbot.keyClick(widget.next_button, Qt.Key.Key_Space)
    assert asked == [True, "next", "next"]
    qtbot.mouseClick(widget.walk_button, Qt.MouseButton.LeftButton)
    assert asked[-1] is False
    assert not widget.next_button.isVisible()


def test_when_the_training_ends_there_is_nothing_to_walk(qtbot: QtBot) -> None:
    widget = shown(qtbot)
    widget.walk_button.setChecked(True)
    widget.set_running(False)
    assert not widget.walk_button.isEnabled()
    assert not widget.next_button.isVisible()


def test_the_layers_are_shown_with_the_sum_of_each_net(qtbot: QtBot) -> None:
    table = LayerTable()
    qtbot.addWidget(table)
    table.show_layers(layer_table(Dcgan(preset_settings(Dcgan, "lecture", {}), 32)))
    assert [table.tree.topLevelItem(i).text(2) for i in range(table.tree.topLevelItemCount())] == [
        "6,264,579",
        "790,913",
    ]
    generator = table.tree.topLevelItem(0)
    assert generator.child(3).text(1) == "16 × 16 × 256"
    assert generator.child(3).text(2) == "819,456"
    assert generator.child(3).toolTip(0) == "Conv2d 1: 5 × 5"
