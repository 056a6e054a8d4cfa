"""What the window remembers: an ini file that a person can read, in the user's folder for preferences."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings, QStandardPaths

from workbench.core.places import preferences_folder

RECENT = 8

PICTURES = QStandardPaths.StandardLocation.PicturesLocation
DOCUMENTS = QStandardPaths.StandardLocation.DocumentsLocation


def preferences() -> QSettings:
    """The window's preferences; values written are on disk soon after."""
    return QSettings(str(preferences_folder() / "window.ini"), QSettings.Format.IniFormat)


def whole_number(key: str, default: int) -> int:
    """The number under `key`; `default` where there is none, or something else."""
    try:
        return int(str(preferences().value(key, default)))
    except ValueError:
        return default


def recent(key: str) -> list[str]:
    """The list remembered under `key`, newest first."""
    value = preferences().value(key, [])
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]  # one item is read as a text


def remember_recent(key: str, item: str) -> None:
    """Put `item` at the head of the list under `key`."""
    items = [item, *(old for old in recent(key) if old != item)]
    preferences().setValue(key, items[:RECENT])


def last_folder(key: str, otherwise: QStandardPaths.StandardLocation) -> Path:
    """Where a file dialog starts: the folder remembered under `key`, else the user's folder for such files, else home.

    It is always there: a dialog that is sent to a folder that is not takes its name for that of a file.
    """
    stored = str(preferences().value(key, ""))
    known = (Path(place) for place in (stored, QStandardPaths.writableLocation(otherwise)) if place)
    return next((place for place in known if place.is_dir()), Path.home())


def remember_folder(key: str, file: Path) -> None:
    """The next dialog of this kind starts where `file` is."""
    preferences().setValue(key, str(file.parent))
