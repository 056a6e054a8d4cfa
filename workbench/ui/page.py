"""What a page of the window is, and how it speaks with the window: messages, what runs, and things handed on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices, QImage
from PySide6.QtWidgets import QWidget

from workbench.core.errors import Failure
from workbench.log import log_file

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence for the bar above the page, and at most one button.

    An `info` closes itself after a while; the others stay until they are closed or their cause is gone.
    """

    text: str
    button: str | None = None
    action: Callable[[], None] | None = None
    kind: Literal["info", "advice", "error"] = "info"


@dataclass(frozen=True, slots=True)
class Activity:
    """What a page is doing now, for the ring below the rail. `fraction` is in 0..1, None while it cannot be known."""

    text: str
    fraction: float | None = None


class Page(QWidget):
    """Base of the pages. Whatever a page starts, it ends: see `close_down`."""

    name: ClassVar[str]
    """The word on the rail and the name in the preferences: Edit, Train, Data."""
    icon: ClassVar[str]
    hint: ClassVar[str]
    """The tooltip on the rail."""

    message = Signal(object)
    """A `Message`, or None when the cause of this page's message is gone."""
    activity = Signal(object)
    """An `Activity`, or None when nothing runs any more."""
    hand_over = Signal(str, str)
    """The name of another page and what it should open: a path, or a data source such as "builtin:avatars"."""
    rested = Signal()
    """Nothing of this page runs any more; sent at least once after `close_down`, unless it was at rest already."""

    def set_ready(self) -> None:
        """torch and the other large libraries are imported: jobs may start."""

    def open_path(self, path: str) -> None:
        """Open what was dropped, chosen or handed over; never raises, an error becomes a message."""

    def open_image(self, image: QImage) -> None:
        """Open a pasted picture."""

    def at_rest(self) -> bool:
        """Whether the window may close now."""
        return True

    def close_down(self) -> None:
        """Ask everything that runs to stop and save, without waiting for it; `rested` follows."""

    def save_state(self) -> None:
        """Put what should be remembered into the preferences; called when the window closes."""


def failure_message(failure: Failure) -> Message:
    """What the bar says of a failed job; a bug of ours goes to the log with its traceback."""
    if failure.expected:
        return Message(f"{failure.what} {failure.next_step}".strip(), kind="error")
    logger.error("A job failed\n%s", failure.traceback)
    return BUG


def _open_log() -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_file())))


BUG = Message("Something went wrong.", "Open the log", _open_log, "error")
"""What a user reads of an error that is not theirs to mend."""
