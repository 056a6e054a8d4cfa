"""The hand on an open edit: every change is an entry of its history, is rendered, and is kept on disk."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from workbench.core.editing.history import History
from workbench.core.editing.state import Code, EditState, Mode
from workbench.core.errors import WorkbenchError
from workbench.core.faces.align import similarity
from workbench.ui.pages import edit_jobs as jobs
from workbench.ui.pages.edit_autosave import Autosave
from workbench.ui.pages.edit_face import FaceLooker
from workbench.ui.pages.edit_jobs import Original, Seen
from workbench.ui.pages.edit_work import Working
from workbench.ui.renderer import Rendered, Renderer

if TYPE_CHECKING:
    from workbench.core.editing.render import Editor
    from workbench.core.faces.align import Points
    from workbench.core.runs.trained import TrainedModel
    from workbench.jobs.open_edit import Subject

POINTS = "eyes and mouth"
"""The gesture that moves the face's points; no concept is called so."""


class Steering(Working):
    """One face of one photo, edited with one model; `EditSession` opens them."""

    state_changed = Signal()
    """The sliders should stand elsewhere, or undo and redo became possible or impossible."""
    original_changed = Signal()
    rendered = Signal(object)
    face_seen = Signal()
    """The model has looked at the face where it is now."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.model: TrainedModel | None = None
        self.subject: Subject | None = None
        self.editor: Editor | None = None
        self.face = 0
        self.original: Original | None = None
        self.result: Rendered | None = None
        self.seen: Seen | None = None
        self._mode: Mode = "photo"
        self._history: History | None = None
        self._photo: Original | None = None
        self._crop: Original | None = None
        self._renderer = Renderer(self)
        self._renderer.rendered.connect(self._show)
        self._renderer.failed.connect(self.report)
        self._looker = FaceLooker(self)
        self._looker.seen.connect(self._show_seen)
        self._looker.failed.connect(self.report)
        self._autosave = Autosave()

    @property
    def state(self) -> EditState | None:
        """The edit as it is now."""
        return self._history.current if self._history else None

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def can_undo(self) -> bool:
        return self._history is not None and self._history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._history is not None and self._history.can_redo

    @property
    def _edited(self) -> bool:
        """Whether there is something to lose."""
        state, subject = self.state, self.subject
        return bool(state and subject and (state.strengths or state.points != subject.points(self.face)))

    # Editing

    def move(self, name: str, strength: float, scale: float) -> None:
        """A slider moves; `scale` is screen pixels a photo pixel."""
        if self._history is not None:
            state = self._history.current.with_strength(name, strength)
            self._history = self._history.push(state, gesture=name)
            self._renderer.move(state, scale)

    def end_gesture(self) -> None:
        """The hand let go of a slider."""
        if self._history is not None:
            self._history = self._history.end_gesture()
            self._renderer.rest()
            self._keep()
            self.state_changed.emit()

    def move_points(self, points: Points) -> None:
        """The hand drags an eye or the mouth; where the three make no face, nothing follows it."""
        if self._history is None or self.editor is None:
            return
        with contextlib.suppress(WorkbenchError):
            similarity(points, self.editor.model.alignment, self.editor.model.size)
            self._history = self._history.push(self._history.current.with_points(points), gesture=POINTS)
            self._looker.look(self.editor, points)

    def drop_points(self) -> None:
        """The hand let go of them."""
        if self._history is not None:
            self._go(self._history.end_gesture())

    def reset_points(self) -> None:
        """The face back to where it was found, as one entry."""
        if self._history is not None and self.subject is not None and self.editor is not None:
            found = self.subject.begin(self.face, self.editor.model, self._mode)
            state = self._history.current.with_points(found.points)
            state = state if state is self._history.current else state.with_code(found.code)
            self._go(self._history.end_gesture().push(state))

    def reset(self) -> None:
        """Every concept back to zero, as one entry."""
        if self._history is not None:
            self._go(self._history.end_gesture().push(self._history.current.reset()))

    def set_locks(self, locked: Sequence[str], rest: bool) -> None:
        """Keep these concepts unchanged while others move, and softly all of them against each other."""
        if self._history is not None and self.model is not None:
            locks = jobs.locks_of(self.model, locked, rest)
            self._go(self._history.end_gesture().push(self._history.current.with_locks(locks)))

    def set_code(self, code: Code | None) -> None:
        """Another code of the face: one that shows it more nearly."""
        if self._history is not None:
            self._go(self._history.end_gesture().push(self._history.current.with_code(code)))

    def set_mode(self, mode: Mode) -> None:
        """The whole photo or the face alone."""
        if mode == self._mode:
            return
        self._mode = mode
        if self._history is not None:
            self._go(self._history.end_gesture().push(self._history.current.with_mode(mode)))

    @Slot()
    def undo(self) -> None:
        if self._history is not None:
            self._go(self._history.undo())

    @Slot()
    def redo(self) -> None:
        if self._history is not None:
            self._go(self._history.redo())

    # Showing

    def _set_editor(self, editor: Editor | None) -> None:
        self.editor = editor
        self._history = None
        self._looker.forget()
        self._renderer.set_editor(editor)
        self.editor_changed.emit()

    def _go(self, history: History) -> None:
        """Show another entry of the history."""
        self._history = history
        state = history.current
        self._mode = state.mode
        self._show_original(self._crop if state.mode == "face" else self._photo)
        self._renderer.show(state)
        if self.editor is not None and self.seen is not None:
            if self.seen.shows == (state.points, state.code):
                self._looker.forget()
            else:
                self._looker.look(self.editor, state.points, state.code)
        self._keep()
        self.state_changed.emit()

    @Slot(object)
    def _show_seen(self, seen: Seen) -> None:
        self.seen, self._crop = seen, seen.crop
        if self._mode == "face" and self.state is not None:
            self._show_original(self._crop)
            self._renderer.show(self.state)
        self.face_seen.emit()

    def _show_original(self, original: Original | None) -> None:
        if original is not self.original:
            self.original, self.result = original, None
            self.original_changed.emit()

    @Slot(object)
    def _show(self, rendered: Rendered) -> None:
        if rendered.pixels is not None:
            self.result = rendered
        self.rendered.emit(rendered)

    def _keep(self) -> None:
        """Remember the edit, so that not even a crash loses it."""
        if self.state is None or self.subject is None or self.editor is None:
            return
        if self._edited:
            self._autosave.keep(self.editor, self.state, self.subject)
        else:
            self._autosave.forget()
