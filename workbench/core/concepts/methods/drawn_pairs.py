"""The mean change between two pictures of one face, without and with something drawn on it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.methods.base import Examples, Method


def find(examples: Examples) -> npt.NDArray[np.float64]:
    """mean(z(with) - z(without)) over the pairs: the face is the same, so nothing but the drawing is in it."""
    change: npt.NDArray[np.float64] = (examples.with_it - examples.without).mean(axis=0, dtype=np.float64)
    return change


METHOD = Method(
    name="drawn-pairs",
    title="Drawn pairs",
    summary="The same faces with and without a drawing, sunglasses for one: nothing else changes with it.",
    examples="pairs",
    find=find,
)
