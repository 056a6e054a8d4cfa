"""What to train on, which model, how large, how long: the left side of the Train page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.ui.cards import Cards
from workbench.ui.forms import NoWheel, SettingsForm
from workbench.ui.layer_table import LayerTable
from workbench.ui.pages.train_estimate import EstimateLine
from workbench.ui.pages.train_origin import Origin, OriginBar
from workbench.ui.preferences import preferences, whole_number
from workbench.ui.source_picker import SourcePicker
from workbench.ui.theme import GRID, heading, icon, muted
from workbench.ui.widgets import Choice, Column, checkable, described, order_tabs, push_button, tool_button

if TYPE_CHECKING:
    from workbench.core.models.layers import Layer

SIZES = {32: "Quick to train, coarse", 64: "A good start", 128: "Finer, about four times slower than 64"}
UNITS = {"minutes": (10, 1, 10_000), "epochs": (20, 1, 100_000), "steps": (5_000, 1, 100_000_000)}
"""Unit of a budget: default, least, most."""
LAYERS_MS = 200
"""Settings that have been still for so long are worth a new table of layers."""


class TrainForm(QFrame):
    """The form; it knows the models only after `set_models`, which needs torch."""

    started = Signal()
    queued = Signal()
    layers_asked = Signal(object)
    """What `values` says, of a model whose layers shall be shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self._models: Mapping[str, Any] = {}
        self._forms: dict[str, SettingsForm] = {}
        self._sections: dict[str, QWidget] = {}
        self._no_wheel = NoWheel(self)
        self.source = SourcePicker()
        self.models = Cards()
        self.models.chosen.connect(self._model_chosen)
        self._waiting = muted("Looking for models…")
        self.presets = Cards()
        self.presets.chosen.connect(self._preset_chosen)
        self._device = described(QComboBox(), "Device", "Where to compute; automatic takes the fastest there is")
        self._device.addItem("Automatic", "auto")
        self._no_wheel.guard(self._device)
        hint = "Train a new model; it is saved every minute and when it is stopped"
        self.start = push_button("Start training", "play", hint, primary=True)
        self.start.setEnabled(False)
        self.start.clicked.connect(self._start)
        hint = "Let this training wait for its turn: it begins when those before it are done"
        self.queue = push_button("Add to queue", "clock", hint)
        self.queue.setEnabled(False)
        self.queue.clicked.connect(self._queue)
        self.estimate = EstimateLine()
        self.estimate.lowered.connect(self._lower)
        self.origin: Origin | None = None
        self._origin_bar = OriginBar()
        self._origin_bar.closed.connect(self.forget_origin)
        self._settings = QVBoxLayout()
        hint = "What the model is made of: each layer with its output shape and its parameters"
        self.layers_fold = checkable(tool_button("chevron-right", "Layers", hint, "Layers"))
        self.layers_fold.setProperty("role", "fold")
        self.layers_fold.toggled.connect(self._fold_layers)
        self.layers = LayerTable()
        self.layers.hide()
        self._layers_clock = QTimer(self, singleShot=True, interval=LAYERS_MS)
        self._layers_clock.timeout.connect(self._ask_for_layers)
        self._lay_out()
        for changed in (
            self.source.chosen,
            self.models.chosen,
            self.presets.chosen,
            self._sizes.idToggled,
            self._amount.valueChanged,
            self._unit.currentTextChanged,
            self._device.currentIndexChanged,
        ):
            changed.connect(self.estimate.forget)

    def set_models(self, models: Mapping[str, Any]) -> None:
        """Offer these model classes, by name."""
        self._models = models
        self._waiting.hide()
        for name, model in models.items():
            self.models.add(name, model.title[0].upper() + model.title[1:], model.summary)
        self._model_chosen(self.model)
        self.start.setEnabled(True)
        self.queue.setEnabled(True)
        self.estimate.set_usable(True)

    def set_devices(self, devices: Mapping[str, str]) -> None:
        """Offer these devices: what each is, by name."""
        for name, description in devices.items():
            self._device.addItem(description, name)

    def set_device(self, name: str) -> None:
        self._device.setCurrentIndex(self._device.findData(name))

    @property
    def model(self) -> str:
        return self.models.choice or ""

    @property
    def picture_size(self) -> int:
        return self._sizes.checkedId()

    @property
    def budget(self) -> tuple[str, int]:
        """The unit and how many of it."""
        return self._unit.currentText(), self._amount.value()

    def set_budget(self, unit: str, amount: int) -> None:
        self._unit.setCurrentText(unit)
        self._amount.setValue(amount)

    def set_size(self, size: int) -> None:
        if button := self._sizes.button(size):
            button.setChecked(True)

    def save_state(self) -> None:
        """Remember data, size and budget until the next start."""
        unit, amount = self.budget
        state = {"source": self.source.source, "size": self.picture_size, "unit": unit, "amount": amount}
        for name, value in state.items():
            preferences().setValue(f"train/{name}", value)

    def restore_state(self) -> None:
        """What was remembered."""
        stored = preferences()
        if source := stored.value("train/source"):
            self.source.set_source(str(source))
        self.set_size(whole_number("train/size", 0))
        if amount := whole_number("train/amount", 0):
            self.set_budget(str(stored.value("train/unit")), amount)

    def fill_from(self, origin: Origin) -> None:
        """Show all that a run was set to; of a checkpoint to go on from, only what may change."""
        if origin.model not in self._models:
            return  # of a newer program
        self.source.set_source(origin.data)
        self.models.choose(origin.model)
        if origin.preset in self._models[origin.model].presets:
            self.presets.choose(origin.preset)
        self.set_size(origin.size)
        self.set_budget(*origin.budget)
        self.set_device(origin.device)
        self.settings.set_values({**origin.settings, **origin.changes})
        self._set_origin(origin)

    @Slot()
    def forget_origin(self) -> None:
        """Back to a training that starts from nothing; what is in the form stays."""
        self._set_origin(None)

    @property
    def changed(self) -> dict[str, Any]:
        """The settings that are not those that the form was filled with."""
        return self.settings.values_over(self.origin.settings) if self.origin else {}

    def set_running(self, running: bool) -> None:
        """Whether a training runs, so that none can be started."""
        self.start.setEnabled(not running)
        self.estimate.set_usable(not running)
        fresh = self.origin is None or self.origin.step is None
        self.start.setText("Training…" if running else "Start training" if fresh else "Continue training")

    def _set_origin(self, origin: Origin | None) -> None:
        self.origin = origin
        self._origin_bar.show_origin(origin)
        free = origin is None or origin.step is None
        for title in ("Data", "Model", "Size"):
            self._sections[title].setVisible(free)
        self._sections["Preset"].setVisible(free and len(self.presets) > 1)
        self.estimate.setVisible(free)
        self.set_running(self.start.text() == "Training…")

    @property
    def settings(self) -> SettingsForm:
        """The form of the chosen model's settings."""
        return self._forms[self.model]

    def values(self) -> dict[str, Any]:
        """What a training request is made from, but for the budget."""
        return {
            "data": self.source.source,
            "model": self.model,
            "preset": self.presets.choice,
            "size": self.picture_size,
            "device": self._device.currentData(),
            "settings": self.settings.values_over(self._preset_values()),
        }

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self._origin_bar)
        for title, widgets in (
            ("Data", (self.source,)),
            ("Model", (self._waiting, self.models)),
            ("Preset", (self.presets,)),
            ("Size", (self._size_row(),)),
            ("Train for", (self._budget_row(),)),
            ("Train on", (self._device, self.estimate)),
        ):
            column.addWidget(self._section(title, widgets))
        column.addWidget(heading("Settings"))
        column.addLayout(self._settings)
        column.addWidget(self.layers_fold)
        column.addWidget(self.layers)
        column.addStretch()
        foot = QHBoxLayout()
        foot.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        foot.setSpacing(GRID)
        foot.addWidget(self.start, 1)
        foot.addWidget(self.queue)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(Column(content), 1)
        layout.addLayout(foot)

    def _section(self, title: str, widgets: tuple[QWidget, ...]) -> QWidget:
        """Widgets below a heading, with room after them; one widget, so that it can be hidden as a whole."""
        box = self._sections[title] = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 2 * GRID)
        column.setSpacing(GRID)
        for widget in (heading(title), *widgets):
            column.addWidget(widget)
        return box

    def _size_row(self) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        self._sizes = Choice(self)
        for size, hint in SIZES.items():
            button = checkable(described(QPushButton(f"{size} px"), f"{size} pixels", hint), checked=size == 64)
            self._sizes.addButton(button, size)
            button.toggled.connect(self._ask_for_layers)
            row.addWidget(button, 1)
        return box

    def _budget_row(self) -> QWidget:
        box = QWidget()
        hint = "An epoch shows the model every picture once; a step shows it one batch"
        self._unit = described(QComboBox(), "Unit of the budget", hint)
        self._unit.addItems(list(UNITS))
        self._amount = described(QSpinBox(), "Budget", "The training ends by itself after this much")
        self._amount.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self._amount.setGroupSeparatorShown(True)
        self._amount.lineEdit().setTextMargins(GRID, 0, GRID, 0)  # the style sheet's padding does not reach it
        for widget in (self._unit, self._amount):
            self._no_wheel.guard(widget)
        self._unit.currentTextChanged.connect(self._unit_chosen)
        self._unit_chosen(self._unit.currentText())
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self._amount, 1)
        row.addWidget(self._unit, 1)
        return box

    def _preset_values(self) -> Mapping[str, Any]:
        presets = self._models[self.model].presets
        values: Mapping[str, Any] = presets.get(self.presets.choice or "", {})
        return values

    @Slot(str)
    def _model_chosen(self, name: str) -> None:
        if name not in self._forms:  # made when it is wanted: each takes the window's thread a while
            self._forms[name] = self._make_form(self._models[name])
        for other, form in self._forms.items():
            form.setVisible(other == name)
        model = self._models[name]
        self.presets.clear()
        for preset in model.presets:
            title = preset.replace("-", " ")
            self.presets.add(preset, title[0].upper() + title[1:], model.about_presets.get(preset, ""))
        self._sections["Preset"].setVisible(len(self.presets) > 1)
        order_tabs(self)
        self._preset_chosen()

    def _make_form(self, model: Any) -> SettingsForm:
        form = SettingsForm(model.Settings)
        self._settings.addWidget(form)
        form.changed.connect(self._settings_changed)
        form.changed.connect(self.estimate.forget)
        return form

    @Slot()
    def _preset_chosen(self) -> None:
        self.settings.set_values(self._preset_values())
        if size := self._models[self.model].preset_sizes.get(self.presets.choice or ""):
            self.set_size(size)
        self._settings_changed()

    @Slot()
    def _settings_changed(self) -> None:
        """What is impossible with these settings cannot be chosen, and says why."""
        from workbench.core.models.base import usual_size

        model = self._models[self.model]
        try:
            settings = model.Settings.parse(self.settings.all_values())
        except WorkbenchError:
            return  # a field is being typed into
        sizes = model.sizes(settings)
        for size, hint in SIZES.items():
            possible = size in sizes
            self._sizes.button(size).setEnabled(possible)
            only = " and ".join(map(str, sorted(sizes)))
            self._sizes.button(size).setToolTip(hint if possible else f"These nets are made for {only} pixels")
        if self.picture_size not in sizes:
            self.set_size(usual_size(model, settings))
        self._layers_clock.start()

    @Slot(bool)
    def _fold_layers(self, shown: bool) -> None:
        self.layers.setVisible(shown)
        self.layers_fold.setIcon(icon("chevron-down" if shown else "chevron-right"))
        self._ask_for_layers()

    @Slot()
    def _ask_for_layers(self) -> None:
        if self.layers_fold.isChecked() and self._models:
            self.layers_asked.emit(self.values())

    @Slot(object)
    def show_layers(self, layers: Sequence[Layer]) -> None:
        """What `layers_asked` asked for."""
        self.layers.show_layers(layers)

    @Slot(str)
    def _unit_chosen(self, unit: str) -> None:
        default, least, most = UNITS[unit]
        self._amount.setRange(least, most)
        self._amount.setValue(default)

    @Slot(object)
    def _lower(self, changes: Mapping[str, Any]) -> None:
        self.settings.set_values({**self.settings.all_values(), **changes})

    @Slot()
    def _start(self) -> None:
        if self.settings.check():
            self.started.emit()

    @Slot()
    def _queue(self) -> None:
        if self.settings.check():
            self.queued.emit()
