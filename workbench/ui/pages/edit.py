"""The Edit page: a photo on the left, the sliders that change it on the right."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Slot
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QVBoxLayout

from workbench.core.resources import resource
from workbench.ui.face_points import FacePoints
from workbench.ui.page import Message, Page
from workbench.ui.pages import edit_jobs as jobs
from workbench.ui.pages.edit_bar import HOLD_KEY, EditBar
from workbench.ui.pages.edit_concepts import ConceptWork
from workbench.ui.pages.edit_refine import Refiner
from workbench.ui.pages.edit_session import EditSession
from workbench.ui.pages.edit_side import EditSide
from workbench.ui.pages.edit_strips import Strips
from workbench.ui.pages.edit_welcome import Welcome
from workbench.ui.picture_view import Compare, PictureView
from workbench.ui.pictures import from_qimage, to_qimage
from workbench.ui.preferences import (
    DOCUMENTS,
    PICTURES,
    last_folder,
    preferences,
    recent,
    remember_folder,
    remember_recent,
)
from workbench.ui.renderer import Rendered
from workbench.ui.routing import MODEL_SUFFIX, is_model
from workbench.ui.side_splitter import SideSplitter
from workbench.ui.worker import Jobs

if TYPE_CHECKING:
    from workbench.ui.pages.edit_jobs import ModelList

_MODELS = "edit/models"
_PHOTO_FOLDER, _MODEL_FOLDER, _EXPORT_FOLDER = "edit/photos", "edit/model_folder", "edit/exports"
_PHOTOS = "Photos (*.jpg *.jpeg *.png *.webp *.tif *.tiff *.heic *.heif *.bmp *.gif);;Recipes (*.json);;All files (*)"


class EditPage(Page):
    """Widgets and wiring; what is edited is in the session."""

    name = "Edit"
    icon = "edit"
    hint = "Edit a photo with sliders"

    def __init__(self) -> None:
        super().__init__()
        self._ready = False
        self._listed = False
        self._waiting: list[str] = []  # paths that came before torch was there
        self.session = EditSession(self)
        self._list_jobs = Jobs(self, self.session.report)
        self.bar = EditBar()
        self.view = PictureView()
        self.points = FacePoints(self.view)
        self.side = EditSide()
        self.welcome = Welcome(self.view)
        self.refiner = Refiner(self.session, self.side.face)
        self.strips = Strips(self.session, self.side)
        self.concepts = ConceptWork(self.session, self.side)
        self._lay_out()
        self._connect()
        for action in self.bar.actions_with_keys():
            self.addAction(action)
        self._refresh()

    # The window's side

    def set_ready(self) -> None:
        self._ready = True
        self._offer_saved()
        for path in self._waiting:
            self.open_path(path)
        self._list_models()

    def open_path(self, path: str) -> None:
        """A photo is edited, a recipe or an exported picture is taken up again, a run or a model is edited with."""
        if not self._ready:
            self._waiting.append(path)
        elif is_model(Path(path)):
            self._open_model(Path(path))
        elif Path(path).suffix.lower() == ".json":
            self.session.open_recipe(Path(path), self._known_models())
        else:
            self.session.open_picture(Path(path), self._known_models())

    def open_image(self, image: QImage) -> None:
        if self._ready and not image.isNull():
            self.session.open_pixels(from_qimage(image))

    def at_rest(self) -> bool:
        return self.session.at_rest() and self._list_jobs.at_rest and self.strips.at_rest

    def close_down(self) -> None:
        self._ready = False
        self.session.close_down()
        self._list_jobs.close()
        self.strips.close_down()

    def save_state(self) -> None:
        preferences().setValue("edit/compare", self.view.compare.name)
        self._splitter.save_state()
        self.side.export.save_state()

    # Asking for files; tests put other functions in their place

    def ask_photo(self) -> str:
        """The photo that the user chooses, or an empty text."""
        return QFileDialog.getOpenFileName(self, "Open a photo", str(last_folder(_PHOTO_FOLDER, PICTURES)), _PHOTOS)[0]

    def ask_model(self) -> str:
        """The run folder or model file that the user chooses, or an empty text."""
        types = f"Models (*{MODEL_SUFFIX} run.json)"
        folder = str(last_folder(_MODEL_FOLDER, DOCUMENTS))
        return QFileDialog.getOpenFileName(self, "Open a model or a run's run.json", folder, types)[0]

    def ask_export(self, suggestion: Path) -> str:
        """Where the user wants the picture; the dialog asks before it replaces a file."""
        return QFileDialog.getSaveFileName(self, "Export", str(suggestion), self.side.export.filter)[0]

    # What the user does

    @Slot()
    def _ask_photo(self) -> None:
        if path := self.ask_photo():
            remember_folder(_PHOTO_FOLDER, Path(path))
            self.open_path(path)

    @Slot()
    def _try_example(self) -> None:
        self.open_path(str(resource("examples/astronaut.jpg")))

    @Slot()
    def _ask_model(self) -> None:
        if path := self.ask_model():
            chosen = Path(path)
            remember_folder(_MODEL_FOLDER, chosen)
            self._open_model(chosen.parent if chosen.name == "run.json" else chosen)

    @Slot(object)
    def _open_model(self, path: Path) -> None:
        if self._ready:
            self.session.load_model(path)

    @Slot()
    def _random_face(self) -> None:
        self.session.random_face()

    @Slot(str, float)
    def _move(self, name: str, strength: float) -> None:
        self.session.move(name, strength, self.view.scale * self.view.devicePixelRatioF())

    @Slot()
    def _lock(self) -> None:
        self.session.set_locks(self.side.sliders.locked, self.side.sliders.keeps_rest)

    @Slot()
    def _export(self) -> None:
        subject = self.session.subject
        if subject is None or not self.session.editable:
            return
        folder = last_folder(_EXPORT_FOLDER, PICTURES)
        if path := self.ask_export(self.side.export.suggestion(subject.path, folder)):
            out = Path(path) if Path(path).suffix else Path(path).with_suffix(self.side.export.suffix)
            remember_folder(_EXPORT_FOLDER, out)
            self.session.export(out, self.side.export.quality.value())

    @Slot()
    def _copy(self) -> None:
        shown = self.session.result or self.session.original
        if shown is not None and shown.pixels is not None:
            QGuiApplication.clipboard().setImage(to_qimage(shown.pixels))
            self.message.emit(Message("The picture is on the clipboard."))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == HOLD_KEY and not event.modifiers():
            self._hold(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == HOLD_KEY and not event.isAutoRepeat():
            self._hold(False)
        else:
            super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self._hold(False)  # the key's release goes to another window
        super().changeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._list_models()

    @Slot(bool)
    def _hold(self, held: bool) -> None:
        self.view.hold_original(held or self.points.isVisible())

    @Slot(bool)
    def _adjust(self, adjusting: bool) -> None:
        """The points lie on the photo as it was: what the model makes of it is beside the picture."""
        self.points.setVisible(adjusting)
        self._show_points()
        if adjusting:
            self.points.setFocus()
        self._hold(False)

    def _show_points(self) -> None:
        state, model = self.session.state, self.session.model
        if state is not None and model is not None:
            self.points.set_points(state.points, model.alignment)

    # What the session tells

    @Slot()
    def _show_model(self) -> None:
        model = self.session.model
        assert model is not None
        self.side.set_model(model)
        self.side.models.setCurrentIndex(-1)
        remember_recent(_MODELS, str(model.path))
        self._list_models()

    @Slot()
    def _show_subject(self) -> None:
        subject = self.session.subject
        assert subject is not None
        self.side.face.adjust_button.setChecked(False)
        self.side.face.set_faces(len(subject.faces), self.session.face)
        self._show_faces()

    @Slot()
    def _show_original(self) -> None:
        original = self.session.original
        self.view.set_picture(original.picture if original else None)
        self._show_faces()
        self._refresh()

    @Slot(object)
    def _show_rendered(self, rendered: Rendered) -> None:
        self.side.meter.show_strain(rendered.strain)
        if rendered.whole is not None:
            self.view.set_result(rendered.whole)
        elif rendered.patch is not None:
            self.view.set_patch(rendered.patch)

    def _show_faces(self) -> None:
        subject, whole = self.session.subject, self.session.mode == "photo"
        self.view.set_faces([face.box for face in subject.faces] if subject and whole else [], self.session.face)
        self.side.face.faces.setCurrentIndex(self.session.face)

    @Slot()
    def _show_state(self) -> None:
        state = self.session.state
        self.side.sliders.set_strengths(dict(state.strengths) if state else {})
        self.side.sliders.set_locks(dict(state.locks) if state else {}, jobs.lock_words(self.session.model, state))
        self._show_points()
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        """What can be done now, and what is being waited for."""
        session, bar = self.session, self.bar
        busy = session.busy
        self.side.set_editable(session.editable, busy or "Open a photo, or try a random face.")
        self.side.face.set_adjustable(session.editor is not None, session.mode == "photo")
        self.side.set_finding(session.finding)
        has_model = session.has_model or not self._listed
        if not has_model:
            self.side.show_no_sliders("No model is open. Choose one above, or train one on the page Train.")
        self.welcome.show_waiting(session.original is None and has_model)
        bar.undo.setEnabled(session.can_undo)
        bar.redo.setEnabled(session.can_redo)
        bar.random.setEnabled(session.model is not None)
        bar.export.setEnabled(session.editable)
        for action in (bar.copy, bar.fit):
            action.setEnabled(session.original is not None)
        bar.title.setText(busy or self._title())
        self.welcome.invite(session.subject is None or session.subject.seed is not None)
        size = session.original.picture.size if session.original else QSize()
        self.side.export.show_mode(session.mode, size, session.comes_back)

    def _title(self) -> str:
        subject = self.session.subject
        if subject is None:
            return ""
        name = (
            subject.path.name if subject.path else "A face the model made up" if subject.seed is not None else "Pasted"
        )
        height, width = subject.photo.pixels.shape[:2]
        return f"{name}  ·  {width:,} × {height:,}"

    @Slot(object)
    def _exported(self, path: Path) -> None:
        self.message.emit(Message(f"Exported as “{path.name}” in {path.parent}."))

    @Slot(float)
    def _show_zoom(self, scale: float) -> None:
        self.bar.zoom.setText(f"{100 * scale * self.view.devicePixelRatioF():.0f} %")

    # Models and edits that were there before

    def _list_models(self) -> None:
        if self._ready and self.isVisible():
            self._list_jobs.start(partial(jobs.list_models, recent(_MODELS)), done=self._show_models)

    @Slot(object)
    def _show_models(self, models: ModelList) -> None:
        current = self.session.model.path if self.session.model else None
        self.side.set_models(models, current)
        if models.first and self._ready and not self._listed and not self.session.has_model:
            self.session.load_model(models.first)
        self._listed = True
        self._refresh()

    def _known_models(self) -> list[Path]:
        items = (self.side.models.itemData(index) for index in range(self.side.models.count()))
        return [path for path in items if path is not None]  # a separator has none

    def _offer_saved(self) -> None:
        if saved := self.session.saved():
            text = f"You were editing {saved.title} when the program last closed."
            self.message.emit(Message(text, "Continue", partial(self.session.continue_saved, saved), "advice"))

    # Putting together

    def _lay_out(self) -> None:
        self._splitter = SideSplitter(self.welcome, self.side, "edit/splitter")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self._splitter, 1)

    def _connect(self) -> None:
        session, side, bar, view = self.session, self.side, self.bar, self.view
        session.model_changed.connect(self._show_model)
        session.subject_changed.connect(self._show_subject)
        session.original_changed.connect(self._show_original)
        session.editor_changed.connect(self._refresh)
        session.state_changed.connect(self._show_state)
        session.rendered.connect(self._show_rendered)
        session.exported.connect(self._exported)
        session.finding_progress.connect(side.show_progress)
        session.message.connect(self.message)
        session.activity.connect(self.activity)
        for worker in (session, self._list_jobs, self.strips):
            worker.rested.connect(self.rested)
        side.model_chosen.connect(self._open_model)
        side.open_model_asked.connect(self._ask_model)
        side.face.face_chosen.connect(session.choose_face)
        side.face.adjusted.connect(self._adjust)
        side.face.reset_asked.connect(session.reset_points)
        session.face_seen.connect(lambda: side.face.show_seen(session.seen))
        session.face_missing.connect(lambda: side.face.adjust_button.setChecked(True))
        self.points.moved.connect(session.move_points)
        self.points.dropped.connect(session.drop_points)
        self.points.done.connect(lambda: side.face.adjust_button.setChecked(False))
        side.sliders.card_made.connect(self.strips.fill)
        side.sliders.unnamed_asked.connect(self.strips.open_unnamed)
        side.unnamed_button.clicked.connect(self.strips.open_unnamed)
        self.strips.looking.connect(side.set_looking)
        side.sliders.changed.connect(self._move)
        side.sliders.gesture_ended.connect(session.end_gesture)
        side.sliders.all_reset.connect(session.reset)
        side.sliders.locks_changed.connect(self._lock)
        side.export.mode_chosen.connect(session.set_mode)
        side.export.asked.connect(self._export)
        bar.open.triggered.connect(self._ask_photo)
        bar.random.triggered.connect(self._random_face)
        bar.undo.triggered.connect(session.undo)
        bar.redo.triggered.connect(session.redo)
        bar.copy.triggered.connect(self._copy)
        bar.fit.triggered.connect(view.fit)
        bar.export.triggered.connect(self._export)
        bar.held.connect(self._hold)
        bar.compare_chosen.connect(view.set_compare)
        view.compare_changed.connect(bar.show_compare)
        view.face_chosen.connect(session.choose_face)
        view.zoom_changed.connect(self._show_zoom)
        self.welcome.open_button.clicked.connect(self._ask_photo)
        self.welcome.example_button.clicked.connect(self._try_example)
        stored = str(preferences().value("edit/compare", Compare.RESULT.name))
        view.set_compare(Compare[stored] if stored in Compare.__members__ else Compare.RESULT)
