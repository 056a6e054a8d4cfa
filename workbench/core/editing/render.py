"""From an edit's state to its pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.concept import Concept
from workbench.core.concepts.locks import locked_step
from workbench.core.editing.paste import masked_change, paste
from workbench.core.editing.state import Code, EditState
from workbench.core.errors import unknown
from workbench.core.faces.align import Matrix, Points, align, similarity
from workbench.core.pictures import Photo
from workbench.core.runs.trained import TrainedModel

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]


Pairs = Mapping[str, float] | Iterable[tuple[str, float]]


def move(code: Float32, strengths: Pairs, concepts: Mapping[str, Concept], locks: Pairs = ()) -> Float32:
    """A code moved along concepts: z' = z + Σ s·sigma·v, each v as it is at z.

    Args:
        code: float32 (latent,).
        strengths: by concept, in standard deviations of the data's codes along its direction.
        concepts: the model's.
        locks: what share of each locked concept the others' steps go without (`concepts.locks`).

    Raises:
        WorkbenchError: the model has no such concept.
    """
    moved = code.copy()
    held = dict(locks)
    for name in (*dict(strengths), *held):
        if name not in concepts:
            raise unknown("concept", name, concepts)
    for name, strength in dict(strengths).items():
        moved += np.float32(strength) * locked_step(concepts[name], code, held, concepts)
    return moved


@dataclass(frozen=True)
class Crop:
    """A face as the model sees it.

    Attributes:
        points: where it is in the photo.
        matrix: photo pixels to crop pixels.
        pixels: uint8 (S, S, 3), cut from the photo.
        code: float32 (latent,).
        decoded: what the model makes of the code, float32 (S, S, 3) in 0..255, not rounded.
        given: the code, where one was given; None where the model's encoder was asked.
    """

    points: Points
    matrix: Matrix
    pixels: UInt8
    code: Float32
    decoded: Float32
    given: Code | None = None


class Editor:
    """One photo, one face in it and one model: gives the pictures of any state, to any thread.

    Args:
        model: encodes, decodes, and knows the concepts.
        photo: stays as it is.
        points: the face's eyes and mouth in photo pixels. A state with other points is cut and encoded anew.
    """

    def __init__(self, model: TrainedModel, photo: Photo, points: Points) -> None:
        self.model = model
        self.photo = photo
        self._crop = self._cut(points, None)

    @property
    def points(self) -> Points:
        """Where the face is in the photo."""
        return self._crop.points

    @property
    def matrix(self) -> Matrix:
        """Photo pixels to crop pixels."""
        return self._crop.matrix

    @property
    def crop(self) -> UInt8:
        """The face cut from the photo: uint8 (S, S, 3)."""
        return self._crop.pixels

    @property
    def code(self) -> Float32:
        """Its code: float32 (latent,)."""
        return self._crop.code

    @property
    def reconstruction(self) -> UInt8:
        """The face as the model sees it, unchanged: uint8 (S, S, 3)."""
        return rounded(self._crop.decoded)

    def at(self, points: Points, code: Code | None = None) -> Crop:
        """The face at `points` with this code, or else the one that the model reads from it; cut anew only when one of
        them has changed."""
        crop = self._crop
        if (crop.points, crop.given) != (points, code):
            crop = self._crop = self._cut(points, code)
        return crop

    def face(self, state: EditState) -> UInt8:
        """The changed face at the model's size: uint8 (S, S, 3)."""
        return rounded(self._decode(self.at(state.points, state.code), state))

    def full(self, state: EditState) -> UInt8:
        """The whole photo with the change in it: uint8 (H, W, 3); its very pixels when nothing is moved."""
        if not state.strengths:
            return self.photo.pixels
        crop = self.at(state.points, state.code)
        return paste(self.photo.pixels, crop.decoded, self._decode(crop, state), crop.matrix)

    def render(self, state: EditState) -> UInt8:
        """The picture that the state's mode asks for."""
        return self.full(state) if state.mode == "photo" else self.face(state)

    def change(self, state: EditState) -> Float32:
        """What `full` adds to the face, at the model's size: float32 (S, S, 3), in steps of 0..255, masked."""
        crop = self.at(state.points, state.code)
        return masked_change(crop.decoded, self._decode(crop, state))

    def strain(self, state: EditState) -> float | None:
        """How far out the change leads (`quality.typical.Typical.strain`); None where usual codes are not known."""
        typical, crop = self.model.typical, self.at(state.points, state.code)
        return None if typical is None else float(typical.strain(crop.code, self._moved(crop, state)))

    def _moved(self, crop: Crop, state: EditState) -> Float32:
        return move(crop.code, state.strengths, self.model.concepts, state.locks)

    def _decode(self, crop: Crop, state: EditState) -> Float32:
        moved = self._moved(crop, state)
        decoded: Float32 = self.model.decode_float(moved[None])[0]
        return decoded

    def _cut(self, points: Points, given: Code | None) -> Crop:
        matrix = similarity(points, self.model.alignment, self.model.size)
        pixels = align(self.photo.pixels, matrix, self.model.size)
        code = self._read(pixels) if given is None else np.array(given, np.float32)
        return Crop(points, matrix, pixels, code, self.model.decode_float(code[None])[0], given)

    def _read(self, pixels: UInt8) -> Float32:
        """The code of a face as the model's encoder has it; without one the mean, to be refined."""
        first = self.model.encode(pixels[None])[0] if self.model.encodes else self.model.spread[0]
        code: Float32 = first.astype(np.float32)
        return code


def rounded(picture: Float32) -> UInt8:
    """A decoded picture as it is shown and written: uint8 of the same shape."""
    return np.rint(picture).clip(0, 255).astype(np.uint8)
