from __future__ import annotations

from typing import Literal

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from workbench.core.settings import Settings, setting
from workbench.ui.forms import SettingsForm


class Example(Settings):
    width: int = setting(64, label="Width", help="Channels.", unit="channels", ge=8, le=512, basic=True)
    rate: float = setting(1.5e-3, label="Learning rate", help="How far.", ge=1e-6, le=0.1, basic=True)
    augment: Literal["none", "mirror"] = setting("mirror", label="Augmentation", help="Changes.", basic=True)
    careful: bool = setting(False, label="Careful", help="Looks twice.", group="Advanced")
    warmup: int = setting(200, label="Warm-up", help="Steps.", unit="steps", ge=0, group="Advanced")


@pytest.fixture
def form(qtbot: QtBot) -> SettingsForm:
    form = SettingsForm(Example)
    qtbot.addWidget(form)
    form.show()
    return form


def test_a_fresh_form_has_the_defaults_and_so_nothing_to_say(form: SettingsForm) -> None:
    assert form.values() == {}
    assert form.check()


def test_what_is_typed_is_read_by_the_settings_class(qtbot: QtBot, form: SettingsForm) -> None:
    editor = form.fields["rate"].editor
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, "3e-4")
    assert Example.parse(form.values()).rate == 3e-4


def test_choices_and_switches_have_their_own_widgets(form: SettingsForm) -> None:
    assert isinstance(form.fields["augment"].editor, QComboBox)
    assert isinstance(form.fields["careful"].editor, QCheckBox)
    form.set_values({"augment": "none", "careful": True})
    assert form.values() == {"augment": "none", "careful": True}


def test_every_field_has_a_name_a_hint_and_a_label_that_leads_to_it(form: SettingsForm) -> None:
    for field in form.fields.values():
        assert field.editor.accessibleName() == field.info.label
        assert field.info.help in field.editor.toolTip()
        assert field.label.buddy() is field.editor
        assert field.reset.accessibleName() == f"Reset {field.info.label}"


def test_the_way_back_to_the_default_is_shown_only_when_there_is_one(qtbot: QtBot, form: SettingsForm) -> None:
    field = form.fields["width"]
    assert field.reset.isHidden()
    field.set_value(128)
    assert not field.reset.isHidden()
    qtbot.mouseClick(field.reset, Qt.MouseButton.LeftButton)
    assert field.value == "64"
    assert field.reset.isHidden()


def test_a_wrong_value_is_marked_with_what_is_allowed(form: SettingsForm) -> None:
    form.fields["width"].set_value(3)
    assert not form.check()
    assert "from 8 to 512" in form.fields["width"].error.text()
    assert form.fields["width"].error.isVisible()
    form.fields["width"].set_value(32)
    assert form.check()
    assert form.fields["width"].error.isHidden()


def test_a_wrong_value_in_the_fold_opens_it(form: SettingsForm) -> None:
    assert not form.fields["warmup"].editor.isVisible()
    form.fields["warmup"].set_value("many")
    assert not form.check()
    assert form.fields["warmup"].editor.isVisible()


def test_a_preset_is_the_ground_that_changes_are_counted_from(form: SettingsForm) -> None:
    form.set_values({"width": 32})
    assert form.values_over({"width": 32}) == {}
    form.fields["rate"].set_value(0.01)
    assert form.values_over({"width": 32}) == {"rate": "0.01"}
    form.fields["width"].to_default()
    assert form.values_over({"width": 32})["width"] == "64"


def test_the_wheel_scrolls_the_form_and_changes_no_value_under_it(form: SettingsForm) -> None:
    form.show()
    combo = form.fields["augment"].editor
    combo.setFocus()
    before = form.fields["augment"].value
    where = QPointF(combo.rect().center())
    for notches in (-1, 1):
        event = QWheelEvent(
            where, QPointF(combo.mapToGlobal(where.toPoint())), QPoint(), QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(combo, event)
        assert not event.isAccepted()
        assert form.fields["augment"].value == before
    assert combo.focusPolicy() == Qt.FocusPolicy.StrongFocus  # the wheel does not even take the focus along
