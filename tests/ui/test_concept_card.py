"""The cards that open beside the sliders: nothing is cut, and what is too large for the screen scrolls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.test_concept_sliders import named, proven
from workbench.ui.concept_card import ConceptCard, Popup, SideEffects
from workbench.ui.pages.edit_concepts import CombineCard
from workbench.ui.theme import theme

FRAME = 2
"""Pixels that Qt's offscreen screen takes for the frame of a window, of a popup too."""


@pytest.fixture(params=[1, 1.5, 2.5], ids=lambda scale: f"letters of {scale}")
def beside(request: pytest.FixtureRequest, qtbot: QtBot, qapp: QApplication) -> Iterator[QWidget]:
    """What the cards open beside, in letters of some size."""
    before = qapp.font()
    font = qapp.font()
    font.setPointSizeF(request.param * before.pointSizeF())
    qapp.setFont(font)
    theme()._follow()
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(300, 300)
    widget.show()
    yield widget
    qapp.setFont(before)
    theme()._follow()


def opened(card: Popup, beside: QWidget) -> QScrollArea:
    """The card is shown, is wholly on the screen, and cuts no text; what scrolls in it."""
    card.show_beside(beside)
    QApplication.processEvents()
    space = card.screen().availableGeometry()
    assert space.adjusted(0, 0, FRAME, FRAME).contains(card.geometry())
    for label in card.findChildren(QLabel):
        if label.isVisible() and not label.text().endswith("%"):
            wanted = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
            assert label.height() >= wanted, label.text()
    (scroll,) = card.findChildren(QScrollArea)
    assert not scroll.horizontalScrollBar().maximum()
    assert bool(scroll.verticalScrollBar().maximum()) == (scroll.widget().height() > scroll.height())
    assert not scroll.verticalScrollBar().maximum() or card.height() == space.height()
    return scroll


def test_no_line_of_the_card_that_combines_sliders_is_cut(beside: QWidget) -> None:
    card = CombineCard({"Smiling": 1.0, "Facial_Hair": -0.5, "Light_from_left": 2.0, "Eyeglasses": 1.0}, beside)
    opened(card, beside)
    card.close()


def test_a_proof_that_is_taller_than_the_screen_scrolls(beside: QWidget) -> None:
    (concept,) = named({"Smiling": proven()}).values()
    card = ConceptCard("Smiling", replace(concept, why=60 * "It is the first. "), beside)
    card.show_strip(np.zeros((128, 448, 3), np.uint8))
    scroll = opened(card, beside)
    last = card.findChildren(QLabel)[-1]
    scroll.ensureWidgetVisible(last)
    assert last.visibleRegion().boundingRect() == last.rect()
    card.close()


def test_every_row_of_a_table_that_is_wider_than_the_screen_is_seen(beside: QWidget) -> None:
    direction = proven()
    assert direction.proof is not None
    wide = replace(direction, proof=replace(direction.proof, side_effects={f"Label_{n}": 0.1 for n in range(40)}))
    card = SideEffects({"Smiling": wide, "Hat": wide}, beside)
    opened(card, beside)
    assert card.table.horizontalScrollBar().maximum() > 0
    assert card.table.verticalScrollBar().maximum() == 0
    assert card.table.header().textElideMode() == Qt.TextElideMode.ElideNone  # its headings have two lines
    card.close()


def test_a_table_of_many_sliders_keeps_its_head_while_it_scrolls(beside: QWidget) -> None:
    card = SideEffects({f"Concept {number}": proven() for number in range(60)}, beside)
    scroll = opened(card, beside)
    assert scroll.verticalScrollBar().maximum() == card.table.horizontalScrollBar().maximum() == 0
    assert card.table.verticalScrollBar().maximum() > 0
    card.close()
