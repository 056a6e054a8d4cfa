"""Strips of made-up faces in the window: of a concept, and of directions without a name."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from workbench.core.concepts.strips import invented, strip
from workbench.ui.concept_card import ConceptCard
from workbench.ui.pages.edit import EditPage
from workbench.ui.pages.edit_strips import FACES, UnnamedCard
from workbench.ui.pictures import from_qimage

LEFT = Qt.MouseButton.LeftButton
WAIT = 60_000


@pytest.fixture
def page(qtbot: QtBot, edit_page: EditPage, run_copy: Path) -> EditPage:
    edit_page.open_path(str(run_copy))
    qtbot.waitUntil(lambda: edit_page.session.model is not None, timeout=WAIT)
    return edit_page


def test_the_card_of_a_concept_shows_what_its_slider_does(page: EditPage, qtbot: QtBot) -> None:
    row = page.side.sliders.rows["Smiling"]
    qtbot.mouseClick(row.badge, LEFT)
    (card,) = page.findChildren(ConceptCard)
    places = [label.geometry() for label in card.findChildren(QLabel)]
    model = page.session.model
    assert model is not None
    faces = strip(model, invented(model, FACES), model.concepts["Smiling"].direction).astype(int)

    def shows_faces() -> bool:
        return bool(abs(from_qimage(card.strip.pixmap().toImage()) - faces).max() <= 1)

    qtbot.waitUntil(shows_faces, timeout=WAIT)
    assert card.grab().size() == card.size()  # what was to be laid out anew is
    assert [label.geometry() for label in card.findChildren(QLabel)] == places  # nothing moves under the reader's eye
    card.close()


def test_a_card_that_is_closed_at_once_waits_for_nothing(page: EditPage, qtbot: QtBot) -> None:
    qtbot.mouseClick(page.side.sliders.rows["Smiling"].badge, LEFT)
    (card,) = page.findChildren(ConceptCard)
    with qtbot.waitSignal(card.destroyed):
        card.close()
    qtbot.waitUntil(lambda: page.strips.at_rest, timeout=WAIT)


def test_strips_of_a_model_that_is_no_longer_open_are_not_shown(
    page: EditPage, qtbot: QtBot, trained_run: Path
) -> None:
    qtbot.mouseClick(page.side.sliders.unnamed_button, LEFT)
    page.session.load_model(trained_run)
    qtbot.waitUntil(lambda: page.session.model.path == trained_run, timeout=WAIT)
    qtbot.waitUntil(lambda: page.strips.at_rest and page.side.sliders.unnamed_button.isEnabled(), timeout=WAIT)
    assert not any(card.isVisible() for card in page.findChildren(UnnamedCard))


def test_a_card_of_unnamed_directions_closes_when_another_model_is_opened(
    page: EditPage, qtbot: QtBot, trained_run: Path
) -> None:
    page.strips.open_unnamed()
    qtbot.waitUntil(lambda: page.strips.card is not None, timeout=WAIT)
    page.session.load_model(trained_run)
    qtbot.waitUntil(lambda: page.session.model.path == trained_run, timeout=WAIT)
    assert not any(card.isVisible() for card in page.findChildren(UnnamedCard))


def test_a_strip_is_named_and_becomes_a_slider_another_is_dismissed(page: EditPage, qtbot: QtBot) -> None:
    button = page.side.sliders.unnamed_button
    qtbot.mouseClick(button, LEFT)
    assert (button.text(), button.isEnabled()) == ("Looking…", False)
    qtbot.waitUntil(lambda: page.strips.card is not None, timeout=WAIT)
    card = page.strips.card
    assert card is not None
    assert (button.text(), button.isEnabled()) == ("Unnamed", True)
    assert {"pca-1", "pca-2"} <= set(card.rows)
    qtbot.mouseClick(card.dismiss_buttons["pca-1"], LEFT)
    assert not card.rows["pca-1"].isVisibleTo(card)
    qtbot.waitUntil(lambda: page.strips.at_rest, timeout=WAIT)
    card.fields["pca-2"].setText("Light")
    qtbot.keyClick(card.fields["pca-2"], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Light" in page.side.sliders.rows, timeout=WAIT)
    card.close()
    page.strips.card = None
    page.side.unnamed_button.click()  # where a model has no concepts yet
    qtbot.waitUntil(lambda: page.strips.card is not None, timeout=WAIT)
    assert not {"pca-1", "pca-2"} & set(page.strips.card.rows)
    page.strips.card.close()
