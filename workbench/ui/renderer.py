"""From a moved slider to a picture: the newest wish is rendered, older ones are dropped.

Two mailboxes of one. The quick one answers while the hand moves: the face at the screen's resolution. The other one
renders the whole photo when the hand rests; it has a thread of its own, so that a large photo never holds up a finger
that moves again.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, QTimer, Signal, Slot

from workbench.core.errors import Failure
from workbench.jobs.latest import Latest
from workbench.ui.pictures import RGB, Patch, Pyramid, packed_qimage

if TYPE_CHECKING:
    from workbench.core.editing.preview import Preview
    from workbench.core.editing.render import Editor
    from workbench.core.editing.state import Code, EditState
    from workbench.core.faces.align import Points

REST_MS = 150
"""A hand that has been still for so long rests."""


_thread = threading.local()


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """What was asked for: a patch while the hand moves, everything when it rests."""

    number: int
    state: EditState
    patch: Patch | None = None
    whole: Pyramid | None = None
    pixels: RGB | None = None
    """The whole result, to copy or to look at."""
    strain: float | None = None
    """How far out the edit leads: from 0.5 amber, from 1 red; None where usual faces are not known."""


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    number: int
    editor: Editor
    state: EditState
    scale: float


@lru_cache(maxsize=1)  # one photo is edited at a time, at one zoom most of the time
def _preview(editor: Editor, points: Points, code: Code | None, scale: float) -> Preview:
    from workbench.core.editing.preview import Preview

    crop = editor.at(points, code)
    return Preview(editor.photo.pixels, crop.matrix, crop.decoded, scale)


def _use_one_core() -> None:
    """A single picture gains nothing from more threads, and a training may want the other cores."""
    if not hasattr(_thread, "ready"):
        from workbench.core.devices import set_threads

        set_threads(1)
        _thread.ready = True


def _render_quickly(wish: _Wish) -> Rendered:
    _use_one_core()
    if wish.state.mode == "face":
        return _render_whole(wish)  # the face alone is small
    preview = _preview(wish.editor, wish.state.points, wish.state.code, wish.scale)
    left, top, right, bottom = preview.area
    image = packed_qimage(preview(wish.editor.change(wish.state)))
    patch = Patch(image, QRectF(left, top, right - left, bottom - top))
    return Rendered(wish.number, wish.state, patch=patch, strain=wish.editor.strain(wish.state))


def _render_whole(wish: _Wish) -> Rendered:
    _use_one_core()
    pixels = wish.editor.render(wish.state)
    strain = wish.editor.strain(wish.state)
    return Rendered(wish.number, wish.state, whole=Pyramid(pixels), pixels=pixels, strain=strain)


class Renderer(QObject):
    """Renders the states of one editor in threads of its own and tells the window's thread."""

    rendered = Signal(object)
    """A `Rendered` that is newer than every one before."""
    failed = Signal(object)
    """A `Failure`."""
    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._quick = Latest(_render_quickly, self._deliver)
        self._whole = Latest(_render_whole, self._deliver)
        self._editor: Editor | None = None
        self._wish: _Wish | None = None
        self._asked = 0
        self._shown = 0
        self._rest_timer = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest_timer.timeout.connect(self.rest)
        self._arrived.connect(self._receive)

    def set_editor(self, editor: Editor | None) -> None:
        """Render with this editor from now on; what is under way for another is dropped."""
        self._rest_timer.stop()
        self._editor, self._wish = editor, None
        self._asked += 1
        self._shown = self._asked

    def move(self, state: EditState, scale: float) -> None:
        """The hand moves: show `state` as soon as possible, at `scale` screen pixels a photo pixel."""
        self._wish = self._next(state, scale)
        if self._wish is not None:
            self._quick.ask(self._wish)
            self._rest_timer.start()

    def show(self, state: EditState) -> None:
        """Nothing moves: render the whole of `state` at once."""
        self._wish = self._next(state, 1.0)
        self.rest()

    @Slot()
    def rest(self) -> None:
        """The hand rests: render the whole of what was asked for last."""
        self._rest_timer.stop()
        if self._wish is not None:
            wish, self._wish = self._wish, None
            self._whole.ask(wish)

    def close(self) -> None:
        """End both threads; nothing is told any more."""
        self.set_editor(None)
        self._quick.close()
        self._whole.close()

    def _next(self, state: EditState, scale: float) -> _Wish | None:
        if self._editor is None:
            return None
        self._asked += 1
        return _Wish(self._asked, self._editor, state, scale)

    def _deliver(self, stamp: int, result: Rendered | Failure) -> None:
        self._arrived.emit(result)  # from the renderer's thread to the window's

    @Slot(object)
    def _receive(self, result: Rendered | Failure) -> None:
        if isinstance(result, Failure):
            self.failed.emit(result)
        elif result.number > self._shown or (result.number == self._shown and result.whole is not None):
            self._shown = result.number
            self.rendered.emit(result)
