"""Edit a photo and write the picture: what the window and the command line share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.concepts.concept import Concept, concept_file
from workbench.core.concepts.locks import automatic, in_words, lock_effect
from workbench.core.control import Control
from workbench.core.editing import known_photos
from workbench.core.editing.fit import Fit
from workbench.core.editing.recipe import Recipe
from workbench.core.editing.render import Editor
from workbench.core.editing.state import MOST, EditState, Mode, as_code
from workbench.core.errors import WorkbenchError, unknown
from workbench.core.events import Advice, Progress, Saved
from workbench.core.faces.align import Points
from workbench.core.faces.find import Face, find_faces, no_face
from workbench.core.files import write_file
from workbench.core.pictures import Ai, Photo, format_of, read_photo, write_picture
from workbench.core.quality.typical import Typical
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.core.tensors import write_tensors
from workbench.jobs.api import Job, notices
from workbench.jobs.open_edit import find_model
from workbench.jobs.refine_face import refine_face

AUTOMATIC = "auto"
"""In place of a name to lock: softly hold every concept against all others."""


@dataclass(frozen=True)
class EditRequest:
    """One edit from file to file.

    Attributes:
        photo: the photo; it is never written to.
        model: run folder, checkpoint folder or model file; None takes the recipe's.
        out: the picture to write, .png, .jpg or .webp.
        strengths: by concept, in standard deviations; they replace those of a recipe, concept by concept.
        locks: concepts that the others leave alone, beside those of a recipe; "auto" softly holds all against all.
        mode: the whole photo, or the face alone at the model's size.
        face: which face, counted from 1, the largest; None takes the largest, and says so where there are others.
        refine: make the face's code nearer to it than the model's encoder gives it; None does where the model has no
            encoder of its own, and as the recipe did.
        points: where its eyes and mouth are, when the finder is not to be asked.
        recipe: an edit to repeat: its JSON, or an exported picture.
        quality: of JPEG and WebP, 1 to 100.
        save_recipe: where to write the recipe as JSON too.
    """

    photo: Path
    model: str | Path | None
    out: Path
    strengths: Mapping[str, float] = field(default_factory=dict)
    locks: tuple[str, ...] = ()
    mode: Mode = "photo"
    face: int | None = None
    refine: bool | None = None
    points: Points | None = None
    recipe: Path | None = None
    quality: int = 92
    save_recipe: Path | None = None


def edit(request: EditRequest, control: Control | None = None) -> Job[Path]:
    """Find the face, move its code, write the picture.

    Yields:
        Progress, Advice, Saved.

    Returns:
        The picture's path.

    Raises:
        WorkbenchError: no face, no such concept, another model than the recipe's, or a file's own trouble.
    """
    control = control or Control()
    format_of(request.out)  # before anything that takes a while
    yield Progress("Opening the model", 0, 4, "steps")
    recipe = Recipe.read(request.recipe) if request.recipe else None
    model = yield from _model(request.model, recipe, control)
    yield from notices(model)
    if recipe:
        recipe.state(model)  # refuses another model before anything is done
    strengths = {**(recipe.strengths if recipe else {}), **request.strengths}
    _check(strengths, model)
    yield from _beyond_sliders(strengths, model)
    locks = {**_locks(request.locks, model), **(recipe.locked if recipe else {})}
    effects = {name: lock_effect(model.concepts[name], locks, model.concepts) for name in strengths}
    for said in in_words(effects):
        yield Advice(said, "", kind="lock")
    control.check()

    yield Progress("Finding the face", 1, 4, "steps")
    photo = read_photo(request.photo)
    if request.points is not None:
        points = request.points
    elif recipe and recipe.photo.sha256 == photo.sha256:
        points = recipe.points
    else:
        points = (yield from find_face(photo, request.photo.name, request.face)).points
        if recipe:
            yield Advice(
                f"'{request.photo.name}' is not the photo that the recipe was made with.",
                "Its face was found, and moved by the same strengths.",
            )
    mode = recipe.mode if recipe and request.mode == "photo" else request.mode
    state = EditState(points, mode=mode).with_strengths(strengths).with_locks(locks)
    control.check()

    yield Progress("Encoding the face", 2, 4, "steps")
    editor = Editor(model, photo, state.points)
    if request.refine is None and recipe and recipe.is_of(photo, points):
        state = state.with_code(recipe.code)
    elif _refines(request.refine, model) or (request.refine is None and recipe and recipe.code):
        state = yield from refine_face(editor, state, control)
    fit = Fit.of(model, editor.at(points, state.code))
    yield from fit.doubts
    strain = editor.strain(state)
    if strain is not None and fit.level != "red" == Typical.strained(strain):
        yield Advice(
            "The sliders lead so far from every face the model knows that it makes up what it shows.",
            "Move them less.",
            kind="range",
        )
    control.check()

    yield Progress("Writing the picture", 3, 4, "steps")
    return (
        yield from export_edit(
            editor,
            state,
            request.out,
            photo_path=request.photo,
            quality=request.quality,
            save_recipe=request.save_recipe,
        )
    )


def export_edit(
    editor: Editor,
    state: EditState,
    out: Path,
    *,
    photo_path: Path | None = None,
    quality: int = 92,
    save_recipe: Path | None = None,
    generated: bool = False,
    seed: int | None = None,
) -> Job[Path]:
    """Write the picture of a state, with its recipe and the mark of AI-edited media inside.

    Args:
        editor: of the photo.
        state: of the edit; its mode says which picture.
        out: where to; the suffix names the format.
        photo_path: where the photo is, so that the exported picture finds it again; None for one without a file.
        quality: of JPEG and WebP, 1 to 100.
        save_recipe: where to write the recipe as JSON too.
        generated: the photo is itself made up by a model.
        seed: that this model made it up from, so that it can again when the exported picture is opened.

    Raises:
        WorkbenchError: `out` is the photo itself, or cannot be written.
    """
    for path in (out, save_recipe):
        if photo_path and path and path.exists() and path.samefile(photo_path):
            raise WorkbenchError(f"'{path}' is the photo itself, which is never changed.", "Choose another name.")
    if save_recipe and save_recipe.absolute() == out.absolute():
        raise WorkbenchError(f"'{out}' cannot be both the picture and its recipe.", "Choose two names.")
    photo = editor.photo
    if not editor.model.net.encodes:  # an encoder that was learned may be learned again, and give another code
        state = state.with_code(as_code(editor.at(state.points, state.code).code))
    recipe = Recipe.of(editor.model, photo, state, seed).to_json()
    whole = state.mode == "photo"
    ai: Ai | None = "edited" if state.strengths or not whole else None  # an untouched photo is no AI's work
    if generated:
        ai = "generated"
    write_picture(
        out,
        editor.render(state),
        alpha=photo.alpha if whole else None,
        icc=photo.icc,
        exif=photo.exif if whole else None,
        recipe=recipe,
        ai=ai,
        quality=quality,
    )
    if photo_path:
        known_photos.remember_photo(photo.sha256, photo_path)
    known_photos.remember_model(editor.model.fingerprint, editor.model.path)
    yield Saved(out, "picture")
    if save_recipe:
        write_file(save_recipe, recipe + "\n")
        yield Saved(save_recipe, "recipe")
    return out


def encode_photo(
    photo: Path,
    model: str | Path,
    out: Path,
    control: Control | None = None,
    face: int | None = None,
    refine: bool | None = None,
) -> Job[Path]:
    """Write the code of a face in a photo: `face` and `refine` as an `EditRequest` has them.

    The file is safetensors: `code`, float32 (latent,), and a description with the model's fingerprint, the photo's
    sha256 and the face's three points.

    Raises:
        WorkbenchError: `out` is called otherwise, no face, or a file's own trouble.
    """
    control = control or Control()
    if out.suffix.lower() != ".safetensors":
        raise WorkbenchError(f"'{out.name}' is no name for a code.", "Use a name that ends in .safetensors.")
    yield Progress("Opening the model", 0, 2, "steps")
    trained = open_model(model)
    yield from notices(trained)
    control.check()
    yield Progress("Finding the face", 1, 2, "steps")
    opened = read_photo(photo)
    found = yield from find_face(opened, photo.name, face)
    editor = Editor(trained, opened, found.points)
    state = EditState(found.points)
    if _refines(refine, trained):
        state = yield from refine_face(editor, state, control)
    crop = editor.at(state.points, state.code)
    yield from Fit.of(trained, crop).doubts
    write_tensors(out, {"code": crop.code}, _code_info(trained, opened, editor.points))
    yield Saved(out, "codes")
    return out


def find_face(photo: Photo, name: str, number: int | None = None) -> Job[Face]:
    """The face with this number, counted from 1, the largest; `name` is what errors call the photo.

    Yields:
        Advice, where there are several and none was asked for: the largest is taken.

    Raises:
        WorkbenchError: there is no face, or no such one.
    """
    faces = find_faces(photo.pixels)
    if not faces:
        raise no_face(f"'{name}'")
    if number is None and len(faces) > 1:
        others = ", ".join(f"{n} at {_place(face, photo)}" for n, face in enumerate(faces[1:], 2))
        yield Advice(
            f"{len(faces)} faces were found in '{name}'; the largest was taken, at {_place(faces[0], photo)}.",
            f"Choose another with --face: {others}.",
        )
    number = number or 1
    if not 1 <= number <= len(faces):
        found = "one face" if len(faces) == 1 else f"{len(faces)} faces"
        raise WorkbenchError(
            f"There is no face {number} in '{name}': {found} found.", f"Choose a number from 1 to {len(faces)}."
        )
    return faces[number - 1]


def _place(face: Face, photo: Photo) -> str:
    """Where a face is, in words: "the upper left"."""
    height, width = photo.pixels.shape[:2]
    x, y = (face.box[0] + face.box[2]) / (2 * width), (face.box[1] + face.box[3]) / (2 * height)
    row = "upper" if y < 1 / 3 else "lower" if y > 2 / 3 else ""
    column = "left" if x < 1 / 3 else "right" if x > 2 / 3 else "middle"
    return f"the {row} {column}".replace("  ", " ")


def _refines(wanted: bool | None, model: TrainedModel) -> bool:
    """Whether a face's code is refined: as asked for, or else where the model has no encoder of its own."""
    return not model.net.encodes if wanted is None else wanted


def _beyond_sliders(strengths: Mapping[str, float], model: TrainedModel) -> Iterator[Advice]:
    """A word for each concept that is moved further than its slider goes; it is moved all the same."""
    for name, strength in strengths.items():
        direction = model.concepts[name].direction
        if not direction.low <= strength <= direction.high:
            yield Advice(
                f"'{name}' is moved by {strength:+g}; its slider goes from {direction.low:+.1f} to "
                f"{direction.high:+.1f}, as far as faces of the data do.",
                "Beyond it faces fall apart.",
            )


def _check(strengths: Mapping[str, float], model: TrainedModel) -> None:
    """Raise `WorkbenchError` for a concept that the model has not, and for a strength that is out of range."""
    for name, strength in strengths.items():
        if name not in model.concepts:
            _say_why_left_out(name, model)
            if not model.concepts:
                raise WorkbenchError(
                    f"The model '{model.name}' has no concepts yet.",
                    f"Find them first: workbench concepts find '{model.path}' --data SRC.",
                )
            raise unknown("concept", name, model.concepts)
        if not abs(strength) <= MOST:  # which no NaN passes
            raise WorkbenchError(
                f"'{name}' cannot be moved by {strength:g}.", f"Choose a number from {-MOST:g} to {MOST:g}."
            )


def _say_why_left_out(name: str, model: TrainedModel) -> None:
    """Raise `WorkbenchError` for a concept that lies in the run's folder but cannot be used: damaged, or another's."""
    path = model.concepts_folder / concept_file(name)
    if path.exists():
        Concept.load(path, model.fingerprint, model.latent)


def _locks(names: tuple[str, ...], model: TrainedModel) -> dict[str, float]:
    """The share by which each concept is held; "auto" means all of them, softly.

    Raises:
        WorkbenchError: the model has no such concept.
    """
    locks: dict[str, float] = {}
    for name in names:
        if name in model.concepts:
            locks[name] = 1.0
        elif name != AUTOMATIC:
            raise unknown("concept", name, model.concepts)
    if AUTOMATIC in names:
        locks = {**automatic(model.concepts), **locks}
    return locks


def _model(given: str | Path | None, recipe: Recipe | None, control: Control) -> Job[TrainedModel]:
    if given is not None:
        return open_model(given)
    if recipe is None:
        raise WorkbenchError("No model is named.", "Add --model with a run folder or a model file, or --recipe.")
    found = yield from find_model(recipe, control)
    if found is None:
        raise WorkbenchError(
            f"This edit was made with the model '{recipe.model.name}', which was not found on this computer.",
            "Say where it is with --model.",
        )
    return found


def _code_info(model: TrainedModel, photo: Photo, points: Points) -> dict[str, object]:
    return {
        "format": "workbench-code",
        "version": 1,
        "model": model.fingerprint,
        "photo": photo.sha256,
        "crop": points.to_json(),
    }
