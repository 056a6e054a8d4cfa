"""The rail on the left: the pages, what runs now, and the choice of light or dark."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QKeySequence, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QMenu, QToolButton, QVBoxLayout, QWidget

from workbench.ui.page import Activity, Page
from workbench.ui.theme import CHOICES, GRID, theme
from workbench.ui.widgets import Choice, icon_size, tool_button


class Ring(QAbstractButton):
    """How far the running job is, as a ring with the percentage in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._activity: Activity | None = None
        self.setAccessibleName("What runs now")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()

    def set_activity(self, activity: Activity | None) -> None:
        """Show this, or nothing."""
        if activity == self._activity:
            return
        self._activity = activity
        self.setVisible(activity is not None)
        if activity:
            self.setToolTip(f"{activity.text}\nClick to go there.")
            self.setAccessibleDescription(activity.text)
        self.update()

    def sizeHint(self) -> QSize:
        side = max(6 * GRID, self.fontMetrics().horizontalAdvance("100%") + 2 * GRID)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._activity:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height()) - 8.0
        area = QRectF(0, 0, side, side)
        area.moveCenter(QPointF(self.rect().center()))
        palette = self.palette()
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 3))
        painter.drawEllipse(area)
        fraction = self._activity.fraction
        painter.setPen(
            QPen(palette.color(QPalette.ColorRole.Accent), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        )
        painter.drawArc(area, 90 * 16, round(-360 * 16 * (0.25 if fraction is None else fraction)))
        text = "…" if fraction is None else f"{100 * fraction:.0f}%"
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, text)
        if self.hasFocus():
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Accent), 1))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 6, 6)


class Rail(QFrame):
    """One button a page; Ctrl+1, Ctrl+2, … press them."""

    chosen = Signal(str)
    """The name of a page."""

    def __init__(self, pages: Sequence[Page], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAccessibleName("Pages")
        self._buttons: dict[str, QToolButton] = {}
        self._group = Choice(self)
        self._activities: dict[str, Activity] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, 2 * GRID, GRID, GRID)
        layout.setSpacing(GRID)
        for number, page in enumerate(pages, 1):
            button = self._button(page.name, page.icon, f"{page.hint} (Ctrl+{number})")
            button.setCheckable(True)
            button.setShortcut(QKeySequence(f"Ctrl+{number}"))
            button.clicked.connect(lambda _=False, name=page.name: self.chosen.emit(name))
            self._group.addButton(button)
            self._buttons[page.name] = button
            layout.addWidget(button)
        layout.addStretch()
        self.ring = Ring()
        self.ring.clicked.connect(lambda: self.chosen.emit(next(iter(self._activities))))
        layout.addWidget(self.ring, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._theme_button())

    def set_page(self, name: str) -> None:
        """Mark this page as the one shown."""
        self._buttons[name].setChecked(True)

    def set_activity(self, name: str, activity: Activity | None) -> None:
        """What the page `name` is doing; the ring shows the one that began first."""
        if activity:
            self._activities[name] = activity
        else:
            self._activities.pop(name, None)
        self.ring.set_activity(next(iter(self._activities.values()), None))

    def _button(self, word: str, picture: str, hint: str) -> QToolButton:
        button = tool_button(picture, word, hint, word)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(icon_size(button, 1.5))
        button.setMinimumSize(8 * GRID, 7 * GRID)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        policy = button.sizePolicy()
        policy.setHorizontalPolicy(policy.Policy.Expanding)
        button.setSizePolicy(policy)
        return button

    def _theme_button(self) -> QToolButton:
        button = self._button("Look", "theme", "Light, dark, or as the system")
        menu = QMenu(button)
        group = QActionGroup(menu)
        for choice in CHOICES:
            action = menu.addAction("As the system" if choice == "System" else choice)
            action.setCheckable(True)
            action.setChecked(theme().choice == choice)
            action.triggered.connect(lambda _=False, choice=choice: theme().choose(choice))
            group.addAction(action)
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        return button
