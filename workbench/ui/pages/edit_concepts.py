"""What is done with the concepts of the model that is open: found, cleaned, proven, made one slider of several."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from workbench.core.control import Control
from workbench.jobs.api import Job
from workbench.ui.concept_card import Popup
from workbench.ui.concept_words import title
from workbench.ui.page import Message
from workbench.ui.pages import edit_jobs as jobs
from workbench.ui.pages.edit_session import EditSession
from workbench.ui.pages.edit_side import EditSide
from workbench.ui.theme import GRID, heading, muted
from workbench.ui.widgets import described, push_button

DataJob = Callable[[str, Path, Control], Job[Any]]
"""A job that takes a source of pictures and a model."""


class CombineCard(Popup):
    """The sliders that are moved, and a name for the one that they become."""

    named = Signal(str)

    def __init__(self, parts: Mapping[str, float], parent: QWidget) -> None:
        super().__init__(parent, "Combine sliders")
        self.column.addWidget(heading("One slider of several"))
        said = ", ".join(f"{title(name)} {strength:+.2g}" for name, strength in parts.items())
        self.column.addWidget(muted(f"{said}: as far as they are moved now, the new slider moves them at 1."))
        self.name = described(QLineEdit(), "Name of the new slider", "What the sliders change together, as in Cheerful")
        asked = "What do they change together?"
        self.name.setPlaceholderText(asked)
        self.name.setMinimumWidth(self.name.fontMetrics().horizontalAdvance(asked) + 4 * GRID)
        self.keep_button = push_button("Keep", "check", "Make a slider of this name")
        self.keep_button.setEnabled(False)
        self.name.textChanged.connect(self._typed)
        self.name.returnPressed.connect(self._keep)
        self.keep_button.clicked.connect(self._keep)
        line = QHBoxLayout()
        line.setSpacing(GRID)
        line.addWidget(self.name, 1)
        line.addWidget(self.keep_button)
        self.column.addLayout(line)
        self.name.setFocus()

    @Slot(str)
    def _typed(self, text: str) -> None:
        self.keep_button.setEnabled(bool(text.strip()))

    @Slot()
    def _keep(self) -> None:
        if self.keep_button.isEnabled():
            self.named.emit(self.name.text().strip())
            self.close()


class ConceptWork(QObject):
    """Starts the session's work on concepts when the side asks for it."""

    def __init__(self, session: EditSession, side: EditSide) -> None:
        super().__init__(side)
        self._session, self._sliders = session, side.sliders
        self.card: CombineCard | None = None
        self._parts: dict[str, float] = {}
        side.find_asked.connect(partial(self._look, jobs.find_concepts))
        side.stop_asked.connect(session.stop_finding)
        side.sliders.clean_asked.connect(partial(self._look, jobs.clean_concepts))
        side.sliders.prove_asked.connect(partial(self._look, jobs.prove_concepts))
        side.sliders.combine_asked.connect(self._combine)

    def ask_pictures(self) -> str:
        """The folder that the user chooses, or an empty text; tests put another function in its place."""
        return QFileDialog.getExistingDirectory(self._sliders, "Choose a folder of labelled pictures")

    def _look(self, job: DataJob) -> None:
        """Start a job that looks at the pictures the model was trained on, or at others."""
        if self._session.model is None:
            return
        data = self._session.model.info.data.source
        if jobs.at_hand(data):
            self._session.work_on_concepts(partial(job, data))
            return
        text = (
            f"The pictures that this model was trained on, '{data}', are not on this computer. Others with labels "
            "serve as well."
        )
        message = Message(text, "Choose a folder…", partial(self._look_elsewhere, job), "advice")
        self._session.complain(message)

    def _look_elsewhere(self, job: DataJob) -> None:
        if folder := self.ask_pictures():
            self._session.work_on_concepts(partial(job, folder))

    @Slot()
    def _combine(self) -> None:
        self._parts = self._sliders.strengths
        self.card = CombineCard(self._parts, self._sliders)
        self.card.named.connect(self._keep)
        self.card.show_beside(self._sliders)

    @Slot(str)
    def _keep(self, name: str) -> None:
        self._session.work_on_concepts(partial(jobs.combine_concepts, name, self._parts))
