"""The edit that is open: its model, its photo, its history. No widgets; the page shows what this tells."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from workbench.core.control import Control
from workbench.core.editing.history import History
from workbench.core.editing.state import EditState
from workbench.core.errors import Failure, WorkbenchError
from workbench.jobs.api import Job
from workbench.ui.page import Message
from workbench.ui.pages import edit_jobs as jobs
from workbench.ui.pages.edit_autosave import SavedEdit
from workbench.ui.pages.edit_jobs import Opened, Ready
from workbench.ui.pages.edit_steering import Steering
from workbench.ui.pages.edit_work import Kind
from workbench.ui.pictures import RGB

if TYPE_CHECKING:
    from workbench.core.editing.recipe import Recipe
    from workbench.core.runs.trained import TrainedModel
    from workbench.jobs.open_edit import Located


class EditSession(Steering):
    """One photo edited with one model. Everything slow runs in threads; every change of state is told by a signal."""

    model_changed = Signal()
    subject_changed = Signal()
    face_missing = Signal()
    """No face was found: a hand has to say where it is."""
    exported = Signal(object)
    """The path of the exported picture."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._left: dict[int, EditState] = {}  # how each of the photo's faces was left
        self._pending: Recipe | None = None

    @property
    def has_model(self) -> bool:
        """Whether there is a model, or one is being opened."""
        return self.model is not None or self._work.runs("model")

    @property
    def editable(self) -> bool:
        """Whether a slider would move a face now."""
        return self.editor is not None and not self._work.runs("model", "photo", "recipe", "editor")

    @property
    def comes_back(self) -> bool:
        """Whether an export takes the edit up again: the photo has a file, or the model can make it up once more."""
        subject, model = self.subject, self.model
        return subject is None or subject.path is not None or (model is not None and subject.made_by(model))

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
        if saved.made_up:
            reopen = partial(jobs.reopen_random_face, made=saved.made_up)
        self._start("photo", partial(reopen, Path(saved.photo)), self._photo_opened)

    def choose_face(self, index: int) -> None:
        """Edit another face of the photo, as it was left; the sliders begin at zero."""
        if self.subject is not None and index != self.face and index < len(self.subject.faces):
            self._let_go()
            self.face = index
            self.subject_changed.emit()
            self._make_editor()

    # More work

    def work_on_concepts(self, job: Callable[[Path, Control], Job[Any]]) -> None:
        """Work on the model's concepts, with a job that takes its path; then show them."""
        if self.model is not None:
            self._start("concepts", partial(job, self.model.path), self._concepts_found)

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
        self._work.stop_all()
        if self._autosave.idle:
            self._autosave.close()
        else:
            self._work.start_last(self._autosave.finish)

    def _on_failed(self, kind: Kind, failure: Failure) -> None:
        super()._on_failed(kind, failure)
        if kind not in ("model", "photo", "recipe"):
            return
        self._pending = None
        if self.model is not None and self.subject is None and kind == "recipe":
            self.random_face(asked=False)
        elif self.editor is None:
            self._make_editor()  # of what is there

    # Results

    def _model_loaded(self, model: TrainedModel) -> None:
        another = self.model is None or self.model.fingerprint != model.fingerprint
        untouched = self.subject is None or (another and self.subject.seed is not None and not self._edited)
        self._let_go()
        if another:
            self._left = {face: state.with_code(None) for face, state in self._left.items()}
        self.model = model
        if model.notice:
            self.message.emit(Message(model.notice, kind="advice"))
        self.model_changed.emit()
        if untouched and self._pending is None and not self._work.runs("photo", "recipe"):
            self.random_face(self.subject.seed if self.subject else None, asked=False)
        else:
            self._make_editor()

    def _photo_opened(self, opened: Opened) -> None:
        self._set_editor(None)
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
        if located.made_up is not None:
            self._photo_opened(Opened.of(located.made_up))
        elif located.photo is not None:
            self._start("photo", partial(jobs.open_photo, located.photo), self._photo_opened)
        elif not self._work.runs("model"):
            self._make_editor()

    def _make_editor(self) -> None:
        """Make the editor when everything that it needs has come."""
        if self._work.runs("model", "photo", "recipe"):
            return
        if self._pending is not None and not jobs.fits(self._pending, self.model, self.subject):
            text = jobs.what_is_missing(self._pending, self.model)
            self.complain(Message(text, "Do without", self._forget_recipe, "advice"))
            self.state_changed.emit()
            return
        if self.model is None or self.subject is None:
            return
        if not self.subject.faces and self._pending is None:
            self._mode = "photo"
            text = "No face was found. Drag the three points to the eyes and the mouth, or choose another photo."
            self.complain(Message(text, kind="advice"))
        if self._pending:
            self.face = self.subject.nearest(self._pending.points)
            self.subject_changed.emit()
        state = jobs.resumed(
            self._left.get(self.face), self.subject.begin(self.face, self.model, self._mode), self.model
        )
        if self._pending:
            try:
                state = self._pending.state(self.model)
            except WorkbenchError as error:  # one of its concepts is gone, or another one by now
                self._pending = None
                self.report(Failure.of(error))
        make = partial(jobs.make_editor, self.model, self.subject, state)
        self._start("editor", make, self._editor_made, asked=False)

    def _editor_made(self, ready: Ready) -> None:
        self._pending = None
        self._set_editor(ready.editor)
        self._show_seen(ready.seen)
        self._go(History.of(ready.state.reset()).push(ready.state))
        if self.subject is not None and ready.state.points == self.subject.points(0) and not self.subject.faces:
            self.face_missing.emit()

    def _let_go(self) -> None:
        """Another face or model is on its way: note how this one is left; nothing moves until its editor is there."""
        if self.state is not None:
            self._left[self.face] = self.state
        self._set_editor(None)

    def _forget_recipe(self) -> None:
        """Edit what is open, without the edit that was to be taken up."""
        self._pending = None
        self.message.emit(None)
        self._make_editor()

    def _concepts_found(self, concepts: Any) -> None:
        assert self.model is not None
        did = "proven" if all(concept.direction.proof for concept in concepts) else "ready"
        what = f"'{concepts[0].name}' is" if len(concepts) == 1 else f"{len(concepts)} concepts are"
        self.message.emit(Message(f"{what} {did}.", kind="info"))
        self.load_model(self.model.path)

    def _on_exported(self, path: Path) -> None:
        self._autosave.forget()
        self.exported.emit(path)
