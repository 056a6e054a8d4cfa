"""Make the code of an edit's face nearer to the face: what the window and the command line share."""

from __future__ import annotations

from workbench.core.control import Control
from workbench.core.editing.fit import Fit
from workbench.core.editing.refine import refine
from workbench.core.editing.render import Editor
from workbench.core.editing.state import EditState, as_code
from workbench.core.events import Advice
from workbench.jobs.api import Job


def refine_face(editor: Editor, state: EditState, control: Control) -> Job[EditState]:
    """`state` with the code that shows its face as nearly as the model can.

    Yields:
        Progress; Advice that says how near that is.

    Raises:
        Stopped: the user asked for it.
    """
    model, crop = editor.model, editor.at(state.points, state.code)
    code = yield from refine(model, crop.pixels, crop.code, control)
    refined = state.with_code(as_code(code))
    before, after = (Fit.of(model, editor.at(s.points, s.code)).nearness for s in (state, refined))
    compared = f", {before} before it was refined" if model.encodes else ""
    yield Advice(f"How near the model comes to this face: {after}{compared}. More is nearer.", "", kind="refined")
    return refined
