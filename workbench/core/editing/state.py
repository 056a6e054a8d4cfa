"""What an edit is: where the face lies, how far each concept moves it, and what comes out. Nothing in it ever changes;
every change makes a new state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from workbench.core.faces.align import Points

Mode = Literal["photo", "face"]
"""The whole photo at its own size, or the face alone at the model's."""

Code = tuple[float, ...]
"""The numbers of a code (latent,) as float32 has them."""

MOST = 100.0
"""The largest strength: far beyond any face, and far from what a float32 cannot hold."""


@dataclass(frozen=True, slots=True)
class EditState:
    """One state of an edit.

    Attributes:
        points: the face's eyes and mouth in photo pixels.
        strengths: (concept, strength) sorted by name, in standard deviations of the data's codes; a strength of zero
            is no entry, so that equal edits are equal states. A mapping may be given.
        mode: what `Editor.render` gives.
        locks: (concept, share) sorted by name: the steps of all other concepts go without that share of it, 0 to 1
            (`concepts.locks`); a share of zero is no entry. A mapping may be given.
        code: of the face at those points, where it is another than the model's encoder gives: one that was refined, or
            that the face was made up from.
    """

    points: Points
    strengths: tuple[tuple[str, float], ...] = ()
    mode: Mode = "photo"
    locks: tuple[tuple[str, float], ...] = ()
    code: Code | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "strengths", _tidy(self.strengths))
        object.__setattr__(self, "locks", _tidy(self.locks))

    def strength(self, name: str) -> float:
        """The strength of a concept; 0 when it is not moved."""
        return dict(self.strengths).get(name, 0.0)

    def with_strength(self, name: str, value: float) -> EditState:
        """This state with one concept at another strength."""
        return self.with_strengths({**dict(self.strengths), name: value})

    def with_strengths(self, strengths: Mapping[str, float]) -> EditState:
        """This state with these strengths and no others."""
        return replace(self, strengths=_tidy(strengths))

    def with_locks(self, locks: Mapping[str, float]) -> EditState:
        """This state with these concepts held, each by its share, and no others."""
        return replace(self, locks=_tidy(locks))

    def with_points(self, points: Points) -> EditState:
        """This state with the face somewhere else, which has a code of its own."""
        return self if points == self.points else replace(self, points=points, code=None)

    def with_code(self, code: Code | None) -> EditState:
        """This state with another code of the same face, or the one that the model reads from it."""
        return replace(self, code=code)

    def with_mode(self, mode: Mode) -> EditState:
        """This state with another picture coming out."""
        return replace(self, mode=mode)

    def reset(self) -> EditState:
        """This state with every concept at zero."""
        return replace(self, strengths=())


def as_code(numbers: npt.NDArray[np.float32]) -> Code:
    """A code (latent,) as a state and a recipe hold it: each number as short as names the same float32."""
    return tuple(float(str(number)) for number in numbers)


def _tidy(strengths: Mapping[str, float] | Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted((name, float(value)) for name, value in dict(strengths).items() if value != 0))
