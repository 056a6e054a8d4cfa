"""A form made from a settings class: labels, help, units, bounds and defaults come from where they are declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.settings import SettingInfo, Settings
from workbench.ui.theme import GRID, heading, icon, muted
from workbench.ui.widgets import checkable, described, restyle, tool_button
from workbench.ui.wrapped import Wrapped


def shown(value: Any) -> str:
    """A value as its field shows it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


class NoWheel(QObject):
    """Keeps the wheel for scrolling the form: it never changes the value of a field that happens to be under it."""

    def guard(self, widget: QWidget) -> None:
        """From now on the wheel goes past `widget`, and does not give it the focus either."""
        widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QWheelEvent):
            event.ignore()
            return True
        return False


class Field(QObject):
    """One setting: its label, the widget that holds its value, its unit, a button back to the default, its error."""

    changed = Signal()

    def __init__(self, info: SettingInfo, no_wheel: NoWheel) -> None:
        super().__init__(no_wheel)
        self.info = info
        self.label = QLabel(info.label)
        self.label.setToolTip(info.help)
        self.label.setWordWrap(True)  # a long name has a second line: the form is as wide for every model
        self.unit = muted(info.unit)
        self.unit.setWordWrap(False)
        self.error = Wrapped()
        self.error.setProperty("role", "error")
        self.error.hide()
        self.editor = self._make_editor()
        described(self.editor, info.label, self._hint())
        no_wheel.guard(self.editor)
        self.label.setBuddy(self.editor)
        self.reset = tool_button("reset", f"Reset {info.label}", f"Back to the default: {shown(info.default)}")
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        self.reset.clicked.connect(self.to_default)
        self.to_default()

    @property
    def value(self) -> Any:
        """What is in the field: a typed value, or a text that the settings class reads."""
        if isinstance(self.editor, QCheckBox):
            return self.editor.isChecked()
        if isinstance(self.editor, QComboBox):
            return self.editor.currentData()
        return self.editor.text().strip()

    def set_value(self, value: Any) -> None:
        """Show `value`."""
        if isinstance(self.editor, QCheckBox):
            self.editor.setChecked(bool(value))
        elif isinstance(self.editor, QComboBox):
            self.editor.setCurrentIndex(self.editor.findData(value))
        else:
            self.editor.setText(shown(value))
            self.editor.setCursorPosition(0)  # of a long text the beginning is shown
        self._changed()

    def place(self, grid: QGridLayout, row: int) -> None:
        """Into two rows of `grid`: label, editor, unit, reset; below the editor its error."""
        for column, widget in enumerate((self.label, self.editor, self.unit, self.reset)):
            grid.addWidget(widget, row, column)
        grid.addWidget(self.error, row + 1, 1, 1, 3)

    def show_error(self, text: str) -> None:
        """Mark the field and say why; an empty text clears it."""
        self.error.setText(text)
        self.error.setVisible(bool(text))
        restyle(self.editor, "wrong", bool(text))

    @Slot()
    def to_default(self) -> None:
        self.set_value(self.info.default)

    @Slot()
    def _changed(self) -> None:
        self.show_error("")
        self.reset.setVisible(str(self.value) != shown(self.info.default))
        self.changed.emit()

    def _make_editor(self) -> QCheckBox | QComboBox | QLineEdit:
        if self.info.type is bool:
            check = QCheckBox()
            check.toggled.connect(self._changed)
            return check
        if self.info.choices:
            combo = QComboBox()
            for choice in self.info.choices:
                combo.addItem(str(choice), choice)
            combo.currentIndexChanged.connect(self._changed)
            combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            return combo
        line = QLineEdit()
        line.textEdited.connect(self._changed)
        return line

    def _hint(self) -> str:
        low, high = self.info.low, self.info.high
        if low is not None and high is not None:
            return f"{self.info.help}\nFrom {low:g} to {high:g}."
        return self.info.help


class SettingsForm(QWidget):
    """All settings of a class: the basic ones at once, the others fold out by group."""

    changed = Signal()

    def __init__(self, settings: type[Settings], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._class = settings
        self._no_wheel = NoWheel(self)
        self.fields = {info.name: Field(info, self._no_wheel) for info in settings.infos()}
        basic = [field for field in self.fields.values() if field.info.basic]
        others = [field for field in self.fields.values() if not field.info.basic]
        self._others = QWidget()
        column = QVBoxLayout(self._others)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for group in dict.fromkeys(field.info.group for field in others):
            column.addWidget(heading(group))
            column.addLayout(_rows([field for field in others if field.info.group == group]))
        hint = "Every setting of this model, each with its default"
        self.fold = checkable(tool_button("chevron-right", "More settings", hint, "More settings"))
        self.fold.setProperty("role", "fold")
        self.fold.toggled.connect(self._unfold)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(_rows(basic))
        layout.addWidget(self.fold)
        layout.addWidget(self._others)
        self._unfold(False)
        self.fold.setVisible(bool(others))
        for field in self.fields.values():
            field.changed.connect(self.changed)

    def values(self) -> dict[str, Any]:
        """What differs from the defaults, by name; texts are read by the settings class."""
        return self.values_over({})

    def values_over(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """What differs from `base` (a preset), and from the defaults where `base` says nothing."""
        return {
            name: field.value
            for name, field in self.fields.items()
            if str(field.value) != shown(base.get(name, field.info.default))
        }

    def all_values(self) -> dict[str, Any]:
        """Every value by name; texts are read by the settings class."""
        return {name: field.value for name, field in self.fields.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """The defaults, but for `values`."""
        for name, field in self.fields.items():
            field.set_value(values.get(name, field.info.default))

    def check(self) -> bool:
        """Whether every value is possible; if not, each wrong field says what it must be, and the first is shown."""
        wrong = None
        for name, field in self.fields.items():
            try:
                self._class.parse({name: field.value})
            except WorkbenchError as error:
                field.show_error(error.next_step or error.what)
                wrong = wrong or field
            else:
                field.show_error("")
        if wrong:
            self.fold.setChecked(self.fold.isChecked() or not wrong.info.basic)
            wrong.editor.setFocus()
        return wrong is None

    @Slot(bool)
    def _unfold(self, shown: bool) -> None:
        self._others.setVisible(shown)
        self.fold.setIcon(icon("chevron-down" if shown else "chevron-right"))


def _rows(fields: list[Field]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(GRID)
    grid.setVerticalSpacing(GRID // 2)
    grid.setColumnStretch(1, 1)
    for number, field in enumerate(fields):
        field.place(grid, 2 * number)
    return grid
