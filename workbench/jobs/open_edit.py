"""What comes before an edit in the window: a photo or a random face to edit, and an edit that is taken up again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.core.control import Control
from workbench.core.editing import known_photos
from workbench.core.editing.recipe import Recipe
from workbench.core.editing.state import Code, EditState, Mode, as_code
from workbench.core.errors import WorkbenchError
from workbench.core.events import Progress
from workbench.core.faces.align import Points
from workbench.core.faces.find import Face, find_faces
from workbench.core.pictures import Photo, read_photo
from workbench.core.quality.sharpness import sharpness_each
from workbench.core.runs.shipped import shipped_models
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.jobs.api import Job

DRAWN = 8
"""So many faces are made up for the one that is shown: one that lies between several kinds of faces is blurred."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What is edited: a photo with its faces.

    Attributes:
        path: the file it was opened from; None for a pasted picture and for a random face.
        seed: of a random face.
        code: that it was made from.
        maker: fingerprint of the model that made it.
    """

    photo: Photo
    faces: tuple[Face, ...]
    path: Path | None = None
    seed: int | None = None
    code: Code | None = None
    maker: str | None = None

    def points(self, face: int) -> Points:
        """Where a face was found; where none was, the middle of the photo, for a hand to go on from."""
        if self.faces:
            return self.faces[face].points
        from workbench.core.faces.landmarks import in_the_middle  # it needs torch

        height, width = self.photo.pixels.shape[:2]
        return in_the_middle(width, height)

    def made_by(self, model: TrainedModel) -> bool:
        """Whether this model made it up."""
        return self.maker == model.fingerprint

    def begin(self, face: int, model: TrainedModel, mode: Mode) -> EditState:
        """How an edit of a face begins: a made-up one at the very code that it was made from, if it is this model's."""
        return EditState(self.points(face), mode=mode, code=self.code if self.made_by(model) else None)

    def nearest(self, points: Points) -> int:
        """Which face lies nearest to `points`, as a recipe has them; 0 where there is none."""
        there = points.array()
        away = [float(np.square(face.points.array() - there).sum()) for face in self.faces]
        return away.index(min(away)) if away else 0


def open_photo(path: Path, control: Control | None = None) -> Job[Subject]:
    """Read a photo and find its faces; a photo without one has an empty tuple of them."""
    control = control or Control()
    yield Progress("Opening the photo", 0, None, "photos")
    photo = read_photo(path)
    control.check()
    yield Progress("Finding faces", 0, None, "faces")
    faces = find_faces(photo.pixels)
    known_photos.remember_photo(photo.sha256, path)
    return Subject(photo, faces, path=path)


def open_pixels(pixels: npt.NDArray[np.uint8], control: Control | None = None) -> Job[Subject]:
    """A pasted picture, uint8 (H, W, 3), as a photo with its faces."""
    yield Progress("Finding faces", 0, None, "faces")
    photo = Photo(pixels, None, None, None, hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest())
    return Subject(photo, find_faces(pixels))


def random_face(model: TrainedModel, seed: int, control: Control | None = None) -> Job[Subject]:
    """A face that the model makes up: of a few the best. Its points are where the model expects a face's."""
    yield Progress("Making up a face", 0, None, "faces")
    points = Points.from_array(model.alignment.array() * model.size - 0.5)
    codes = model.draw(DRAWN, seed)
    faces = model.decode(codes)
    best = _quality(model, faces).argmax()
    return replace(made_up(faces[best], points, seed), code=as_code(codes[best]), maker=model.fingerprint)


def _quality(model: TrainedModel, faces: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """How well each made-up face, uint8 (N, S, S, 3), turned out: (N,). A model sees again, by its encoder, what looks
    like the faces that it learned from, of a patchwork little; without an encoder the sharpest is the best."""
    if not model.encodes:
        return sharpness_each(faces)
    seen = faces.astype(np.float64)
    lost = (seen - model.decode(model.encode(faces))).var(axis=(1, 2, 3))
    quality: npt.NDArray[np.float64] = -lost / np.maximum(seen.var(axis=(1, 2, 3)), 1e-6)
    return quality


def made_up(pixels: npt.NDArray[np.uint8], points: Points, seed: int) -> Subject:
    """A face that a model once made up from `seed`: uint8 (S, S, 3), with its eyes and mouth at `points`."""
    photo = Photo(pixels, None, None, None, hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest())
    height, width = pixels.shape[:2]
    return Subject(photo, (Face((-0.5, -0.5, width - 0.5, height - 0.5), points, 1.0),), seed=seed)


@dataclass(frozen=True, eq=False)
class Located:
    """A recipe with what it needs, as far as it was found; a face that its model made up is made up once more."""

    recipe: Recipe
    model: Path | None
    photo: Path | None
    made_up: Subject | None = None


def locate(where: Path, models: Sequence[Path], control: Control | None = None) -> Job[Located]:
    """Read a recipe, from JSON or from an exported picture, and find its model and its photo.

    Args:
        where: the recipe.
        models: where else to look for the model, likeliest first.
    """
    control = control or Control()
    yield Progress("Reading the recipe", 0, None, "recipes")
    recipe = Recipe.read(where)
    photo = known_photos.find_photo(recipe.photo.sha256, beside=where)
    found = yield from find_model(recipe, control, models)
    again = None
    if found and recipe.photo.seed is not None:
        again = yield from random_face(found, recipe.photo.seed, control)
    return Located(recipe, found.path if found else None, photo, again)


def find_model(recipe: Recipe, control: Control, models: Sequence[Path] = ()) -> Job[TrainedModel | None]:
    """The model that a recipe was made with: where it was last, among `models`, or come with the program."""
    noted = known_photos.find_model(recipe.model.fingerprint)
    shipped = (model.path for model in shipped_models().values())
    places = list(dict.fromkeys([*([noted] if noted else []), *models, *shipped]))
    for done, path in enumerate(places):
        control.check()
        yield Progress("Looking for the model", done, len(places), "models")
        try:
            found = open_model(path)
        except WorkbenchError:  # a run without a checkpoint yet, a file that is gone: not the one we look for
            continue
        if found.fingerprint == recipe.model.fingerprint:
            return found
    return None
