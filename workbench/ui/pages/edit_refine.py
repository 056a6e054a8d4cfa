"""The model's face brought nearer to the photo's: when it is asked for, and by itself where there is no encoder."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from workbench.core.control import Control
from workbench.jobs.api import Job
from workbench.ui.pages.edit_face import FacePanel
from workbench.ui.pages.edit_session import EditSession

if TYPE_CHECKING:
    from workbench.core.editing.render import Editor
    from workbench.core.editing.state import EditState
    from workbench.core.faces.align import Points


def refine(editor: Editor, state: EditState, control: Control) -> Job[EditState]:
    from workbench.jobs.refine_face import refine_face

    return (yield from refine_face(editor, state, control))


class Refiner(QObject):
    """Follows the session: one search at a time, for the face that is edited, given up when that is another one."""

    def __init__(self, session: EditSession, panel: FacePanel) -> None:
        super().__init__(session)
        self._session, self._panel = session, panel
        self._face: tuple[Editor, Points] | None = None  # that was searched for, or looked at, last
        panel.refine_asked.connect(self._ask)
        session.editor_changed.connect(self._follow)
        session.state_changed.connect(self._follow)

    @Slot()
    def _ask(self) -> None:
        """The button: it begins, or ends what runs."""
        if self._session.refining:
            self._session.stop_refining()
        else:
            self._start()

    @Slot()
    def _follow(self) -> None:
        """Another face: what is sought for the one before is of no use, and a model without an encoder needs it."""
        session = self._session
        editor, state = session.editor, session.state
        face = None if editor is None or state is None else (editor, state.points)
        if face != self._face:
            self._face = face
            session.stop_refining()
            if editor and state and state.code is None and not editor.model.net.encodes:
                self._start()
        self._panel.set_refining(session.refining)

    def _start(self) -> None:
        editor, state = self._session.editor, self._session.state
        if editor is not None and state is not None:
            self._session.refine(partial(refine, editor, state), self._done)

    @Slot(object)
    def _done(self, refined: EditState) -> None:
        self._session.set_code(refined.code)
