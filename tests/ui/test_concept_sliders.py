"""The sliders: what a hand, a wheel and a keyboard do to a strength."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from workbench.core.concepts.concept import Concept, Counts, Direction
from workbench.core.concepts.proof import Proof
from workbench.core.runs.maturity import immaturity
from workbench.ui.concept_card import ConceptCard, SideEffects
from workbench.ui.concept_sliders import ConceptRow, ConceptSliders
from workbench.ui.theme import theme

LEFT = Qt.MouseButton.LeftButton


def direction(auc: float | None = 0.95, low: float = -3.0, high: float = 3.0) -> Direction:
    vector = np.array([1, 0, 0, 0], np.float32)
    return Direction("logistic", vector, sigma=1.5, low=low, high=high, auc=auc, counts=Counts(1502, 3396, 207, 424))


def named(directions: dict[str, Direction]) -> dict[str, Concept]:
    return {name: Concept(name, {d.method: d}, d.method, "", "", "It is the first.") for name, d in directions.items()}


@pytest.fixture
def sliders(qtbot: QtBot) -> ConceptSliders:
    sliders = ConceptSliders()
    qtbot.addWidget(sliders)
    sliders.set_concepts(named({"Smiling": direction(), "Facial_Hair": direction(0.61)}))
    sliders.resize(320, 400)
    sliders.show()
    qtbot.waitExposed(sliders)
    return sliders


@pytest.fixture
def smiling(sliders: ConceptSliders) -> ConceptRow:
    return sliders.rows["Smiling"]


def place(row: ConceptRow, strength: float, dx: int = 0) -> QPoint:
    return row.slider.handle_position(strength).toPoint() + QPoint(dx, 0)


def drag(qtbot: QtBot, row: ConceptRow, *strengths: float) -> None:
    qtbot.mousePress(row.slider, LEFT, pos=place(row, row.strength))
    for strength in strengths:
        qtbot.mouseMove(row.slider, place(row, strength))
    qtbot.mouseRelease(row.slider, LEFT, pos=place(row, strengths[-1]))


def turn_wheel(widget: QApplication | object, notches: int) -> bool:
    middle = QPointF(widget.rect().center())  # type: ignore[attr-defined]
    event = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),  # type: ignore[attr-defined]
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)  # type: ignore[arg-type]
    return event.isAccepted()


def test_a_drag_tells_every_value_and_ends_once(qtbot: QtBot, sliders: ConceptSliders, smiling: ConceptRow) -> None:
    values, ends = [], []
    sliders.changed.connect(lambda name, strength: values.append((name, strength)))
    sliders.gesture_ended.connect(ends.append)
    drag(qtbot, smiling, 0.5, 1.0, 1.5)
    assert [name for name, _ in values] == ["Smiling"] * 3
    assert [strength for _, strength in values] == pytest.approx([0.5, 1.0, 1.5], abs=0.03)
    assert ends == ["Smiling"]
    assert smiling.box.value() == smiling.strength
    assert sliders.strengths == {"Smiling": smiling.strength}


def test_near_the_middle_the_handle_stays_at_zero(qtbot: QtBot, smiling: ConceptRow) -> None:
    drag(qtbot, smiling, 1.0)
    qtbot.mousePress(smiling.slider, LEFT, pos=place(smiling, smiling.strength))
    qtbot.mouseMove(smiling.slider, place(smiling, 0.0, dx=4))
    qtbot.mouseRelease(smiling.slider, LEFT, pos=place(smiling, 0.0, dx=4))
    assert smiling.strength == 0


def test_a_drag_beyond_the_end_stops_at_the_end(qtbot: QtBot, smiling: ConceptRow) -> None:
    qtbot.mousePress(smiling.slider, LEFT, pos=place(smiling, 0))
    qtbot.mouseMove(smiling.slider, QPoint(2000, 10))
    qtbot.mouseRelease(smiling.slider, LEFT, pos=QPoint(2000, 10))
    assert smiling.strength == 3


@pytest.mark.parametrize(("low", "high"), [(-1.0, 4.0), (-3.5, 0.5), (-3.0, 3.0)])
def test_zero_is_in_the_middle_whatever_the_ends(qtbot: QtBot, low: float, high: float) -> None:
    sliders = ConceptSliders()
    qtbot.addWidget(sliders)
    sliders.set_concepts(named({"Hat": direction(low=low, high=high)}))
    sliders.resize(320, 200)
    sliders.show()
    row = sliders.rows["Hat"]
    assert row.slider.handle_position(0.0).x() == pytest.approx(row.slider.width() / 2)
    drag(qtbot, row, 0.4)
    assert row.strength == pytest.approx(0.4, abs=0.05)
    drag(qtbot, row, -8.0)  # left of the end, where there is room but no more to be had
    assert row.strength == low


@pytest.mark.parametrize(
    ("key", "modifier", "step"),
    [
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 0.1),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier, -0.1),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier, -0.01),
        (Qt.Key.Key_PageUp, Qt.KeyboardModifier.NoModifier, 0.5),
        (Qt.Key.Key_PageDown, Qt.KeyboardModifier.NoModifier, -0.5),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, 3.0),
    ],
)
def test_keys_step(qtbot: QtBot, smiling: ConceptRow, key: Qt.Key, modifier: Qt.KeyboardModifier, step: float) -> None:
    qtbot.keyClick(smiling.slider, key, modifier)
    assert smiling.strength == pytest.approx(step)


def test_keys_in_quick_succession_are_one_gesture(qtbot: QtBot, sliders: ConceptSliders, smiling: ConceptRow) -> None:
    ends: list[str] = []
    sliders.gesture_ended.connect(ends.append)
    for _ in range(5):
        qtbot.keyClick(smiling.slider, Qt.Key.Key_Right)
    assert ends == []
    qtbot.waitUntil(lambda: ends == ["Smiling"])


def test_a_gesture_of_keys_ends_when_the_focus_goes(qtbot: QtBot, sliders: ConceptSliders, smiling: ConceptRow) -> None:
    smiling.slider.setFocus()
    qtbot.keyClick(smiling.slider, Qt.Key.Key_Right)
    with qtbot.waitSignal(sliders.gesture_ended, timeout=100):
        sliders.rows["Facial_Hair"].slider.setFocus()


def test_a_double_click_on_the_name_resets(qtbot: QtBot, sliders: ConceptSliders, smiling: ConceptRow) -> None:
    smiling.set_strength(1.2)
    with qtbot.waitSignals([sliders.changed, sliders.gesture_ended]):
        qtbot.mouseDClick(smiling.label, LEFT)
    assert smiling.strength == 0


def test_a_double_click_on_the_number_resets(qtbot: QtBot, smiling: ConceptRow) -> None:
    smiling.set_strength(1.2)
    qtbot.mouseDClick(smiling.box.lineEdit(), LEFT)
    assert (smiling.strength, smiling.box.value()) == (0, 0)


def test_a_double_click_in_the_trough_does_not_reset(qtbot: QtBot, smiling: ConceptRow) -> None:
    qtbot.mouseClick(smiling.slider, LEFT, pos=place(smiling, 2.0))
    qtbot.mouseDClick(smiling.slider, LEFT, pos=place(smiling, 2.0))
    assert smiling.strength == pytest.approx(2.0, abs=0.05)


def test_backspace_resets(qtbot: QtBot, smiling: ConceptRow) -> None:
    smiling.set_strength(-1.2)
    qtbot.keyClick(smiling.slider, Qt.Key.Key_Backspace)
    assert smiling.strength == 0


def test_a_number_is_typed(qtbot: QtBot, sliders: ConceptSliders, smiling: ConceptRow) -> None:
    values: list[float] = []
    sliders.changed.connect(lambda _, strength: values.append(strength))
    smiling.box.selectAll()
    qtbot.keyClicks(smiling.box, "1.25")
    assert values == []
    qtbot.keyClick(smiling.box, Qt.Key.Key_Return)
    assert values == [1.25]
    assert smiling.strength == 1.25


def test_the_wheel_scrolls_the_page_unless_the_slider_has_the_focus(smiling: ConceptRow) -> None:
    smiling.slider.clearFocus()
    turn_wheel(smiling.slider, 1)
    assert smiling.strength == 0
    smiling.slider.setFocus()
    assert turn_wheel(smiling.slider, 2)
    assert smiling.strength == pytest.approx(0.2)


def test_values_that_are_set_are_not_told(qtbot: QtBot, sliders: ConceptSliders, smiling: ConceptRow) -> None:
    with qtbot.assertNotEmitted(sliders.changed):
        sliders.set_strengths({"Smiling": 0.7})
    assert (smiling.strength, smiling.box.value()) == (0.7, 0.7)


def test_a_value_beyond_the_ends_moves_the_end(smiling: ConceptRow) -> None:
    smiling.set_strength(4.5)
    assert (smiling.strength, smiling.box.value()) == (4.5, 4.5)


def test_reset_all_is_told_once_and_only_when_something_changed(qtbot: QtBot, sliders: ConceptSliders) -> None:
    assert not sliders.reset_all_button.isEnabled()
    sliders.set_strengths({"Smiling": 1, "Facial_Hair": -1})
    with qtbot.waitSignal(sliders.all_reset), qtbot.assertNotEmitted(sliders.changed):
        qtbot.mouseClick(sliders.reset_all_button, LEFT)
    assert sliders.strengths == {}
    assert not sliders.reset_all_button.isEnabled()


def test_a_changed_concept_is_marked(smiling: ConceptRow) -> None:
    assert not smiling.reset_button.isVisible()
    smiling.set_strength(0.5)
    assert smiling.reset_button.isVisible()
    assert smiling.label.font().bold()


def test_the_badge_says_how_sure_in_a_sentence(sliders: ConceptSliders) -> None:
    row = sliders.rows["Facial_Hair"]
    assert "0.61" in row.badge.text()
    for part in ("Weak", "61 times in 100", "logistic", "1,502", "424"):
        assert part in row.badge.toolTip()


def test_a_nearly_perfect_concept_does_not_promise_certainty(sliders: ConceptSliders) -> None:
    sliders.set_concepts(named({"Hat": direction(auc=0.9964)}))
    assert sliders.rows["Hat"].badge.text() == "AUC 0.996"


def test_a_concept_without_a_measurement_says_so(sliders: ConceptSliders) -> None:
    sliders.set_concepts(named({"Hat": direction(auc=None)}))
    assert "not measured" in sliders.rows["Hat"].badge.text()


def test_what_an_untrained_model_promises_is_doubted_at_each_badge(sliders: ConceptSliders) -> None:
    sliders.set_concepts(named({"Smiling": direction(0.99)}), doubt=immaturity(12))
    row = sliders.rows["Smiling"]
    assert row.badge.property("role") == "muted"  # neither the green of a sure concept nor the amber of a weak one
    assert "untrained (12 steps)" in row.badge.toolTip()
    assert "untrained" in row.slider.accessibleDescription()
    sliders.set_concepts(named({"Smiling": direction(0.99)}), doubt=immaturity(5000))
    assert sliders.rows["Smiling"].badge.property("role") == "good"


@pytest.mark.parametrize(("auc", "role"), [(0.99, "good"), (0.85, "muted"), (0.61, "warn"), (None, "muted")])
def test_the_badges_colour_tells_a_sure_concept_from_a_weak_one(
    sliders: ConceptSliders, auc: float | None, role: str
) -> None:
    sliders.set_concepts(named({"Hat": direction(auc=auc)}))
    assert sliders.rows["Hat"].badge.property("role") == role


def test_a_search_field_appears_for_many_concepts_and_filters(qtbot: QtBot, sliders: ConceptSliders) -> None:
    assert not sliders.search.isVisible()
    sliders.set_concepts(named({f"Concept_{i}": direction() for i in range(9)}))
    assert sliders.search.isVisible()
    qtbot.keyClicks(sliders.search, "concept 7")
    assert [name for name, row in sliders.rows.items() if row.isVisible()] == ["Concept_7"]


def test_every_control_has_a_name_and_a_tooltip(sliders: ConceptSliders) -> None:
    for row in sliders.rows.values():
        for control in (row.slider, row.box, row.reset_button):
            assert control.accessibleName()
            assert control.toolTip()
            assert control.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_lock_is_told_shown_and_named(qtbot: QtBot, sliders: ConceptSliders, smiling: ConceptRow) -> None:
    with qtbot.waitSignal(sliders.locks_changed):
        qtbot.mouseClick(smiling.lock_button, LEFT)
    assert sliders.locked == ("Smiling",)
    assert "is kept while other sliders move" in smiling.lock_button.toolTip()
    sliders.set_locks({"Facial_Hair": 1.0}, "Locking 'Hat' changes nothing.")
    assert sliders.locked == ("Facial_Hair",)
    assert sliders.words.isVisible()
    sliders.set_locks({})
    assert not sliders.words.isVisible()


def test_the_rest_is_kept_by_one_button(qtbot: QtBot, sliders: ConceptSliders) -> None:
    with qtbot.waitSignal(sliders.locks_changed):
        qtbot.mouseClick(sliders.keep_button, LEFT)
    assert sliders.keeps_rest
    sliders.set_locks({"Smiling": 0.7, "Facial_Hair": 1.0})
    assert sliders.keeps_rest
    assert sliders.locked == ("Facial_Hair",)
    sliders.set_locks({})
    assert not sliders.keeps_rest


def proven() -> Direction:
    proof = Proof(0.93, 0.97, 8.0, 200, -3.5, 4.0, 0.91, 0.8, (120, 80), {"Smiling": 1.0, "Male": -0.31, "Hat": 0.02})
    return replace(direction(), proof=proof)


def test_the_badge_opens_the_card_with_the_proof(qtbot: QtBot, sliders: ConceptSliders) -> None:
    concepts = named({"Smiling": proven(), "Hat": direction()})
    why = "Of ten methods, eight turn eighty percent of the validation faces round; this one takes along least."
    sliders.set_concepts(concepts | {"Smiling": replace(concepts["Smiling"], why=why)})
    qtbot.mouseClick(sliders.rows["Smiling"].badge, LEFT)
    (card,) = sliders.findChildren(ConceptCard)
    said = [label.text() for label in card.findChildren(QLabel)]
    assert "0.950, between 0.930 and 0.970; 207 with, 424 without" in said
    assert "91 % of 120" in said
    assert why in [text.replace("\n", " ") for text in said]
    for label in card.findChildren(QLabel):
        assert label.height() >= label.heightForWidth(label.width())  # none is cut
    assert said.index("Male") < said.index("Hat")  # the strongest side effect first
    assert "-31 %" in said
    qtbot.keyClick(card, Qt.Key.Key_Escape)
    assert not card.isVisible()


def test_the_side_effects_of_all_sliders_are_a_table(qtbot: QtBot, sliders: ConceptSliders) -> None:
    assert not sliders.effects_button.isVisible()  # nothing was proven
    sliders.set_concepts(named({"Smiling": proven(), "Hat": direction()}))
    qtbot.mouseClick(sliders.effects_button, LEFT)
    (effects,) = sliders.findChildren(SideEffects)
    item = effects.table.topLevelItem(0)
    assert item is not None
    assert [item.text(column) for column in range(4)] == ["Smiling", "+100", "-31", "+2"]
    assert item.foreground(2).color() != item.foreground(3).color()
    assert effects.table.horizontalScrollBar().maximum() == 0  # all of it is seen
    assert effects.table.verticalScrollBar().maximum() == 0
    effects.close()


@pytest.mark.parametrize("scale", [1, 2], ids=["normal letters", "double letters"])
def test_a_row_has_room_for_its_text(qtbot: QtBot, scale: int) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    before = app.font()
    font = app.font()
    font.setPointSizeF(scale * before.pointSizeF())
    app.setFont(font)
    theme()._follow()
    try:
        sliders = ConceptSliders()
        qtbot.addWidget(sliders)
        sliders.set_concepts(named({"Smiling": direction()}))
        sliders.resize(sliders.minimumSizeHint().expandedTo(QSize(300, 300)))
        sliders.show()
        row = sliders.rows["Smiling"]
        row.set_strength(-2.25)
        line = row.box.lineEdit()
        for widget, text in ((row.label, row.label.text()), (row.badge, row.badge.text()), (line, "−2.25 σ")):
            metrics = widget.fontMetrics()
            assert widget.contentsRect().height() >= metrics.ascent() + metrics.descent()
            assert widget.contentsRect().width() >= metrics.horizontalAdvance(text)
    finally:
        app.setFont(before)
        theme()._follow()


def test_the_surest_come_first_and_of_the_equally_sure_the_alphabet_decides(sliders: ConceptSliders) -> None:
    found = {"Hat": 0.996, "Blur": 0.7, "Rare": None, "Age": 0.93, "Bow": 0.86}
    sliders.set_concepts(named({name: direction(auc) for name, auc in found.items()}))
    assert list(sliders.rows) == ["Age", "Hat", "Bow", "Blur", "Rare"]


def test_a_composed_direction_is_as_sure_as_it_turns_faces_round(sliders: ConceptSliders) -> None:
    trial = Proof(faces=100, flip_on=0.97, flip_off=0.92)
    composed = replace(direction(0.71), method="conditional", trial=trial)
    sliders.set_concepts(named({"Hat": direction(0.85), "Smiling": composed}))
    badge = sliders.rows["Smiling"].badge
    assert badge.text() == "turns 92 %"
    assert badge.property("role") == "good"
    assert "at least 92 of 100 faces" in badge.toolTip()
    assert "Weak" not in badge.toolTip()
    assert list(sliders.rows) == ["Smiling", "Hat"]


def test_a_name_that_is_too_long_gives_way_to_dots(sliders: ConceptSliders) -> None:
    sliders.set_concepts(named({"Bright_background_that_is_bright": direction()}))
    QApplication.processEvents()
    (row,) = sliders.rows.values()
    label = row.label
    assert label.buddy() is row.slider
    assert label.toolTip() == "Bright background that is bright: double-click resets it."
    for strength in (0.0, 1.0):  # bold, when it is moved
        row.set_strength(strength)
        room = label.contentsRect().width()
        short = label.fontMetrics().elidedText(label.text(), Qt.TextElideMode.ElideMiddle, room)
        assert "…" in short
        seen, whole = label.grab().toImage(), label.text()
        label.setText(short)
        assert label.grab().toImage() == seen
        label.setText(whole)
