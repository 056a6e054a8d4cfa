"""Tables in little room: what tells the rows apart is seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip, QTreeWidget
from pytestqt.qtbot import QtBot

from workbench.core.models.base import preset_settings
from workbench.core.models.layers import layer_table
from workbench.core.models.registry import model_class
from workbench.core.runs.compare import Comparison
from workbench.core.runs.differences import Difference
from workbench.core.runs.folder import Run
from workbench.ui.layer_table import LayerTable
from workbench.ui.pages.train_compare import CompareView
from workbench.ui.pages.train_queue import QueueList, QueueRow
from workbench.ui.tables import line, table


def widths(tree: QTreeWidget) -> list[int]:
    return [tree.header().sectionSize(column) for column in range(tree.columnCount())]


def scrolls_sideways(tree: QTreeWidget) -> bool:
    maximum: int = tree.horizontalScrollBar().maximum()
    return maximum > 0


def test_texts_give_way_to_numbers_and_a_tooltip_has_them_whole(qtbot: QtBot) -> None:
    tree = table("Things", ("Name", "Kind", "Number"), numbers=(2,))
    qtbot.addWidget(tree)
    tree.addTopLevelItem(line(("a name that is so long that nobody could want to read it", "short", "1,234,567"), (2,)))
    tree.resize(400, 200)
    tree.show()
    name, kind, number = widths(tree)
    assert tree.sizeHintForColumn(1) <= kind < 70
    assert number >= tree.sizeHintForColumn(2)
    assert name + kind + number == tree.viewport().width()

    shown: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QToolTip, "showText", lambda _where, text, *_: shown.append(text))
        for column in range(3):
            at = tree.visualRect(tree.model().index(0, column)).center()
            QApplication.sendEvent(tree.viewport(), QHelpEvent(QEvent.Type.ToolTip, at, QPoint()))
    assert [text[:16] for text in shown] == ["a name that is s"], "only what is cut"


@pytest.mark.parametrize(("model", "preset", "size"), [("dcgan", "modern", 32), ("vae", "standard", 64)])
def test_layers_have_all_their_columns_in_the_narrow_form(qtbot: QtBot, model: str, preset: str, size: int) -> None:
    made = model_class(model)
    layers = layer_table(made(preset_settings(made, preset, {}), size))
    shown = LayerTable()
    qtbot.addWidget(shown)
    shown.resize(292, 400)
    shown.show_layers(layers)
    shown.show()
    tree = shown.tree
    assert not scrolls_sideways(tree)
    letter = tree.fontMetrics().averageCharWidth()
    assert widths(tree)[0] - tree.indentation() >= 12 * letter
    assert widths(tree)[1] >= tree.sizeHintForColumn(1)
    assert widths(tree)[2] >= tree.sizeHintForColumn(2)
    assert any(" × " in tree.topLevelItem(0).child(at).text(1) for at in range(3))


def test_why_a_training_failed_is_seen_in_the_queue(qtbot: QtBot) -> None:
    queue = QueueList()
    qtbot.addWidget(queue)
    queue.resize(590, 500)
    text = "a run with quite a long name that somebody gave it, on celeba-faces-128.zip, 10,000 minutes"
    queue.set_rows([QueueRow("a", text, "There is no such folder.", False, "/home/somebody/celeba-faces-128.zip")])
    queue.show()
    assert not scrolls_sideways(queue.tree)
    assert widths(queue.tree)[1] >= queue.tree.sizeHintForColumn(1)
    assert "/home/somebody/celeba-faces-128.zip" in queue.tree.topLevelItem(0).toolTip(0)


def test_two_runs_can_be_read_side_by_side_in_a_narrow_window(qtbot: QtBot, trained_run: Path) -> None:
    view = CompareView()
    qtbot.addWidget(view)
    settings = tuple(Difference(f"s{n}", f"A setting with a number {n}", "one", "another") for n in range(20))
    results = tuple((f"Result {n}", "23.88 dB at step 2,620", "done at step 2,620") for n in range(20))
    runs = (Run.open(trained_run), Run.open(trained_run))
    steps, values = np.arange(1, 9), np.ones(8, np.float32)
    curves = {"train": (steps, {"total": values, "kl": values})}
    view.resize(590, 650)
    view.show()
    view.show_comparison(Comparison(runs, ("a", "b"), settings, results, (None, None), ()), (curves, curves))
    for tree in (view.settings, view.results):
        assert not scrolls_sideways(tree)
        _, first, second = widths(tree)
        assert abs(first - second) <= 1
        assert first >= 0.9 * tree.sizeHintForColumn(1)
        assert tree.viewport().height() >= 8 * tree.sizeHintForRow(0)
    below = lambda: view.results.mapTo(view, QPoint()).y() > view.settings.mapTo(view, QPoint()).y()  # noqa: E731
    assert below()
    view.resize(1300, 650)
    qtbot.waitUntil(lambda: not below())
    assert [view.loss.itemText(at) for at in range(view.loss.count())] == ["Total", "KL"], "as the legend has it"
