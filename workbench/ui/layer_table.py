"""A model's layers as the lecture's slides show them: layer, output shape, parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.ui.tables import line, table
from workbench.ui.theme import GRID

if TYPE_CHECKING:
    from workbench.core.models.layers import Layer

_NUMBERS = (1, 2)


class LayerTable(QWidget):
    """The layers of each net of a model, and how many numbers it learns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        hint = "What data goes through, and how many numbers each layer learns"
        self.tree = table("Layers of the model", ("Layer", "Output", "Parameters"), _NUMBERS, hint=hint, least=8)
        self.tree.setIndentation(GRID)
        self.tree.setMinimumHeight(40 * GRID)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tree)

    def show_layers(self, layers: Sequence[Layer]) -> None:
        """One group for each net, with its sum."""
        self.tree.clear()
        for part in dict.fromkeys(layer.part for layer in layers):
            rows = [layer for layer in layers if layer.part == part]
            group = line([part.capitalize(), "", f"{sum(row.parameters for row in rows):,}"], _NUMBERS)
            for row in rows:
                item = line([row.name, " × ".join(map(str, row.shape)), f"{row.parameters:,}"], _NUMBERS)
                item.setToolTip(0, f"{row.name}: {row.detail.replace(' x ', ' × ')}" if row.detail else "")
                group.addChild(item)
            self.tree.addTopLevelItem(group)
            group.setExpanded(True)
