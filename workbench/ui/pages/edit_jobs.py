"""The Edit page's slow work, made ready to be painted while it is still in its thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench.core.control import Control
from workbench.jobs.api import Job
from workbench.ui.concept_words import title
from workbench.ui.pictures import RGB, Pyramid, to_qimage

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from workbench.core.concepts.concept import Concept
    from workbench.core.editing.fit import Fit
    from workbench.core.editing.recipe import Recipe
    from workbench.core.editing.render import Editor
    from workbench.core.editing.state import Code, EditState
    from workbench.core.faces.align import Points
    from workbench.core.runs.trained import TrainedModel
    from workbench.jobs.open_edit import Located, Subject
    from workbench.ui.pages.edit_autosave import MadeUp


@dataclass(frozen=True, slots=True, eq=False)
class Original:
    """A picture as it was before the edit."""

    pixels: RGB
    picture: Pyramid

    @classmethod
    def of(cls, pixels: RGB) -> Original:
        return cls(pixels, Pyramid(pixels))


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A photo or a made-up face, and its picture."""

    subject: Subject
    original: Original

    @classmethod
    def of(cls, subject: Subject) -> Opened:
        return cls(subject, Original.of(subject.photo.pixels))


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A face as the model sees it: where it is and with which code, if one was given, what was cut out, what the model
    makes of it, and how near that is."""

    points: Points
    code: Code | None
    crop: Original
    reconstruction: QImage
    fit: Fit

    @property
    def shows(self) -> tuple[Points, Code | None]:
        """Which face it is, and with which code."""
        return self.points, self.code


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """An editor, the state it begins with, and how the model sees its face."""

    editor: Editor
    state: EditState
    seen: Seen


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model to choose from; `hint` says more of it than its title."""

    path: Path
    title: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models to choose from.

    Attributes:
        own: those opened lately that still exist, then the other runs with a checkpoint, newest first.
        shipped: those that come with the program.
        first: the one to begin with: used last, or else shipped, or else the newest run.
    """

    own: tuple[ModelEntry, ...]
    shipped: tuple[ModelEntry, ...]
    first: Path | None


def list_models(recent: Sequence[str], control: Control) -> Job[ModelList]:
    """What there is to edit with; `recent` are the paths of models, used last first."""
    from workbench.core.places import runs_folder
    from workbench.core.runs.folder import list_runs
    from workbench.core.runs.shipped import shipped_models

    yield from ()
    runs = {
        run.path: f"{run.name} · {run.info.model} · {run.info.size} px"
        for run in list_runs(runs_folder())
        if run.checkpoints()
    }
    shipped = {model.path: ModelEntry(model.path, model.title, model.note) for model in shipped_models().values()}
    lately = [path for path in map(Path, recent) if path.exists()]
    own = [path for path in dict.fromkeys([*lately, *runs]) if path not in shipped]
    return ModelList(
        own=tuple(ModelEntry(path, runs.get(path, path.stem)) for path in own),
        shipped=tuple(shipped.values()),
        first=next(iter([*lately, *shipped, *runs]), None),
    )


def load_model(path: Path, control: Control) -> Job[TrainedModel]:
    from workbench.core.editing.known_photos import remember_model
    from workbench.core.runs.trained import open_model

    yield from ()
    model = open_model(path)
    remember_model(model.fingerprint, path)
    return model


def open_photo(path: Path, control: Control) -> Job[Opened]:
    from workbench.jobs.open_edit import open_photo

    return Opened.of((yield from open_photo(path, control)))


def open_pixels(pixels: RGB, control: Control) -> Job[Opened]:
    from workbench.jobs.open_edit import open_pixels

    return Opened.of((yield from open_pixels(pixels, control)))


def random_face(model: TrainedModel, seed: int, control: Control) -> Job[Opened]:
    from workbench.jobs.open_edit import random_face

    return Opened.of((yield from random_face(model, seed, control)))


def reopen_random_face(path: Path, control: Control, made: MadeUp) -> Job[Opened]:
    """A made-up face again, from the copy that was kept of it."""
    from workbench.core.faces.align import Points
    from workbench.core.pictures import read_photo
    from workbench.jobs.open_edit import made_up

    yield from ()
    subject = made_up(read_photo(path).pixels, Points.from_array(np.array(made.points)), made.seed)
    return Opened.of(replace(subject, code=tuple(made.code) if made.code else None, maker=made.maker))


def reopen_pixels(path: Path, control: Control) -> Job[Opened]:
    """A pasted picture again, from the copy that was kept of it."""
    from workbench.core.pictures import read_photo

    return (yield from open_pixels(read_photo(path).pixels, control))


def make_editor(model: TrainedModel, subject: Subject, state: EditState, control: Control) -> Job[Ready]:
    from workbench.core.editing.render import Editor

    yield from ()
    editor = Editor(model, subject.photo, state.points)
    return Ready(editor, state, look(editor, state.points, state.code))


def look(editor: Editor, points: Points, code: Code | None = None) -> Seen:
    """Show the model the face that lies at `points`, with this code or the model's own."""
    from workbench.core.editing.fit import Fit
    from workbench.core.editing.render import rounded

    crop = editor.at(points, code)
    fit = Fit.of(editor.model, crop)
    return Seen(points, code, Original.of(crop.pixels), to_qimage(rounded(crop.decoded)), fit)


def locate(path: Path, models: Sequence[Path], control: Control) -> Job[Located]:
    from workbench.jobs.open_edit import locate

    return (yield from locate(path, models, control))


def open_picture(path: Path, models: Sequence[Path], control: Control) -> Job[Opened | Located]:
    """A photo to edit; or, of a picture that was exported, the edit that made it."""
    from workbench.core.pictures import read_recipe_text

    if read_recipe_text(path) is not None:
        return (yield from locate(path, models, control))
    return (yield from open_photo(path, control))


def what_is_missing(recipe: Recipe, model: TrainedModel | None) -> str:
    """What a recipe still needs to be taken up again, in a sentence or two."""
    if model is None or model.fingerprint != recipe.model.fingerprint:
        name = recipe.model.name
        return f"This edit was made with another model, '{name}'. Open that one to take the edit up again."
    size = f"{recipe.photo.width} × {recipe.photo.height} pixels"
    return f"The original of this edit ({size}) was not found. Open it, and the edit is applied to it."


def resumed(left: EditState | None, start: EditState, model: TrainedModel) -> EditState:
    """A face's `start`, or how it was `left`, as far as this model knows of it."""
    if left is None:
        return start
    start = start.with_points(left.points)
    strengths, locks = ({n: v for n, v in pairs if n in model.concepts} for pairs in (left.strengths, left.locks))
    return start.with_code(left.code or start.code).with_strengths(strengths).with_locks(locks)


def fits(recipe: Recipe, model: TrainedModel | None, subject: Subject | None) -> bool:
    """Whether a recipe is of this model and this photo."""
    if model is None or subject is None or model.fingerprint != recipe.model.fingerprint:
        return False
    again = subject.made_by(model) and subject.seed == recipe.photo.seed
    return again or subject.photo.sha256 == recipe.photo.sha256


def locks_of(model: TrainedModel, locked: Sequence[str], rest: bool) -> dict[str, float]:
    """The share by which each concept is held: wholly what is `locked`, softly everything where the `rest` is kept."""
    from workbench.core.concepts.locks import automatic

    return (automatic(model.concepts) if rest else {}) | dict.fromkeys(locked, 1.0)


def lock_words(model: TrainedModel | None, state: EditState | None) -> str:
    """What should be said of an edit's locks: where one changes nothing, or leaves hardly anything."""
    from workbench.core.concepts.locks import in_words, lock_effect

    if model is None or state is None or not state.locks:
        return ""
    moved = [(name, model.concepts[name]) for name, _ in state.strengths if name in model.concepts]
    effects = {name: lock_effect(concept, dict(state.locks), model.concepts) for name, concept in moved}
    return title("\n".join(in_words(effects)))


def at_hand(data: str) -> bool:
    """Whether a model's pictures are there: one that somebody else trained comes without them."""
    from workbench.core.data.builtin import PREFIX

    return data.startswith(PREFIX) or Path(data).exists()


def find_concepts(data: str, model: Path, control: Control) -> Job[tuple[Concept, ...]]:
    from workbench.jobs.find_concepts import ConceptRequest, find_concepts

    return (yield from find_concepts(ConceptRequest(model, data), control))


def clean_concepts(data: str, model: Path, control: Control) -> Job[tuple[Concept, ...]]:
    """Find them again, with a trial before anything is chosen."""
    from workbench.jobs.find_concepts import ConceptRequest, find_concepts

    return (yield from find_concepts(ConceptRequest(model, data, trial=True), control))


def combine_concepts(name: str, parts: Mapping[str, float], model: Path, control: Control) -> Job[tuple[Concept, ...]]:
    from workbench.jobs.combine_concepts import CombineRequest
    from workbench.jobs.combine_concepts import combine_concepts as combine

    return ((yield from combine(CombineRequest(model, name, parts), control)),)


def prove_concepts(data: str, model: Path, control: Control) -> Job[tuple[Concept, ...]]:
    from workbench.jobs.prove_concepts import ProofRequest, prove_concepts

    return (yield from prove_concepts(ProofRequest(model, data), control))


def export(editor: Editor, state: EditState, subject: Subject, out: Path, quality: int, control: Control) -> Job[Path]:
    from workbench.jobs.edit import export_edit

    seed = subject.seed if subject.made_by(editor.model) else None
    generated = subject.seed is not None
    return (
        yield from export_edit(
            editor, state, out, photo_path=subject.path, quality=quality, generated=generated, seed=seed
        )
    )
