"""Tab goes through the window as one sees it, and stops once at each thing that is to be chosen."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.test_concept_sliders import direction, named
from workbench.core.models.registry import MODELS, model_class
from workbench.ui.cards import Cards
from workbench.ui.concept_sliders import ConceptSliders
from workbench.ui.pages.data import DataPage
from workbench.ui.pages.train_form import TrainForm
from workbench.ui.rail import Rail
from workbench.ui.widgets import Column


def stops(qtbot: QtBot, window: QWidget, first: QWidget) -> list[QWidget]:
    """Where Tab stops, from `first` on until it is there again."""
    window.resize(900, 3000)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    first.setFocus()
    found: list[QWidget] = []
    while (focus := QApplication.focusWidget()) is not None and focus not in found:
        found.append(focus)
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    return found


def heights(window: QWidget, widgets: list[QWidget]) -> list[int]:
    return [widget.mapTo(window, QPoint(0, widget.height() // 2)).y() for widget in widgets]


def test_the_sliders_come_before_what_is_below_them(qtbot: QtBot) -> None:
    window, above, below, sliders = QWidget(), QPushButton("Above"), QPushButton("Below"), ConceptSliders()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    for widget in (above, sliders, below):
        column.addWidget(widget)
    sliders.set_concepts(named({"Hat": direction()}))
    sliders.set_concepts(named({"Hat": direction(), "Smiling": direction()}))
    sliders.set_strengths({"Hat": 1.0, "Smiling": 1.0})
    found = stops(qtbot, window, above)
    rows = list(sliders.rows.values())
    wanted = [sliders.unnamed_button]
    wanted += [w for r in rows for w in (r.reset_button, r.badge, r.box, r.slider, r.lock_button)]
    assert found[-len(wanted) - 1 :] == [*wanted, below]


def test_the_form_is_gone_through_from_top_to_bottom(qtbot: QtBot) -> None:
    form = TrainForm()
    qtbot.addWidget(form)
    form.set_models({name: model_class(name) for name in MODELS})
    form.models.choose("vae")
    form.settings.fold.setChecked(True)
    first = form.source.findChild(QComboBox)
    assert first is not None
    found = stops(qtbot, form, first)
    lines = heights(form, found)
    assert len(lines) > 15
    assert all(after >= before - 10 for before, after in pairwise(lines)), lines
    names = [widget.accessibleName() for widget in found]
    assert "64 pixels" in names
    assert not {"32 pixels", "128 pixels"} & set(names)
    assert form.start in found


def test_tab_goes_to_the_chosen_card(qtbot: QtBot) -> None:
    window, above, cards = QWidget(), QPushButton("Above"), Cards()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    column.addWidget(above)
    column.addWidget(cards)
    for key in "abc":
        cards.add(key, key.upper(), "")
    cards.choose("b")
    assert [widget.accessibleName() for widget in stops(qtbot, window, above)] == ["", "B"]
    cards.choose("a")
    assert [widget.accessibleName() for widget in stops(qtbot, window, above)] == ["", "A"]


def test_tab_goes_to_the_page_that_is_shown(qtbot: QtBot) -> None:
    page = DataPage()
    qtbot.addWidget(page)
    other = type("Other", (DataPage,), {"name": "Other"})()
    qtbot.addWidget(other)
    rail = Rail([page, other])
    qtbot.addWidget(rail)
    rail.set_page("Other")
    assert [widget.accessibleName() for widget in stops(qtbot, rail, rail._buttons["Other"])] == ["Other", "Look"]


def test_what_only_scrolls_takes_no_focus(qtbot: QtBot) -> None:
    column = Column(QWidget())
    qtbot.addWidget(column)
    assert column.focusPolicy() == Qt.FocusPolicy.NoFocus
