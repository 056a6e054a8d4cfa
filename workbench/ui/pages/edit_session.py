"""The edit that is open: its model, its photo, its history. No widgets; the page shows what this tells."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from workbench.core.control import Control
from workbench.core.editing.history import History
from workbench.core.editing.state import Code, EditState, Mode
from workbench.core.errors import Failure, WorkbenchError
from workbench.core.faces.align import similarity
from workbench.jobs.api import Job
from workbench.ui.page import Message
from workbench.ui.pages import edit_jobs as jobs
from workbench.ui.pages.edit_autosave import Autosave, SavedEdit
from workbench.ui.pages.edit_face import FaceLooker
from workbench.ui.pages.edit_jobs import Opened, Original, Ready, Seen
from workbench.ui.pages.edit_work import Kind, Working
from workbench.ui.pictures import RGB
from workbench.ui.renderer import Rendered, Renderer

if TYPE_CHECKING:
    from workbench.core.editing.recipe import Recipe
    from workbench.core.editing.render import Editor
    from workbench.core.faces.align import Points
    from workbench.core.runs.trained import TrainedModel
    from workbench.jobs.open_edit import Located, Subject

POINTS = "eyes and mouth"
"""The gesture that moves the face's points; no concept is called so."""


class EditSession(Working):
    """One photo edited with one model. Everything slow runs in threads; every change of state is told by a signal."""

    model_changed = Signal()
    subject_changed = Signal()
    state_changed = Signal()
    """The sliders should stand elsewhere, or undo and redo became possible or impossible."""
    original_changed = Signal()
    rendered = Signal(object)
    face_seen = Signal()
    """The model has looked at the face where it is now."""
    face_missing = Signal()
    """No face was found: a hand has to say where it is."""
    exported = Signal(object)
    """The path of the exported picture."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.model: TrainedModel | None = None
        self.subject: Subject | None = None
        self.editor: Editor | None = None
        self.face = 0
        self._left: dict[int, EditState] = {}  # how the photo's other faces were left
        self.original: Original | None = None
        self.result: Rendered | None = None
        self._mode: Mode = "photo"
        self._history: History | None = None
        self._pending: Recipe | None = None
        self._photo: Original | None = None
        self._crop: Original | None = None
        self.seen: Seen | None = None
        self._renderer = Renderer(self)
        self._renderer.rendered.connect(self._show)
        self._renderer.failed.connect(self.report)
        self._looker = FaceLooker(self)
        self._looker.seen.connect(self._show_seen)
        self._looker.failed.connect(self.report)
        self._autosave = Autosave()

    # What there is

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

    @property
    def has_model(self) -> bool:
        """Whether there is a model, or one is being opened."""
        return self.model is not None or self._work.runs("model")

    @property
    def editable(self) -> bool:
        """Whether a slider would move a face now."""
        return self.editor is not None and not self._work.runs("model", "photo", "recipe", "editor")

    # Opening

    def load_model(self, path: Path) -> None:
        """Open a run, a checkpoint or a model file, and edit with it."""
        self._start("model", partial(jobs.load_model, path), self._model_loaded)

    def open_picture(self, path: Path, models: Sequence[Path]) -> None:
        """Edit a photo; a picture that was exported takes its edit up again, with the model among `models`."""
        self._start("recipe", partial(jobs.open_picture, path, self._likeliest(models)), self._picture_opened)

    def open_pixels(self, pixels: RGB) -> None:
        """Edit a pasted picture."""
        self._start("photo", partial(jobs.open_pixels, pixels), self._photo_opened)

    def random_face(self, seed: int | None = None, asked: bool = True) -> None:
        """Edit a face that the model makes up; `asked` for by the user, or the one to begin with."""
        if self.model is not None:
            self._pending = None
            seed = random.randrange(2**31) if seed is None else seed
            self._start("photo", partial(jobs.random_face, self.model, seed), self._photo_opened, asked)

    def open_recipe(self, path: Path, models: Sequence[Path]) -> None:
        """Take up an edit again, from a recipe or from a picture that was exported."""
        self._start("recipe", partial(jobs.locate, path, self._likeliest(models)), self._recipe_located)

    def _likeliest(self, models: Sequence[Path]) -> list[Path]:
        """The models with the one that is open first."""
        here = [self.model.path] if self.model else []
        return [*here, *(model for model in models if model not in here)]

    def saved(self) -> SavedEdit | None:
        """The edit that was under way when the program last ended."""
        return self._autosave.read()

    @Slot(object)
    def continue_saved(self, saved: SavedEdit) -> None:
        """Take that edit up again."""
        from workbench.core.editing.recipe import Recipe

        self._pending = Recipe.model_validate(saved.recipe)
        self.load_model(Path(saved.model))
        reopen: Callable[..., Job[Opened]] = jobs.reopen_pixels if saved.pasted else jobs.open_photo
        if saved.seed is not None:
            reopen = partial(jobs.reopen_random_face, seed=saved.seed, points=self._pending.points)
        self._start("photo", partial(reopen, Path(saved.photo)), self._photo_opened)

    def choose_face(self, index: int) -> None:
        """Edit another face of the photo, as it was left; the sliders begin at zero."""
        if self.subject is not None and index != self.face and index < len(self.subject.faces):
            if self.state is not None and not self._work.runs("editor"):
                self._left[self.face] = self.state
            self.face = index
            self.subject_changed.emit()
            self._make_editor()

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
        if self._history is not None and self.subject is not None:
            points = self.subject.points(self.face)
            self._go(self._history.end_gesture().push(self._history.current.with_points(points)))

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

    # More work

    def work_on_concepts(self, job: Callable[[Path, str, Control], Job[Any]]) -> None:
        """Work on concepts, with a job that takes the model and the data it was trained on; then show them."""
        if self.model is not None:
            make = partial(job, self.model.path, self.model.info.data.source)
            self._start("concepts", make, self._concepts_found)

    def stop_finding(self) -> None:
        self._work.stop("concepts")

    def export(self, path: Path, quality: int) -> None:
        """Write the edit as it is now to `path`."""
        if self.editor is not None and self.state is not None and self.subject is not None:
            make = partial(jobs.export, self.editor, self.state, self.subject, path, quality)
            self._start("export", make, self._on_exported)

    def close_down(self) -> None:
        """Ask everything to end; `rested` follows unless it was at rest."""
        self._history = None  # a gesture that has not ended yet has nothing to end any more
        self._renderer.close()
        self._looker.close()
        self._autosave.close()
        self._work.stop_all()

    def _on_failed(self, kind: Kind, failure: Failure) -> None:
        super()._on_failed(kind, failure)
        if kind in ("model", "photo"):
            self._make_editor()  # with what was open before

    # Results

    def _model_loaded(self, model: TrainedModel) -> None:
        if self.model is not None and self.model.fingerprint != model.fingerprint:
            self._left = {face: state.with_code(None) for face, state in self._left.items()}
        self.model = model
        if model.notice:
            self.message.emit(Message(model.notice, kind="advice"))
        self.model_changed.emit()
        untouched = self.subject is None or (self.subject.seed is not None and not self._edited)
        if untouched and self._pending is None and not self._work.runs("photo", "recipe"):
            self.random_face(self.subject.seed if self.subject else None, asked=False)
        else:
            self._make_editor()

    def _photo_opened(self, opened: Opened) -> None:
        self.subject, self._photo = opened.subject, opened.original
        self.face, self._left = 0, {}
        self.result = None
        self._show_original(self._photo)
        self.subject_changed.emit()
        self._make_editor()

    def _picture_opened(self, opened: Opened | Located) -> None:
        if isinstance(opened, Opened):
            if self._pending is not None and self._pending.photo.sha256 != opened.subject.photo.sha256:
                self._pending = None  # not the photo that was asked for: something else is wanted now
            self._photo_opened(opened)
        else:
            self._recipe_located(opened)

    def _recipe_located(self, located: Located) -> None:
        self._pending = located.recipe
        if located.model is not None and (self.model is None or located.model != self.model.path):
            self.load_model(located.model)
        if located.photo is not None:
            self._start("photo", partial(jobs.open_photo, located.photo), self._photo_opened)
        elif not self._work.runs("model"):
            self._make_editor()

    def _make_editor(self) -> None:
        """Make the editor when everything that it needs has come."""
        if self._work.runs("model", "photo", "recipe"):
            return
        if self._pending is not None and not jobs.fits(self._pending, self.model, self.subject):
            self._complain(Message(jobs.what_is_missing(self._pending, self.model), kind="advice"))
            return
        if self.model is None or self.subject is None:
            return
        if not self.subject.faces and self._pending is None:
            self._mode = "photo"
            text = "No face was found. Drag the three points to the eyes and the mouth, or choose another photo."
            self._complain(Message(text, kind="advice"))
        if self._pending:
            self.face = self.subject.nearest(self._pending.points)
            self.subject_changed.emit()
        left = self._left.get(self.face)
        start = self.subject.begin(self.face, self.model, self._mode)
        start = start.with_points(left.points) if left else start
        before = jobs.carried_over(left or self.state, start, self.model, self.subject, self.editor)
        state = self._pending.state(self.model) if self._pending else before
        self._start("editor", partial(jobs.make_editor, self.model, self.subject, state), self._editor_made)

    def _editor_made(self, ready: Ready) -> None:
        self._pending = None
        self._left.pop(self.face, None)
        self._set_editor(ready.editor)
        self._show_seen(ready.seen)
        self._go(History.of(ready.state.reset()).push(ready.state))
        if self.subject is not None and ready.state.points == self.subject.points(0) and not self.subject.faces:
            self.face_missing.emit()

    def _set_editor(self, editor: Editor) -> None:
        self.editor = editor
        self._history = None
        self._looker.forget()
        self._renderer.set_editor(editor)
        self.editor_changed.emit()

    def _concepts_found(self, concepts: Any) -> None:
        assert self.model is not None
        did = "proven" if all(concept.direction.proof for concept in concepts) else "ready"
        what = f"'{concepts[0].name}' is" if len(concepts) == 1 else f"{len(concepts)} concepts are"
        self.message.emit(Message(f"{what} {did}.", kind="info"))
        self.load_model(self.model.path)

    def _on_exported(self, path: Path) -> None:
        self._autosave.forget()
        self.exported.emit(path)

    # Showing

    def _go(self, history: History) -> None:
        """Show another entry of the history."""
        self._history = history
        state = history.current
        self._mode = state.mode
        self._show_original(self._crop if state.mode == "face" else self._photo)
        self._renderer.show(state)
        if self.editor is not None and self.seen is not None and self.seen.shows != (state.points, state.code):
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
