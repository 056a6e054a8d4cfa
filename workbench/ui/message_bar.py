"""The bar at the edge of the page: one sentence, one button; and how it comes without moving what one points at."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCursor, QPalette, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from workbench.ui.page import Message
from workbench.ui.theme import GRID, icon
from workbench.ui.widgets import icon_size, restyle, tool_button
from workbench.ui.wrapped import Wrapped

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
        self._text = Wrapped(selectable=True)
        self._text.setObjectName("text")
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
        self.setVisible(message is not None)
        self.shown.emit(message)


class MessageFrame(QWidget):
    """`content` with a message bar at its upper edge.

    While the pointer is on the content, nothing moves under it: the bar comes and goes above the content, at the lower
    edge when the upper one is being used. As soon as the pointer is elsewhere, on the bar for instance, or the keyboard
    goes below the bar, the content makes room: nothing stays covered.
    """

    def __init__(self, content: QWidget, bar: MessageBar) -> None:
        super().__init__()
        self._content, self._bar = content, bar
        self._room = 0
        self._below = False
        for widget in (content, bar):
            widget.setParent(self)
            widget.installEventFilter(self)
        bar.shown.connect(self._message_changed)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._focus_changed)

    @property
    def room(self) -> int:
        """How many pixels the content has left to the bar."""
        return self._room

    @Slot()
    def make_room(self) -> None:
        """Let the content have what the bar does not need, at once."""
        self._room = self._bar_height() if self._bar.isVisibleTo(self) else 0
        self._set()

    def sizeHint(self) -> QSize:
        return self._content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        smallest = self._content.minimumSizeHint()
        return QSize(max(smallest.width(), self._bar.minimumSizeHint().width()), smallest.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._set()
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._content and event.type() == QEvent.Type.Leave:
            self.make_room()
        elif watched is self._bar and event.type() == QEvent.Type.Show and not self._room:
            self._below = self._in_use(self._strip(below=False))  # before it is there, and under the pointer
            self._set()
        return super().eventFilter(watched, event)

    @Slot(object)
    def _message_changed(self, _: Message | None) -> None:
        if self._content.underMouse():
            self._set()
        else:
            self.make_room()

    @Slot(QWidget, QWidget)
    def _focus_changed(self, _: QWidget | None, now: QWidget | None) -> None:
        clicked = QApplication.mouseButtons() != Qt.MouseButton.NoButton  # then the pointer is there, and stays there
        if now is not None and not clicked and self._bar.isVisibleTo(self) and self._is_in(now, self._bar.geometry()):
            self.make_room()

    def _in_use(self, strip: QRect) -> bool:
        """Whether the pointer or the keyboard is there."""
        focus = QApplication.focusWidget()
        pointed = self._content.underMouse() and strip.contains(self.mapFromGlobal(QCursor.pos()))
        return pointed or (focus is not None and self._is_in(focus, strip))

    def _is_in(self, widget: QWidget, strip: QRect) -> bool:
        """Whether a widget of the content is there, by its middle: what is large reaches everywhere."""
        return self._content.isAncestorOf(widget) and strip.contains(widget.mapTo(self, widget.rect().center()))

    def _bar_height(self) -> int:
        return max(self._bar.heightForWidth(self.width()), self._bar.minimumSizeHint().height())

    def _strip(self, below: bool) -> QRect:
        height = self._bar_height()
        return QRect(0, self.height() - height if below else 0, self.width(), height)

    def _set(self) -> None:
        self._content.setGeometry(0, 0 if self._below else self._room, self.width(), self.height() - self._room)
        self._bar.setGeometry(self._strip(self._below))
        self._bar.raise_()
