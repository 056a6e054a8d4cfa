from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from workbench.core.events import Advice
from workbench.ui.pages.train_health import HealthLine

SATURATED = Advice(
    "The discriminator has won.", "Go back to a checkpoint before.", "saturated", 400, "Noise on its labels.",
    {"learning_rate": 0.0001, "label_noise": 0.1},
)  # fmt: skip
PLATEAU = Advice("The loss stands still.", "Stop, or train with other settings.", "plateau", 900)


def shown(qtbot: QtBot) -> HealthLine:
    line = HealthLine()
    qtbot.addWidget(line)
    line.resize(700, 200)
    return line


def test_nothing_is_shown_of_a_healthy_training(qtbot: QtBot) -> None:
    line = shown(qtbot)
    assert not line.isVisible()
    line.add(PLATEAU)
    assert line.isVisible()
    line.remove("plateau")
    assert not line.isVisible()


def test_a_finding_is_said_once_with_its_remedy_and_the_trick(qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QLabel

    line = shown(qtbot)
    line.add(PLATEAU)
    line.add(SATURATED)
    line.add(SATURATED)
    assert line.kinds == ("plateau", "saturated")
    said = [label.text() for label in line.view("saturated").findChildren(QLabel)]
    assert "The discriminator has won." in said
    assert "Go back to a checkpoint before." in said
    assert "From the bag of tricks: Noise on its labels." in said


def test_one_click_goes_on_with_what_mends_it(qtbot: QtBot) -> None:
    line = shown(qtbot)
    asked: list[object] = []
    line.mended.connect(asked.append)
    line.add(SATURATED)
    line.add(PLATEAU)
    assert not line.view("plateau").button.isVisible()  # no setting mends it
    button = line.view("saturated").button
    assert "learning_rate = 0.0001, label_noise = 0.1" in button.toolTip()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == [{"learning_rate": 0.0001, "label_noise": 0.1}]
