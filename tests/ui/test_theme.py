from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from workbench.core.resources import resource
from workbench.ui.preferences import preferences
from workbench.ui.theme import DARK, LIGHT, Colours, Theme, _TintedIcon, application_icon, icon, theme


@pytest.fixture(autouse=True)
def _light_again(qapp: QApplication) -> Iterator[None]:
    theme().choose("Light")
    yield
    theme().choose("System")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2, 1 to 21."""

    def luminance(name: str) -> float:
        colour = QColor(name)
        parts = (colour.redF(), colour.greenF(), colour.blueF())
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read_on_its_ground(colours: Colours) -> None:
    for ground in (colours.ground, colours.surface, colours.raised, colours.tint):
        assert contrast(colours.text, ground) >= 7
    for text in (colours.muted, colours.error, colours.warn, colours.good, colours.accent):
        assert contrast(text, colours.surface) >= 4.5
        assert contrast(text, colours.ground) >= 4.5
    assert contrast(colours.on_accent, colours.accent) >= 4.5


def test_a_choice_changes_the_whole_window_at_once_and_is_remembered(qtbot: QtBot, qapp: QApplication) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    with qtbot.waitSignal(theme().changed):
        theme().choose("Dark")
    assert widget.palette().color(QPalette.ColorRole.Window) == QColor(DARK.ground)
    assert DARK.accent in qapp.styleSheet()
    assert preferences().value("theme") == "Dark"


def test_the_style_sheet_has_no_name_left_open(qapp: QApplication) -> None:
    assert "@" not in qapp.styleSheet()


def test_an_icon_takes_the_colour_of_the_theme_of_the_moment() -> None:
    stop = icon("pause")
    edge = stop.pixmap(QSize(24, 24)).toImage().pixelColor(9, 12)
    assert abs(edge.lightness() - QColor(LIGHT.text).lightness()) < 40
    theme().choose("Dark")
    edge = stop.pixmap(QSize(24, 24)).toImage().pixelColor(9, 12)
    assert abs(edge.lightness() - QColor(DARK.text).lightness()) < 40


def test_every_icon_can_be_drawn() -> None:
    for file in resource("icons").glob("*.svg"):
        image = icon(file.stem).pixmap(QSize(24, 24)).toImage()
        assert any(image.pixelColor(x, y).alpha() > 0 for x in range(24) for y in range(24)), file.name


def test_a_disabled_icon_is_fainter_and_a_checked_one_accented() -> None:
    pause = icon("pause")
    at = (9, 12)
    normal, faint, checked = (
        pause.pixmap(QSize(24, 24), mode, state).toImage().pixelColor(*at)
        for mode, state in (
            (QIcon.Mode.Normal, QIcon.State.Off),
            (QIcon.Mode.Disabled, QIcon.State.Off),
            (QIcon.Mode.Normal, QIcon.State.On),
        )
    )
    assert faint.alpha() < 0.6 * normal.alpha()
    assert checked.hue() == pytest.approx(QColor(LIGHT.accent).hue(), abs=3)


def test_a_missing_icon_is_noticed_when_it_is_made() -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.svg"):
        icon("nothing")


def test_the_program_has_its_own_icon() -> None:
    assert not application_icon().pixmap(QSize(64, 64)).isNull()


def test_there_is_one_theme(qapp: QApplication) -> None:
    assert theme() is theme()
    assert len(qapp.findChildren(Theme)) == 1


def test_an_icon_without_room_is_no_picture_and_no_complaint(qapp: QApplication) -> None:
    engine = _TintedIcon("reset", QPalette.ColorRole.ButtonText)
    assert engine.pixmap(QSize(0, 12), QIcon.Mode.Normal, QIcon.State.Off).isNull()  # a Qt warning fails the test
