"""What is known of a concept: its card, and what every slider changes beside what it is for. Both close at a click."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Slot
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QFrame,
    QGridLayout,
    QHeaderView,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.ui.pictures import RGB, to_qimage
from workbench.ui.tables import line, table
from workbench.ui.theme import GRID, heading, muted, theme
from workbench.ui.widgets import described
from workbench.ui.wrapped import Wrapped

if TYPE_CHECKING:
    from workbench.core.concepts.concept import Concept, Direction

SHOWN = 6
"""Side effects on a card; the table has them all."""
_STRONG = 0.25  # of the concept's own change: a side effect worth a colour


class Popup(QFrame):
    """A frame over the window that goes away when one clicks elsewhere or presses Escape; what is too large scrolls."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "card")
        described(self, name)
        content = QWidget()
        self.column = QVBoxLayout(content)
        self.column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        self.column.setSpacing(GRID)
        self._scroll = QScrollArea()
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(content)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self._scroll)

    def show_beside(self, widget: QWidget) -> None:
        """Open it to the left of `widget`, wholly on its screen."""
        for part in (self, *self.findChildren(QWidget)):
            part.ensurePolished()  # the style sheet has a say in every size
        space = widget.screen().availableGeometry()
        size = self._size_in(space.size())
        place = widget.mapToGlobal(QPoint(-size.width() - GRID, 0))
        x = max(space.left(), min(place.x(), space.right() + 1 - size.width()))
        y = max(space.top(), min(place.y(), space.bottom() + 1 - size.height()))
        self.setGeometry(QRect(QPoint(x, y), size))
        self.show()

    def _size_in(self, space: QSize) -> QSize:
        """The size in which nothing is cut, as far as there is room: the width, then the height for the texts in it."""
        self.column.invalidate()
        frame, bar = 2 * self.frameWidth(), self._scroll.verticalScrollBar().sizeHint().width()
        width = min(self.column.sizeHint().width() + frame, space.width())
        height = self.column.sizeHint().height()
        if self.column.hasHeightForWidth():
            height = self.column.heightForWidth(width - frame)
        height += frame + (bar if self.column.minimumSize().width() + frame > width else 0)
        return QSize(width + (bar if height > space.height() else 0), height).boundedTo(space)


class ConceptCard(Popup):
    """One concept: how it was found, how well it holds, and what else it moves."""

    def __init__(self, name: str, concept: Concept, parent: QWidget) -> None:
        from workbench.core.concepts.card import card, side_effects

        super().__init__(parent, f"Proof of {name}")
        name_of_card = heading(name)
        name_of_card.setWordWrap(True)
        self.column.addWidget(name_of_card)
        self.strip = described(QLabel(), f"Faces along {name}", "Faces that the model made up, from end to end")
        self.strip.hide()
        self.column.addWidget(self.strip)
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID // 2)
        grid.setColumnStretch(1, 1)
        for row, (what, value) in enumerate(card(concept)):
            name_of_row = muted(what)
            name_of_row.setWordWrap(False)
            grid.addWidget(name_of_row, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(Wrapped(value), row, 1)
        self.column.addLayout(grid)
        proof = concept.direction.proof
        if proof is None:
            self.column.addWidget(muted("Not proven yet: “Prove”, above the sliders, does it."))
            return
        self.effects = QGridLayout()
        effects = side_effects(proof)[:SHOWN]
        if effects:
            self.column.addWidget(heading("What else it moves"))
        for row, (label, effect) in enumerate(effects):
            figure = QLabel(f"{100 * effect:+.0f} %")
            figure.setProperty("role", "warn" if abs(effect) >= _STRONG else "muted")
            self.effects.addWidget(Wrapped(label.replace("_", " ")), row, 0)
            self.effects.addWidget(figure, row, 1, Qt.AlignmentFlag.AlignRight)
        self.column.addLayout(self.effects)

    @Slot(object)
    def show_strip(self, picture: RGB) -> None:
        """Show what the slider does to some faces: uint8 (H, W, 3)."""
        self.strip.setPixmap(QPixmap.fromImage(to_qimage(picture)))
        self.strip.show()


class SideEffects(Popup):
    """A row a concept, a column a label: how far the slider moves it, in percent of its own change."""

    def __init__(self, directions: Mapping[str, Direction], parent: QWidget) -> None:
        super().__init__(parent, "Side effects of all sliders")
        proofs = {name: d.proof for name, d in directions.items() if d.proof is not None and d.proof.side_effects}
        labels = list(dict.fromkeys(label for proof in proofs.values() for label in proof.side_effects))
        self.column.addWidget(heading("Side effects"))
        self.column.addWidget(
            muted(
                "From end to end of each slider: change of each label, in percent of the change that it is for. In "
                "brackets stands what says nearly the same of a face, or its opposite."
            )
        )
        numbers = range(1, 1 + len(labels))
        self.table = table(
            "Side effects", ("Concept", *(label.replace("_", "\n") for label in labels)), numbers,
            hint="Amber is more than a quarter of the change that the slider is for.",
        )  # fmt: skip
        self.table.header().setTextElideMode(Qt.TextElideMode.ElideNone)  # of two lines Qt would make one with dots
        warn = QColor(theme().colours.warn)
        for name, proof in proofs.items():
            cells = []
            for label in labels:
                value = proof.side_effects.get(label)
                text = "" if value is None else f"{round(100 * value):+d}"
                cells.append(f"({text})" if text and value != 1 and label in proof.kin else text)
            item = line((name.replace("_", " "), *cells), numbers)
            for column, label in enumerate(labels, 1):
                if label not in proof.kin and abs(proof.side_effects.get(label, 0.0)) >= _STRONG:
                    item.setForeground(column, warn)
            self.table.addTopLevelItem(item)
        self.table.setSizeAdjustPolicy(QAbstractScrollArea.SizeAdjustPolicy.AdjustToContents)
        self.column.addWidget(self.table)

    def show_beside(self, widget: QWidget) -> None:
        """Open it as wide as its columns, or as the screen; a table longer than half the screen scrolls."""
        space = widget.screen().availableGeometry()
        self.table.ensurePolished()
        header, rows = self.table.header(), self.table.sizeHint().height()
        header.resizeSections(QHeaderView.ResizeMode.ResizeToContents)
        wide, room = header.length() + 2 * self.table.frameWidth(), space.width() - 8 * GRID
        bar = self.table.verticalScrollBar().sizeHint().width()
        if rows > space.height() // 2:
            rows, wide = space.height() // 2, wide + bar
        self.table.setMinimumWidth(min(wide, room))
        self.table.setFixedHeight(rows + (bar if wide > room else 0))
        super().show_beside(widget)
