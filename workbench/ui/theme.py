"""How the window looks: our palette over Qt's Fusion style, light and dark, one accent colour, icons tinted from it.

The scheme follows the system live where Qt reports one; elsewhere, and for those who prefer it, it can be chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Literal, get_args

from PySide6.QtCore import QByteArray, QObject, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontInfo, QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QLabel

from workbench.core.resources import resource
from workbench.ui.preferences import preferences
from workbench.ui.wrapped import Wrapped

Choice = Literal["System", "Light", "Dark"]
CHOICES: tuple[Choice, ...] = get_args(Choice)

GRID = 8
"""Every distance in the window is a multiple of this, or half of it."""


@dataclass(frozen=True, slots=True)
class Colours:
    """What the window is painted with."""

    ground: str
    surface: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    on_accent: str
    tint: str
    """The accent as a ground for text: a chosen row, a checked button."""
    error: str
    warn: str
    good: str


LIGHT = Colours(
    ground="#f5f5f6",
    surface="#ffffff",
    raised="#ececee",
    line="#dcdce0",
    text="#1d1d21",
    muted="#63636d",
    accent="#4c56d0",
    accent_hover="#3f48b8",
    on_accent="#ffffff",
    tint="#e7e8fa",
    error="#b3261e",
    warn="#8a5a00",
    good="#1c6b3c",
)
DARK = Colours(
    ground="#18181b",
    surface="#202024",
    raised="#2b2b31",
    line="#3a3a42",
    text="#ececf0",
    muted="#a0a0ac",
    accent="#929bff",
    accent_hover="#a9b0ff",
    on_accent="#14141c",
    tint="#2e3050",
    error="#ff8a80",
    warn="#f2bd5c",
    good="#7ccf9a",
)


def palette_of(colours: Colours) -> QPalette:
    """A complete palette, so that even a widget without a rule of the style sheet fits in."""
    palette = QPalette(QColor(colours.raised), QColor(colours.ground))
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    plain = {
        role.Window: colours.ground,
        role.Base: colours.surface,
        role.AlternateBase: colours.ground,
        role.Button: colours.raised,
        role.WindowText: colours.text,
        role.Text: colours.text,
        role.ButtonText: colours.text,
        role.ToolTipBase: colours.surface,
        role.ToolTipText: colours.text,
        role.PlaceholderText: colours.muted,
        role.Mid: colours.line,
        role.Midlight: colours.line,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Accent: colours.accent,
        role.BrightText: colours.error,
    }
    for name, value in plain.items():
        palette.setColor(name, QColor(value))
    faded = QColor(colours.text)
    faded.setAlphaF(0.38)
    for name in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(group.Disabled, name, faded)
    palette.setColor(group.Disabled, role.Highlight, QColor(colours.line))
    return palette


class Theme(QObject):
    """The application's look; one per application, see `theme()`."""

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        stored = str(preferences().value("theme", "System"))
        self._choice: Choice = stored if stored in CHOICES else "System"
        self._dressed = False
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._follow)
        self._follow()

    def dress(self) -> None:
        """Lay the style sheet over every widget, those there are and those to come.

        For when the first window is built: Qt dresses a widget and all in it anew each time it is put into another,
        which takes three times as long as to build a window.
        """
        if not self._dressed:
            self._dressed = True
            self._app.setStyleSheet(_style_sheet(self.colours))

    @property
    def choice(self) -> Choice:
        return self._choice

    @property
    def dark(self) -> bool:
        """Whether the window is dark now."""
        if self._choice != "System":
            return self._choice == "Dark"
        return self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark

    @property
    def colours(self) -> Colours:
        return DARK if self.dark else LIGHT

    def choose(self, choice: Choice) -> None:
        """Look like this from now on, and remember it."""
        self._choice = choice
        preferences().setValue("theme", choice)
        self._follow()

    @Slot()
    def _follow(self) -> None:
        self._app.setPalette(palette_of(self.colours))
        if self._dressed:
            self._app.setStyleSheet(_style_sheet(self.colours))
        self.changed.emit()


def theme() -> Theme:
    """The theme of the running application, made on first use."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app.findChild(Theme) or Theme(app)


def _style_sheet(colours: Colours) -> str:
    """`resources/style.qss` with its @names filled in."""
    values = {field.name: getattr(colours, field.name) for field in fields(colours)}
    values["arrow"] = resource("icons/control-arrow.svg").as_posix()
    values["check"] = resource(f"icons/control-check-{'dark' if colours is DARK else 'light'}.svg").as_posix()
    size = QFontInfo(QApplication.font()).pointSizeF()  # the user's own choice, which everything follows
    values |= {"title_size": f"{1.5 * size:.1f}pt", "figure_size": f"{1.3 * size:.1f}pt"}
    text = resource("style.qss").read_text(encoding="utf-8")
    for name in sorted(values, key=len, reverse=True):  # @accent_hover before @accent
        text = text.replace(f"@{name}", values[name])
    return text


@cache
def _svg(name: str) -> str:
    return resource(f"icons/{name}.svg").read_text(encoding="utf-8")


@cache
def _drawn(name: str, colour: str, width: int, height: int) -> QPixmap:
    pixmap = QPixmap(width, height)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    side = min(width, height)
    area = QRectF((width - side) / 2, (height - side) / 2, side, side)
    QSvgRenderer(QByteArray(_svg(name).replace("currentColor", colour).encode())).render(painter, area)
    painter.end()
    return pixmap


class _TintedIcon(QIconEngine):
    """Draws a single-colour SVG in the palette's colour of the moment, so a change of theme needs nobody's help."""

    def __init__(self, name: str, role: QPalette.ColorRole) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def clone(self) -> QIconEngine:
        return _TintedIcon(self._name, self._role)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        scale = painter.device().devicePixelRatioF()
        size = rect.size() * scale
        painter.drawPixmap(rect, self._pixmap(size, mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self._pixmap(size, mode, state)

    def _pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        if size.isEmpty():  # a button without room asks for this, and Qt would complain of painting on nothing
            return QPixmap()
        palette = QGuiApplication.palette()
        disabled = mode == QIcon.Mode.Disabled
        group = QPalette.ColorGroup.Disabled if disabled else QPalette.ColorGroup.Normal
        role = QPalette.ColorRole.Accent if state == QIcon.State.On and not disabled else self._role
        colour = palette.color(group, role)
        # SVG has no alpha in its hexadecimal colours: the fading of a disabled icon is done by hand
        text = f'{colour.name()}" stroke-opacity="{colour.alphaF():.2f}' if colour.alpha() < 255 else colour.name()
        return _drawn(self._name, text, size.width(), size.height())


def icon(name: str, role: QPalette.ColorRole = QPalette.ColorRole.ButtonText) -> QIcon:
    """One of our icons (a file in `resources/icons`, without the ending), in the colour that `role` has in the palette.

    A checked button shows it in the accent colour. On an accented button use `QPalette.ColorRole.HighlightedText`.
    """
    _svg(name)  # a missing file is noticed here, not while painting
    return QIcon(_TintedIcon(name, role))


def application_icon() -> QIcon:
    """The program's own icon, in its own colours."""
    return QIcon(str(resource("icons/workbench.svg")))


def heading(text: str, level: Literal["title", "section"] = "section") -> QLabel:
    """A heading in one of the window's two sizes."""
    label = Wrapped(text)
    label.setWordWrap(False)
    label.setProperty("role", level)
    return label


def muted(text: str = "") -> QLabel:
    """A quiet explaining line that wraps."""
    label = Wrapped(text)
    label.setProperty("role", "muted")
    return label


def accent_icon(name: str) -> QIcon:
    """An icon for a button with `role` "primary"."""
    return icon(name, QPalette.ColorRole.HighlightedText)
