"""The difference of means: from the mean code without to the mean code with (Larsen et al. 2016, section 4.2)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.methods.base import Examples, Method


def find(examples: Examples) -> npt.NDArray[np.float64]:
    """mean(with) - mean(without)."""
    difference: npt.NDArray[np.float64]
    difference = examples.with_it.mean(axis=0, dtype=np.float64) - examples.without.mean(axis=0, dtype=np.float64)
    return difference


METHOD = Method(
    name="mean-difference",
    title="Difference of means",
    summary="From the mean face without to the mean face with; takes along whatever goes with the attribute.",
    examples="labels",
    find=find,
)
