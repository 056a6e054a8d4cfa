"""Made-up faces moved along a direction: a concept's, for its card; or one without a name, to be named or dismissed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from workbench.core.control import Control
from workbench.core.errors import Failure
from workbench.jobs.api import Job
from workbench.ui.concept_card import ConceptCard, Popup
from workbench.ui.pages.edit_session import EditSession
from workbench.ui.pictures import RGB, to_qimage
from workbench.ui.theme import GRID, heading, muted, theme
from workbench.ui.widgets import described, push_button
from workbench.ui.worker import Jobs

if TYPE_CHECKING:
    from workbench.core.concepts.concept import Direction
    from workbench.core.runs.trained import TrainedModel

FACES = 2
"""Made-up faces in a strip."""


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """A direction and what it does to two made-up faces, from end to end."""

    name: str
    picture: RGB


def strip_along(model: TrainedModel, direction: Direction, control: Control) -> Job[RGB]:
    """What a slider does to made-up faces, from end to end."""
    from workbench.core.concepts.strips import invented, strip

    yield from ()
    return strip(model, invented(model, FACES), direction)


def unnamed_strips(model: TrainedModel, control: Control) -> Job[tuple[Strip, ...]]:
    """The directions of a model that have not been named or dismissed."""
    from workbench.core.concepts.strips import invented, strip
    from workbench.core.concepts.unnamed import to_look_at

    faces = invented(model, FACES)
    found = []
    for unnamed in to_look_at(model):
        control.check()
        found.append(Strip(unnamed.name, strip(model, faces, unnamed.direction)))
    yield from ()
    return tuple(found)


def keep(model: TrainedModel, direction: str, name: str, control: Control) -> Job[Path]:
    """Make a direction a concept; where the model lies."""
    from workbench.jobs.name_direction import name_direction

    yield from name_direction(model, direction, name)
    return model.path


def dismiss(model: TrainedModel, direction: str, control: Control) -> Job[None]:
    """Not show a direction again."""
    from workbench.core.concepts import unnamed

    yield from ()
    unnamed.dismiss(model, direction)


class StripRow(QWidget):
    """One direction: its strip, a field for its name, and two buttons."""

    kept = Signal(str, str)
    dismissed = Signal(str)

    def __init__(self, strip: Strip) -> None:
        super().__init__()
        self._strip = strip
        picture = described(QLabel(), f"Two faces along {strip.name}")
        picture.setPixmap(QPixmap.fromImage(to_qimage(strip.picture)))
        hint = "What changes from left to right, as in Hair volume"
        self.name = described(QLineEdit(), f"Name of {strip.name}", hint)
        self.name.setPlaceholderText(f"{strip.name}: what changes?")
        self.keep_button = push_button("Keep", "check", f"Make {strip.name} a slider of this name")
        self.keep_button.setEnabled(False)
        self.dismiss_button = push_button("Dismiss", "close", f"Do not show {strip.name} again")
        self.name.textChanged.connect(self._named)
        self.name.returnPressed.connect(self._keep)
        self.keep_button.clicked.connect(self._keep)
        self.dismiss_button.clicked.connect(self._dismiss)
        line = QHBoxLayout()
        line.setSpacing(GRID)
        line.addWidget(self.name, 1)
        line.addWidget(self.keep_button)
        line.addWidget(self.dismiss_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(picture)
        column.addLayout(line)

    @Slot(str)
    def _named(self, text: str) -> None:
        self.keep_button.setEnabled(bool(text.strip()))

    @Slot()
    def _keep(self) -> None:
        if self.keep_button.isEnabled():
            self.hide()
            self.kept.emit(self._strip.name, self.name.text().strip())

    @Slot()
    def _dismiss(self) -> None:
        self.hide()
        self.dismissed.emit(self._strip.name)


class UnnamedCard(Popup):
    """A strip for each direction, a field for its name, and two buttons."""

    kept = Signal(str, str)
    """A direction, and the name that it was given."""
    dismissed = Signal(str)

    def __init__(self, strips: Sequence[Strip], parent: QWidget) -> None:
        super().__init__(parent, "Directions without a name")
        self.rows: dict[str, QWidget] = {}
        self.fields: dict[str, QLineEdit] = {}
        self.dismiss_buttons: dict[str, QWidget] = {}
        self.column.addWidget(heading("Without a name"))
        self.column.addWidget(
            muted(
                "What the model's faces differ in, found without labels: two made-up faces from end to end. Name what "
                "you see, and it becomes a slider."
                if strips
                else "All of them have been named or dismissed."
            )
        )
        for strip in strips:
            self.column.addWidget(self._row(strip))
            self.column.addSpacing(GRID)
        self.column.addStretch()

    def _row(self, strip: Strip) -> QWidget:
        row = StripRow(strip)
        row.kept.connect(self.kept)
        row.dismissed.connect(self.dismissed)
        for left in (row.kept, row.dismissed):
            left.connect(self._close_when_done)
        self.rows[strip.name], self.fields[strip.name] = row, row.name
        self.dismiss_buttons[strip.name] = row.dismiss_button
        return row

    @Slot()
    def _close_when_done(self) -> None:
        """Nothing is left to name."""
        if all(row.isHidden() for row in self.rows.values()):
            self.close()


class Strips(QObject):
    """Fetches strips of the session's model, shows those of unnamed directions beside `anchor`, and does what the user
    says."""

    rested = Signal()
    _another = Signal()
    """Another model is open: of the one before nothing can be named any more."""
    looking = Signal(bool)
    """The strips are being made, which takes some seconds; or no longer."""

    def __init__(self, session: EditSession, anchor: QWidget) -> None:
        super().__init__(anchor)
        self._session, self._anchor = session, anchor
        self._jobs = Jobs(self, self._failed)
        self._jobs.rested.connect(self.rested)
        self.card: UnnamedCard | None = None
        self._of: Path | None = None
        """The model whose directions are on the card."""
        session.model_changed.connect(self._model_changed)

    @property
    def at_rest(self) -> bool:
        return self._jobs.at_rest

    def close_down(self) -> None:
        self._jobs.close()

    @Slot(object, object)
    def fill(self, card: ConceptCard, direction: Direction) -> None:
        """Show on a card what its direction does, as soon as it is made; the room for it is kept at once."""
        from workbench.core.concepts.strips import LENGTH
        from workbench.core.training.previews import grid

        if model := self._session.model:
            room = grid(np.zeros((FACES * LENGTH, model.size, model.size, 3), np.uint8), LENGTH)
            ground = QColor(theme().colours.surface)
            card.show_strip(np.full_like(room, (ground.red(), ground.green(), ground.blue())))
            self._jobs.start(partial(strip_along, model, direction), done=card.show_strip)

    @Slot()
    def open_unnamed(self) -> None:
        """Show what has no name yet."""
        if model := self._session.model:
            self.looking.emit(True)
            self._jobs.start(partial(unnamed_strips, model), done=partial(self._show, model))

    def _show(self, model: TrainedModel, strips: tuple[Strip, ...]) -> None:
        """The strips of `model`, if it is still the one that is open."""
        self.looking.emit(False)
        if model is not self._session.model:
            return
        self._of = model.path
        self.card = UnnamedCard(strips, self._anchor)
        self._another.connect(self.card.close)
        self.card.kept.connect(partial(self._keep, model))
        self.card.dismissed.connect(partial(self._dismiss, model))
        self.card.show_beside(self._anchor)

    @Slot()
    def _model_changed(self) -> None:
        if self._session.model and self._session.model.path != self._of:
            self._another.emit()

    def _keep(self, model: TrainedModel, direction: str, name: str) -> None:
        self._jobs.start(partial(keep, model, direction, name), done=self._kept)

    def _dismiss(self, model: TrainedModel, direction: str) -> None:
        self._jobs.start(partial(dismiss, model, direction), done=self._gone)

    @Slot(object)
    def _kept(self, model: Path) -> None:
        if self._session.model is not None and self._session.model.path == model:
            self._session.load_model(model)

    @Slot(object)
    def _gone(self, result: object) -> None:
        """Its row has left the card already."""

    @Slot(object)
    def _failed(self, failure: Failure) -> None:
        self.looking.emit(False)
        self._session.report(failure)
