"""The bar above the page: one sentence, one button."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from workbench.ui.page import Message
from workbench.ui.theme import GRID, icon
from workbench.ui.widgets import icon_size, restyle, tool_button

INFO_SECONDS = 8


class MessageBar(QFrame):
    """Shows the newest message; each owner (a page, the window) has at most one, and takes it back when it is over."""

    shown = Signal(object)
    """The `Message` now visible, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messages")
        self.setAccessibleName("Message")
        self._messages: dict[object, Message] = {}
        self._picture = QLabel()
        self._text = QLabel()
        self._text.setObjectName("text")
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._button = QPushButton()
        self._button.clicked.connect(self._act)
        self._close = tool_button("close", "Close message", "Close this message (Esc)")
        self._close.clicked.connect(self.dismiss)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(INFO_SECONDS * 1000)
        self._timer.timeout.connect(self.dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        for widget in (self._picture, self._text, self._button, self._close):
            layout.addWidget(widget)
        self.hide()

    @property
    def current(self) -> Message | None:
        """What is shown now."""
        return next(reversed(self._messages.values()), None)

    def show_message(self, message: Message, owner: object) -> None:
        """Show `message` instead of the one that `owner` had before."""
        self._messages.pop(owner, None)
        self._messages[owner] = message
        self._refresh()

    def take_back(self, owner: object) -> None:
        """The cause of the message of `owner` is gone."""
        if self._messages.pop(owner, None):
            self._refresh()

    @Slot()
    def dismiss(self) -> None:
        """Close what is shown; an older message that still holds appears again."""
        if self._messages:
            self._messages.popitem()
            self._refresh()

    @Slot()
    def _act(self) -> None:
        message = self.current
        self.dismiss()
        if message and message.action:
            message.action()

    def _refresh(self) -> None:
        message = self.current
        self._timer.stop()
        self.setVisible(message is not None)
        if message:
            self._text.setText(message.text)
            role = QPalette.ColorRole.BrightText if message.kind == "error" else QPalette.ColorRole.ButtonText
            self._picture.setPixmap(icon(message.kind, role).pixmap(icon_size(self, 1.2), self.devicePixelRatioF()))
            self._button.setText(message.button or "")
            self._button.setVisible(message.button is not None)
            self.setAccessibleDescription(message.text)
            for widget in (self, self._text):
                restyle(widget, "kind", message.kind)
            if message.kind == "info":
                self._timer.start()
        self.shown.emit(message)
