"""The mean change between pictures of one person, without and with the attribute."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.methods.base import Examples, Method


def find(examples: Examples) -> npt.NDArray[np.float64]:
    """mean(z(with) - z(without)) over the pairs: it is the same person, so the face itself is not in it."""
    change: npt.NDArray[np.float64] = (examples.with_it - examples.without).mean(axis=0, dtype=np.float64)
    return change


METHOD = Method(
    name="true-pairs",
    title="True pairs",
    summary="Pictures of the same people with and without: who they are stays, where the data knows the persons.",
    examples="persons",
    find=find,
)
