"""A direction that differs from face to face: what adds the attribute among the faces near this one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

ANCHORS = 64
"""Places between which the change is interpolated: more would only repeat one another."""


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """Changes known at some places of the space of codes, K of them.

    Each place is the mean of many faces, so that no single one can be had back from it.

    Attributes:
        centres: float32 (K, latent).
        changes: the unit direction there, float32 (K, latent).
    """

    centres: Float32
    changes: Float32
    _width: float = field(init=False)
    """Squared: from a place to its fourth neighbour, the median."""

    def __post_init__(self) -> None:
        exact = self.centres.astype(np.float64)
        between = np.sort(_squares(exact, exact), axis=1)
        width = float(np.median(between[:, min(4, len(between) - 1)]))
        object.__setattr__(self, "_width", max(width, 1e-12))

    def at(self, codes: Float32) -> Float32:
        """The unit direction at each code: (N, latent) to float32 (N, latent), or (latent,) to (latent,).

        The changes of the places are weighted by a Gaussian of the distance (Nadaraya 1964, Watson 1964), as wide as it
        is from a place to its fourth neighbour; so a code that moves on takes no jump.
        """
        one = codes.ndim == 1
        squares = _squares(np.atleast_2d(codes).astype(np.float64), self.centres.astype(np.float64))
        closeness = -squares / (2 * self._width)
        weights = np.exp(closeness - closeness.max(axis=1, keepdims=True))
        change = weights @ self.changes.astype(np.float64)
        change /= np.maximum(np.linalg.norm(change, axis=1, keepdims=True), 1e-12)
        found: Float32 = change.astype(np.float32)
        return found[0] if one else found

    @staticmethod
    def fits(centres: npt.NDArray[Any], changes: npt.NDArray[Any], shape: tuple[int, ...]) -> bool:
        """Whether these are places and unit directions in a space of codes of this shape, (latent,)."""
        whole = (len(centres), *shape)
        kinds = {centres.dtype.name, changes.dtype.name} == {"float32"}
        if not (kinds and len(centres) and centres.shape == changes.shape == whole and np.isfinite(centres).all()):
            return False
        return bool(np.allclose(np.linalg.norm(changes, axis=1), 1, atol=1e-3))


def _squares(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Squared distances of all rows of `a` from all rows of `b`."""
    squares: npt.NDArray[np.float64] = (a * a).sum(axis=1)[:, None] - 2 * a @ b.T + (b * b).sum(axis=1)
    return np.maximum(squares, 0)
