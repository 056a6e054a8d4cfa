"""The bar above the picture: open, undo, compare, zoom, copy."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from workbench.ui.picture_view import Compare
from workbench.ui.theme import GRID, icon, muted
from workbench.ui.widgets import OneLine, checkable, tool_button

HOLD_KEY = Qt.Key.Key_O
"""Held, it shows the original."""

Keys = QKeySequence.StandardKey | str


class EditBar(QWidget):
    """Actions with their keys. The keys work wherever the focus is on the page that gets `actions()`.

    Where there is little room the title gives way first, then the zoom and the words beside the icons.
    """

    held = Signal(bool)
    """The button that shows the original is held or let go."""
    compare_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.open = self._action("open", "Open a photo…", "Open a photo", QKeySequence.StandardKey.Open)
        self.random = self._action("face", "Random face", "Edit a face that the model makes up", "Ctrl+R")
        self.undo = self._action("undo", "Undo", "Take the last change back", QKeySequence.StandardKey.Undo)
        self.redo = self._action("redo", "Redo", "Do it again after all", "Ctrl+Shift+Z", "Ctrl+Y")
        self.copy = self._action("copy", "Copy", "Copy the result", QKeySequence.StandardKey.Copy)
        self.fit = self._action("fit", "Fit", "Show the whole picture (double-click on it does the same)", "Ctrl+0")
        self.export = self._action("export", "Export…", "Write the edited picture to a file", "Ctrl+E")
        self.hold_button = tool_button(
            "eye", "Hold to see the original", "Hold to see the original, or hold the O key."
        )
        self.hold_button.pressed.connect(lambda: self.held.emit(True))
        self.hold_button.released.connect(lambda: self.held.emit(False))
        self.compare_buttons = {
            Compare.SPLIT: checkable(tool_button("compare", "Split", "Original and result on either side of a line.")),
            Compare.SIDE_BY_SIDE: checkable(
                tool_button("side-by-side", "Side by side", "Original and result in pairs.")
            ),
        }
        for compare, button in self.compare_buttons.items():
            button.clicked.connect(
                lambda down, compare=compare: self.compare_chosen.emit(compare if down else Compare.RESULT)
            )
        self.title = OneLine()  # a long name must not widen the window
        self.zoom = muted("")
        self.zoom.setWordWrap(False)
        self._worded: list[QToolButton] = []
        self._wide = True
        self._lay_out()

    def actions_with_keys(self) -> list[QAction]:
        return [self.open, self.random, self.undo, self.redo, self.copy, self.fit, self.export]

    def show_compare(self, compare: Compare) -> None:
        for kind, button in self.compare_buttons.items():
            button.setChecked(kind is compare)

    def _action(self, picture: str, text: str, hint: str, *keys: Keys) -> QAction:
        action = QAction(icon(picture), text, self)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        names = " or ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts())
        action.setToolTip(f"{hint} ({names}).")
        return action

    def _button(self, action: QAction, words: bool = False) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setAccessibleName(action.text().rstrip("…"))
        if words:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            self._worded.append(button)
        return button

    def minimumSizeHint(self) -> QSize:
        smallest = super().minimumSizeHint()
        return QSize(smallest.width() - (self._extra_width() if self._wide else 0), smallest.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_wide(event.size().width() >= self.minimumSizeHint().width() + self._extra_width())

    def _extra_width(self) -> int:
        """What words and zoom take."""
        words = sum(self.fontMetrics().horizontalAdvance(button.text()) + GRID for button in self._worded)
        return words + self.fontMetrics().horizontalAdvance("6400 %") + GRID

    def _set_wide(self, wide: bool) -> None:
        if wide == self._wide:
            return
        self._wide = wide
        self.zoom.setVisible(wide)
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if wide else Qt.ToolButtonStyle.ToolButtonIconOnly
        for button in self._worded:
            button.setToolButtonStyle(style)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        row.setSpacing(GRID // 2)
        row.addWidget(self._button(self.open, words=True))
        row.addWidget(self._button(self.random, words=True))
        row.addSpacing(GRID)
        row.addWidget(self._button(self.undo))
        row.addWidget(self._button(self.redo))
        row.addSpacing(GRID)
        row.addWidget(self.title, 1)
        row.addWidget(self.hold_button)
        for button in self.compare_buttons.values():
            row.addWidget(button)
        row.addSpacing(GRID)
        row.addWidget(self.zoom)
        row.addWidget(self._button(self.fit))
        row.addWidget(self._button(self.copy))
