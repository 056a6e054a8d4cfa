"""A recipe: everything that makes an edit again, as JSON, in a file of its own or inside the exported picture.

    {"format": "workbench-recipe", "version": 1, "program": "Latent Workbench 0.1.0",
     "model": {"name": "faces", "fingerprint": "…"}, "photo": {"sha256": "…", "width": 640, "height": 480},
     "crop": {"left_eye": [251.2, 180.4], "right_eye": [317.0, 182.9], "mouth": [283.5, 258.1]},
     "concepts": [{"name": "Smiling", "method": "logistic", "strength": 1.5, "fingerprint": "…"}], "mode": "photo"}

One whose edit holds concepts has version 2 and says which:

    "locks": [{"name": "Male", "share": 1.0, "fingerprint": "…"}]

One whose face's code was refined, or was there before the face, as that of a made-up one, has version 3 and holds it:

    "code": [0.25, -1.5, …]

The photo of a made-up face has its "seed" too, from which the model makes it up again.

It names the photo by its content, never by a path: nobody learns from an exported picture where it was made.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal, Self

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from workbench import __version__
from workbench.core.concepts.locks import gauge
from workbench.core.editing.state import MOST, EditState, Mode
from workbench.core.errors import WorkbenchError, file_errors, unknown
from workbench.core.faces.align import Points
from workbench.core.pictures import Photo, read_recipe_text
from workbench.core.runs.trained import TrainedModel
from workbench.core.tensors import check_format, damaged

FORMAT: Literal["workbench-recipe"] = "workbench-recipe"
VERSION = 3

Place = tuple[FiniteFloat, FiniteFloat]
Text = Annotated[str, MinLen(1)]


class _Part(BaseModel):
    """A part of a recipe; what a later program adds within this version is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RecipeModel(_Part):
    """The model: what it was called, and the fingerprint of its weights."""

    name: str
    fingerprint: Text


class RecipePhoto(_Part):
    """The photo: the sha256 of its file, and its size in pixels; and the seed, where the model made it up."""

    sha256: Text
    width: Annotated[int, Ge(1)]
    height: Annotated[int, Ge(1)]
    seed: Annotated[int, Ge(0)] | None = None


class RecipeCrop(_Part):
    """The face's eyes and mouth in photo pixels."""

    left_eye: Place
    right_eye: Place
    mouth: Place


class RecipeConcept(_Part):
    """One concept, its direction's method and fingerprint, and how far the code is moved along it."""

    name: Text
    method: str
    strength: Annotated[float, Ge(-MOST), Le(MOST)]
    fingerprint: Text


class RecipeLock(_Part):
    """One concept that the others leave alone, what share of it, and the fingerprint of its gauge."""

    name: Text
    share: Annotated[float, Gt(0), Le(1)]
    fingerprint: Text


class Recipe(_Part):
    """A recipe; the module's text shows one."""

    format: Literal["workbench-recipe"] = FORMAT
    version: Annotated[int, Ge(1)] = 1
    program: str = f"Latent Workbench {__version__}"
    model: RecipeModel
    photo: RecipePhoto
    crop: RecipeCrop
    concepts: tuple[RecipeConcept, ...] = ()
    mode: Mode = "photo"
    locks: tuple[RecipeLock, ...] = ()
    code: Annotated[tuple[FiniteFloat, ...], MinLen(1)] | None = None

    @classmethod
    def of(cls, model: TrainedModel, photo: Photo, state: EditState, seed: int | None = None) -> Self:
        """The recipe of an edit; of a photo that the model made up, with the `seed` of it."""
        height, width = photo.pixels.shape[:2]
        points = state.points
        return cls(
            model=RecipeModel(name=model.name, fingerprint=model.fingerprint),
            photo=RecipePhoto(sha256=photo.sha256, width=width, height=height, seed=seed),
            crop=RecipeCrop(left_eye=points.left_eye, right_eye=points.right_eye, mouth=points.mouth),
            concepts=tuple(
                RecipeConcept(
                    name=name,
                    method=model.concepts[name].chosen,
                    strength=strength,
                    fingerprint=model.concepts[name].fingerprint,
                )
                for name, strength in state.strengths
            ),
            mode=state.mode,
            version=3 if state.code else 2 if state.locks else 1,  # who does not know of them must not pass them over
            code=state.code,
            locks=tuple(
                RecipeLock(name=name, share=share, fingerprint=gauge(model.concepts[name]).fingerprint)
                for name, share in state.locks
            ),
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """The recipe of a JSON file, or the one inside a picture that was exported.

        Raises:
            WorkbenchError: missing, without a recipe, damaged, or of a newer program.
        """
        if path.suffix.lower() == ".json":
            with file_errors(path, "read"):
                text: str | None = path.read_text(encoding="utf-8", errors="replace")
        else:
            text = read_recipe_text(path)
        if text is None:
            raise WorkbenchError(
                f"'{path}' holds no recipe.", "Choose a recipe's JSON file, or a picture that this program exported."
            )
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, where: str) -> Self:
        """The recipe that is written in `text`; `where` names it in an error.

        Raises:
            WorkbenchError: no recipe, damaged, or of a newer program.
        """
        try:
            value = json.loads(text)
            check_format(value, FORMAT, VERSION, "recipe", where)
            return cls.model_validate(value)
        except json.JSONDecodeError as error:
            raise damaged(where, "recipe") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise WorkbenchError(
                f"The recipe in '{where}' is damaged at '{place}': {first['msg'].lower()}.",
                "Use a backup, or make the edit again.",
            ) from error

    def to_json(self) -> str:
        """The recipe as JSON that a person can read."""
        left_out = {"code": self.code is None, "photo": {"seed"} if self.photo.seed is None else False}
        return self.model_dump_json(indent=2, exclude={name: what for name, what in left_out.items() if what})

    @property
    def points(self) -> Points:
        """The face's eyes and mouth in photo pixels."""
        return Points(self.crop.left_eye, self.crop.right_eye, self.crop.mouth)

    def is_of(self, photo: Photo, points: Points) -> bool:
        """Whether it was made with this face of this photo."""
        return photo.sha256 == self.photo.sha256 and points == self.points

    @property
    def strengths(self) -> dict[str, float]:
        """Strengths by concept."""
        return {concept.name: concept.strength for concept in self.concepts}

    @property
    def locked(self) -> dict[str, float]:
        """The share by which each locked concept is held."""
        return {lock.name: lock.share for lock in self.locks}

    def state(self, model: TrainedModel) -> EditState:
        """The edit's state, for the model that it was made with.

        Raises:
            WorkbenchError: another model, or a concept that has changed since: the pixels would differ.
        """
        if model.fingerprint != self.model.fingerprint:
            raise WorkbenchError(
                f"The recipe was made with another model ('{self.model.name}') than '{model.name}', or with this one "
                "before it was trained further.",
                f"Use the model '{self.model.name}' as it was then.",
            )
        if self.code is not None and len(self.code) != model.latent:
            raise damaged(f"of {self.model.name}", "recipe")
        for name in (*self.strengths, *self.locked):
            if name not in model.concepts:
                raise unknown("concept", name, model.concepts)
        for lock in self.locks:
            if lock.fingerprint != gauge(model.concepts[lock.name]).fingerprint:
                raise WorkbenchError(
                    f"The concept '{lock.name}', which this recipe keeps unchanged, has been found anew since.",
                    "Make the edit again with the concept as it is now.",
                )
        for concept in self.concepts:
            if concept.fingerprint != model.concepts[concept.name].fingerprint:
                raise WorkbenchError(
                    f"The concept '{concept.name}' has been found anew since this recipe was made (then with "
                    f"{concept.method}).",
                    "Make the edit again with the concept as it is now.",
                )
        return (
            EditState(self.points, mode=self.mode, code=self.code)
            .with_strengths(self.strengths)
            .with_locks(self.locked)
        )
