"""A model's layers as the lecture's slides show them: layer, output shape, parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from workbench.ui.theme import GRID
from workbench.ui.widgets import described

if TYPE_CHECKING:
    from workbench.core.models.layers import Layer

COLUMNS = ("Layer", "Output", "Parameters")


class LayerTable(QTreeWidget):
    """The layers of each net of a model, and how many numbers it learns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        described(self, "Layers of the model", "What data goes through, and how many numbers each layer learns")
        self.setHeaderLabels(list(COLUMNS))
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(False)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        self.headerItem().setTextAlignment(2, right)
        header = self.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setStretchLastSection(False)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), 40 * GRID)

    def show_layers(self, layers: Sequence[Layer]) -> None:
        """One group for each net, with its sum."""
        self.clear()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for part in dict.fromkeys(layer.part for layer in layers):
            rows = [layer for layer in layers if layer.part == part]
            group = QTreeWidgetItem([part.capitalize(), "", f"{sum(row.parameters for row in rows):,}"])
            group.setTextAlignment(2, right)
            for row in rows:
                item = QTreeWidgetItem([row.name, " x ".join(map(str, row.shape)), f"{row.parameters:,}"])
                item.setToolTip(0, row.detail)
                item.setTextAlignment(2, right)
                group.addChild(item)
            self.addTopLevelItem(group)
            group.setExpanded(True)
