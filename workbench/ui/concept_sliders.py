"""The column of concepts: each a name, how sure it is, a number and a slider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.ui.concept_card import ConceptCard, SideEffects
from workbench.ui.concept_words import proof, rank, role, said, title
from workbench.ui.flow import Flow
from workbench.ui.strength_slider import StrengthBox, StrengthSlider
from workbench.ui.theme import GRID, heading, icon, muted
from workbench.ui.widgets import Column, OneLine, checkable, described, order_tabs, tool_button

if TYPE_CHECKING:
    from workbench.core.concepts.concept import Concept, Direction

SEARCH_FROM = 9
"""A search field appears from so many concepts on."""


class _Name(OneLine):
    """A concept's name, as plain as any label; its tooltip has it whole, and says what a double click does."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.setProperty("role", None)

    def setToolTip(self, _cut: str) -> None:
        super().setToolTip(f"{self.text()}: double-click resets it.")


class ConceptRow(QWidget):
    """One concept."""

    changed = Signal(str, float)
    gesture_ended = Signal(str)
    locked = Signal()
    card_asked = Signal(str)

    def __init__(
        self, name: str, direction: Direction, doubt: str | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("concept")
        self.name = name
        self._proof = f"{doubt}\n{proof(name, direction)}" if doubt else proof(name, direction)
        self.slider = StrengthSlider(direction.low, direction.high)
        self.box = StrengthBox(direction.low, direction.high)
        self.label = _Name(title(name))
        self.badge = self._badge(direction, doubt)
        self.lock_button = checkable(tool_button("unlock", f"Keep {title(name)}", ""))
        self.reset_button = QToolButton()
        self._dress(name, direction)
        self._lay_out()
        self.slider.strength_changed.connect(self._from_slider)
        self.slider.gesture_ended.connect(self._end_gesture)
        self.box.strength_changed.connect(self._from_box)
        self.box.reset_asked.connect(self.slider.reset)
        self.reset_button.clicked.connect(self.slider.reset)
        self.lock_button.toggled.connect(self._mark_lock)
        self.lock_button.clicked.connect(self.locked)
        self.badge.clicked.connect(self._ask_card)
        self._mark_lock(False)
        self.label.installEventFilter(self)
        self._mark()

    @property
    def strength(self) -> float:
        return self.slider.strength

    def set_strength(self, strength: float) -> None:
        """Show a value without telling of it."""
        self.slider.set_strength(strength)
        self.box.set_strength(strength)
        self._mark()

    def set_locked(self, locked: bool) -> None:
        """Show whether it is kept unchanged, without telling of it."""
        self.lock_button.setChecked(locked)

    def set_editable(self, editable: bool) -> None:
        """Whether it moves a face now; its proof can be read all the same."""
        for widget in (self.label, self.slider, self.box, self.reset_button, self.lock_button):
            widget.setEnabled(editable)

    def _badge(self, direction: Direction, doubt: str | None) -> QToolButton:
        badge = described(QToolButton(), f"Proof of {title(self.name)}", f"{self._proof}\nClick for the whole proof.")
        badge.setText(said(direction))
        badge.setProperty("role", role(direction.sureness, doubt))
        return badge

    def _dress(self, name: str, direction: Direction) -> None:
        words = title(name)
        self.label.setBuddy(self.slider)
        self.label.setToolTip("")
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # a long name gives way
        room = 14 * self.label.fontMetrics().averageCharWidth()
        self.label.setMinimumWidth(min(room, round(1.15 * self.label.sizeHint().width())))  # it may become bold
        self.slider.setAccessibleName(words)
        self.slider.setAccessibleDescription(self._proof)
        self.slider.setToolTip(
            f"{words}, in standard deviations (σ) of the faces the model learned from.\n"
            "Arrows step 0.1, with Shift 0.01, Page Up and Page Down 0.5; Backspace resets."
        )
        self.box.setAccessibleName(f"{words}, as a number")
        self.box.setToolTip("Type a number of standard deviations; double-click resets it.")
        self.box.setFixedWidth(self.box.fontMetrics().horizontalAdvance("−00.00 σ") + 2 * GRID)
        self.reset_button.setIcon(icon("reset"))
        self.reset_button.setToolTip(f"Reset {words}")
        self.reset_button.setAccessibleName(f"Reset {words}")
        policy = self.reset_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing jumps when it comes and goes
        self.reset_button.setSizePolicy(policy)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GRID // 2)
        grid.setVerticalSpacing(0)
        grid.addWidget(self.label, 0, 0)
        grid.addWidget(self.reset_button, 0, 1)
        grid.addWidget(self.badge, 0, 2)
        grid.addWidget(self.box, 0, 3)
        below = QHBoxLayout()
        below.setSpacing(GRID // 2)
        below.addWidget(self.slider, 1)
        below.addWidget(self.lock_button)
        grid.addLayout(below, 1, 0, 1, 4)
        grid.setColumnStretch(0, 1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.label and self.label.isEnabled() and isinstance(event, QMouseEvent):
            if event.type() == QEvent.Type.MouseButtonDblClick:
                self.slider.reset()
                return True
            if event.type() == QEvent.Type.MouseButtonPress:
                self.slider.setFocus(Qt.FocusReason.MouseFocusReason)
        return super().eventFilter(watched, event)

    def _from_slider(self, strength: float) -> None:
        self.changed.emit(self.name, strength)  # first: the picture is on its way while the number is written
        self.box.set_strength(strength)
        self._mark()

    def _from_box(self, strength: float) -> None:
        self.slider.set_strength(strength)
        self._mark()
        self.changed.emit(self.name, strength)
        self.slider.rest_later()

    def _end_gesture(self) -> None:
        self.gesture_ended.emit(self.name)

    @Slot()
    def _ask_card(self) -> None:
        self.card_asked.emit(self.name)

    @Slot(bool)
    def _mark_lock(self, locked: bool) -> None:
        self.lock_button.setIcon(icon("lock" if locked else "unlock"))
        words = title(self.name)
        free = f"Keep {words} as it is while other sliders move"
        self.lock_button.setToolTip(f"{words} is kept while other sliders move; click to let it go" if locked else free)

    def _mark(self) -> None:
        moved = self.strength != 0
        self.reset_button.setVisible(moved)
        font = self.label.font()
        if font.bold() != moved:
            font.setBold(moved)
            self.label.setFont(font)


class ConceptSliders(QWidget):
    """All concepts of a model, with a search field when they are many."""

    changed = Signal(str, float)
    """A concept's name and its strength, while it is moved."""
    gesture_ended = Signal(str)
    """The hand let go of a concept."""
    all_reset = Signal()
    """Every slider went back to zero, at once."""
    clean_asked = Signal()
    prove_asked = Signal()
    combine_asked = Signal()
    unnamed_asked = Signal()
    card_made = Signal(object, object)
    """A `ConceptCard` that is about to be shown, and its direction."""
    locks_changed = Signal()
    """Other concepts are kept unchanged than before: `locked` and `keeps_rest`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, ConceptRow] = {}
        self._finding = False
        self._editable = True
        self.reset_all_button = _link("Reset all", "Put every slider back to zero; undo brings them back.")
        self.reset_all_button.clicked.connect(self.reset_all)
        hint = "Each slider leaves out most of what it shares with all others: calmer changes, somewhat weaker."
        self.keep_button = checkable(_link("Keep the rest", hint))
        self.keep_button.clicked.connect(self.locks_changed)
        self.effects_button = _link("Side effects", "What every slider changes beside what it is for.")
        self.effects_button.clicked.connect(self._show_effects)
        self.clean_button = _link(
            "Clean", "Try directions on held-out faces, and make sliders that take nothing else along; minutes."
        )
        self.clean_button.clicked.connect(self.clean_asked)
        self.combine_button = _link("Combine", "Make one slider of those that are moved, each as far as it is now.")
        self.combine_button.clicked.connect(self.combine_asked)
        self.prove_button = _link(
            "Prove", "Edit held-out faces along every slider, and let a classifier judge; minutes."
        )
        self.prove_button.clicked.connect(self.prove_asked)
        self.unnamed_button = _link(
            "Unnamed", "What the model's faces differ in without a label: name it or dismiss it."
        )
        self.unnamed_button.clicked.connect(self.unnamed_asked)
        self.words = muted()
        self._concepts: dict[str, Concept] = {}
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find a concept")
        self.search.setAccessibleName("Find a concept")
        self.search.setToolTip("Show only the concepts whose name has this in it.")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self._nothing = muted()
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, GRID, 0)
        self._list.setSpacing(GRID // 2)
        self._lay_out()
        self.set_concepts({})

    def set_concepts(
        self,
        concepts: Mapping[str, Concept],
        strengths: Mapping[str, float] | None = None,
        doubt: str | None = None,
    ) -> None:
        """Show a slider for each concept, all at zero or at the given strengths.

        `doubt` says why the pictures may be worse than the badges promise: an AUC is of the codes, not of the pictures.
        """
        for row in self.rows.values():
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        directions = {name: concept.direction for name, concept in concepts.items()}
        surest_first = sorted(directions, key=lambda name: (rank(directions[name].sureness), name))
        self.rows = {name: ConceptRow(name, directions[name], doubt) for name in surest_first}
        for index, row in enumerate(self.rows.values()):
            row.set_editable(self._editable)
            row.changed.connect(self._change)
            row.locked.connect(self.locks_changed)
            row.card_asked.connect(self._show_card)
            row.gesture_ended.connect(self.gesture_ended)
            self._list.insertWidget(index, row)
        order_tabs(self)
        self._concepts = dict(concepts)
        self.keep_button.setVisible(len(self.rows) > 1)
        self.effects_button.setVisible(any(d.proof and d.proof.side_effects for d in directions.values()))
        self.clean_button.setVisible(any(d.trial is None and d.counts.test_with for d in directions.values()))
        self.prove_button.setVisible(any(d.proof is None or not d.proof.faces for d in directions.values()))
        self.set_locks({})
        self.search.clear()
        self.search.setVisible(len(self.rows) >= SEARCH_FROM)
        self.set_strengths(strengths or {})

    @property
    def strengths(self) -> dict[str, float]:
        """The sliders that are not at zero."""
        return {name: row.strength for name, row in self.rows.items() if row.strength}

    def set_strengths(self, strengths: Mapping[str, float]) -> None:
        """Show these values and zero elsewhere, without telling of it."""
        for name, row in self.rows.items():
            row.set_strength(strengths.get(name, 0.0))
        self._enable()

    @property
    def locked(self) -> tuple[str, ...]:
        """The concepts that are kept unchanged."""
        return tuple(name for name, row in self.rows.items() if row.lock_button.isChecked())

    @property
    def keeps_rest(self) -> bool:
        """Whether each slider softly leaves all others alone."""
        return self.keep_button.isChecked()

    def set_editable(self, editable: bool, why_not: str) -> None:
        """Whether the sliders move a face now; what needs no face works all the same."""
        self._editable = editable
        for row in self.rows.values():
            row.set_editable(editable)
        self._rows.setToolTip("" if editable else why_not)
        self.keep_button.setEnabled(editable)
        self._enable()

    def set_finding(self, finding: bool) -> None:
        """Whether concepts are being worked on: then no other work on them begins."""
        self._finding = finding
        for button in (self.clean_button, self.prove_button):
            button.setEnabled(not finding)
        self._enable()

    def set_locks(self, locks: Mapping[str, float], words: str = "") -> None:
        """Show these locks, without telling of it; `words` say where one changes nothing."""
        for name, row in self.rows.items():
            row.set_locked(locks.get(name) == 1)
        self.keep_button.setChecked(any(share < 1 for share in locks.values()))
        self.words.setText(words)
        self.words.setVisible(bool(words))

    @Slot(str)
    def _show_card(self, name: str) -> None:
        card = ConceptCard(title(name), self._concepts[name], self)
        self.card_made.emit(card, self._concepts[name].direction)
        card.show_beside(self.rows[name])

    @Slot()
    def _show_effects(self) -> None:
        SideEffects({name: concept.direction for name, concept in self._concepts.items()}, self).show_beside(self)

    def reset_all(self) -> None:
        """Every slider back to zero by the user's hand."""
        if self.strengths:
            self.set_strengths({})
            self.all_reset.emit()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(heading("Concepts"))
        head.addWidget(self.search, 1)
        head.addStretch()
        head.addWidget(self.reset_all_button)
        self._rows = inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._list)
        column.addWidget(self._nothing)
        column.addStretch()
        scroll = Column(inner)
        scroll.setMinimumHeight(12 * self.fontMetrics().height())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(head)
        layout.addWidget(
            Flow(
                self.keep_button,
                self.effects_button,
                self.clean_button,
                self.prove_button,
                self.combine_button,
                self.unnamed_button,
            )
        )
        layout.addWidget(self.words)
        layout.addWidget(scroll, 1)

    def _change(self, name: str, strength: float) -> None:
        self.changed.emit(name, strength)
        self._enable()

    def _enable(self) -> None:
        moved = len(self.strengths) if self._editable else 0
        self.reset_all_button.setEnabled(moved > 0)
        self.combine_button.setEnabled(moved > 1 and not self._finding)

    def _filter(self, text: str) -> None:
        wanted = text.strip().lower()
        shown = 0
        for name, row in self.rows.items():
            fits = wanted in title(name).lower()
            row.setVisible(fits)
            shown += fits
        self._nothing.setText("" if shown or not wanted else f"No concept has '{text.strip()}' in its name.")
        self._nothing.setVisible(bool(self._nothing.text()))


def _link(text: str, hint: str) -> QToolButton:
    """A button that looks like a word."""
    button = described(QToolButton(), text, hint)
    button.setText(text)
    button.setProperty("role", "link")
    return button
